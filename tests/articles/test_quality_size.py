"""The gate's cost grows with the text: what is too large is blocked, the rest is read once."""

from dataclasses import replace

import pytest

from articles import links as links_module
from articles.document import parse
from articles.document.markup import depth
from articles.document.reopening import reopened
from articles.links import links
from articles.quality import INTEGRATION, NEW_ARTICLE, REVISION, State, check
from articles.quality.completeness import DEEPEST, LARGEST_CHARS
from articles.quality.gate import MOST_FINDINGS
from articles.sanitise import DEEPEST as DEEPEST_KEPT
from articles.sanitise import clean
from tests.articles.good import BRIEF, DRAFT, codes, run


@pytest.mark.parametrize(("more", "expected"), [(0, []), (1, ["too-large"])])
def test_a_text_may_have_200000_characters(more, expected):
    html = f"<p>{'x' * (LARGEST_CHARS + more - 7)}</p>"
    result = run("size", html)
    assert codes(result) == expected
    assert (result.value, result.threshold) == (LARGEST_CHARS + more, LARGEST_CHARS)


@pytest.mark.parametrize(("more", "expected"), [(0, []), (1, ["too-deep"])])
def test_a_text_may_nest_100_deep(more, expected):
    html = "<ul><li>x" * (DEEPEST + more) + "</li></ul>" * (DEEPEST + more)
    assert codes(run("size", html)) == expected


@pytest.mark.parametrize("checks", [NEW_ARTICLE, REVISION, INTEGRATION])
@pytest.mark.parametrize("html", ["<p>x</p>" * 30_000, "<ul><li>x" * 20_000])
def test_what_is_too_large_is_blocked_and_judged_by_nothing_else(monkeypatch, checks, html):
    from articles.quality import case

    monkeypatch.setattr(case, "parse", lambda html: pytest.fail("the text was read"))

    report = check(replace(DRAFT, html=html), BRIEF, before=DRAFT, checks=checks)

    assert report.blocked
    assert [each.name for each in report.checks] == [each.name for each in checks]
    assert [each.state for each in report.checks] == [
        State.FAILED,
        *[State.UNKNOWN] * (len(checks) - 1),
    ]
    assert {each.reason for each in report.checks[1:]} == {"The text is too large to be judged."}


def test_what_is_too_large_is_blocked_whatever_the_checks_are():
    report = check(replace(DRAFT, html="<p>x</p>" * 30_000), BRIEF, checks=NEW_ARTICLE[3:5])

    assert [each.name for each in report.checks] == ["size", "link-policy", "disclosure"]
    assert report.blocked


@pytest.mark.parametrize(
    ("html", "deep"),
    [
        ("", 0),
        ("<p>a<p>b<p>c", 0),  # each ends the last
        ("<ul><li>a<li>b<ul><li>c</ul></ul>", 2),
        ("<b><i>x</b></i><b>y</b>", 2),
        ("</b></i>", 0),
        ("<img><br><hr>", 0),
        ("<blockquote>" * 7, 7),
    ],
)
def test_depth_counts_the_tags_that_wait_to_be_closed(html, deep):
    assert depth(html) == deep


def test_of_what_nests_deeper_than_any_page_only_the_words_stay():
    deep = "<ul><li>a &amp; b" * (DEEPEST_KEPT + 1)

    cleaned = clean(deep)

    assert cleaned == f"<p>{' '.join(['a &amp; b'] * (DEEPEST_KEPT + 1))}</p>"
    assert clean(cleaned) == cleaned
    assert clean("<ul><li>a" * DEEPEST_KEPT).count("<ul>") == DEEPEST_KEPT


@pytest.mark.parametrize(
    "opened",
    [
        "".join(f"<p><b lang=x{number}>" for number in range(200)),
        "".join(f"<p><b lang=x{number}<>" for number in range(200)),
        f"<p><i lang={'x' * 3000}>",
        f"<p><i lang={'x' * 3000}><table><td></i></table>",
        f'<p><i lang={"x" * 3000}><p lang=x<"</i>">',
        f'<p lang=x"><i lang={"x" * 3000}><p lang=y">',
        f"<!--><i lang={'x' * 3000}>-->",
        f'<p><a href="https://a.example/{"x" * 3000}">',
        "".join(f"<{name}>" * 3 for name in ("p", "b", "i", "em", "strong", "u", "s", "small")),
    ],
)
def test_what_nobody_closes_is_not_opened_anew_in_each_paragraph(opened):
    html = opened + "<p>a" * 800

    cleaned = clean(html)

    assert len(cleaned) <= 20 * len(html)
    assert cleaned.count("a") >= 800
    assert clean(cleaned) == cleaned


@pytest.mark.parametrize(
    "html",
    [
        "<p><b>a" * 200,
        '<p><a href="https://a.example/"><b>a</b></a></p>' * 200,
        '<p><font face="Verdana, Arial" size="2" color="#000000">'
        + f"<p>{'A sentence as people write it. ' * 5}" * 100,
        "<table>" + "<tr><td><b>a<td><i>b" * 200 + "</table>",
    ],
)
def test_tags_as_people_forget_them_are_kept(html):
    assert clean(html).count("<p>") + clean(html).count("<td>") >= 100


@pytest.mark.parametrize(
    ("html", "chars"),
    [
        ("<p><b>a</b></p><p>b</p>", 0),
        ("<p><b>a</p><p>b</p>", 9),  # three tags of blocks behind it
        ("<p><b>a<p><b>b<p><b>c<p><b>d<p>e", 3 + 6 + 9 + 9),  # browsers keep three that are alike
        ("<a href=x>a<p><a href=y>b<p>", 20),
        ("</b></i>", 0),
    ],
)
def test_what_a_parser_opens_anew_is_counted(html, chars):
    assert reopened(html) == chars


def test_a_blocks_sentences_are_found_once_for_all_its_links(monkeypatch):
    read = []
    real = links_module.sentence_spans
    monkeypatch.setattr(links_module, "sentence_spans", lambda text: read.append(1) or real(text))
    linked = 'One two <a href="https://a.example/">three</a> four. '

    found = links(parse(f"<p>{linked * 300}</p><p>None here.</p>"))

    assert len(found) == 300
    assert {link.sentence for link in found} == {"One two three four."}
    assert read == [1]


def test_a_link_in_a_link_ends_the_first_as_in_browsers():
    outer, inner = links(
        parse('<p><a href="https://a.example/">one <a href="https://b.example/">two')
    )

    assert (outer.text, inner.text) == ("one", "two")
    assert inner.within == ("p",)


def test_a_check_tells_no_more_than_anybody_reads_and_what_blocks_first():
    html = (
        "<p>" + '<a href="https://casino.example/">x</a> ' * 200 + "</p><p>" + "a@b.example " * 200
    )

    report = check(replace(DRAFT, html=html), BRIEF)

    assert max(len(each.findings) for each in report.checks) == MOST_FINDINGS
    assert report["contact-data"].value == 200
    assert report["other-links"].state is State.FAILED
