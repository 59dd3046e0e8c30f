"""Ordering a link in an article that exists: which article takes it, and on which terms."""

import pytest

from articles.brief import Brief
from articles.models import BacklinkReview
from articles.openings import TOO_LARGE
from articles.quality.completeness import LARGEST_CHARS
from orders import briefs
from orders.briefs import BriefInvalid
from tests.orders import factories
from tests.orders.factories import AT, active_domain, open_article, raw_brief, raw_integration

pytestmark = pytest.mark.django_db

LINK = "https://elsewhere.example.org/list"


def errors_of(raw):
    with pytest.raises(BriefInvalid) as refused:
        briefs.validate(raw, at=AT)
    return refused.value.errors


def test_topic_words_and_language_are_the_articles_and_the_price_is_the_products():
    article = open_article()

    wish = briefs.validate(raw_integration(article), at=AT)

    assert (wish.article, wish.topic, wish.words) == (article, article.title, 180)
    assert (wish.language, wish.price_cents) == ("en", article.domain.price_integration_cents)
    assert Brief.from_json(wish.to_brief().to_json()) == wish.to_brief()


def test_a_keyword_may_be_given_and_is_the_anchor_otherwise():
    article = open_article()

    assert briefs.validate(raw_integration(article), at=AT).keyword == "oak raised beds"
    assert briefs.validate(raw_integration(article, keyword="larch"), at=AT).keyword == "larch"


def test_all_that_is_missing_is_told_at_once():
    assert set(errors_of({"product": "integration"})) == {
        "domain",
        "target_url",
        "anchor_text",
        "email",
    }
    assert set(errors_of({"product": "integration", "domain": active_domain().host})) == {
        "article",
        "target_url",
        "anchor_text",
        "email",
    }


@pytest.mark.parametrize(("field", "value"), [("topic", "Another one"), ("words", 900)])
def test_what_an_article_has_already_is_refused_not_ignored(field, value):
    assert set(errors_of(raw_integration(open_article(), **{field: value}))) == {field}


@pytest.mark.parametrize(
    "value", [0, -1, 2**63, "one", "", True, 1.5, ["1"], {}, "9" * 5000, "\x00", "٣"]
)
def test_what_names_no_article_is_refused_with_its_field(value):
    assert set(errors_of(raw_integration(open_article(), article=value))) == {"article"}


def test_an_article_that_is_closed_of_another_site_or_without_a_text_is_not_told_apart():
    closed = open_article(is_open_for_integration=False)
    foreign, empty = open_article(), open_article()
    empty.versions.all().delete()

    for raw in (
        raw_integration(closed),
        raw_integration(empty),
        raw_integration(foreign, domain=closed.domain.host),
    ):
        (reason,) = errors_of(raw)["article"]
        assert reason.endswith("has no such article that is open for a link.")


def test_an_article_that_carries_the_sites_limit_of_links_takes_no_more():
    domain = active_domain(outbound_limit=2)
    article = open_article(domain, html=factories.text_of(LINK))
    assert briefs.validate(raw_integration(article), at=AT).article == article

    factories.text_of_article(article, factories.text_of(LINK, f"{LINK}/2"))

    (reason,) = errors_of(raw_integration(article))["article"]
    assert "2 of the 2 links" in reason


def test_links_to_the_site_itself_do_not_count_whichever_host_serves_its_pages():
    domain = active_domain(outbound_limit=1)
    served = open_article(domain, url="http://byline.example/sites/garden/open")
    own = factories.text_of(f"https://www.{domain.host}/about", served.url)

    article = open_article(domain, html=own)

    assert briefs.validate(raw_integration(article), at=AT).article == article


@pytest.mark.parametrize(
    "there",
    [
        "https://shop.example.com/raised-beds?size=small",
        "http://www.shop.example.com/raised-beds/?size=small",
    ],
)
def test_a_page_that_the_article_links_to_already_is_refused(there):
    article = open_article(html=factories.text_of(there))

    assert errors_of(raw_integration(article)) == {
        "target_url": ["The article links to this page already."]
    }


def test_a_text_that_an_editor_rejected_does_not_count():
    article = open_article(active_domain(outbound_limit=1))
    factories.text_of_article(
        article, factories.text_of(LINK), backlink_review_status=BacklinkReview.REJECTED
    )

    assert briefs.validate(raw_integration(article), at=AT).words == 180


def test_the_article_decides_the_digest_and_its_later_changes_do_not():
    domain = active_domain()
    one, other = open_article(domain), open_article(domain)
    digest = briefs.validate(raw_integration(one), at=AT).digest()

    factories.text_of_article(one, factories.text_of(), words=900)

    assert briefs.validate(raw_integration(one), at=AT).digest() == digest
    assert briefs.validate(raw_integration(other), at=AT).digest() != digest


def test_a_new_article_names_none_that_exists():
    article = open_article()

    assert set(errors_of(raw_brief(article.domain, article=article.pk))) == {"article"}


def test_a_link_in_an_article_costs_four_queries_at_most(django_assert_max_num_queries):
    raw = raw_integration(open_article(html=factories.text_of(LINK)))

    with django_assert_max_num_queries(4):
        briefs.validate(raw, at=AT)


@pytest.mark.parametrize("html", ["<p>" + "x" * LARGEST_CHARS + "</p>", "<div>" * 101 + "x"])
def test_an_article_that_the_gate_would_block_for_its_size_takes_no_link(html):
    article = open_article(html=html)

    assert errors_of(raw_integration(article)) == {"article": [TOO_LARGE]}


def test_an_article_of_the_largest_size_takes_one():
    html = "<p>" + "x" * (LARGEST_CHARS - len("<p></p>")) + "</p>"

    assert briefs.validate(raw_integration(open_article(html=html)), at=AT).article is not None
