"""The API's way to a link in an article that exists: found in the list, bought by its id."""

from urllib.parse import quote_plus

import pytest
from django.urls import reverse

from orders.api import problems
from orders.models import Order
from tests.orders import factories
from tests.orders.factories import AT, active_domain, open_article
from tests.orders.test_api import problem
from tests.orders.test_api_purchase import buy, nothing_is_stored
from tests.orders.test_api_schema import check_answer

pytestmark = pytest.mark.django_db

LIST = "/api/v1/domains/{domainId}/articles"


def listed(client, domain_id, **asked):
    return client.get(reverse("api-articles", args=[domain_id]), asked)


def body(article, /, **given):
    wish = {
        "product": "integration",
        "domain": article.domain.host,
        "article": article.pk,
        "targetUrl": "https://shop.example.com/raised-beds",
        "anchorText": "oak raised beds",
        "email": "ada@example.com",
    }
    return wish | given


def test_the_open_articles_of_a_domain_are_listed_with_what_a_buyer_needs(client):
    domain = active_domain(outbound_limit=1)
    free = open_article(domain)
    full = open_article(domain, html=factories.text_of("https://elsewhere.example.org/"))
    open_article(domain, is_open_for_integration=False)
    open_article()

    answer = listed(client, domain.pk)

    check_answer(answer, LIST)
    told = answer.json()
    assert told["count"] == 2
    assert {each["id"]: each["openForIntegration"] for each in told["results"]} == {
        free.pk: True,
        full.pk: False,
    }
    assert {
        "id": free.pk,
        "title": free.title,
        "url": free.url,
        "words": 180,
        "publishedAt": AT.isoformat().replace("+00:00", "Z"),
        "openForIntegration": True,
    } in told["results"]


def test_pages_lead_to_each_other_and_one_behind_the_last_is_empty(client):
    domain = active_domain()
    wanted = {open_article(domain).pk for _ in range(5)}
    address, seen = f"{reverse('api-articles', args=[domain.pk])}?pageSize=2", []

    while address:
        told = client.get(address).json()
        seen += [each["id"] for each in told["results"]]
        address = told["next"]

    assert sorted(seen) == sorted(wanted)
    assert client.get(told["previous"]).json()["page"] == 2
    assert listed(client, domain.pk, page=9).json()["results"] == []


def test_a_longer_list_asks_no_more_queries(client, django_assert_num_queries):
    domain = active_domain()
    for number in range(12):
        open_article(domain, html=factories.text_of(f"https://elsewhere.example.org/{number}"))

    for size in (1, 12):
        with django_assert_num_queries(5):
            assert len(listed(client, domain.pk, pageSize=size).json()["results"]) == size


@pytest.mark.parametrize("name", ["0", "-1", "x", "9" * 19, "9" * 5000, "١", "1.0"])
def test_what_is_no_domain_on_sale_is_not_found(client, name):
    refused = listed(client, name)

    problem(refused, problems.NOT_FOUND)
    check_answer(refused, LIST)


def test_an_inactive_domain_is_not_found_and_a_misspelt_filter_is_refused(client):
    problem(listed(client, active_domain(is_active=False).pk), problems.NOT_FOUND)
    refused = listed(client, active_domain().pk, pagesize=3)
    assert list(problem(refused, problems.INVALID_QUERY)["errors"]) == ["pagesize"]


def test_a_link_is_bought_for_its_own_price_and_named_on_the_payment_page(client, sandbox):
    article = open_article()

    answer = buy(client, body(article, notes="Near the part on wood, please."))

    check_answer(answer, "/api/v1/purchase", "post")
    order = Order.objects.get()
    assert (order.product, order.article) == ("integration", article)
    assert order.amount_cents == article.domain.price_integration_cents
    assert (order.brief["topic"], order.brief["words"]) == (article.title, 180)
    line = f"Link in an existing article on {article.domain.host}: {article.title}"
    assert len(sandbox.calls(service="stripe", contains=quote_plus(line))) == 1


def test_a_repeat_is_the_same_order_and_another_article_is_another(client, sandbox):
    domain = active_domain()
    one, other = open_article(domain), open_article(domain)
    key = {"Idempotency-Key": "link-1"}
    first = buy(client, body(one), **key)
    factories.text_of_article(one, factories.text_of(), words=300)

    again = buy(client, body(one), **key)

    assert again.json() == first.json()
    problem(buy(client, body(other), **key), problems.IDEMPOTENCY_KEY_REUSED)
    assert Order.objects.count() == 1


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"article": None}, "article"),
        ({"article": "first"}, "article"),
        ({"article": True}, "article"),
        ({"article": 10**30}, "article"),
        ({"topic": "Mine"}, "topic"),
        ({"words": 900}, "words"),
        ({"version": 3}, "version"),
        ({"versionId": 3}, "versionId"),
        ({"language": "de"}, "language"),
        ({"targetUrl": "https://elsewhere.example.org/there/"}, "targetUrl"),
    ],
)
def test_a_field_that_is_wrong_is_named_and_nothing_is_stored(client, given, field):
    article = open_article(html=factories.text_of("https://elsewhere.example.org/there"))

    refused = buy(client, body(article, **given))

    assert list(problem(refused, problems.INVALID_BRIEF)["errors"]) == [field]
    assert nothing_is_stored()
