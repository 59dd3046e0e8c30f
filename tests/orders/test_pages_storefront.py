"""The catalogue's pages."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from articles.models import Article
from orders import turnaround
from orders.models import Order
from tests.orders import factories
from tests.orders.factories import active_domain
from tests.orders.looking import look

pytestmark = pytest.mark.django_db


def many(count, **given):
    return [active_domain(**given) for _ in range(count)]


def measured(**given):
    return {"metrics_source": "Someone", "metrics_at": datetime(2026, 2, 1, tzinfo=UTC)} | given


def delivered(domain, *, minutes, at=None):
    """An order of the domain whose first version took that long."""
    at = at or timezone.now() - timedelta(days=1)
    order = factories.order_in_review(domain=domain, at=at)
    Order.objects.filter(pk=order.pk).update(
        paid_at=at, delivered_at=at + timedelta(minutes=minutes)
    )


def test_the_storefront_shows_what_is_sold_and_nothing_else(client):
    sold, hidden = active_domain(), active_domain(is_active=False)

    page = look(client, "/")

    assert page.one("//h2[@id='count']") == "1 site"
    assert page.all("//main//h3") == [sold.name]
    assert hidden.host not in page.text
    assert "€120.00" in page.text
    assert "Sponsored link" in page.text


def test_metrics_come_with_their_source_and_date_and_unknown_ones_are_a_dash(client):
    known = active_domain(name="A", **measured(authority=61, monthly_visits=90_000))
    active_domain(name="B")

    page = look(client, "/")

    first, second = page.has_class("site-card")
    assert known.name in first
    assert "61" in first
    assert "90,000" in first
    assert "Someone, 1 February 2026" in first
    assert "Authority — Visits a month —" in second
    assert "Not measured yet" in second


@pytest.mark.parametrize(
    ("asked", "chip"),
    [
        ({"niche": "food"}, "Food"),
        ({"language": "de"}, "German"),
        ({"link_policy": "nofollow"}, "Nofollow links"),
        ({"price_max": "10000"}, "up to 100"),
        ({"price_min": "5000", "price_max": "10000"}, "from 50"),
        ({"authority_min": "60"}, "authority 60 and more"),
        ({"q": "kitchen"}, "“kitchen”"),
    ],
)
def test_a_filter_in_the_address_narrows_and_its_chip_removes_it(client, asked, chip):
    wanted = active_domain(
        name="The Kitchen",
        niches=["food"],
        language="de",
        link_policy="nofollow",
        price_article_cents=9_000,
        **measured(authority=70),
    )
    active_domain()

    page = look(client, "/", **asked)

    assert page.all("//main//h3") == [wanted.name]
    chips = page.has_class("chip")
    assert any(text.startswith(chip) for text in chips)
    if len(asked) == 1:
        assert page.all("//ul[@class='chips']//a/@href") == ["/"]


def test_where_nothing_fits_each_filter_can_be_dropped_alone(client):
    active_domain(niches=["food"], language="en")

    page = look(client, "/", niche="food", language="fi", q="x")

    assert page.one("//h2[@id='count']") == "No site fits all of this"
    assert set(page.all("//ul[@class='chips']//a/@href")) == {
        "/?niche=food&language=fi",
        "/?q=x&language=fi",
        "/?q=x&niche=food",
    }


def test_what_cannot_be_a_filter_is_left_out(client):
    active_domain()

    page = look(client, "/", authority_min="many", sort="<script>", page="last", product="house")

    assert page.status == 200
    assert page.one("//h2[@id='count']") == "1 site"
    assert not page.has_class("chip")


def test_pages_keep_the_filters(client):
    many(13, niches=["food"])

    first = look(client, "/", niche="food")
    second = look(client, "/", niche="food", page=2)

    assert len(first.all("//main//h3")) == 12
    assert "/?niche=food&page=2" in first.all("//nav[@aria-label='Pages']//a/@href")
    assert len(second.all("//main//h3")) == 1
    assert second.one("//nav[@aria-label='Pages']//a[@aria-current]") == "Page 2"


def test_the_product_is_a_filter_and_the_cards_tell_its_price(client):
    site, _ = factories.open_article().domain, active_domain()

    every, page = look(client, "/"), look(client, "/", product="integration")

    assert len(every.has_class("site-card")) == 2
    assert "€80.00" not in every.text
    (card,) = page.has_class("site-card")
    assert site.name in card
    assert "€80.00" in card
    assert page.has_class("chip")[0].startswith("Link in an existing article")
    assert page.one("//main//h3/a/@href") == f"/domains/{site.host}/#open"
    options = page.all("//select[@name='product']/option")
    assert "Link in an existing article (1)" in options


def test_the_storefront_asks_the_database_as_often_for_many_sites_as_for_few(
    client, django_assert_num_queries
):
    many(2)
    with django_assert_num_queries(7):
        client.get("/")
    for domain in many(20):
        delivered(domain, minutes=5)
    with django_assert_num_queries(7):
        client.get("/")


def test_a_site_with_five_orders_tells_the_median_and_one_with_fewer_is_new(client):
    known, new = active_domain(name="Known"), active_domain(name="New")
    for minutes in (2, 4, 7, 30, 60):
        delivered(known, minutes=minutes)
    for minutes in (2, 4, 7, 30):
        delivered(new, minutes=minutes)

    first, second = look(client, "/").has_class("site-card")

    assert "First version 7 min" in first
    assert "First version new" in second


def test_turnaround_looks_back_thirty_days_and_no_further():
    domain, now = active_domain(), timezone.now()
    for _ in range(5):
        delivered(domain, minutes=3, at=now - timedelta(days=31))
    delivered(domain, minutes=9)

    known = turnaround.of_domains([domain], at=now)

    assert known[domain.pk] == turnaround.Turnaround(orders=1, median_s=None)


def test_a_site_shows_its_rules_before_anything_is_paid(client):
    domain = active_domain(outbound_limit=2, words_default=900, language="de")

    page = look(client, f"/domains/{domain.host}/")

    assert page.one("//h1") == domain.name
    assert "rel=sponsored" in page.text
    assert "Anzeige: Dieser Artikel enthält einen bezahlten Link." in page.text
    assert "At most 2 links" in page.text
    assert "900 words" in page.text
    assert "German" in page.text
    assert page.one("//main//a[contains(@class,'button')]/@href") == (
        f"/order/?domain={domain.host}&product=article"
    )


def test_a_site_shows_its_latest_articles_in_queries_that_do_not_grow(
    client, django_assert_num_queries
):
    domain = active_domain()
    for number in range(1, 6):
        Article.objects.create(
            domain=domain,
            slug=f"page-{number}",
            title=f"Page {number}",
            url=f"https://{domain.host}/{number}",
            published_at=timezone.now() - timedelta(days=number),
        )

    with django_assert_num_queries(5):
        page = look(client, f"/domains/{domain.host}/")

    assert page.all("//ul[@class='samples']//h3") == ["Page 1", "Page 2", "Page 3"]


def test_open_articles_are_offered_with_price_and_room_and_full_ones_are_not(
    client, django_assert_num_queries
):
    domain = active_domain(outbound_limit=1)
    free = factories.open_article(domain)
    factories.open_article(domain, html=factories.text_of("https://elsewhere.example.org/"))
    factories.open_article(domain, is_open_for_integration=False)

    with django_assert_num_queries(7):
        page = look(client, f"/domains/{domain.host}/")

    first, second = page.all("//section[@id='open']//li")
    buttons = page.all("//section[@id='open']//a[contains(@class, 'button')]/@href")
    assert buttons == [f"/order/?domain={domain.host}&product=integration&article={free.pk}"]
    assert {free.title in first, free.title in second} == {True, False}
    assert "It carries all the links that it may." in page.text
    assert "€80.00" in page.text


def test_an_article_that_is_too_large_to_be_worked_on_is_not_offered(client):
    article = factories.open_article(active_domain(), html="<p>" + "x" * 200_001 + "</p>")

    page = look(client, f"/domains/{article.domain.host}/")

    assert page.all("//section[@id='open']//a[contains(@class, 'button')]") == []
    assert "It is too large for us to work on." in page.text


def test_a_site_that_is_not_sold_has_no_page(client):
    domain = active_domain(is_active=False)

    assert client.get(f"/domains/{domain.host}/").status_code == 404
    assert client.get("/domains/nobody.example/").status_code == 404
