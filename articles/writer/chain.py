"""The models that may be asked, best first, as the settings name them."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from django.conf import settings

OPENAI_ITSELF: Final = "https://api.openai.com/v1"
UNPRICED: Final = "none"
# The SDK wants a key even for servers that take none.
_NO_KEY: Final = "none"


@dataclass(frozen=True, kw_only=True)
class Model:
    """One model of the chain. `word` is what the operator calls it, `name` what its server does.

    `concurrency` is how many calls may be under way at a time, 0 for any number; `output` how it
    is asked for JSON, empty while that is to be found out. Prices that it was not given are None.
    """

    word: str
    name: str
    base_url: str
    api_key: str = field(repr=False)
    timeout_s: float
    connect_timeout_s: float
    max_output_tokens: int
    concurrency: int = 0
    price_url: str = ""
    input_usd_per_million: Decimal | None = None
    cached_usd_per_million: Decimal | None = None
    output_usd_per_million: Decimal | None = None
    output: str = ""


def models() -> list[Model]:
    """Return the chain: at least one model, in the order in which they are to be asked."""
    return [_model(word, own) for word, own in settings.WRITER_MODELS.items()]


def request_id_at(model: Model, request_id: str) -> str:
    """Return the name of a call to a model that is not the chain's first: `job/step/run` becomes
    `job/step@word/run`, as purchases at two models are two, not one made twice.
    """
    step, slash, run = request_id.rpartition("/")
    return f"{step}@{model.word}{slash}{run}"


def asked_by(request_id: str) -> str:
    """Return the word of the model that a call of that name went to, "" for the chain's first."""
    return request_id.rpartition("/")[0].rpartition("/")[2].partition("@")[2]


def _model(word: str, own: dict[str, object]) -> Model:
    address = settings.OPENAI_BASE_URL or OPENAI_ITSELF
    # Another address's key is a secret that its server must not see.
    key = _NO_KEY if "BASE_URL" in own else settings.OPENAI_API_KEY
    given: dict[str, object] = {
        "NAME": settings.WRITER_MODEL,
        "BASE_URL": address,
        "API_KEY": key,
        "TIMEOUT_S": settings.WRITER_TIMEOUT_S,
        "CONNECT_TIMEOUT_S": settings.WRITER_CONNECT_TIMEOUT_S,
        "MAX_OUTPUT_TOKENS": settings.WRITER_MAX_OUTPUT_TOKENS,
    } | own
    return Model(word=word, **{part.lower(): value for part, value in given.items()})  # type: ignore[arg-type]
