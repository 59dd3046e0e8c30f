import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from articles.writer import WriterGarbled, WriterRefused
from articles.writer.reading import LONGEST_TEXT_CHARS, Answer, read_completion, read_object
from articles.writer.shapes import RepairReply


class ArticleReply(BaseModel):
    """A shape of several fields, as any answer's."""

    title: str
    meta_description: str
    slug: str
    html: str


ARTICLE = {"title": "T", "meta_description": "M", "slug": "s", "html": "<p>x</p>"}
SECRET = "what-the-customer-wrote"  # must never be in an error


def completion(**changes):
    return {
        "model": "gpt-4.1-mini-2025-04-14",
        "choices": [{"message": {"content": "text", "refusal": None}, "finish_reason": "stop"}],
        "usage": {
            "prompt_tokens": 1200,
            "completion_tokens": 900,
            "prompt_tokens_details": {"cached_tokens": 1024},
        },
    } | changes


def said(content=None, *, finish_reason="stop", refusal=None):
    message = {"content": content, "refusal": refusal}
    return completion(choices=[{"message": message, "finish_reason": finish_reason}])


def test_a_completion_gives_text_model_and_tokens():
    assert read_completion(json.dumps(completion())) == Answer(
        text="text",
        finish_reason="stop",
        model="gpt-4.1-mini-2025-04-14",
        input_tokens=1200,
        cached_tokens=1024,
        output_tokens=900,
    )


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("", "not-a-completion"),
        ("<html>Bad gateway</html>", "not-a-completion"),
        ('{"choices":[{"message":{"content":"ab', "not-a-completion"),
        ("[" * 100_000, "not-a-completion"),
        ("[]", "not-a-completion"),
        ("null", "not-a-completion"),
        (json.dumps(completion(choices=[])), "not-a-completion"),
        (json.dumps(completion(choices="none")), "not-a-completion"),
        (json.dumps(completion(choices=[7])), "empty"),
        (json.dumps(said(None)), "empty"),
        (json.dumps(said(" \n")), "empty"),
        (json.dumps(said({"title": SECRET})), "empty"),
        (json.dumps(said("half of it", finish_reason="length")), "cut-off"),
        (json.dumps(said("", finish_reason="length")), "cut-off"),
        (json.dumps(said("x" * (LONGEST_TEXT_CHARS + 1))), "too-long"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_is_no_whole_answer_is_garbled_with_a_class_and_a_reason(body, kind):
    with pytest.raises(WriterGarbled) as caught:
        read_completion(body).check()

    assert caught.value.kind == kind
    assert str(caught.value) == f"{kind}: {caught.value.reason}"
    assert SECRET not in str(caught.value)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    "body", [said(refusal="I cannot write that."), said("part", finish_reason="content_filter")]
)
def test_a_refusal_is_permanent_and_does_not_quote_the_model(body):
    with pytest.raises(WriterRefused) as caught:
        read_completion(json.dumps(body)).check()

    assert str(caught.value) == "content-refused: the model declined to write this"


@pytest.mark.parametrize(
    "usage",
    [
        None,
        [],
        {"prompt_tokens": -1, "completion_tokens": "9"},
        {"prompt_tokens": True, "completion_tokens": 1.5, "prompt_tokens_details": 3},
        {"prompt_tokens": 2**40},
    ],
)
def test_tokens_that_cannot_be_are_unknown_not_zero(usage):
    answer = read_completion(json.dumps(completion(usage=usage)))

    assert (answer.input_tokens, answer.cached_tokens, answer.output_tokens) == (None, None, None)
    answer.check()


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(["choices", "message", "content", "usage", "model"]), inner
            )
        ),
    )
)
def test_reading_a_completion_never_raises(body):
    assert isinstance(read_completion(json.dumps(body)), Answer)


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(ARTICLE),
        f"\n  {json.dumps(ARTICLE, indent=2)}\n",
        f"```json\n{json.dumps(ARTICLE, indent=1)}\n```",
        f"```\n{json.dumps(ARTICLE)}\n```\n",
        f"Here is the article:\n\n{json.dumps(ARTICLE)}\n\nAnything else?",
        json.dumps(ARTICLE | {"remark": "I liked this one."}),
    ],
    ids=["bare", "spaced", "fenced", "plain-fence", "small-talk", "a-remark"],
)
def test_an_object_is_found_in_what_models_put_around_it(text):
    assert read_object(text, ArticleReply) == ArticleReply(**ARTICLE)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Sorry.", "not-json"),
        ("Set {a, b} is no JSON", "not-json"),
        (json.dumps(ARTICLE)[:-9], "cut-off"),
        ("```json\n" + json.dumps(ARTICLE)[:-9], "cut-off"),
        ("[]", "not-json"),
        ('{"a":' * 50_000, "cut-off"),
        ('{"title": ' + "9" * 5000 + "}", "cut-off"),
        ("{}", "wrong-schema"),
        (json.dumps({SECRET: 1}), "wrong-schema"),
        (json.dumps(ARTICLE | {"title": 7}), "wrong-schema"),
        (json.dumps(ARTICLE | {"html": None}), "wrong-schema"),
        (json.dumps(ARTICLE | {"html": [SECRET]}), "wrong-schema"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_what_holds_no_whole_object_of_the_shape_is_garbled(text, kind):
    with pytest.raises(WriterGarbled) as caught:
        read_object(text, ArticleReply)

    assert caught.value.kind == kind
    assert SECRET not in str(caught.value)
    assert len(str(caught.value)) < 200


def test_a_wrong_edit_is_named_by_its_place():
    edits = [{"op": "replace", "block": 1, "html": "<p>x</p>"}, {"op": SECRET, "block": 2}]
    reply = {"title": None, "meta_description": None, "slug": None, "edits": edits}

    with pytest.raises(WriterGarbled, match=r"wrong-schema: edits\.1\.op: literal_error") as caught:
        read_object(json.dumps(reply), RepairReply)

    assert SECRET not in str(caught.value)


@given(st.text())
def test_reading_an_object_raises_nothing_but_garbled(text):
    try:
        found = read_object(text, ArticleReply)
    except WriterGarbled:
        return
    assert isinstance(found, ArticleReply)
