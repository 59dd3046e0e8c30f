"""What one call took, and what it cost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import genai_prices

from articles.models import CallOutcome
from articles.writer.chain import UNPRICED, Model

# What the store keeps of a price: millionths of a dollar.
_PRECISION = Decimal("0.000001")
_MILLION = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Usage:
    """One call to a model. The names are ModelCall's, so that a row is `**asdict(usage)`.
    `model` is the name that it was asked by, however its server calls it.

    Unknown is None, never 0: a call that timed out may have been billed.
    """

    request_id: str
    purpose: str
    model: str
    prompt_version: str
    input_tokens: int | None
    cached_tokens: int | None
    output_tokens: int | None
    cost_usd: Decimal | None
    took_ms: int
    outcome: CallOutcome


# Told of every call, failed ones included, before the caller hears of it.
Record = Callable[[Usage], None]


def cost_usd(
    model: Model, *, name: str, input_tokens: int, cached_tokens: int, output_tokens: int
) -> Decimal | None:
    """Return what a call cost by the model's own price, else by the known one; None: unknown.

    `name` is what the answer called the model. Where no list knows that, as a gateway has names of
    its own, the name counts that it was asked by. `cached_tokens` are part of `input_tokens`.
    """
    tokens = {
        "input_tokens": input_tokens,
        "cached_tokens": cached_tokens,
        "output_tokens": output_tokens,
    }
    if model.input_usd_per_million is None or model.output_usd_per_million is None:
        address = model.price_url or model.base_url
        costs = (price_usd(model=one, base_url=address, **tokens) for one in (name, model.name))
        return next((cost for cost in costs if cost is not None), None)
    if cached_tokens > input_tokens:
        return None
    # Without a price of their own cached tokens cost what any do: rather too much than too little.
    cached = model.cached_usd_per_million
    cost = (
        (input_tokens - cached_tokens) * model.input_usd_per_million
        + cached_tokens * (model.input_usd_per_million if cached is None else cached)
        + output_tokens * model.output_usd_per_million
    )
    return (cost / _MILLION).quantize(_PRECISION)


def most_usd(model: Model) -> Decimal | None:
    """Return what the longest answer that the model may give costs, None: unknown."""
    longest = {"input_tokens": 0, "cached_tokens": 0, "output_tokens": model.max_output_tokens}
    return cost_usd(model, name=model.name, **longest)


def is_priced(model: Model) -> bool:
    """Return whether the model's calls have a cost that an order's budget can count."""
    one = {"input_tokens": 1, "cached_tokens": 0, "output_tokens": 1}
    return cost_usd(model, name=model.name, **one) is not None


def price_usd(
    *, model: str, base_url: str, input_tokens: int, cached_tokens: int, output_tokens: int
) -> Decimal | None:
    """Return what the tokens cost in US dollars, None for a model whose price is not known.

    `cached_tokens` are part of `input_tokens`. Prices are those of the provider at `base_url`;
    an address that nobody knows (a proxy, the sandbox) is priced as OpenAI, whose protocol it
    speaks, so that another vendor's model of the same name is never guessed at. "none" is nobody.
    """
    if base_url == UNPRICED:
        return None
    tokens = genai_prices.Usage(
        input_tokens=input_tokens, cache_read_tokens=cached_tokens, output_tokens=output_tokens
    )
    for asked in ({"provider_api_url": base_url}, {"provider_id": "openai"}):
        provider: dict[str, Any] = asked
        try:
            price: Decimal = genai_prices.calc_price(tokens, model, **provider).total_price
        except (LookupError, ValueError):
            continue
        return price.quantize(_PRECISION)
    return None
