"""Threshold tests of quality.ordered_link: what was ordered, as it was sold, and nothing else."""

from dataclasses import replace

import pytest

from articles.document.text import _CODE
from articles.quality import State, check
from tests.articles.good import BODY, BRIEF, DISCLOSURE, DRAFT, LINK, codes, run, spoilt


def test_the_ordered_link_is_missed():
    result = run("target-link", spoilt(LINK, "a starter hive"))
    assert codes(result) == ["target-link-missing"]
    assert result.findings[0].message == "The ordered link to bees.example is missing."


def test_the_ordered_link_may_stand_once_only():
    result = run("target-link", DRAFT.html + f"<p>Take {LINK} too.</p>")
    (finding,) = result.findings
    assert finding.message == "The link to bees.example appears twice; it was ordered once."
    assert (finding.value, finding.threshold) == (2, 1)
    assert finding.block == 17


def test_an_address_that_is_almost_right_is_named():
    result = run("target-link", spoilt("bees.example/start", "bees.example/start/"))
    assert codes(result) == ["target-link-differs"]
    assert "ordered was exactly https://bees.example/start." in result.findings[0].message


@pytest.mark.parametrize(
    ("html", "place"),
    [
        (f"<h2>Take {LINK}</h2>", "a heading"),
        (f"<figure><figcaption>Take {LINK}</figcaption></figure>", "a caption"),
        (f"<table><caption>{LINK}</caption></table>", "a caption"),
        (f"<pre>{LINK}</pre>", "code"),
        *((f"<p><{tag}>{LINK}</{tag}></p>", "code") for tag in sorted(_CODE - {"pre"})),
        (f'<p style="display:none">Take {LINK}</p>', "hidden text"),
        (f"<p hidden>Take {LINK}</p>", "hidden text"),
        ('<p><a href="https://bees.example/start"></a></p>', "a place without words"),
    ],
)
def test_the_ordered_link_belongs_in_the_body_text(html, place):
    result = run("target-link", html)
    assert codes(result) == ["target-link-misplaced"]
    assert result.findings[0].value == place


@pytest.mark.parametrize(
    "words",
    ["a starter hive", "<b>a</b> starter\n hive", "a&nbsp;starter hive", " a starter hive "],
)
def test_the_anchor_may_be_spaced_and_marked_up(words):
    html = spoilt(">a starter hive<", f">{words}<")
    assert run("anchor", html).state is State.PASSED


def test_the_anchor_is_compared_in_one_unicode_form():
    html = spoilt(">a starter hive<", ">caf\u0065\u0301<")
    assert run("anchor", html, anchor_text="caf\u00e9").state is State.PASSED


@pytest.mark.parametrize("words", ["A starter hive", "a starter", "a starter hive!"])
def test_another_anchor_is_refused(words):
    result = run("anchor", spoilt(">a starter hive<", f">{words}<"))
    assert codes(result) == ["anchor-differs"]
    assert f"The link says “{words}”" in result.findings[0].message


@pytest.mark.parametrize(("before", "expected"), [("We all buy", []), ("We buy", [True])])
def test_the_anchors_sentence_has_eight_words(before, expected):
    html = f"<p>Here is one sentence. {before} {LINK} in spring. Another sentence follows here.</p>"
    result = run("anchor", html)
    assert [code == "anchor-sentence-short" for code in codes(result)] == expected


@pytest.mark.parametrize(
    ("policy", "rel", "passes"),
    [
        ("sponsored", ' rel="sponsored"', True),
        ("sponsored", ' rel="sponsored noopener"', True),
        ("sponsored", ' rel="nofollow"', False),
        ("sponsored", ' rel="sponsored nofollow"', False),
        ("sponsored", "", False),
        ("nofollow", ' rel="nofollow"', True),
        ("nofollow", ' rel="sponsored"', False),
        ("dofollow", "", True),
        ("dofollow", ' rel="noopener"', True),
        ("dofollow", ' rel="ugc"', False),
    ],
)
def test_the_link_carries_the_rel_that_was_sold(policy, rel, passes):
    result = run("link-policy", spoilt(' rel="sponsored"', rel), link_policy=policy)
    assert (result.state is State.PASSED) is passes


def test_without_the_link_its_anchor_and_policy_cannot_be_told():
    html = spoilt(LINK, "one")
    assert run("anchor", html).state is State.UNKNOWN
    assert run("link-policy", html).state is State.UNKNOWN


@pytest.mark.parametrize(
    ("html", "state"),
    [
        (DISCLOSURE + BODY, State.PASSED),
        ("<p><em>This article contains a paid&nbsp;link.</em></p>" + BODY, State.PASSED),
        (BODY, State.FAILED),
        (BODY + DISCLOSURE, State.FAILED),
        ("<h2>This article contains a paid link.</h2>" + BODY, State.FAILED),
        ("<h2>Hello</h2>" + DISCLOSURE + BODY, State.FAILED),
        ("", State.FAILED),
    ],
)
def test_the_disclosure_comes_first(html, state):
    assert run("disclosure", html).state is state


@pytest.mark.parametrize(
    ("first", "state"),
    [
        ("<p>Sponsored: this article contains a paid link.</p>", State.PASSED),
        ("<p>Anzeige: Dieser Artikel enthält einen bezahlten Link.</p>", State.PASSED),
        ("<p>Sponsored links are paid for.</p>", State.FAILED),
        ("<h2>Sponsored: this article contains a paid link.</h2>", State.FAILED),
    ],
)
def test_each_disclosure_that_we_sell_will_do(first, state):
    wanted = "Publicité : cet article contient un lien payant."
    result = run("disclosure", first + BODY, disclosure=wanted)
    assert result.state is state
    assert result.threshold == (wanted if state is State.FAILED else first[3:-4])


def test_a_site_that_marks_links_but_names_no_disclosure_cannot_be_judged():
    assert run("disclosure", disclosure=None).state is State.UNKNOWN
    assert run("disclosure", disclosure=None, link_policy="dofollow").state is State.PASSED


@pytest.mark.parametrize(
    ("link", "code"),
    [
        ('<a href="https://casino.example/">x</a>', "foreign-link"),
        ('<a href="https://garden.example/unknown">x</a>', "unknown-internal-link"),
        ('<a href="mailto:me@evil.example">x</a>', "foreign-link"),
        ('<a href="https://www.rhs.example/guide/other">x</a>', "foreign-link"),
        ('<img src="https://pixel.example/t.gif" alt="t">', "foreign-picture"),
        ("https://evil.example/x.", "foreign-address"),
        ("www.evil.example", "foreign-address"),
        ("ftp://evil.example", "foreign-address"),
        ("hxxps://evil.example/x", "foreign-address"),
        ("\uff57\uff57\uff57.evil.example", "foreign-address"),  # full-width letters
        ("evil.example/win.", "foreign-address"),
        ("garden.ex\u0430mple/win.", "foreign-address"),  # a Cyrillic а
        ("https://bees.ex\u0430mple/start", "foreign-address"),
        ('<a href="https://bees.ex\u0430mple/start">x</a>', "foreign-link"),
        ('<a href="https://bees.example/start#x">x</a>', "foreign-link"),
        ("https://garden.example@evil.example/x", "foreign-address"),
    ],
)
def test_a_link_that_nobody_ordered_is_refused(link, code):
    result = run("other-links", DRAFT.html + f"<p>See {link}</p>", outbound_limit=9,
                 allowed_references=("https://www.rhs.example/guide",))  # fmt: skip
    assert codes(result) == [code]
    assert result.findings[0].block == 17


@pytest.mark.parametrize(
    ("rel", "expected"),
    [
        ("", ["reference-followed"]),
        (' rel="noopener"', ["reference-followed"]),
        (' rel="nofollow"', []),
        (' rel="Sponsored noopener"', []),
    ],
)
def test_a_link_to_a_reference_is_not_followed(rel, expected):
    page = "https://www.rhs.example/guide"
    html = DRAFT.html + f'<p>See <a href="{page}"{rel}>their guide</a> for more.</p>'

    result = run("other-links", html, allowed_references=(page,))

    assert [(each.code, each.block) for each in result.findings] == [(one, 17) for one in expected]


def test_a_reference_that_was_followed_before_a_change_stays():
    page = "https://www.rhs.example/guide"
    html = DRAFT.html + f'<p>See <a href="{page}">their guide</a> for more.</p>'
    brief = replace(BRIEF, allowed_references=(page,))
    before = replace(DRAFT, html=html)

    report = check(before, brief, before=before, change="revision")

    assert codes(report["other-links"]) == []


def test_allowed_references_contacts_and_own_pages_may_be_linked():
    html = DRAFT.html + (
        '<p><a href="https://www.rhs.example/guide" rel="nofollow">guide</a>,'
        ' <a href="mailto:hello@bees.example">mail</a>, www.garden.example,'
        ' <img src="https://garden.example/i.png" alt="i"></p>'
    )
    result = run("other-links", html, outbound_limit=3, allowed_contacts=("hello@bees.example",),
                 allowed_references=("https://www.rhs.example/guide",))  # fmt: skip
    assert codes(result) == []


@pytest.mark.parametrize(("limit", "expected"), [(2, []), (1, ["too-many-links"])])
def test_links_to_other_sites_stay_within_the_sites_limit(limit, expected):
    html = DRAFT.html + '<p><a href="https://www.rhs.example/" rel="nofollow">guide</a></p>'
    result = run("other-links", html, outbound_limit=limit,
                 allowed_references=("https://www.rhs.example/",))  # fmt: skip
    assert codes(result) == expected
    assert result.value == 2


@pytest.mark.parametrize(("times", "expected"), [(1, []), (2, ["link-repeated"])])
def test_one_page_is_not_linked_over_and_over(times, expected):
    again = '<p><a href="https://garden.example/wildflowers">flowers</a></p>' * times
    assert codes(run("other-links", DRAFT.html + again)) == expected


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Play at evil-casino.com today.", "evil-casino.com"),
        ("Book at Booking.com.", "Booking.com"),
        ("Look at evil[.]com now.", "evil.com"),
    ],
)
def test_a_site_that_nobody_ordered_may_not_be_named_either(text, name):
    (finding,) = run("other-links", DRAFT.html + f"<p>{text}</p>").findings
    assert (finding.code, finding.value, finding.block) == ("foreign-name", name, 17)
    (finding,) = run("other-links", draft={"title": text}).findings
    assert (finding.code, finding.block) == ("foreign-name", None)


@pytest.mark.parametrize(
    "ordered",
    [
        {"topic": "Is Booking.com worth it?"},
        {"must_mention": ("Booking.com",)},
        {"target_url": "https://www.booking.com/bees"},
        {"target_url": "https://hives.booking.com/bees"},
        {"allowed_references": ("https://booking.com/about",)},
        {"host": "booking.com"},
        {"allowed_contacts": ("me@booking.com",)},
        {"anchor_text": "Booking.com alternatives"},
    ],
)
def test_a_site_that_the_order_is_about_may_be_named(ordered):
    html = DRAFT.html + "<p>Book at Booking.com.</p>"
    assert "foreign-name" not in codes(run("other-links", html, **ordered))
    notes = run("other-links", html, notes="Name Booking.com, please.")
    assert codes(notes) == ["foreign-name"]


@pytest.mark.parametrize("field", ["title", "meta_description"])
@pytest.mark.parametrize(
    "address", ["https://evil.example", "www.evil.example", "evil.example/win"]
)
def test_title_and_description_name_no_foreign_address(field, address):
    result = run("other-links", draft={field: f"Win at {address} now"})
    assert codes(result) == ["foreign-address"]


@pytest.mark.parametrize("name", ["müller.de", "xn--mller-kva.de", "MÜLLER.de"])
def test_a_site_with_an_umlaut_may_be_named_in_either_spelling(name):
    html = DRAFT.html + f"<p>Mehr davon steht auf {name} und https://{name}/x dazu.</p>"
    for target in ("https://xn--mller-kva.de/x", "https://müller.de/x"):
        found = codes(run("other-links", html, target_url=target))
        assert not {"foreign-address", "foreign-name"} & set(found)
    assert codes(run("other-links", html)) == ["foreign-address", "foreign-name"]


@pytest.mark.parametrize(
    "html",
    [
        "<pre>open evil.com</pre>",
        "<p>Type <code>evil.com</code>, <kbd>evil.io</kbd> or <samp><b>evil.de</b></samp>.</p>",
        "<ul><li>Type <code>ping evil.com</code> first.</li></ul>",
    ],
)
def test_code_names_no_site(html):
    assert codes(run("other-links", DRAFT.html + html)) == []


def test_around_code_a_site_is_named_all_the_same_and_code_joins_no_words():
    html = DRAFT.html + "<p>Type <code>x</code> at evil.com, not evil<code>.</code>com.</p>"
    (finding,) = run("other-links", html).findings
    assert (finding.code, finding.value) == ("foreign-name", "evil.com")


def test_what_only_looks_like_a_site_is_no_fault():
    html = DRAFT.html + "<p>Write Node.js and/or e.g. St. Gallen / Zürich; save as notes.md.</p>"
    assert codes(run("other-links", html)) == []
