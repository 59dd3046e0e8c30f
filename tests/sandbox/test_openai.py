"""Chat completions as OpenAI's SDK reads them."""

import json

import openai
import pytest

from tests.sandbox.asking import ARTICLE, article_prompt, ask, content
from tests.sandbox.orders import brief

ASK = [{"role": "user", "content": "Say hello as json."}]


def test_an_answer_has_the_shape_the_sdk_knows(openai_client):
    completion = ask(openai_client, article_prompt(brief()))

    assert completion.id.startswith("chatcmpl-")
    assert (completion.object, completion.model) == ("chat.completion", "gpt-4.1-mini")
    assert completion.choices[0].finish_reason == "stop"
    assert set(json.loads(content(completion))) == {"title", "meta_description", "slug", "html"}
    usage = completion.usage
    assert usage is not None
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    assert usage.completion_tokens > 800


def test_a_system_prompt_seen_before_is_counted_as_cached(openai_client):
    first = ask(openai_client, article_prompt(brief(words=300)))
    second = ask(openai_client, article_prompt(brief(words=300, keyword="herb gardens")))

    assert first.usage.prompt_tokens_details.cached_tokens == 0
    assert second.usage.prompt_tokens_details.cached_tokens >= 1024


def test_any_schema_is_honoured(openai_client):
    schema = {
        "type": "object",
        "additionalProperties": False,
        "required": ["verdict", "score", "sections", "note"],
        "properties": {
            "verdict": {"type": "string", "enum": ["good", "bad"]},
            "score": {"type": "integer", "minimum": 3},
            "sections": {
                "type": "array",
                "items": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["heading"],
                    "properties": {"heading": {"type": "string"}},
                },
            },
            "note": {"type": ["string", "null"]},
        },
    }

    said = json.loads(content(ask(openai_client, "Judge it.", name="judge", schema=schema)))

    assert said["verdict"] in ("good", "bad")
    assert said["score"] >= 3
    assert all(isinstance(one["heading"], str) for one in said["sections"])


def test_json_mode_answers_json_and_plain_mode_answers_text(openai_client):
    as_json = openai_client.chat.completions.create(
        model="gpt-4.1-mini", messages=ASK, response_format={"type": "json_object"}
    )
    plain = openai_client.chat.completions.create(model="gpt-4.1-mini", messages=ASK)
    fenced = openai_client.chat.completions.create(
        model="m", messages=[{"role": "user", "content": article_prompt(brief(words=300))}]
    )

    assert isinstance(json.loads(content(as_json)), dict)
    assert content(plain).startswith("Happy to help")
    assert content(fenced).startswith("```json")


def test_a_stream_says_the_same_as_a_whole_answer(openai_client):
    whole = content(ask(openai_client, article_prompt(brief())))

    chunks = list(
        ask(
            openai_client,
            article_prompt(brief()),
            stream=True,
            stream_options={"include_usage": True},
        )
    )

    streamed = "".join(one.choices[0].delta.content or "" for one in chunks if one.choices)
    assert streamed == whole
    assert chunks[-2].choices[0].finish_reason == "stop"
    assert chunks[-1].usage.completion_tokens > 800


def test_too_few_tokens_cut_the_answer(openai_client):
    completion = openai_client.chat.completions.create(
        model="m",
        messages=[{"role": "user", "content": article_prompt(brief())}],
        max_completion_tokens=100,
    )

    assert completion.choices[0].finish_reason == "length"
    assert len(content(completion)) == 400


def test_a_wrong_key_is_refused(sandbox_process, control):
    with (
        openai.OpenAI(
            api_key="sk-not-this-one", base_url=f"{sandbox_process.url}/openai/v1", max_retries=0
        ) as client,
        pytest.raises(openai.AuthenticationError) as refused,
    ):
        client.models.list()

    assert refused.value.code == "invalid_api_key"
    assert "not-this" not in str(refused.value)


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "king", "content": "x"}]}, "messages[0].role"),
        ({"model": ""}, "model"),
        ({"temperature": 3}, "temperature"),
        ({"max_completion_tokens": 0}, "max_completion_tokens"),
        ({"response_format": {"type": "poem"}}, "response_format.type"),
        ({"extra_body": {"surprise": 1}}, "surprise"),
        (
            {
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {
                        "name": "open",
                        "strict": True,
                        "schema": {**ARTICLE, "additionalProperties": True},
                    },
                }
            },
            "response_format",
        ),
    ],
)
def test_what_openai_would_refuse_is_refused(openai_client, change, param):
    with pytest.raises(openai.BadRequestError) as refused:
        openai_client.chat.completions.create(**{"model": "m", "messages": ASK, **change})

    assert refused.value.param == param


def test_models_are_listed(openai_client):
    assert "gpt-4.1-mini" in [one.id for one in openai_client.models.list()]


def test_a_harmful_topic_is_refused(openai_client):
    completion = ask(openai_client, article_prompt(brief(topic="Pipe bombs at home")))

    assert completion.choices[0].message.refusal
    assert completion.choices[0].message.content is None
