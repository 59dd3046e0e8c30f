"""The catalogue over the API: what sites sell, filtered and paged."""

import pytest
from django.urls import reverse
from django.utils.http import urlencode

from articles import catalogue
from articles.models import Article
from orders.api import problems
from orders.api.serializers import DomainsQuery
from tests.orders import factories
from tests.orders.factories import AT
from tests.orders.test_api import problem

pytestmark = pytest.mark.django_db


def search(client, **filters):
    return client.get(f"{reverse('api-domains')}?{urlencode(filters)}")


def test_the_catalogue_tells_what_a_site_sells_on_which_terms(client):
    site = factories.active_domain(
        host="beds.example.com",
        authority=44,
        monthly_visits=90_000,
        metrics_source="Ahrefs",
        metrics_at=AT.date(),
    )

    told = search(client, q="beds.example.com").json()

    page_url = told["results"][0].pop("pageUrl")
    assert page_url.endswith(reverse("domain", args=[site.host]))
    assert told == {
        "count": 1,
        "page": 1,
        "pageSize": 20,
        "next": None,
        "previous": None,
        "results": [
            {
                "id": site.pk,
                "host": "beds.example.com",
                "name": site.name,
                "niches": ["gardening"],
                "language": "en",
                "description": "",
                "prices": {
                    "article": {"amountCents": 12_000, "currency": "eur"},
                    "integration": {"amountCents": 8_000, "currency": "eur"},
                },
                "linkPolicy": "sponsored",
                "outboundLinkLimit": 3,
                "words": 800,
                "metrics": {
                    "authority": 44,
                    "monthlyVisits": 90_000,
                    "source": "Ahrefs",
                    "measuredAt": "2026-03-02",
                },
                "openForIntegration": False,
            }
        ],
    }


def test_every_filter_of_the_catalogue_can_be_asked_for_by_its_public_name(client):
    fitting = factories.active_domain(
        language="de",
        niches=["home-garden"],
        link_policy="nofollow",
        authority=50,
        metrics_source="Ahrefs",
        metrics_at=AT.date(),
    )
    Article.objects.create(
        domain=fitting,
        slug="beete",
        title="Beete",
        url=f"https://{fitting.host}/beete/",
        published_at=AT,
        is_open_for_integration=True,
    )
    factories.active_domain()

    for wish in (
        {"q": fitting.name},
        {"language": "de"},
        {"niche": "home-garden"},
        {"linkPolicy": "nofollow"},
        {"authorityMin": 50},
        {"product": "integration"},
        {"product": "integration", "priceMin": 8_000, "priceMax": 8_000},
    ):
        assert [site["id"] for site in search(client, **wish).json()["results"]] == [fitting.pk], (
            wish
        )
    assert search(client, sort="-price").json()["count"] == 2


def test_the_api_offers_every_filter_that_the_catalogue_has():
    offered = {field.source for field in DomainsQuery().fields.values()}

    assert offered - {"page", "page_size"} == set(catalogue.Filters.__dataclass_fields__)


def test_pages_lead_to_each_other_and_keep_the_filters(client):
    hosts = sorted(factories.active_domain(language="fr").host for _ in range(5))
    factories.active_domain(language="en")
    address, seen = f"{reverse('api-domains')}?language=fr&pageSize=2&sort=host", []

    while address:
        told = client.get(address).json()
        assert told["count"] == 5
        seen += [site["host"] for site in told["results"]]
        address = told["next"]

    assert seen == hosts
    assert client.get(told["previous"]).json()["page"] == 2


def test_a_page_behind_the_last_is_empty(client):
    factories.active_domain()

    told = search(client, page=9).json()

    assert (told["count"], told["results"], told["next"]) == (1, [], None)


def test_a_longer_catalogue_asks_no_more_queries(client, django_assert_num_queries):
    for _ in range(2):
        factories.active_domain()
    with django_assert_num_queries(2):
        search(client)
    for _ in range(10):
        factories.active_domain()

    with django_assert_num_queries(2):
        assert len(search(client).json()["results"]) == 12


def test_an_inactive_site_is_not_shown(client):
    factories.active_domain(is_active=False)

    assert search(client).json()["count"] == 0


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"page": "0"}, "page"),
        ({"page": "99999999999999999999"}, "page"),
        ({"pageSize": "101"}, "pageSize"),
        ({"page": "two"}, "page"),
        ({"priceMin": "-1"}, "priceMin"),
        ({"authorityMin": "101"}, "authorityMin"),
        ({"language": "english"}, "language"),
        ({"linkPolicy": "any"}, "linkPolicy"),
        ({"product": "house"}, "product"),
        ({"sort": "random"}, "sort"),
        ({"q": "\0"}, "q"),
        ({"q": "a" * 101}, "q"),
        ({"niche": "<b>"}, "niche"),
        ({"link_policy": "nofollow"}, "link_policy"),
        ({"format": "xml"}, "format"),
    ],
)
def test_a_filter_that_is_wrong_or_unknown_is_refused_by_name(client, given, field):
    document = problem(search(client, **given), problems.INVALID_QUERY)

    assert list(document["errors"]) == [field]
