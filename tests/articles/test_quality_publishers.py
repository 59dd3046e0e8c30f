"""The gate on a publisher's own page: what the order of a link may do in it, and to it."""

from dataclasses import replace

import pytest

from articles.quality import INTEGRATION, State, check
from articles.quality.report import Level
from tests.articles.good import BRIEF, DISCLOSURE, codes
from tests.articles.test_quality_changes import INTEGRATED, OLD, PLACED, integrated, sentences


@pytest.mark.parametrize(
    ("kept", "title", "code"),
    [
        (80, OLD.title, None),
        (79, OLD.title, "text-not-kept"),
        (100, "Bread of another kind", "field-changed"),
    ],
)
def test_the_revision_of_a_link_leaves_the_publishers_page_alone(kept, title, code):
    theirs = replace(OLD, html=sentences(100))
    placed = replace(theirs, html=f"{DISCLOSURE}{theirs.html}<p>{PLACED}</p>")
    reworded = PLACED.replace("a quiet corner", "much patience")
    after = replace(theirs, title=title, html=f"{DISCLOSURE}{sentences(kept)}<p>{reworded}</p>")

    result = check(
        after, BRIEF, before=placed, change="revision", checks=INTEGRATION, publishers=theirs
    )["untouched-text"]

    assert codes(result) == ([code] if code else [])
    assert result.state is (State.FAILED if code else State.PASSED)


def test_what_others_changed_in_a_publishers_page_is_no_fault_of_the_revision_of_a_link():
    theirs = replace(OLD, html=sentences(100))
    edited = sentences(50) + sentences(50, first="Since then it")
    placed = replace(theirs, html=f"{DISCLOSURE}{edited}<p>{PLACED}</p>")
    after = replace(placed, html=placed.html.replace("a quiet corner", "much patience"))

    result = check(
        after, BRIEF, before=placed, change="revision", checks=INTEGRATION, publishers=theirs
    )["untouched-text"]

    assert result.state is State.PASSED


def test_a_link_that_is_placed_is_told_of_where_it_was_not_ordered():
    assert integrated()["link-position"].state is State.NOT_APPLICABLE
    after = replace(OLD, html=INTEGRATED)
    for position, state in (("middle", State.PASSED), ("late", State.WARNED)):
        brief = replace(BRIEF, link_position=position)
        report = check(after, brief, before=OLD, change="integration")
        assert (report["link-position"].state, report.blocked) == (state, False)


def test_a_paragraph_that_a_page_said_twice_is_no_new_fault_when_blocks_go_in_above_it():
    said = "".join(f" The {n}th loaf of the day rests on a board by the window." for n in range(3))
    theirs = replace(OLD, html=f"<p>{said}</p>\n{OLD.html}\n<p>{said}</p>")
    placed = theirs.html.replace("crust.</p>", f"crust. {PLACED}</p>", 1)

    result = integrated(f"{DISCLOSURE}\n{placed}", before=theirs)["repetition"]

    told = [each for each in result.findings if each.code == "paragraph-repeated"]
    assert [each.level for each in told] == [Level.WARNS]
    assert told[0].message.endswith("It was so before the change.")


def test_a_paragraph_that_a_change_says_a_third_time_is_a_new_fault():
    said = "".join(f" The {n}th loaf of the day rests on a board by the window." for n in range(3))
    theirs = replace(OLD, html=f"<p>{said}</p>\n{OLD.html}\n<p>{said}</p>")
    placed = theirs.html.replace("crust.</p>", f"crust. {PLACED}</p>", 1)

    result = integrated(f"{DISCLOSURE}\n{placed}\n<p>{said}</p>", before=theirs)["repetition"]

    told = [each for each in result.findings if each.code == "paragraph-repeated"]
    assert [each.level for each in told] == [Level.BLOCKS, Level.WARNS]
