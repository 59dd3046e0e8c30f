from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ProtectedError

from articles.models import (
    Article,
    ArticleVersion,
    BacklinkReview,
    CallOutcome,
    Domain,
    ModelCall,
    VersionIsFinal,
)

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)


def domain(**given):
    terms = {
        "host": "money.example",
        "name": "Money",
        "niches": ["personal-finance"],
        "price_article_cents": 20_000,
        "price_integration_cents": 9_000,
    }
    return Domain.objects.create(**terms | given)


def article(site=None, **given):
    return Article.objects.create(
        **{"domain": site or domain(), "slug": "budget", "title": "A budget"} | given
    )


def version(page, number=1, **given):
    text = {"title": "A budget", "slug": "budget", "html": "<p>Count first.</p>", "words": 2}
    return ArticleVersion.objects.create(article=page, number=number, **text | given)


def refused():
    return pytest.raises(IntegrityError)


@pytest.mark.parametrize(
    "wrong",
    [
        {"host": "Money.example"},
        {"price_article_cents": 0},
        {"price_integration_cents": 0},
        {"currency": "EUR"},
        {"currency": "eu"},
        {"language": "EN"},
        {"link_policy": "hidden"},
        {"outbound_limit": 0},
        {"words_default": 299},
        {"authority": 101, "metrics_source": "Ahrefs", "metrics_at": AT},
        {"authority": 40},
        {"monthly_visits": 40, "metrics_source": "Ahrefs"},
        {"monthly_visits": 40, "metrics_at": AT},
    ],
    ids=str,
)
def test_the_database_refuses_a_domain_that_could_not_be_sold(wrong):
    with refused(), transaction.atomic():
        domain(**wrong)

    assert not Domain.objects.exists()


@pytest.mark.parametrize(
    "host", ["https://money.example", "money.example/", "localhost", "-a.example", "mo ney.example"]
)
def test_a_host_is_a_host_name_and_nothing_more(host):
    with pytest.raises(ValidationError, match="Enter a host name"):
        Domain(host=host).full_clean(exclude=["name", "niches"])


def test_hosts_are_sold_once():
    domain()
    with refused():
        domain()


@pytest.mark.parametrize(
    "wrong",
    [
        {"published_at": AT},
        {"is_open_for_integration": True},
        {"is_open_for_integration": True, "url": "https://money.example/budget/"},
    ],
    ids=str,
)
def test_an_article_is_live_before_it_is_published_or_open(wrong):
    site = domain()
    with refused():
        article(site, **wrong)


def test_a_slug_is_taken_once_a_domain_and_an_address_once_at_all():
    site, other = domain(), domain(host="saver.example")
    live = {"url": "https://money.example/budget/", "published_at": AT}
    article(site, **live)
    article(other)
    article(other, slug="unpublished-too")

    with refused(), transaction.atomic():
        article(site)
    with refused(), transaction.atomic():
        article(other, slug="elsewhere", **live)
    assert Article.objects.count() == 3


@pytest.mark.parametrize(
    "wrong",
    [
        {"number": 0},
        {"html": ""},
        {"job_key": ""},
        {"backlink_review_status": "MAYBE"},
    ],
    ids=str,
)
def test_the_database_refuses_a_version_that_says_nothing(wrong):
    page = article()
    with refused():
        version(page, **wrong)


def test_versions_of_an_article_are_numbered_once_and_a_job_delivers_once():
    page = article()
    first = version(page, job_key="job-1")
    version(page, 2, parent=first)

    with refused(), transaction.atomic():
        version(page, 2)
    with refused(), transaction.atomic():
        version(page, 3, job_key="job-1")
    with refused(), transaction.atomic():
        version(article(page.domain, slug="other"), 1, parent=first)
    assert page.versions.count() == 2


@pytest.mark.parametrize("update_fields", [None, ["html"], ["html", "backlink_review_status"]])
def test_a_stored_version_is_not_saved_again(update_fields):
    stored = version(article())
    stored.html = "<p>Something else.</p>"

    with pytest.raises(VersionIsFinal):
        stored.save(update_fields=update_fields)

    stored.refresh_from_db()
    assert stored.html == "<p>Count first.</p>"


@pytest.mark.parametrize(
    "change",
    [
        {"html": "<p>x</p>"},
        {"title": "Other"},
        {"report": {"score": 100}},
        {"provenance": {"who": "nobody"}},
        {"order_key": "order:2"},
        {"created_at": AT},
        {"html": "<p>x</p>", "backlink_review_status": "APPROVED"},
    ],
    ids=str,
)
def test_the_database_itself_refuses_to_edit_a_version(change):
    stored = version(article())

    final = pytest.raises(IntegrityError, match=f"article version {stored.pk} is final")
    with final, transaction.atomic():
        ArticleVersion.objects.filter(pk=stored.pk).update(**change)

    stored.refresh_from_db()
    assert stored.backlink_review_status == BacklinkReview.PENDING_REVIEW


def test_the_editors_decision_is_written_to_a_stored_version():
    stored = version(article())
    stored.backlink_review_status = BacklinkReview.APPROVED

    stored.save(update_fields=["backlink_review_status"])

    stored.refresh_from_db()
    assert stored.backlink_review_status == BacklinkReview.APPROVED
    ArticleVersion.objects.update(backlink_review_status=BacklinkReview.REJECTED)
    stored.refresh_from_db()
    assert stored.backlink_review_status == BacklinkReview.REJECTED


def test_a_domain_with_articles_and_an_article_with_versions_stay():
    page = article()
    version(page)

    with pytest.raises(ProtectedError):
        page.delete()
    with pytest.raises(ProtectedError):
        page.domain.delete()


def call(**given):
    facts = {
        "job_key": "job-1",
        "request_id": "job-1/text-1/1",
        "purpose": "article",
        "model": "gpt-4.1-mini",
        "prompt_version": "article-1",
        "took_ms": 900,
        "outcome": CallOutcome.OK,
    }
    return ModelCall.objects.create(**facts | given)


def test_an_unknown_cost_is_null_and_a_known_one_exact_to_a_millionth():
    assert call().cost_usd is None
    stored = call(cost_usd=Decimal("0.001234"))
    stored.refresh_from_db()
    assert stored.cost_usd == Decimal("0.001234")


@pytest.mark.parametrize("wrong", [{"outcome": "fine"}, {"cost_usd": Decimal(-1)}], ids=str)
def test_the_database_refuses_a_call_that_cannot_have_been(wrong):
    with refused():
        call(**wrong)


def test_rows_name_themselves():
    page = article()

    assert str(page.domain) == "money.example"
    assert str(page) == "A budget (budget)"
    assert str(version(page)) == "v1 A budget"
    assert str(call()) == "article by gpt-4.1-mini: ok"
