import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.brief import Brief
from articles.draft import Draft
from articles.quality import Finding
from articles.writer import (
    WriterGarbled,
    applied,
    apply_repair,
    assemble,
    generate,
    read_outline,
)

ARTICLE = {
    "title": "A household budget",
    "meta_description": "How to plan a household budget.",
    "slug": "household-budget",
    "html": "<p>One.</p>\n<h2>Two</h2>\n<p>Three.</p>",
}
DRAFT = Draft(**ARTICLE)


BRIEF = Brief(
    topic="Money", niche="finance", keyword="household budget",
    target_url="https://shop.example/", anchor_text="a shop", words=700, host="money.example",
    disclosure="Paid & marked.",
)  # fmt: skip


PLAN = {
    "title": "A household budget",
    "meta_description": "How to plan a household budget.",
    "slug": "household-budget",
    "link_section": 2,
    "sections": [
        {"kind": kind, "heading": heading, "purpose": "p", "words": 200, "subheadings": [],
         "links": []}
        for kind, heading in (
            ("introduction", ""), ("text", "Start & stay"), ("text", "Next steps"),
        )
    ],
}  # fmt: skip


def written(pieces=None, **head):
    return assemble(BRIEF, read_outline(BRIEF, reply(PLAN | head)), pieces or PIECES)


def reply(data):
    return {"text": data if isinstance(data, str) else json.dumps(data), "finish_reason": "stop"}


def repair(*edits, **fields):
    return reply(
        {"title": None, "meta_description": None, "slug": None} | fields | {"edits": list(edits)}
    )


def edit(op, block, html="", **more):
    return {"op": op, "block": block, "html": html, **more}


def body(html):
    return reply({"html": html})


PIECES = [body("<p>Hello, budget.</p>"), body("<p>Set it.</p>"), body("<p>Keep it.</p>")]


def test_sections_become_one_article_under_the_outlines_headings_with_the_disclosure_first():
    assert written() == Draft(
        title="A household budget",
        meta_description="How to plan a household budget.",
        slug="household-budget",
        html="<p>Paid &amp; marked.</p>\n<p>Hello, budget.</p>\n<h2>Start &amp; stay</h2>\n"
        "<p>Set it.</p>\n<h2>Next steps</h2>\n<p>Keep it.</p>",
    )


def test_a_piece_that_holds_all_sections_keeps_its_own_headings():
    whole = written([body("<p>Hello.</p><h2>Start</h2><p>Set it.</p>")])

    assert whole.html == "<p>Paid &amp; marked.</p>\n<p>Hello.</p><h2>Start</h2><p>Set it.</p>"


@pytest.mark.parametrize(
    "said_again",
    ["<h2>Start &amp; stay</h2><p>Set it.</p>", "<h3>Start, stay!</h3>\n<p>Set it.</p>"],
)
def test_a_heading_or_a_disclosure_that_a_piece_says_again_stands_once(said_again):
    pieces = [body("<p>Paid &amp; marked.</p><p>Hello, budget.</p>"), body(said_again), PIECES[2]]

    assert written(pieces) == written()


def test_what_a_piece_brings_in_is_sanitised():
    bad = (
        '<p onclick="x()">One<script>alert(1)</script>\0</p><p>'
        '<a href="https://shop.example/" rel="sponsored" target="_blank">it</a>'
        '<a href="javascript:x()">bad</a></p>'
    )
    html = written([PIECES[0], body(bad), PIECES[2]]).html

    assert "<p>One</p>" in html
    assert '<a href="https://shop.example/" rel="sponsored">it</a>' in html
    assert "javascript" not in html


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
    assert written(slug=slug, title=title).slug == address


@pytest.mark.parametrize("html", ["", " \n", "<script>alert(1)</script>"])
def test_a_piece_without_text_is_garbled(html):
    with pytest.raises(WriterGarbled) as caught:
        written([PIECES[0], body(html), PIECES[2]])

    assert caught.value.kind == "empty"


@pytest.fixture
def bought(monkeypatch):
    """Buys what a model answers with that HTML: section 2, or all of it in one piece."""

    def buy(html, *, whole=False):
        def answer(question, *, read, **_):
            read(body(html))
            return body(html)

        monkeypatch.setattr(generate, "ask", answer)
        outline = read_outline(BRIEF, reply(PLAN))
        named = {"request_id": "job/text-1/1", "record": [].append}
        if whole:
            return generate.buy_article(BRIEF, outline, **named)
        return generate.buy_section(BRIEF, outline, 2, **named)

    return buy


@pytest.mark.parametrize(
    "html",
    [
        "<h2>Start &amp; stay</h2>",
        "<p>Paid &amp; marked.</p>",
        "<p>Paid &amp; marked.</p><h2>Start, stay</h2>",
        "<h2>Start &amp; stay</h2><h3>How to start</h3>",
    ],
)
def test_a_section_of_which_nothing_is_left_is_garbled_before_it_is_kept(bought, html):
    with pytest.raises(WriterGarbled) as caught:
        bought(html)

    assert caught.value.kind == "empty"
    assert bought(f"{html}<p>Set it.</p>") == body(f"{html}<p>Set it.</p>")


@pytest.mark.parametrize("html", ["<p>Paid &amp; marked.</p>", "<h2>Start</h2><h2>Next</h2>"])
def test_an_article_of_headings_alone_is_garbled_before_it_is_kept(bought, html):
    with pytest.raises(WriterGarbled):
        bought(html, whole=True)


@pytest.mark.parametrize("wrong", [{"title": "x" * 201}, {"meta_description": "x" * 401}])
def test_a_change_that_could_not_be_stored_is_garbled(wrong):
    with pytest.raises(WriterGarbled) as caught:
        apply_repair(DRAFT, repair(**wrong))

    assert caught.value.kind == "too-long"


@given(st.lists(st.text(), min_size=3, max_size=3))
def test_whatever_the_pieces_hold_gives_a_storable_draft_or_is_garbled(texts):
    try:
        draft = written([body(text) for text in texts])
    except WriterGarbled:
        return
    for text in (draft.title, draft.meta_description, draft.slug, draft.html):
        assert "\0" not in text
        text.encode()


def test_half_a_surrogate_pair_in_an_answer_is_left_out():
    assert "budget \ud83d" not in written([body("<p>A budget \ud83d</p>"), *PIECES[1:]]).html


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


def fault(code, block):
    return Finding(code=code, message="…", block=block)


REPAIR_OF_THREE = (
    edit("replace", 3, "<p>Three, mended.</p>"),
    edit("replace", 1, "<p>One, polished.</p>"),
    edit("insert_after", 1, "<p>New.</p>"),
)


def test_a_repair_leaves_the_blocks_alone_that_no_finding_names():
    found = [fault("leakage", 3)]

    mended = apply_repair(DRAFT, repair(*REPAIR_OF_THREE), found)

    assert mended.html == "<p>One.</p>\n<p>New.</p>\n<h2>Two</h2>\n<p>Three, mended.</p>"
    kept = applied({**repair(*REPAIR_OF_THREE), "prompt_version": "repair-4"}, found)
    assert [(made["op"], made["block"]) for made in kept["edits"]] == [
        ("replace", 3),
        ("insert_after", 1),
    ]


@pytest.mark.parametrize("elsewhere", [fault("too-short", None), fault("target-link-misplaced", 2)])
def test_what_may_be_mended_anywhere_lets_any_block_be_edited(elsewhere):
    mended = apply_repair(DRAFT, repair(*REPAIR_OF_THREE), [fault("leakage", 3), elsewhere])

    assert "One, polished." in mended.html
    assert "Three, mended." in mended.html


def test_a_repair_of_nothing_but_other_blocks_is_garbled():
    edits = [edit("delete", 2), edit("reword", 1, "Uno", find="One")]

    with pytest.raises(WriterGarbled, match="no edit of block 3, only of what stands beside"):
        apply_repair(DRAFT, repair(*edits), [fault("leakage", 3)])

    for fields in ({"title": "A better budget"}, {"slug": "buy"}):
        for others in (edits, []):
            with pytest.raises(WriterGarbled, match="no edit of block 3"):
                apply_repair(DRAFT, repair(*others, **fields), [fault("leakage", 3)])


FIELDS = {"title": "Buy", "meta_description": "Buy now.", "slug": "buy"}


@pytest.mark.parametrize(
    "findings",
    [[("leakage", 1)], [("sentence-repeated", 1)], [("leakage", 1), ("too-short", None)]],
)
def test_a_repair_of_blocks_leaves_title_description_and_slug(findings):
    bought = {**repair(edit("replace", 1, "<p>Two.</p>"), **FIELDS), "prompt_version": "repair-5"}
    found = [fault(*finding) for finding in findings]

    mended = apply_repair(DRAFT, bought, found)

    assert mended == Draft(**ARTICLE | {"html": DRAFT.html.replace("One.", "Two.")})
    assert applied(bought, found).keys() == {"prompt_version", "edits"}


@pytest.mark.parametrize("code", ["contact-data", "title-missing", "foreign-name"])
def test_a_finding_of_no_block_lets_a_repair_change_them(code):
    bought = repair(edit("replace", 1, "<p>Two.</p>"), **FIELDS)

    mended = apply_repair(DRAFT, bought, [fault("leakage", 1), fault(code, None)])

    assert mended == Draft(**FIELDS, html=DRAFT.html.replace("One.", "Two."))


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
