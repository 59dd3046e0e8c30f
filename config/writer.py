"""The chain of language models from the environment: each named by a word, set by that word."""

import re
from decimal import Decimal
from typing import Any, Final

from config.env import Environment, refuse

MOST_MODELS: Final = 8
OUTPUTS: Final = ("auto", "json_schema", "json_object", "text")
_WORD: Final = re.compile(r"[a-z][a-z0-9]{0,19}")
_PARTS: Final = (
    "NAME",
    "BASE_URL",
    "API_KEY",
    "TIMEOUT_S",
    "CONNECT_TIMEOUT_S",
    "MAX_OUTPUT_TOKENS",
    "CONCURRENCY",
    "PRICE_URL",
    "INPUT_USD_PER_MILLION",
    "CACHED_USD_PER_MILLION",
    "OUTPUT_USD_PER_MILLION",
    "OUTPUT",
)


def chain(env: Environment) -> dict[str, dict[str, Any]]:
    """Return the models of `WRITER_MODELS` in their order, each with what was set for it alone.

    What a model does not name it takes from the settings of the writer; but a model with an
    address of its own never takes the key of another address.

    :raises SystemExit: a word is none, or a setting of a model is wrong or unknown
    """
    words = env.listing("WRITER_MODELS", default="main")
    if not 1 <= len(words) <= MOST_MODELS:
        refuse("WRITER_MODELS", f"must name 1 to {MOST_MODELS} models")
    for word in words:
        if not _WORD.fullmatch(word):
            refuse("WRITER_MODELS", "takes words of small letters and digits, such as main,spare")
    return {word: _model(env, word) for word in words}


def needs_openai(models: dict[str, dict[str, Any]]) -> bool:
    """Whether a model brings neither a key nor an address, so that it needs `OPENAI_API_KEY`."""
    return any("API_KEY" not in own and "BASE_URL" not in own for own in models.values())


def _model(env: Environment, word: str) -> dict[str, Any]:
    prefix = f"WRITER_MODEL_{word.upper()}_"
    for name in env.given(prefix):
        if name.removeprefix(prefix) not in _PARTS:
            refuse(name, f"is no setting of a model; there are {', '.join(_PARTS)}")
    given = {
        "NAME": env.text(f"{prefix}NAME", default=""),
        "BASE_URL": env.web_address(f"{prefix}BASE_URL", default=""),
        "API_KEY": env.text(f"{prefix}API_KEY", default=""),
        "TIMEOUT_S": _longer_than(env, f"{prefix}TIMEOUT_S", 1),
        "CONNECT_TIMEOUT_S": _longer_than(env, f"{prefix}CONNECT_TIMEOUT_S", 0.1),
        "MAX_OUTPUT_TOKENS": _at_least(env, f"{prefix}MAX_OUTPUT_TOKENS", 100),
        "CONCURRENCY": env.whole(f"{prefix}CONCURRENCY", default=0),
        "PRICE_URL": env.text(f"{prefix}PRICE_URL", default="").rstrip("/"),
        "OUTPUT": env.choice(f"{prefix}OUTPUT", OUTPUTS, default="auto"),
    }
    set_here = {part: value for part, value in given.items() if value and value != "auto"}
    return set_here | _prices(env, prefix)


def _prices(env: Environment, prefix: str) -> dict[str, Decimal]:
    """What a million tokens cost; 0 is a price too, so that nothing given is nothing here."""
    read, cached, written = (f"{kind}_USD_PER_MILLION" for kind in ("INPUT", "CACHED", "OUTPUT"))
    given = {
        part: Decimal(str(env.fraction(f"{prefix}{part}", default=-1, at_least=0)))
        for part in (read, cached, written)
        if env.text(f"{prefix}{part}", default="").strip()
    }
    for part in (read, written):
        if given and part not in given:
            refuse(f"{prefix}{part}", "is not set, but another price of this model is")
    return given


def _longer_than(env: Environment, name: str, least: float) -> float:
    value = env.seconds(name, default=0)
    if value and value < least:
        refuse(name, f"is {value:g}; it must be at least {least:g}")
    return value


def _at_least(env: Environment, name: str, least: int) -> int:
    value = env.whole(name, default=0)
    if value and value < least:
        refuse(name, f"is {value}; it must be at least {least}")
    return value
