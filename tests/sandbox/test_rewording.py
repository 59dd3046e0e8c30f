"""Edits of words: where the prompt offers them, no paragraph is repeated for one of its words."""

import json

import pytest

from articles.document import Edit, apply, parse
from sandbox.writer import reply_to
from tests.sandbox.orders import brief
from tests.sandbox.test_changes import LINK, PAGE

ORDERED = brief(words=600)
OFFER = "- `reword` changes words inside block `block`"


def edits(*, notes=None, findings=None, page=PAGE, rules=OFFER, bad_text=(), words=600):
    lines = "\n".join(f"[{n}] {one}" for n, one in enumerate(page.split("\n"), 1))
    asked = json.dumps({**ORDERED, "words": words})
    user = f"<brief>\n{asked}\n</brief>\n<document>\n{lines}\n</document>\n"
    if notes is not None:
        wish = {"notes": notes, "reasons": [], "block": None}
        user += f"<notes>\n{json.dumps(wish)}\n</notes>\n"
    if findings is not None:
        user += f"<findings>\n{json.dumps(findings)}\n</findings>\n"
    reply = reply_to(user_text=user, form="json_schema", bad_text=bad_text, system_text=rules)
    assert reply.content is not None
    return reply.content["edits"]


def applied(made, page=PAGE):
    return apply(parse(page), [Edit.from_json(one) for one in made]).html


def test_a_link_is_set_by_a_few_words_of_its_paragraph():
    made = edits()

    assert [(one["op"], one["block"]) for one in made] == [("reword", 6), ("insert_after", 0)]
    assert "A garden in a small yard" not in made[0]["html"]
    assert applied(made).count(LINK) == 1


def test_words_that_are_said_already_become_the_link_and_nothing_is_repeated():
    page = PAGE.replace("Good soil", "You may visit a shop for solid beds one day. Good soil")

    made = edits(page=page)

    assert made[0]["op"] == "reword"
    assert len(made[0]["html"]) < len(LINK) + 30
    assert f"You may visit {LINK} one day." in applied(made, page)


@pytest.mark.parametrize(
    ("notes", "there"),
    [
        ('Replace "mud" with "clay".', "Spring begins with clay. Everyone"),
        ("Use 'coat' instead of 'hat'.", "<em>Take a coat. Take a friend.</em>"),
        ("Remove the sentence about boots.", "<p>Paths dry slowly.</p>"),
        ('Delete "slowly"', "<p>Paths dry. Bring"),
    ],
)
def test_a_wish_of_a_word_is_carried_out_by_that_word(notes, there):
    (made,) = edits(notes=notes)

    assert made["op"] in ("reword", "replace")
    assert there in applied([made])
    if made["op"] == "replace":  # no more to say than the words that are left
        assert len(made["html"]) < 40


def test_a_repair_mends_a_link_by_its_words():
    link = LINK.replace("sponsored", "nofollow")
    page = PAGE.replace("Bring boots,", f"Bring boots from {link} with you this year,")
    more = (
        "Dry socks help as well. Small feet tire sooner than large ones. Sit down now and then. "
        "Look at the trees on the way. Nobody is in a hurry on a day like this one."
    )
    page = page.replace("the long way round.", f"the long way round. {more}")
    finding = {"code": "link-policy-differs", "message": "the link's rel", "block": 3}

    made = edits(findings=[finding], page=page, words=100)

    (mended,) = [one for one in made if one["block"] == 3]
    assert mended["op"] == "reword"
    assert "Paths dry" not in mended["html"]
    assert LINK in applied(made, page)


@pytest.mark.parametrize("rules", ["", "- `replace` puts `html` in the place of a block"])
def test_where_nobody_offers_it_the_block_is_repeated(rules):
    assert [one["op"] for one in edits(rules=rules)] == ["replace", "insert_after"]


def test_words_that_are_nowhere_can_be_ordered():
    made = edits(bad_text=("wrong_find",))

    assert {one["op"] for one in made} == {"reword"}
    assert all(one["find"] not in PAGE for one in made)
