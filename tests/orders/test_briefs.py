import string

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from articles import quality
from articles.brief import Brief
from articles.draft import Draft
from articles.models import Domain
from orders import briefs
from orders.briefs import BriefInvalid
from tests.orders.factories import AT, active_domain, raw_brief

pytestmark = pytest.mark.django_db


def errors_of(raw):
    with pytest.raises(BriefInvalid) as refused:
        briefs.validate(raw, at=AT)
    return refused.value.errors


def test_a_sensible_brief_is_taken_and_the_sites_terms_fill_what_was_left_out():
    domain = active_domain(words_default=900, niches=["gardening", "home"])

    wish = briefs.validate(raw_brief(domain, email=" Ada@Example.com "), at=AT)

    assert wish.domain == domain
    assert (wish.email, wish.words, wish.language) == ("ada@example.com", 900, "en")
    assert wish.target_url == "https://shop.example.com/raised-beds?size=small#oak"
    assert wish.price_cents == domain.price_article_cents
    assert briefs.validate(raw_brief(domain, niche=None), at=AT).niche == "gardening"


@pytest.mark.parametrize(
    ("language", "begins"),
    [("de", "Anzeige: "), ("fr", "Publicité : "), ("es", "Publicidad: "), ("nl", "Advertentie: "),
     ("en", "Sponsored: ")],
)  # fmt: skip
def test_the_disclosure_speaks_the_language_of_the_text(language, begins):
    domain = active_domain(link_policy="sponsored", language=language)

    brief = briefs.validate(raw_brief(domain), at=AT).to_brief()

    assert (brief.disclosure or "").startswith(begins)


def test_the_stored_brief_carries_the_sites_rules_and_comes_back_equal():
    domain = active_domain(link_policy="sponsored", outbound_limit=2)

    brief = briefs.validate(raw_brief(domain, words="650", notes="Friendly.\r\nShort."), at=AT)

    stored = brief.to_brief()
    assert (stored.host, stored.outbound_limit, stored.words) == (domain.host, 2, 650)
    assert stored.disclosure == "Sponsored: this article contains a paid link."
    assert stored.notes == "Friendly.\nShort."
    assert Brief.from_json(stored.to_json()) == stored


@pytest.mark.parametrize("policy", ["nofollow", "dofollow"])
def test_only_a_sponsored_link_asks_for_a_disclosure(policy):
    wish = briefs.validate(raw_brief(active_domain(link_policy=policy)), at=AT)

    assert wish.to_brief().disclosure is None


def test_the_site_may_be_named_by_its_id_or_its_host():
    domain = active_domain()

    for name in (domain.pk, str(domain.pk), domain.host, domain.host.upper()):
        assert briefs.validate(raw_brief(domain, domain=name), at=AT).domain == domain


def test_all_that_is_missing_is_told_at_once():
    assert set(errors_of({})) == {
        "product",
        "domain",
        "topic",
        "keyword",
        "target_url",
        "anchor_text",
        "email",
    }


def test_an_unknown_field_is_refused_by_its_name():
    domain = active_domain()

    assert set(errors_of(raw_brief(domain, price_cents=1))) == {"price_cents"}


def test_a_site_that_is_inactive_is_answered_like_one_that_is_unknown():
    inactive = active_domain(is_active=False)

    answers = [
        errors_of(raw_brief(inactive, domain=name))["domain"]
        for name in (inactive.host, inactive.pk, "unknown.example", 0, 2**70, "a\x00b", "ä.com")
    ]

    assert answers == [["We sell nothing on this site."]] * len(answers)


def test_a_site_whose_articles_may_carry_no_link_sells_none(monkeypatch):
    # The table refuses such a site, so that the rule is asked directly for one more link.
    monkeypatch.setattr(briefs, "LINKS_ORDERED", 4)

    assert set(errors_of(raw_brief(active_domain(outbound_limit=3)))) == {"domain"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("topic", 5),
        ("topic", ["a"]),
        ("topic", {"a": 1}),
        ("keyword", True),
        ("anchor_text", 1.5),
        ("notes", ["x"]),
        ("email", 7),
        ("target_url", {}),
        ("product", ["article"]),
        ("product", "article "),
        ("article", 1),
        ("article", "one"),
        ("domain", True),
        ("domain", 1.0),
        ("domain", ["x"]),
        ("words", "many"),
        ("words", True),
        ("words", 700.5),
        ("words", 299),
        ("words", 3001),
        ("words", 10**30),
        ("words", "9" * 5000),
        ("words", "٧٠٠"),
        ("language", "de"),
        ("language", 1),
        ("niche", "casino"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_with_its_field(field, value):
    assert set(errors_of(raw_brief(active_domain(), **{field: value}))) == {field}


@pytest.mark.parametrize(
    ("field", "longest"),
    [("topic", 200), ("keyword", 80), ("anchor_text", 100), ("notes", 2000)],
)
def test_a_text_may_be_as_long_as_its_limit_and_no_longer(field, longest):
    domain = active_domain()

    accepted = briefs.validate(raw_brief(domain, **{field: "x" * longest}), at=AT)

    assert getattr(accepted, field) == "x" * longest
    for length in (longest + 1, 1_000_000):
        reasons = errors_of(raw_brief(domain, **{field: "x" * length}))
        assert reasons == {field: [f"Use at most {longest} characters; these are {length}."]}


@pytest.mark.parametrize("field", ["topic", "keyword", "anchor_text", "notes", "email", "niche"])
@pytest.mark.parametrize(
    "unseen",
    [
        "\x00",
        "\x1b",
        "\x7f",
        "\x85",
        "\u00ad",  # soft hyphen
        "\u200b",  # zero-width space
        "\u200d",  # zero-width joiner
        "\u202e",  # right-to-left override
        "\u2066",  # left-to-right isolate
        "\u2028",  # line separator
        "\ufeff",  # byte-order mark
        "\ud800",  # half of a pair: PostgreSQL would not store it
        "\ue000",  # private use
        "\U000e0041",  # a tag character
    ],
)
def test_a_character_that_cannot_be_seen_is_refused(field, unseen):
    reasons = errors_of(raw_brief(active_domain(), **{field: f"raised{unseen}beds"}))

    assert set(reasons) == {field}
    assert f"U+{ord(unseen):04X}" in reasons[field][0]


def test_lines_and_tabs_belong_into_notes_alone():
    domain = active_domain()

    assert briefs.validate(raw_brief(domain, notes="One.\n\tTwo."), at=AT).notes == "One.\n\tTwo."
    assert set(errors_of(raw_brief(domain, topic="One\nTwo"))) == {"topic"}
    assert set(errors_of(raw_brief(domain, anchor_text="One\tTwo"))) == {"anchor_text"}


@pytest.mark.parametrize("field", ["topic", "keyword", "anchor_text", "notes"])
@pytest.mark.parametrize(
    "markup",
    ["<b>bold</b>", "<script>alert(1)</script>", "</brief>", "<!-- x -->", "<?php", "<img src=x "],
)
def test_html_is_refused_in_every_field(field, markup):
    reasons = errors_of(raw_brief(active_domain(), **{field: f"beds {markup}"}))

    assert set(reasons) == {field}
    assert "HTML" in reasons[field][0]


def test_less_than_signs_and_hearts_are_no_html():
    notes = "Beds < 2 m, 3 > 2, we <3 oak & pine"

    assert briefs.validate(raw_brief(active_domain(), notes=notes), at=AT).notes == notes


def test_letters_of_every_script_are_welcome_in_one_spelling():
    wish = briefs.validate(
        raw_brief(active_domain(), topic="Cafe\u0301s  in Köln, 東京 und مدن 🌱"), at=AT
    )

    assert wish.topic == "Cafés in Köln, 東京 und مدن 🌱"


@pytest.mark.parametrize(
    "email",
    [
        "ada",
        "ada@localhost",
        "ada@example",
        "ada@example.com, bob@example.com",
        "ada@example.com\nBcc: bob@example.com",
        "a" * 250 + "@example.com",
        "ada@[10.0.0.1",
    ],
)
def test_an_address_that_no_mail_reaches_is_refused(email):
    assert set(errors_of(raw_brief(active_domain(), email=email))) == {"email"}


def test_a_link_to_the_publishers_own_site_is_not_sold():
    domain = active_domain()

    own = f"https://{domain.host.upper()}./about"
    assert set(errors_of(raw_brief(domain, target_url=own))) == {"target_url"}


def test_a_bad_address_is_told_at_its_field():
    reasons = errors_of(raw_brief(active_domain(), target_url="http://127.0.0.1/"))

    assert reasons == {"target_url": ["This IP address is not a public one."]}


def test_what_was_asked_decides_the_digest_and_when_does_not():
    domain = active_domain()
    one = briefs.validate(raw_brief(domain), at=AT)

    assert briefs.validate(raw_brief(domain, topic=f" {one.topic} "), at=AT).digest() == (
        one.digest()
    )
    for name in ("topic", "keyword", "anchor_text", "notes"):
        other = briefs.validate(raw_brief(domain, **{name: "else"}), at=AT)
        assert other.digest() != one.digest()


def test_a_brief_costs_one_query(django_assert_num_queries):
    raw = raw_brief(active_domain())

    with django_assert_num_queries(1):
        briefs.validate(raw, at=AT)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@hypothesis_settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40
)
@example(value="\x00")
@example(value=2**63 - 1)
@given(value=_JSON)
@pytest.mark.parametrize("field", briefs.FIELDS)
def test_whatever_is_sent_is_taken_or_refused_with_its_field(field, value):
    domain = Domain.objects.filter(host="any.example.com").first() or active_domain(
        host="any.example.com"
    )

    try:
        wish = briefs.validate(raw_brief(domain) | {field: value}, at=AT)
    except BriefInvalid as refused:
        errors = refused.errors
    else:
        errors = {}
        assert Brief.from_json(wish.to_brief().to_json()) == wish.to_brief()

    assert set(errors) <= {field}
    assert all(reason for reasons in errors.values() for reason in reasons)


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=st.text(alphabet=st.sampled_from(string.printable + "é\u202e\u200bא"), max_size=300))
def test_no_accepted_text_holds_markup_or_what_cannot_be_seen(text):
    domain = Domain.objects.filter(host="any.example.com").first() or active_domain(
        host="any.example.com"
    )

    try:
        wish = briefs.validate(raw_brief(domain, notes=text, anchor_text=text or "x"), at=AT)
    except BriefInvalid:
        return
    assert "\u202e" not in wish.notes + wish.anchor_text
    assert "\u200b" not in wish.notes + wish.anchor_text
    assert not any(f"<{letter}" in wish.notes for letter in string.ascii_letters + "/!?")
    assert "\n" not in wish.anchor_text


@pytest.mark.parametrize(
    ("target", "anchor"),
    [
        *(("https://acme.com/x", anchor) for anchor in (
            "Booking.com alternatives", "Asana vs Monday.com", "draw.io alternative",
            "java.net sockets", "Node.js", "ASP.NET", "user.id", "shop.acme.com", "ACME.com",
            "all of www.acme.com/shop", "shop.acme.com/beds", "see https://acme.com",
        )),
        ("https://www.acme.co.uk/x", "Acme.com"),
        ("https://acme.com/x", "acme.co.uk"),
        ("https://shop.acme.com/x", "acme.com"),
        ("https://shop.acme.com/x", "www.acme.com/about"),
        ("https://müller.de/x", "müller.de"),
        ("https://müller.de/x", "xn--mller-kva.de"),
    ],
)  # fmt: skip
def test_an_anchor_may_compare_and_may_name_its_own_site(target, anchor):
    domain = active_domain(link_policy="dofollow")
    raw = raw_brief(domain, target_url=target, anchor_text=anchor)

    brief = briefs.validate(raw, at=AT).to_brief()

    sentence = f"Many readers say on their way that {anchor}, says the same in other words."
    draft = Draft(title="x", meta_description="", slug="x", html=f"<p>{sentence}</p>")
    report = quality.check(draft, brief)
    codes = {finding.code for finding in report["other-links"].findings}
    assert not {"foreign-name", "foreign-address"} & codes


@pytest.mark.parametrize(
    ("target", "anchor"),
    [
        *(("https://acme.com/x", anchor) for anchor in (
            "bank.com", " Bank.COM. ", "“bank.it”", "bank[.]com", "bank\u200b.com", "notacme.com",
            "acme.xyz", "acme.com.evil.com", "https://bank.com", "log in at https://bank.com/login",
            "see www.bank.com", "go to bank.com/login", "müller.de",
        )),
        ("https://acme.xyz/x", "acme.com"),
        ("https://shop.acme.com/x", "evil.acme.co.uk"),
        ("https://user.github.io/x", "other.github.io"),
    ],
)  # fmt: skip
def test_an_anchor_that_is_another_site_or_has_an_address_of_one_is_refused(target, anchor):
    domain = active_domain()

    assert set(errors_of(raw_brief(domain, target_url=target, anchor_text=anchor))) == {
        "anchor_text"
    }
