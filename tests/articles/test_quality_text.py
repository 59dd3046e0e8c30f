"""Threshold tests of markup, completeness, wording, originality and safety."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.brief import Reference
from articles.quality import State
from tests.articles.good import DRAFT, codes, run, spoilt, text_of

PICTURE = '<img src="https://a.example/b.png" alt="b">'
TO = '<a href="https://a.example/">'


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>a</p><script>x()</script>", ["active-content"]),
        ("<p>a</p><style>p{}</style>", ["active-content"]),
        ('<p onclick="x()">a</p>', ["not-clean"]),
        ("<p>a\u200bb</p>", ["not-clean"]),
        ("<p>a</p><!-- b -->", ["not-clean"]),
        ("<p>a<p>b", ["not-clean"]),
        ("<h1>a</h1><p>b</p>", ["not-clean", "second-h1"]),
        ("<h2>a</h2><h3>b</h3><h4>c</h4><p>d</p><h2>e</h2><p>f</p>", []),
        ("<h2>a</h2><h2>b</h2><p>c</p>", ["heading-without-text"]),
        ("<h2>a</h2><h3>b</h3><h2>c</h2><p>d</p>", ["heading-without-text"]),
        ("<h2>a</h2><h3>b</h3><p>c</p>", []),
        ("<h2>a</h2><p>b</p><h2>c</h2>", ["heading-without-text"]),
        ("<h2>a</h2><hr><h2>b</h2><p>c</p>", ["heading-without-text"]),
        ('<h2>a</h2><p><img src="https://a.example/b.png" alt="b"></p><h2>c</h2><p>d</p>', []),
        ("<h2>a</h2><table><tbody><tr><td>b</td></tr></tbody></table>", []),
        ("<h3>a</h3><p>b</p>", ["heading-level-skipped"]),
        ("<h2>a</h2><h4>b</h4><p>c</p>", ["heading-level-skipped"]),
        ("<h2></h2><p>c</p>", ["empty-heading"]),
        ('<p><img src="https://a.example/b.png"></p>', ["picture-without-alt"]),
        ('<p><img src="https://a.example/b.png" alt=" "></p>', ["picture-without-alt"]),
        ('<p><img src="https://a.example/b.png" alt="b"></p>', []),
        ("<p><a>x</a></p>", ["empty-link"]),
        ('<p><a href="https://a.example/"> </a></p>', ["empty-link"]),
        ('<p><a href="https://a.example/"><img src="https://a.example/b.png" alt="b"></a></p>', []),
        # A picture beside a link is none of its own.
        (f"<p>{PICTURE}{TO}</a></p>", ["empty-link"]),
        (f"<p>{TO}{PICTURE}</a> {TO} </a></p>", ["empty-link"]),
        (f"<p>{TO}<b>{PICTURE}</b></a>{TO}b</a></p>", []),
        ("loose words<p>b</p>", ["loose-text"]),
    ],
)
def test_html_is_safe_well_built_and_accessible(html, expected):
    assert codes(run("html", html)) == expected


def test_what_the_sanitiser_would_take_away_is_named_with_its_block():
    (finding,) = run("html", DRAFT.html + '<p class="x">a</p>').findings
    assert finding.message == "The HTML holds what an article may not: class on <p>."
    assert finding.block == 17


def test_title_and_description_are_plain_text():
    result = run("html", draft={"title": "<b>Bees</b>"})
    assert codes(result) == ["tags-in-plain-text"]
    assert run("html", draft={"title": "Bees: 1 < 2 > 0"}).state is State.PASSED


@pytest.mark.parametrize(
    ("ordered", "written", "expected"),
    [
        (800, 720, []),
        (800, 719, ["too-short"]),
        (805, 725, []),  # 724.5 rounded up
        (805, 724, ["too-short"]),
        (310, 300, []),
        (310, 299, ["too-short"]),
        (100, 300, []),
        (800, 880, []),
        (800, 881, ["too-long"]),
    ],
)
def test_the_length_is_the_ordered_one(ordered, written, expected):
    result = run("length", f"<p>{text_of(written)}</p>", words=ordered)
    assert codes(result) == expected
    assert result.value == written
    assert (result.state is State.FAILED) is (expected == ["too-short"])


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        ("<p>A whole sentence.</p>", []),
        ("<p>“Really?”</p>", []),
        ("<p>An end (of sorts.)</p>", []),
        ("<p>Then the beekeeper took</p>", ["cut-off"]),
        ("<p>There are three:</p>", ["cut-off"]),
        ("<p>Text.</p><h2>And then</h2>", ["cut-off"]),
        ("<p>Text:</p><ul><li>one</li></ul>", []),
        ("", ["no-text"]),
        ("<p> </p>", ["no-text"]),
    ],
)
def test_the_last_sentence_is_a_whole_one(html, expected):
    assert codes(run("leakage", html)) == expected


@pytest.mark.parametrize(
    ("reason", "expected"),
    [(None, []), ("stop", []), ("length", ["cut-off"]), ("content_filter", ["cut-off"])],
)
def test_a_writer_that_was_stopped_has_not_finished(reason, expected):
    assert codes(run("leakage", finish_reason=reason)) == expected


@pytest.mark.parametrize(
    ("phrases", "words", "state"),
    [
        (2, 667, State.PASSED),
        (2, 666, State.WARNED),
        (3, 301, State.WARNED),
        (3, 300, State.FAILED),
        (1, 50, State.PASSED),
    ],
)
def test_stock_phrases_are_counted_in_a_thousand_words(phrases, words, state):
    stock = "look no further " * phrases
    html = f"<p>{stock}</p><p>{text_of(words - 3 * phrases)}</p>"
    result = run("stock-phrases", html)
    assert result.state is state


STOCK = {
    "de": "in der heutigen schnelllebigen Welt",
    "fr": "il est important de souligner",
    "es": "desempeña un papel fundamental",
    "nl": "in het digitale tijdperk",
}


@pytest.mark.parametrize(("language", "phrase"), STOCK.items())
@pytest.mark.parametrize(
    ("times", "words_in_all", "state"),
    [
        (2, 667, State.PASSED),
        (2, 666, State.WARNED),
        (3, 301, State.WARNED),
        (3, 300, State.FAILED),
    ],
)
def test_stock_phrases_of_other_languages_are_counted_alike(
    language, phrase, times, words_in_all, state
):
    rest = text_of(words_in_all - times * len(phrase.split()))
    html = f"<p>{f'{phrase} ' * times}</p><p>{rest}</p>"
    assert run("stock-phrases", html, language=language).state is state


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "Heute spielt Geduld eine Rolle. Zum Schluss zählt die Welt, in der wir leben."),
        ("fr", "Le rôle du jardin est simple. Notez les dates et rappelez-vous du monde."),
        ("es", "El papel de la luz es sencillo. En el mundo hay abejas, y es importante regar."),
        ("nl", "De tijd en de wereld spelen mee. Het is belangrijk dat je water geeft."),
    ],
)
def test_ordinary_words_of_other_languages_are_no_stock_phrases(language, text):
    assert run("stock-phrases", f"<p>{text}</p>", language=language).value == 0.0


@pytest.mark.parametrize(
    "text",
    [
        "Around 80% of bees are female.",
        "It costs €200 a year.",
        "A colony has 50,000 bees.",
        "It began in 1851.",
        "There are 3 million hives.",
        "Nine in ten agree, and 9 out of 10 stay.",
        "Studies show that bees count.",
        "According to a recent study, bees count.",
    ],
)
def test_figures_without_a_source_are_listed_and_block_where_they_hurt(text):
    html = DRAFT.html + f"<p>{text}</p>"
    result = run("unsourced-figures", html)
    assert (codes(result), result.state) == (["unsourced-figure"], State.WARNED)
    assert result.findings[0].block == 17
    assert run("unsourced-figures", html, niche="personal-finance").state is State.FAILED
    assert run("unsourced-figures", html, niche="health").state is State.FAILED


def test_figures_of_the_brief_or_beside_an_allowed_source_are_fine():
    text = "<p>In 2026, 80% of bees are female.</p>"
    source = '<p>It began in 1851, <a href="https://a.example/">they say</a>.</p>'
    plain = run("unsourced-figures", text + "<p>Two cups, three steps, 10 minutes.</p>")
    assert [finding.value for finding in plain.findings] == ["2026"]
    brief = {"topic": "Bees in 2026", "notes": "Say that 80% of bees are female."}
    assert codes(run("unsourced-figures", text, **brief)) == []
    page = Reference(url="https://b.example/", text="Of all bees, 80% are female, since 2026.")
    assert codes(run("unsourced-figures", text, references_=(page,))) == []
    allowed = ("https://a.example/",)
    assert codes(run("unsourced-figures", source, allowed_references=allowed)) == []
    assert codes(run("unsourced-figures", source)) == ["unsourced-figure"]


@pytest.mark.parametrize(
    ("said", "notes", "sourced"),
    [
        ("It is 5% of all.", "Say that it is 75%.", False),
        ("It is 75% of all.", "Say that it is 5%.", False),
        ("It is 5% of all.", "Say that it is 1.5%.", False),
        ("It is 42% of all.", "Mention that 42 % of all do.", True),
        ("It is 42 percent of all.", "Mention that 42% of all do.", True),
        ("In 1851 it was.", "It was so in 11851.", False),
        ("In 1851 it was.", "It was so in 1851.", True),
        ("It costs 200 €.", "It costs 1,200 €.", False),
        ("It costs $20 now.", "It costs $200 now.", False),
        ("It costs $20 now.", "It costs $20, now.", True),
    ],
)
def test_a_figure_of_the_brief_is_that_figure_and_no_part_of_another(said, notes, sourced):
    result = run("unsourced-figures", f"<p>{said}</p>", notes=notes)
    assert (result.state is State.PASSED) is sourced


@given(st.integers(0, 10**7), st.integers(0, 10**7))
def test_of_two_numbers_only_the_same_one_is_a_source(said, given_):
    result = run("unsourced-figures", f"<p>It is {said}% now.</p>", notes=f"Say {given_}%.")
    assert (result.state is State.PASSED) is (said == given_)


def test_any_subject_of_the_site_makes_figures_block():
    html = DRAFT.html + "<p>Around 80% of bees are female.</p>"
    niches = ("gardening", "personal-finance")
    assert run("unsourced-figures", html, site_niches=niches).state is State.FAILED
    assert run("unsourced-figures", html, site_niches=niches[:1]).state is State.WARNED


@pytest.mark.parametrize(
    ("text", "contact"),
    [
        ("Write to me@evil.example now.", "me@evil.example"),
        ("Write to me [at] evil [dot] example now.", "me [at] evil [dot] example"),
        ("Write to me＠evil.example now.", "me@evil.example"),
        ("Call +49 30 9018 2000 now.", "+49 30 9018 2000"),
        ("Call (030) 9018-2000 now.", "(030) 9018-2000"),
        ("Call 555-123-4567 now.", "555-123-4567"),
        ("Call ５５５-１２３-４５６７ now.", "555-123-4567"),
        ("Call 555-\u200b123-45\u206067 now.", "555-123-4567"),
        ("Call us at 5551234567 now.", "5551234567"),
        ("Appelez 01 23 45 67 89 vite.", "01 23 45 67 89"),
        ("Appelez 01.23.45.67.89 vite.", "01.23.45.67.89"),
        ("Dial five five five, one two three four now.", "five five five, one two three four"),
        ("Wählt null drei null neun null eins acht jetzt.", "null drei null neun null eins acht"),
        ("Write to m\u200be@ev\u00adil.example now.", "me@evil.example"),
        ("Write to me at evil dot example now.", "me at evil dot example"),
        ("Schreib an ich ät boese punkt example bald.", "ich ät boese punkt example"),
        ("Find us on Telegram as @quickcash today.", "@quickcash"),
        ("Ask @quickcash on Instagram today.", "@quickcash"),
        ('<a href="mailto:me@evil.example?subject=x">Write</a>.', "me@evil.example"),
    ],
)
def test_contact_data_that_nobody_ordered_is_refused(text, contact):
    result = run("contact-data", DRAFT.html + f"<p>{text}</p>")
    assert [(finding.value, finding.block) for finding in result.findings] == [(contact, 17)]
    allowed = run(
        "contact-data", DRAFT.html + f"<p>{text}</p>", allowed_contacts=(contact.upper(),)
    )
    assert codes(allowed) == []
    assert codes(run("contact-data", draft={"meta_description": text})) == ["contact-data"] or (
        "mailto" in text
    )


@pytest.mark.parametrize(
    "text",
    ["From 2019 to 2024.", "On 05-06-2024 and 2024-05-06.", "It has 1 000 000 bees.", "ISBN 978.",
     "Between 100 and 250 grams, 0.5 litres, 10-12 weeks.", "Room 101, 1,200,000 people.",
     "One two three four five six, then stop.", "Meet me at noon, point taken.",
     "Use @media rules and the @Override mark.", "Call it in 2026 or 202620."],
)  # fmt: skip
def test_other_numbers_are_no_phone_numbers(text):
    assert codes(run("contact-data", f"<p>{text}</p>")) == []


def test_a_spoilt_article_is_told_from_the_good_one():
    assert codes(run("contact-data", spoilt("Start small", "Call 555-123-4567"))) == [
        "contact-data"
    ]
