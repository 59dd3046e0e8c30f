import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from articles.document import Edit, EditRefused, apply, parse, sentences, words
from articles.sanitise import clean
from tests.articles.shapes import SHAPES, any_html

PARAGRAPHS = "<h2>A</h2>\n\n<p>One.</p>\n\n<p>Two &amp; more.</p>\n\n<p>Three.</p>"


@given(any_html)
def test_any_text_at_all_survives_the_cutting_byte_for_byte(html):
    assert parse(html).html == html


@pytest.mark.parametrize("name", SHAPES)
def test_a_real_page_is_cut_where_a_reader_would_cut_it(name):
    source, blocks = SHAPES[name]
    document = parse(source)

    assert document.html == source
    assert [(block.kind, block.text) for block in document.blocks] == blocks
    assert [block.number for block in document.blocks] == list(range(1, len(blocks) + 1))


@given(any_html)
@settings(max_examples=400)
def test_clean_blocks_are_each_clean(html):
    for block in parse(clean(html)).blocks:
        assert clean(block.html) == block.html


edits_of_three = st.lists(
    st.builds(
        Edit,
        op=st.sampled_from(["replace", "insert_after", "delete"]),
        block=st.integers(1, 4),
        html=any_html,
    ),
    max_size=4,
    unique_by=lambda edit: (edit.op == "insert_after", edit.block),
)


@given(edits_of_three)
def test_blocks_that_no_edit_names_stay_byte_for_byte(edits):
    document = parse(PARAGRAPHS)
    changed = {edit.block for edit in edits if edit.op != "insert_after"}
    try:
        result = apply(document, edits)
    except EditRefused:
        return

    at = 0
    for block in document.blocks:
        if block.number not in changed:
            at = result.html.index(block.html, at) + len(block.html)
    assert [block.number for block in result.blocks] == list(range(1, len(result.blocks) + 1))
    assert parse(result.html).blocks == result.blocks


def test_no_edits_change_no_byte():
    for source, _ in SHAPES.values():
        document = parse(source)
        if document.blocks:
            assert apply(document, []).html == source


def test_replace_insert_and_delete_name_the_blocks_as_they_were():
    result = apply(
        parse(PARAGRAPHS),
        [
            Edit(op="delete", block=2),
            Edit(op="insert_after", block=3, html="<p>New.</p><ul><li>x</li></ul>"),
            Edit(op="replace", block=4, html="<p>Last.</p>"),
            Edit(op="insert_after", block=0, html="<p>First.</p>"),
        ],
    )

    assert result.html == (
        "<p>First.</p>\n\n<h2>A</h2>\n\n<p>Two &amp; more.</p>\n\n<p>New.</p>\n\n"
        "<ul><li>x</li></ul>\n\n<p>Last.</p>"
    )


def test_new_html_is_sanitised_and_loose_text_becomes_a_paragraph():
    result = apply(
        parse(PARAGRAPHS),
        [Edit(op="replace", block=2, html='Hello <b onclick="x()">you</b><script>y</script>')],
    )

    assert result.blocks[1].html == "<p>Hello <b>you</b></p>"
    assert result.blocks[1].kind == "paragraph"


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (Edit(op="replace", block=0, html="<p>x</p>"), "names block 0"),
        (Edit(op="delete", block=5), "names block 5; the document has blocks 1 to 4"),
        (Edit(op="insert_after", block=-1, html="<p>x</p>"), "names block -1"),
        (Edit(op="replace", block=2, html="<script>x</script>"), "no content"),
        (Edit(op="insert_after", block=2, html="  "), "no content"),
        (Edit(op="replace", block=2, html="<li>x</li>"), "holds <li> outside"),
    ],
)
def test_an_edit_that_cannot_be_made_is_refused_with_its_reason(edit, reason):
    with pytest.raises(EditRefused, match=reason):
        apply(parse(PARAGRAPHS), [edit])


def test_two_changes_of_one_block_are_refused():
    twice = [Edit(op="delete", block=2), Edit(op="replace", block=2, html="<p>x</p>")]
    with pytest.raises(EditRefused, match="block 2 is changed twice"):
        apply(parse(PARAGRAPHS), twice)


def test_edits_that_leave_nothing_are_refused():
    with pytest.raises(EditRefused, match="leave nothing"):
        apply(parse(PARAGRAPHS), [Edit(op="delete", block=number) for number in range(1, 5)])


@pytest.mark.parametrize(
    "data",
    [{"op": "move", "block": 1}, {"op": "delete", "block": "1"}, {"op": "delete"},
     {"op": "delete", "block": True}, {"op": "replace", "block": 1, "html": 5}],
)  # fmt: skip
def test_an_edit_of_the_wrong_shape_is_refused(data):
    with pytest.raises(EditRefused):
        Edit.from_json(data)


def test_editor_marks_stay_around_a_paragraph_and_go_when_it_becomes_a_heading():
    source = "<!-- wp:paragraph -->\n<p>Old.</p>\n<!-- /wp:paragraph -->\n\n<p>End.</p>"
    document = parse(source)

    kept = apply(document, [Edit(op="replace", block=1, html="<p>New.</p>")])
    dropped = apply(document, [Edit(op="replace", block=1, html="<h2>New</h2>")])
    deleted = apply(document, [Edit(op="delete", block=1)])

    assert kept.html == source.replace("Old", "New")
    assert dropped.html == "<h2>New</h2>\n\n<p>End.</p>"
    assert "wp:" not in deleted.html


def test_boxes_around_a_deleted_block_stay_closed():
    document = parse('<div class="box"><p>One.</p><p>Two.</p></div><p>Three.</p>')

    assert apply(document, [Edit(op="delete", block=1)]).html == (
        '<div class="box"><p>Two.</p></div><p>Three.</p>'
    )
    assert apply(document, [Edit(op="delete", block=3)]).html == (
        '<div class="box"><p>One.</p><p>Two.</p></div>'
    )


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ("Dr. Smith paid 3.5 dollars, i.e. 3.2 euros. Good.",
         ["Dr. Smith paid 3.5 dollars, i.e. 3.2 euros.", "Good."]),
        ("See https://a.example/b.html?c=d. It works.",
         ["See https://a.example/b.html?c=d.", "It works."]),
        ("He said “Stop.” She did. J. R. R. Tolkien wrote.",
         ["He said “Stop.”", "She did.", "J. R. R. Tolkien wrote."]),
        ("It began in 1999. It ended.", ["It began in 1999.", "It ended."]),
        ("Sit in the sun. No. 5 is best, no? He said no. Then he left.",
         ["Sit in the sun.", "No. 5 is best, no?", "He said no.", "Then he left."]),
        ("1. Open the lid", ["1. Open the lid"]),
        ("first line\nsecond line", ["first line", "second line"]),
        ("Wait... what? Eggs, e.g. this", ["Wait... what?", "Eggs, e.g. this"]),
        ("これは文です。次の文です。", ["これは文です。", "次の文です。"]),
        ("", []),
    ],
)  # fmt: skip
def test_sentences_end_where_a_reader_ends_them(text, parts):
    assert sentences(text) == parts


def test_words_are_counted_as_a_reader_counts_them():
    document = parse("<h2>State-of-the-art hives</h2><p>Don’t pay 3.5&nbsp;times — ever…</p>")
    assert words(document) == 2 + 5
    assert words(parse("<p>Smith &amp; Sons, A&amp;B</p>")) == 4
