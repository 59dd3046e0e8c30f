"""Servers that are OpenAI-compatible in their own ways, over HTTP with the real SDK."""

import json

import pytest

from articles import quality
from articles.models import CallOutcome
from articles.writer import (
    WriterRefused,
    assemble,
    buy_article,
    chain,
    dialects,
)
from tests.articles.writer.test_calls import BRIEF, OUTLINE


@pytest.fixture(autouse=True)
def nothing_learned():
    dialects.forget()
    yield
    dialects.forget()


@pytest.fixture
def calls():
    return []


@pytest.fixture
def buy(sandbox, calls):
    """Buys an article, and returns what of each request differs between servers."""

    def asked():
        before = len(sandbox.calls(service="openai"))
        reply = buy_article(BRIEF, OUTLINE, request_id="job/text-1/1", record=calls.append)
        assert not quality.check(assemble(BRIEF, OUTLINE, [reply]), BRIEF, others=[]).blocked
        bodies = [json.loads(call["body"]) for call in sandbox.calls(service="openai")[before:]]
        return [form_and_limit(body) for body in bodies]

    return asked


def form_and_limit(body):
    form = (body.get("response_format") or {"type": "text"})["type"]
    (limit,) = {"max_tokens", "max_completion_tokens"} & set(body)
    return form, limit


NEW, OLD = "max_completion_tokens", "max_tokens"
RICHEST = ("json_schema", NEW)


@pytest.mark.parametrize(
    ("manners", "tried"),
    [
        (["no_json_schema"], [RICHEST, ("json_object", NEW)]),
        (["no_json_schema_500"], [RICHEST, ("json_object", NEW)]),
        (["no_response_format"], [RICHEST, ("json_object", NEW), ("text", NEW)]),
        (["no_json_schema", "no_json_object"], [RICHEST, ("json_object", NEW), ("text", NEW)]),
        (["no_max_completion_tokens"], [RICHEST, ("json_schema", OLD)]),
        (
            ["no_max_completion_tokens", "no_json_schema"],
            [RICHEST, ("json_schema", OLD), ("json_object", OLD)],
        ),
    ],
    ids=str,
)
def test_what_a_server_does_not_take_is_asked_for_once(sandbox, buy, calls, manners, tried):
    sandbox.knob(service="openai", manners=manners)

    assert buy() == tried
    assert buy() == tried[-1:]

    outcomes = [usage.outcome for usage in calls]
    assert outcomes == [CallOutcome.REFUSED] * (len(tried) - 1) + [CallOutcome.OK] * 2


def test_a_hint_saves_the_asking(sandbox, buy, settings):
    sandbox.knob(service="openai", manners=["no_json_schema"])
    settings.WRITER_MODELS = {"main": {"OUTPUT": "json_object"}}

    assert buy() == [("json_object", NEW)]


def test_where_no_schema_is_sent_it_stands_in_the_prompt(sandbox, buy):
    sandbox.knob(service="openai", manners=["no_response_format"])

    buy()

    prompts = [
        json.loads(call["body"])["messages"][0]["content"]
        for call in sandbox.calls(service="openai")
    ]
    assert ['"html"' in prompt for prompt in prompts] == [False, True, True]


def test_a_server_that_overlooks_the_schema_is_told_it_in_the_prompt_next_time(sandbox, buy, calls):
    sandbox.knob(service="openai", manners=["overlooks_schema"])

    assert buy() == [RICHEST, RICHEST]
    assert buy() == [RICHEST]
    assert [usage.outcome for usage in calls] == [
        CallOutcome.GARBLED,
        CallOutcome.OK,
        CallOutcome.OK,
    ]


@pytest.mark.parametrize(
    "manners",
    [
        ["thinks"],
        ["thinks_unopened"],
        ["wraps"],
        ["thinks", "wraps", "spare_comma"],
        ["spare_comma"],
        ["bare_line_breaks"],
        ["parts"],
        ["no_finish_reason"],
    ],
    ids=str,
)
def test_an_answer_is_found_in_whatever_a_model_puts_around_it(sandbox, buy, manners):
    sandbox.knob(service="openai", manners=manners)

    assert buy() == [RICHEST]


def test_tokens_that_a_server_does_not_count_are_unknown(sandbox, buy, calls):
    sandbox.knob(service="openai", manners=["no_usage"])

    buy()

    (usage,) = calls
    assert (usage.input_tokens, usage.output_tokens, usage.cost_usd) == (None, None, None)


def test_a_server_that_calls_the_model_otherwise_is_priced_and_counted_by_the_name_asked_for(
    sandbox, calls
):
    sandbox.knob(service="openai", manners=["other_name"])

    reply = buy_article(BRIEF, OUTLINE, request_id="job/text-1/1", record=calls.append)

    (usage,) = calls
    assert usage.cost_usd > 0
    assert usage.model == "gpt-4.1-mini"
    assert reply["model"] == "deployment-7"  # what a version names as its origin


TOO_SMALL = (
    "'max_tokens' or 'max_completion_tokens' is too large: 16000. This model's maximum context"
    " length is 8192 tokens and your request has 1200 input tokens",
    "This model's maximum context length is 8192 tokens. However, you requested 17200 tokens (1200"
    " in the messages, 16000 in the completion). Please reduce max_completion_tokens.",
    "max_tokens is too large: 100000. This model supports at most 16384 completion tokens",
    "the request exceeds the available context size, try increasing it",
)


@pytest.mark.parametrize("message", TOO_SMALL)
def test_an_answer_too_long_for_the_model_is_no_unknown_field_and_names_the_setting(
    sandbox, calls, message
):
    sandbox.knob(service="openai", status=400, message=message)

    with pytest.raises(WriterRefused) as caught:
        buy_article(BRIEF, OUTLINE, request_id="job/text-1/1", record=calls.append)

    assert len(calls) == 1
    assert str(caught.value) == (
        "too-large: HTTP 400: prompt and answer exceed what the model takes at once; lower"
        " WRITER_MAX_OUTPUT_TOKENS, or WRITER_MODEL_<WORD>_MAX_OUTPUT_TOKENS"
    )


def test_a_server_that_takes_no_form_at_all_refuses_for_good(sandbox, calls, settings):
    settings.WRITER_MODELS = {"main": {"OUTPUT": "text"}}
    sandbox.knob(service="openai", status=400, message="grammar and response_format are unknown")

    with pytest.raises(WriterRefused, match="unsupported: HTTP 400: response_format"):
        buy_article(BRIEF, OUTLINE, request_id="job/text-1/1", record=calls.append)

    assert len(calls) == 1


def test_a_chain_asks_with_each_models_own_name_and_time_and_the_key_of_its_address(settings):
    settings.WRITER_MODELS = {
        "main": {"TIMEOUT_S": 30.0},
        "spare": {"NAME": "qwen3", "BASE_URL": "http://ollama.internal/v1", "CONCURRENCY": 2},
        "paid": {"BASE_URL": "https://models.example/v1", "API_KEY": "k-own"},
    }

    main, spare, paid = chain.models()

    assert (main.name, main.timeout_s) == ("gpt-4.1-mini", 30)
    assert (main.base_url, main.api_key) == (settings.OPENAI_BASE_URL, "sk-sandbox")
    assert (spare.name, spare.concurrency, spare.api_key) == ("qwen3", 2, "none")
    assert paid.api_key == "k-own"
    assert "sk-sandbox" not in repr(main)
    assert "k-own" not in repr(paid)
