from dataclasses import replace
from decimal import Decimal

import pytest

from articles.writer.chain import Model
from articles.writer.usage import cost_usd, is_priced, price_usd

TOKENS = {"input_tokens": 2_000, "cached_tokens": 1_024, "output_tokens": 1_500}
SANDBOX = "http://127.0.0.1:8010/openai/v1"


@pytest.mark.parametrize("model", ["gpt-4.1-mini", "gpt-4.1-mini-2025-04-14"])
@pytest.mark.parametrize("base_url", [SANDBOX, "https://api.openai.com/v1"])
def test_a_known_model_is_priced_with_its_cached_tokens_apart(model, base_url):
    cached = price_usd(model=model, base_url=base_url, **TOKENS)
    uncached = price_usd(model=model, base_url=base_url, **TOKENS | {"cached_tokens": 0})

    # 0.40, 0.10 and 1.60 dollars a million tokens of input, cached input and output.
    assert cached == Decimal("0.002893")
    assert uncached == Decimal("0.003200")


@pytest.mark.parametrize("model", ["llama-3-8b-instruct", "my-own-model", ""])
def test_an_unknown_model_has_no_price_rather_than_none_to_pay(model):
    assert price_usd(model=model, base_url=SANDBOX, **TOKENS) is None


def test_tokens_that_contradict_each_other_have_no_price():
    tokens = {"input_tokens": 10, "cached_tokens": 500, "output_tokens": 5}

    assert price_usd(model="gpt-4.1-mini", base_url=SANDBOX, **tokens) is None


def a_model(**own):
    asked = {"word": "main", "name": "my-own-model", "base_url": SANDBOX, "api_key": "k"}
    return Model(**asked, timeout_s=1, connect_timeout_s=1, max_output_tokens=100, **own)


@pytest.mark.parametrize(
    ("cached", "cost"),
    [({}, "0.009500"), ({"cached_usd_per_million": Decimal("0.5")}, "0.007964")],
)
def test_a_price_that_the_operator_named_is_what_the_tokens_cost(cached, cost):
    own = {"input_usd_per_million": Decimal(2), "output_usd_per_million": Decimal("3.666667")}
    model = a_model(**own, **cached)

    assert is_priced(model)
    assert cost_usd(model, name="gpt-4.1-mini", **TOKENS) == Decimal(cost)
    assert cost_usd(model, name="x", **TOKENS | {"cached_tokens": 2_001}) is None


def test_a_model_without_a_price_of_its_own_has_the_one_that_lists_know():
    assert cost_usd(a_model(), name="gpt-4.1-mini", **TOKENS) == Decimal("0.002893")
    assert cost_usd(a_model(price_url="none"), name="gpt-4.1-mini", **TOKENS) is None
    assert not is_priced(a_model())


def test_a_name_that_no_list_knows_is_priced_as_the_name_asked_for():
    named = replace(a_model(), name="gpt-4.1-mini")

    assert cost_usd(named, name="deployment-7", **TOKENS) == Decimal("0.002893")
    assert cost_usd(named, name="gpt-4.1", **TOKENS) > Decimal("0.01")  # who answered comes first
    assert cost_usd(named, name="deployment-7", **TOKENS | {"cached_tokens": 2_001}) is None
