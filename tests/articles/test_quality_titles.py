"""The slug becomes the page's public address: it says nothing that no article may say."""

from dataclasses import replace

import pytest

from articles.quality import State, check
from tests.articles.good import BRIEF, DRAFT, codes, run

UNWANTED = {"slug-foreign-name", "slug-contact-data", "slug-prompt-text"}


def found(slug, **given):
    return [code for code in codes(run("title-meta-slug", draft={"slug": slug}, **given))
            if code in UNWANTED]  # fmt: skip


@pytest.mark.parametrize(
    ("slug", "expected"),
    [
        ("urban-beekeeping", []),
        ("urban-beekeeping-guide-and-tips", []),  # words that the text never says
        ("urban-beekeeping-in-2026", []),
        ("urban-beekeeping-2025-26", []),
        ("", []),
        ("urban-beekeeping-evil-casino-com", ["slug-foreign-name"]),
        ("www-evil-casino-urban-beekeeping", ["slug-foreign-name"]),
        ("evil-casino-co-uk-urban-beekeeping", ["slug-foreign-name"]),
        ("com", []),
        ("urban-beekeeping-0800-1234567", ["slug-contact-data"]),
        ("urban-beekeeping-08001234567", ["slug-contact-data"]),
        ("urban-beekeeping-030-12-34-56", ["slug-contact-data"]),
        ("call-zero-eight-zero-one-two-three-four", ["slug-contact-data"]),
        (
            "urban-beekeeping-evil-casino-com-0800-1234567",
            ["slug-foreign-name", "slug-contact-data"],
        ),
        ("you-explain-plainly-you-know-what-readers-get-wrong", ["slug-prompt-text"]),
        ("urban-must_mention", ["slug-prompt-text"]),
    ],
)
def test_a_slug_names_no_site_no_contact_and_nothing_of_the_prompts(slug, expected):
    assert found(slug) == expected
    report = check(replace(DRAFT, slug=slug), BRIEF)
    assert (report["title-meta-slug"].state is State.FAILED) is bool(expected)


@pytest.mark.parametrize(
    ("slug", "given"),
    [
        ("asana-vs-monday-com", {"topic": "Asana vs Monday.com"}),
        ("booking-com-beds", {"must_mention": ("Booking.com",)}),
        ("zug-10-000-000-reisen", {"keyword": "Zug 10.000.000 Reisen"}),
    ],
)
def test_what_the_order_is_about_may_stand_in_it(slug, given):
    assert found(slug, **given) == []


def test_letters_that_a_slug_spells_out_are_those_of_the_text():
    html = f"{DRAFT.html}<p>Fährt man nach Österreich, zahlt man über 3000000 Öre.</p>"
    slug = "faehrt-fahrt-osterreich-oesterreich-3000000"
    assert codes(run("title-meta-slug", html, draft={"slug": slug}))[1:] == []


def test_a_change_does_not_answer_for_the_address_that_a_page_has():
    before = replace(DRAFT, slug="urban-beekeeping-evil-casino-com")
    after = replace(before, html=DRAFT.html.replace("calm spot", "quiet spot"))

    assert check(after, BRIEF, before=before, change="revision")["title-meta-slug"].state is (
        State.WARNED
    )
