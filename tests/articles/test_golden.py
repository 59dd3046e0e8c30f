"""Pages as the web really has them: cut byte for byte, cleaned to the letter, edited by block.

Each `golden/<name>.html` has beside it what the sanitiser makes of it (`.clean`) and the blocks of
that (`.blocks`). After a change to either, run this file with `UPDATE_SNAPSHOTS=1`: it writes both
anew; read their diff as a publisher would.
"""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from articles.document import Document, Edit, apply, parse
from articles.sanitise import clean
from tests.articles.shapes import any_html

GOLDEN = Path(__file__).parent / "golden"
NAMES = sorted(path.stem for path in GOLDEN.glob("*.html"))
_LEFT_OPEN = {"cut-in-a-tag", "unclosed-tags", "crossed-tags", "loud-and-unquoted"}
PUT_IN = "<p>Put in its place.</p>"


def source_of(name: str) -> str:
    # As bytes: reading text would make one kind of line break of three.
    return (GOLDEN / f"{name}.html").read_bytes().decode()


def listed(document: Document) -> str:
    lines = [f"{block.number} {block.kind}: {block.text!a}\n" for block in document.blocks]
    return "".join(lines)


def of_a_megabyte() -> str:
    # Without the pages that leave a tag open: what follows would stand in it.
    pages = "\n".join(source_of(name) for name in NAMES if name not in _LEFT_OPEN)
    return pages * (1_000_000 // len(pages) + 1)


@pytest.mark.parametrize("name", NAMES)
def test_a_page_is_cleaned_and_cut_as_it_was_last_read_by_a_person(name):
    cleaned = clean(source_of(name))
    blocks = listed(parse(cleaned))
    as_clean, as_blocks = GOLDEN / f"{name}.clean", GOLDEN / f"{name}.blocks"

    if os.environ.get("UPDATE_SNAPSHOTS") == "1":
        as_clean.write_bytes(cleaned.encode())
        as_blocks.write_bytes(blocks.encode())

    assert cleaned.encode() == as_clean.read_bytes()
    assert blocks.encode() == as_blocks.read_bytes()


def test_every_page_has_its_two_snapshots_and_none_is_left_over():
    kept = {path.name for path in GOLDEN.iterdir()}

    assert kept == {f"{name}.{form}" for name in NAMES for form in ("html", "clean", "blocks")}


@pytest.mark.parametrize("name", NAMES)
def test_cutting_changes_no_byte_of_a_page_nor_of_what_the_sanitiser_makes_of_it(name):
    source = source_of(name)

    assert parse(source).html == source
    assert parse(clean(source)).html == clean(source)
    assert clean(clean(source)) == clean(source)


@pytest.mark.parametrize("name", NAMES)
def test_an_edit_of_one_block_leaves_every_other_byte_as_it_was(name):
    for source in (source_of(name), clean(source_of(name))):
        document = parse(source)
        for block in document.blocks:
            edit = Edit(op="replace", block=block.number, html=PUT_IN)
            before, _, after = _around(document, block.number)
            edited = apply(document, [edit]).html
            assert edited.startswith(before)
            assert edited.endswith(after)
            assert PUT_IN in edited[len(before) : len(edited) - len(after)]


@pytest.mark.parametrize("name", NAMES)
def test_a_deleted_block_takes_nothing_else_with_it(name):
    document = parse(clean(source_of(name)))
    for block in document.blocks if len(document.blocks) > 1 else ():
        edited = apply(document, [Edit(op="delete", block=block.number)])
        assert [each.html for each in edited.blocks] == [
            each.html for each in document.blocks if each is not block
        ]


def test_a_megabyte_is_cut_and_cleaned_like_a_line():
    source = of_a_megabyte()
    cleaned = clean(source)

    assert len(source) >= 1_000_000
    assert parse(source).html == source
    assert parse(cleaned).html == cleaned
    assert clean(cleaned) == cleaned
    assert len(parse(cleaned).blocks) > 1000


@given(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3), any_html, st.integers(0, 2000))
@settings(max_examples=150)
def test_pages_torn_and_put_together_are_cut_and_cleaned_the_same(names, between, torn_at):
    source = between.join(source_of(name)[:torn_at] for name in names)
    cleaned = clean(source)

    assert parse(source).html == source
    assert parse(cleaned).html == cleaned
    assert clean(cleaned) == cleaned
    assert all(clean(block.html) == block.html for block in parse(cleaned).blocks)


@given(any_html, st.data())
def test_in_any_text_an_edit_of_one_block_leaves_every_other_byte(html, data):
    document = parse(clean(html))
    if not document.blocks:
        return
    number = data.draw(st.integers(1, len(document.blocks)))
    before, _, after = _around(document, number)

    edited = apply(document, [Edit(op="replace", block=number, html=PUT_IN)]).html

    assert edited.startswith(before)
    assert edited.endswith(after)


def _around(document: Document, number: int) -> tuple[str, str, str]:
    """The source up to the block's own marks, the block, and what follows it."""
    sources = [block.source for block in document.blocks]
    block = document.blocks[number - 1]
    before = "".join(sources[: number - 1]) + block.gap
    return before, block.html, "".join(sources[number:]) + document.tail
