"""Bad text on command, and how a repair mends what can be mended."""

import json
import re

import pytest

from tests.sandbox.asking import article_prompt, ask, content, repaired
from tests.sandbox.orders import brief
from tests.sandbox.reading import blocks, count_words, sentences, spoken, text_of
from tests.sandbox.test_writer import LANGUAGES

ORDERED = brief(words=600)
TARGET = 'href="https://shop.example.com/beds?a=1&amp;b=2"'
LINK = f'<a {TARGET} rel="sponsored">a shop for solid beds</a>'


def bad(control, client, name: str, ordered: dict = ORDERED) -> str:
    control.knob(service="openai", bad_text=name, times=1)
    html: str = json.loads(content(ask(client, article_prompt(ordered))))["html"]
    return html


# What each name spoils, as a test of the article's HTML.
SPOILT = {
    "too_short": lambda html: len(text_of(html).split()) < 300,
    "no_link": lambda html: TARGET not in html,
    "wrong_anchor": lambda html: TARGET in html and LINK not in html,
    "link_twice": lambda html: html.count(LINK) == 2,
    "wrong_rel": lambda html: TARGET in html and 'rel="sponsored"' not in html,
    "foreign_link": lambda html: "casino.example.net" in html,
    "foreign_name": lambda html: "lucky-casino.net" in html,
    "placeholder": lambda html: "[insert" in html,
    "repetition": lambda html: len(sentences(html)) - len(set(sentences(html))) > 5,
    "other_language": lambda html: (
        html.count("niemand hat ihn so bestellt") + html.count("nobody has ordered it that way") > 3
    ),
    "language_slips": lambda html: (
        html.count("niemand hat ihn so bestellt") + html.count("nobody has ordered it that way") > 0
    ),
    "babble": lambda html: TARGET not in html and "." not in html[-5:],
    "contact_data": lambda html: "@" in html and "+49" in html,
    "script": lambda html: "<script" in html,
    "no_disclosure": lambda html: ORDERED["disclosure"] not in html,
    "heading_skips": lambda html: "<h4" in html,
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", SPOILT)
def test_a_bad_text_is_bad_in_its_way_and_a_repair_mends_it(control, openai_client, name, language):
    ordered = {**ORDERED, "language": language}
    spoilt = bad(control, openai_client, name, ordered)
    finding = {"code": name.replace("_", "-"), "message": f"{name} was found", "block": None}

    mended = repaired(openai_client, ordered, spoilt, [finding])

    assert SPOILT[name](spoilt)
    assert [one for one, is_spoilt in SPOILT.items() if is_spoilt(mended)] == []
    assert mended.count(LINK) == mended.count(TARGET) == 1
    assert mended.startswith(f"<p>{ORDERED['disclosure']}</p>")
    assert abs(count_words(mended) - 600) <= 60
    assert (spoken(spoilt, among=LANGUAGES) == language) == (name != "other_language")
    assert spoken(mended, among=LANGUAGES) == language


def test_a_useless_repair_proposes_nothing_and_an_article_stays_good(control, openai_client):
    control.knob(service="openai", bad_text="useless_repair", times=2)

    html = json.loads(content(ask(openai_client, article_prompt(ORDERED))))["html"]
    broken = html.replace("<h2>", "<h4>").replace("</h2>", "</h4>")
    finding = {"code": "heading-level-skipped", "message": "an H4 below an H1", "block": 4}

    assert [name for name, is_spoilt in SPOILT.items() if is_spoilt(html)] == []
    assert repaired(openai_client, ORDERED, broken, [finding]) == broken
    assert repaired(openai_client, ORDERED, broken, [finding]) != broken


def test_a_repair_leaves_what_is_right_as_it_was(control, openai_client):
    spoilt = bad(control, openai_client, "wrong_rel")

    mended = repaired(
        openai_client, ORDERED, spoilt, [{"code": "link-policy", "message": "rel", "block": 9}]
    )

    changed = [
        (one, other)
        for one, other in zip(spoilt.split("\n"), mended.split("\n"), strict=True)
        if one != other
    ]
    assert len(changed) == 1


def test_a_repair_makes_a_short_article_long_enough_and_a_long_one_short_enough(
    control, openai_client
):
    long = json.loads(content(ask(openai_client, article_prompt({**ORDERED, "words": 900}))))

    mended = repaired(
        openai_client,
        ORDERED,
        long["html"],
        [{"code": "length", "message": "900 words of 600 ordered", "block": None}],
    )

    assert 540 <= len(text_of(mended).split()) <= 660
    assert mended.count(LINK) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_repair_writes_the_named_paragraph_anew(openai_client, language):
    ordered = {**ORDERED, "language": language}
    html = json.loads(content(ask(openai_client, article_prompt(ordered))))["html"]
    number, named = next(
        (at, one)
        for at, one in enumerate(html.split("\n"), 1)
        if at > 4 and one.startswith("<p>") and "<a " not in one
    )

    mended = repaired(
        openai_client,
        ordered,
        html,
        [{"code": "stock-phrases", "message": "three stock phrases", "block": number}],
    )

    assert named not in mended
    assert count_words(mended) >= count_words(html)
    kept = [one for one in html.split("\n") if one != named]
    assert [one for one in kept if one not in mended] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_repair_writes_a_named_heading_anew_and_unlike_the_others(openai_client, language):
    ordered = {**ORDERED, "language": language}
    html = json.loads(content(ask(openai_client, article_prompt(ordered))))["html"]
    named = [at for at, one in enumerate(html.split("\n"), 1) if one.startswith("<h2>")]
    findings = [
        {"code": "heading-repeated", "message": "appears twice", "block": at} for at in named
    ]

    before, after = (
        blocks(one, "h2") for one in (html, repaired(openai_client, ordered, html, findings))
    )

    assert len(after) == len(before) == len(set(after) | set(before)) / 2
    keyed = [ordered["keyword"] in one.lower() for one in before]
    assert [ordered["keyword"] in one.lower() for one in after] == keyed


@pytest.mark.parametrize(
    ("name", "finish", "is_bad"),
    [
        ("empty", "stop", lambda text: text == ""),
        ("half_json", "stop", lambda text: text.startswith('{"title"') and not text.endswith("}")),
        ("cut_off", "length", lambda text: text.startswith('{"title"')),
        ("other_schema", "stop", lambda text: "html" not in json.loads(text)),
        ("rubbish", "stop", lambda text: len(text) > 300 and not text.startswith('{"')),
    ],
)
def test_an_answer_can_be_of_no_use_at_all(control, openai_client, name, finish, is_bad):
    control.knob(service="openai", bad_text=name, times=1)

    choice = ask(openai_client, article_prompt(ORDERED)).choices[0]

    assert choice.finish_reason == finish
    assert is_bad(choice.message.content)


def test_a_refusal_has_no_content(control, openai_client):
    control.knob(service="openai", bad_text="refusal")

    message = ask(openai_client, article_prompt(ORDERED)).choices[0].message

    assert message.content is None
    assert message.refusal


def test_several_faults_come_together(control, openai_client):
    control.knob(service="openai", bad_text=["foreign_link", "no_disclosure", "script"])

    html = json.loads(content(ask(openai_client, article_prompt(ORDERED))))["html"]

    assert all(SPOILT[name](html) for name in ("foreign_link", "no_disclosure", "script"))
    assert len(blocks(html, "h2")) > 1
    assert re.search(r"<script>", html)
