import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.draft import Draft
from articles.writer import WriterGarbled, apply_repair, parse_article

ARTICLE = {
    "title": "A household budget",
    "meta_description": "How to plan a household budget.",
    "slug": "household-budget",
    "html": "<p>One.</p>\n<h2>Two</h2>\n<p>Three.</p>",
}
DRAFT = Draft(**ARTICLE)


def reply(data):
    return {"text": data if isinstance(data, str) else json.dumps(data), "finish_reason": "stop"}


def repair(*edits, **fields):
    return reply(
        {"title": None, "meta_description": None, "slug": None} | fields | {"edits": list(edits)}
    )


def edit(op, block, html=""):
    return {"op": op, "block": block, "html": html}


def test_an_article_is_read_as_a_draft():
    assert parse_article(reply(ARTICLE)) == DRAFT


def test_a_draft_is_sanitised_and_its_lines_are_single_lines():
    draft = parse_article(
        reply(
            {
                "title": " A\n household \tbudget\u0000 ",
                "meta_description": "How\nto",
                "slug": "Household Budget!",
                "html": '<p onclick="x()">One<script>alert(1)</script>\u0000</p>'
                '<p><a href="https://shop.example/" rel="sponsored" target="_blank">it</a>'
                '<a href="javascript:x()">bad</a></p>',
            }
        )
    )

    assert draft.title == "A household budget"
    assert draft.meta_description == "How to"
    assert draft.slug == "household-budget"
    assert "<p>One</p>" in draft.html
    assert '<a href="https://shop.example/" rel="sponsored">it</a>' in draft.html
    assert "javascript" not in draft.html


@pytest.mark.parametrize(
    ("slug", "title", "address"),
    [
        ("", "A household budget", "a-household-budget"),
        ("???", "A household budget", "a-household-budget"),
        ("", "家計の予算", "article"),
        ("x" * 200, "T", "x" * 120),
    ],
)
def test_a_slug_is_always_an_address(slug, title, address):
    assert parse_article(reply(ARTICLE | {"slug": slug, "title": title})).slug == address


@pytest.mark.parametrize(
    ("wrong", "kind"),
    [
        ({"title": " \n"}, "empty"),
        ({"html": ""}, "empty"),
        ({"html": "<script>alert(1)</script>"}, "empty"),
        ({"title": "x" * 201}, "too-long"),
        ({"meta_description": "x" * 401}, "too-long"),
    ],
)
def test_a_reply_that_could_not_be_stored_is_garbled(wrong, kind):
    with pytest.raises(WriterGarbled) as caught:
        parse_article(reply(ARTICLE | wrong))

    assert caught.value.kind == kind


@given(st.fixed_dictionaries({name: st.text() for name in ARTICLE}))
def test_whatever_text_a_reply_holds_gives_a_storable_draft_or_is_garbled(article):
    try:
        draft = parse_article(reply(article))
    except WriterGarbled:
        return
    for text in (draft.title, draft.meta_description, draft.slug, draft.html):
        assert "\0" not in text
        text.encode()
    assert draft.title
    assert draft.slug


def test_half_a_surrogate_pair_in_an_answer_is_left_out():
    text = json.dumps(ARTICLE | {"title": "A budget \ud83d"})

    assert parse_article(reply(text)).title == "A budget"


def test_a_repair_changes_the_named_blocks_and_leaves_the_others_byte_for_byte():
    mended = apply_repair(
        DRAFT,
        repair(
            edit("replace", 3, "<p>Three, mended.</p>"),
            edit("insert_after", 0, "<p>Paid for.</p>"),
        ),
    )

    assert mended.html.startswith("<p>Paid for.</p>")
    assert mended.html.endswith("<p>One.</p>\n<h2>Two</h2>\n<p>Three, mended.</p>")
    assert (mended.title, mended.meta_description, mended.slug) == (
        DRAFT.title,
        DRAFT.meta_description,
        DRAFT.slug,
    )


def test_a_repair_changes_only_the_fields_that_it_gives():
    mended = apply_repair(DRAFT, repair(title="A better budget"))

    assert mended == Draft(**ARTICLE | {"title": "A better budget"})


def test_what_a_repair_brings_in_is_sanitised():
    mended = apply_repair(DRAFT, repair(edit("replace", 1, "<p>One<script>x</script>\0</p>")))

    assert mended.html.startswith("<p>One</p>\n<h2>")


@pytest.mark.parametrize(
    "edits",
    [
        [edit("replace", 4, "<p>x</p>")],
        [edit("replace", 0, "<p>x</p>")],
        [edit("insert_after", 4, "<p>x</p>")],
        [edit("delete", -1)],
        [edit("delete", 10**30)],
        [edit("replace", 1, "<p>x</p>"), edit("delete", 1)],
        [edit("replace", 1, "<script>x</script>")],
        [edit("delete", 1), edit("delete", 2), edit("delete", 3)],
    ],
    ids=lambda edits: str(edits)[:60],
)
def test_edits_that_do_not_fit_the_draft_are_garbled(edits):
    with pytest.raises(WriterGarbled) as caught:
        apply_repair(DRAFT, repair(*edits))

    assert caught.value.kind == "bad-edits"
    assert len(caught.value.reason) <= 200


@pytest.mark.parametrize("text", ["", "no", '{"edits": []}', json.dumps(ARTICLE)])
def test_a_repair_of_another_shape_is_garbled(text):
    with pytest.raises(WriterGarbled):
        apply_repair(DRAFT, reply(text))
