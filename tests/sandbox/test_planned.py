"""Articles by outline: planned and written in several calls that know nothing of one another."""

import itertools
import json

import pytest

from tests.sandbox.asking import ask, content
from tests.sandbox.orders import brief
from tests.sandbox.reading import blocks, count_words, likeness, sentences, spoken
from tests.sandbox.test_writer import LANGUAGES, briefs

TEXTS = {"type": "array", "items": {"type": "string"}}
SECTION = {
    "kind": {"type": "string"}, "heading": {"type": "string"}, "purpose": {"type": "string"},
    "words": {"type": "integer"}, "subheadings": TEXTS, "links": TEXTS,
}  # fmt: skip


def shape(**properties):
    return {"type": "object", "additionalProperties": False, "required": list(properties),
            "properties": properties}  # fmt: skip


OUTLINE = shape(
    title={"type": "string"},
    meta_description={"type": "string"},
    slug={"type": "string"},
    sections={"type": "array", "items": shape(**SECTION)},
    link_section={"type": "integer"},
)
BODY = shape(html={"type": "string"})


def said(client, user, *, name, schema, call):
    headers = {"X-Client-Request-Id": call}
    return json.loads(content(ask(client, user, name=name, schema=schema, extra_headers=headers)))


def fenced(name, data):
    return f"<{name}>\n{json.dumps(data)}\n</{name}>\n"


def planned(client, ordered, *, call="job/outline/1", references=()):
    user = fenced("brief", ordered)
    if references:
        user += fenced("references", list(references))
    user += "Return `title`, `sections` and `link_section`."
    plan = said(client, user, name="outline", schema=OUTLINE, call=call)
    for number, section in enumerate(plan["sections"], 1):
        section |= {"section": number, "holds_link": number == plan["link_section"]}
    return plan


def by_sections(client, ordered, plan):
    told = fenced("brief", ordered) + fenced("outline", plan)
    parts = []
    for section in plan["sections"]:
        user = told + fenced("assignment", section)
        html = said(client, user, name="section", schema=BODY, call=f"s{section['section']}")[
            "html"
        ]
        parts += [f"<h2>{section['heading']}</h2>"] * bool(section["heading"]) + [html]
    return "\n".join(parts)


@pytest.mark.parametrize("language", LANGUAGES)
def test_sections_make_an_article_of_the_ordered_length_that_repeats_nothing(
    openai_client, language
):
    ordered = brief(language=language, notes="With questions and answers (FAQ), please.")
    plan = planned(openai_client, ordered)

    html = by_sections(openai_client, ordered, plan)

    disclosure = count_words(ordered["disclosure"])
    assert abs(count_words(html) + disclosure - 800) <= 80
    assert spoken(html, among=LANGUAGES) == language
    assert len(sentences(html)) == len(set(sentences(html)))
    assert html.count('href="https://shop.example.com/') == 1
    faq = next(one for one in plan["sections"] if one["kind"] == "faq")
    assert blocks(html, "h3") == faq["subheadings"]
    assert all(one.endswith("?") for one in faq["subheadings"])
    whole = fenced("brief", ordered) + fenced("outline", plan)
    assert said(openai_client, whole, name="article", schema=BODY, call="w")["html"] == html


@pytest.mark.parametrize("language", LANGUAGES)
def test_forty_planned_articles_differ(openai_client, language):
    texts = [
        by_sections(openai_client, one, planned(openai_client, one))
        for one in briefs(language)[:40]
    ]

    assert max(likeness(*pair) for pair in itertools.combinations(texts, 2)) < 0.3


def test_the_same_brief_in_another_call_gives_another_article_and_in_the_same_call_the_same(
    openai_client,
):
    first, again, second = (
        planned(openai_client, brief(), call=call) for call in ("a/outline/1", "a/outline/1", "b")
    )

    assert first == again
    texts = [by_sections(openai_client, brief(), plan) for plan in (first, second)]
    assert likeness(*texts) < 0.3
