"""An outline is made to fit its brief: whatever was planned, the article can be written by it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.brief import Brief, LinkCandidate, Reference
from articles.writer import WriterGarbled, read_outline

PAGES = tuple(LinkCandidate(url=f"https://garden.example/{n}", title=f"Page {n}") for n in range(5))
BRIEF = Brief(
    topic="Raised beds", niche="gardening", keyword="raised beds", words=900,
    target_url="https://shop.example/beds", anchor_text="oak beds", host="garden.example",
    disclosure="Sponsored: this holds a paid link.", internal_links=PAGES, outbound_limit=2,
    references=(Reference(url="https://a.example/"), Reference(url="https://b.example/")),
)  # fmt: skip


def section(kind="text", heading="A heading", **given):
    return {"kind": kind, "heading": heading, "purpose": "Say it.", "words": 100,
            "subheadings": [], "links": []} | given  # fmt: skip


SECTIONS = [
    section("introduction", ""),
    *(section(heading=f"Heading {n}") for n in range(2, 7)),
    section("faq", "Questions", subheadings=["Why?", "When?"]),
    section(heading="Next steps"),
]


def read(sections=SECTIONS, *, link_section=3, head=None, **brief):
    plan = {"title": "Raised beds", "meta_description": "About.", "slug": "raised-beds",
            "sections": sections, "link_section": link_section} | (head or {})  # fmt: skip
    wanted = Brief.from_json(BRIEF.to_json() | brief)
    return read_outline(wanted, {"text": json.dumps(plan)})


def linked(outline):
    (number,) = [section.number for section in outline.sections if section.holds_link]
    return number


def test_the_lengths_are_brought_to_what_was_ordered_in_proportion():
    sections = [section("introduction", "", words=10), *SECTIONS[1:]]

    lengths = [each.words for each in read(sections, words=1506).sections]

    assert sum(lengths) == pytest.approx(1500, abs=len(lengths))
    assert lengths[0] == 30, "no section is a stump"
    assert len(set(lengths[1:])) == 1


@pytest.mark.parametrize("wished", [-1, 0, 1, 7, 8, 99])
def test_the_link_is_kept_out_of_the_first_and_last_section_and_the_questions(wished):
    assert linked(read(link_section=wished)) == 4


def test_the_link_stands_in_the_wished_section():
    assert linked(read(link_section=5)) == 5


@pytest.mark.parametrize(
    ("position", "wished", "found"),
    [
        ("early", 6, 2), ("early", 2, 2), ("middle", 2, 4), ("middle", 5, 5), ("late", 2, 6),
    ],
)  # fmt: skip
def test_the_link_stands_in_the_ordered_third_and_there_where_it_was_wished(
    position, wished, found
):
    assert linked(read(link_section=wished, link_position=position)) == found


def test_each_other_link_is_allowed_and_stands_in_one_section():
    urls = [page.url for page in PAGES]
    sections = [
        section("introduction", "", links=[urls[0], "https://casino.example/", BRIEF.target_url]),
        section(heading="B", links=[urls[0], urls[1], "https://a.example/"]),
        section(heading="C", links=[urls[2], urls[3], "https://b.example/"]),
    ]

    links = [each.links for each in read(sections).sections]

    # Three pages of the site at most, and beside the paid link one that leaves it.
    assert links == [(urls[0],), (urls[1], "https://a.example/"), (urls[2],)]


def test_headings_are_plain_lines():
    sections = [section("introduction", "Hello"), section(heading=" <b>Bold</b>\n & plain ")]

    first, second = read(sections).sections

    assert (first.heading, second.heading) == ("", "Bold & plain")


@pytest.mark.parametrize(
    "sections",
    [[], [section("introduction", "")], [section("introduction", ""), section(heading=" ")],
     [section()] * 31],
)  # fmt: skip
def test_a_plan_that_no_article_could_follow_is_garbled(sections):
    with pytest.raises(WriterGarbled) as caught:
        read(sections)

    assert caught.value.kind == "bad-outline"


@pytest.mark.parametrize("title", ["", " \n", "<h1></h1>", "\x00"])
def test_a_plan_without_a_title_is_garbled(title):
    with pytest.raises(WriterGarbled) as caught:
        read(head={"title": title})

    assert caught.value.kind == "bad-outline"


def test_a_title_and_a_description_are_cut_at_a_word_to_what_can_be_stored():
    outline = read(head={"title": "spade " * 40, "meta_description": "shovel " * 70})

    assert outline.title == " ".join(["spade"] * 33)
    assert outline.meta_description == " ".join(["shovel"] * 57)


def test_a_title_of_one_endless_word_is_cut_within_it():
    assert read(head={"title": "x" * 224}).title == "x" * 200


def test_sections_are_told_no_more_of_a_plan_than_fits_a_prompt():
    sections = [section("introduction", ""), section(heading="x " * 500, purpose="y " * 5000)]

    told = json.dumps(read(sections).on_the_wire())

    assert len(told) < 1200


@given(
    st.lists(
        st.builds(
            section,
            kind=st.sampled_from(["introduction", "text", "faq"]),
            heading=st.text(),
            purpose=st.text(),
            words=st.integers(-(10**6), 10**6),
            subheadings=st.lists(st.text()),
            links=st.lists(st.sampled_from([page.url for page in PAGES]) | st.text()),
        )
    ),
    st.integers(-5, 40),
    st.sampled_from(["", "early", "middle", "late"]),
)
def test_whatever_is_planned_has_one_linked_section_or_is_garbled(sections, wished, position):
    try:
        outline = read(sections, link_section=wished, link_position=position)
    except WriterGarbled:
        return
    assert linked(outline) >= 1
    assert all(each.heading for each in outline.sections[1:])
    allowed = [url for each in outline.sections for url in each.links]
    assert len(allowed) == len(set(allowed)) <= 4
    json.dumps(outline.on_the_wire()).encode()
