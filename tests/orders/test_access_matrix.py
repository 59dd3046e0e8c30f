"""Every address of Byline, and who gets in; an address that is not in the table fails a test."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import get_resolver, reverse

from articles.models import ArticleVersion
from orders.models import Review
from queueing.models import Job
from tests.orders import factories
from tests.orders.callers import (
    EDITOR,
    EITHER,
    EVERYBODY,
    HIDDEN,
    LOGIN,
    NOBODY,
    OPEN,
    OPERATOR,
    OWNER,
    QUEUE_CALL,
    STAFF,
    WHO,
    client_of,
    outcome,
)
from tests.orders.test_access_rows import MODELS, PAGES, VERBS

pytestmark = pytest.mark.django_db

# Name: (method, who gets what).
ROUTES = {
    "livez": ("get", EVERYBODY),
    "readyz": ("get", EVERYBODY),
    "storefront": ("get", EVERYBODY),
    "domain": ("get", EVERYBODY),
    "order-form": ("get", EVERYBODY),
    "order-check": ("post", EVERYBODY),
    "how-it-works": ("get", EVERYBODY),
    "robots": ("get", EVERYBODY),
    "live-site": ("get", EVERYBODY),
    "live-page": ("get", EVERYBODY),
    "dev-emails": ("get", NOBODY),
    "dev-email": ("get", NOBODY),
    "order": ("get", OWNER),
    "order-open": ("get", NOBODY),  # the key opens it, not the cookie
    "order-region": ("get", OWNER),
    "order-events": ("get", OWNER),
    "order-pay": ("post", OWNER),
    "order-cancel": ("post", OWNER),
    "order-changes": ("get", OWNER),
    "order-submit": ("post", OWNER),
    "order-paid": ("get", OWNER),
    "version": ("get", OWNER),
    "version-compare": ("get", OWNER),
    "version-download": ("get", OWNER),
    "api-purchase": ("post", EVERYBODY),
    "api-status": ("get", OWNER),
    "api-request-revision": ("post", OWNER),
    "api-submit-for-review": ("post", OWNER),
    "api-stripe-webhook": ("post", EVERYBODY),  # its signature decides
    "api-domains": ("get", EVERYBODY),
    "api-articles": ("get", EVERYBODY),
    "api-queues": ("get", QUEUE_CALL),
    "api-queue-jobs": ("get", QUEUE_CALL),
    "api-retry-job": ("post", QUEUE_CALL),
    "api-schema": ("get", EVERYBODY),
    "api-docs": ("get", EVERYBODY),
    "admin:index": ("get", STAFF),
    "admin:articles_article_import": ("get", EDITOR),
    "admin:articles_article_import_text": ("get", EDITOR),
    "admin:queueing_job_operate": ("get", OPERATOR),
    "admin:queueing_job_queues": ("get", OPERATOR),
    "admin:orders_order_costs": ("get", EITHER),
    "admin:orders_order_leftovers": ("get", EITHER),
    "admin:orders_order_leftovers_remove": ("post", EDITOR),
    "admin:orders_order_resume": ("get", OPERATOR),
    "admin:orders_order_decide": ("get", OPERATOR),
    "admin:orders_review_decide": ("post", EDITOR),
    "admin:orders_review_ask_writer": ("post", EDITOR),
    "admin:orders_review_edit": ("get", EDITOR),
    "admin:orders_review_take_over": ("post", EDITOR),
    "admin:orders_review_release": ("post", EDITOR),
    "admin:orders_review_publish_again": ("post", EDITOR),
    "admin:orders_review_reopen": ("post", EDITOR),
}
ROUTES |= {f"admin:{model}_changelist": ("get", row.view) for model, row in MODELS.items()}
# Django's own pages of rows and of people: test_access_rows.py tries them.
DJANGOS = {
    *(f"admin:{model}_{verb}" for model in MODELS for verb in VERBS),
    *(f"admin:{name}" for name in PAGES),
}
# Addresses without a name: they lead on, or answer that there is nothing.
ABSENT = (LOGIN,) * 3 + (HIDDEN,) * 4
NAMELESS = {
    "problems/<slug:kind>": ("/problems/no-such-order", EVERYBODY),
    "favicon.ico": ("/favicon.ico", EVERYBODY),
    "api/docs": ("/api/docs", EVERYBODY),
    "api/": ("/api/nothing/", NOBODY),
    "admin/(?P<url>.*)$": ("/admin/nothing/", ABSENT),
    # They lead to the row's page, which has its line in the other table.
    **{
        f"admin/{app}/{model}/<path:object_id>/": (f"/admin/{app}/{model}/1/", STAFF)
        for app, model in (name.rsplit("_", 1) for name in MODELS)
    },
}


def routes(resolver=None, space: str = "", at: str = "") -> Iterator[str]:
    for one in (resolver or get_resolver()).url_patterns:
        here = f"{at}{one.pattern}"
        if hasattr(one, "url_patterns"):
            yield from routes(one, f"{space}{one.namespace}:" if one.namespace else space, here)
        else:
            yield f"{space}{one.name}" if one.name else here


def address(name: str, order, review: Review) -> str:
    job = Job.objects.get(key=f"write:{order.pk}")
    kinds = {
        "domain": [order.domain.host],
        "live-site": [order.domain.host],
        "version": [order.pk, 1],
        "version-compare": [order.pk, 2, 1],
        "version-download": [order.pk, 1, "docx"],
        "dev-email": ["order-confirmed", "html"],
        "api-status": [order.pk],
        "api-articles": [order.domain.pk],
        "api-queue-jobs": [job.kind],
        "api-retry-job": [job.pk],
        "admin:articles_article_import_text": [review.version.article_id],
        "admin:queueing_job_operate": ["retry"],
        "admin:orders_order_resume": [order.pk],
        "admin:orders_order_leftovers_remove": [review.version.article_id],
        "admin:orders_order_decide": [order.pk, "refund"],
    }
    if name == "live-page":
        article = factories.open_article(order.domain)
        article.live_version = ArticleVersion.objects.get(article=article)
        article.save()
        return reverse(name, args=[article.domain.host, article.slug])
    if name == "version-compare" and not ArticleVersion.objects.filter(
        order_key=order.subject, number=2
    ):
        factories.next_version_of(order)
    given = kinds.get(name, [])
    if name == "order" or (name.startswith("order-") and name not in ("order-form", "order-check")):
        given = [order.pk]
    if name.startswith("admin:orders_review_") and not name.endswith("changelist"):
        given = [review.pk]
    queries = {"admin:queueing_job_operate": f"?job={job.pk}", "order-check": "?field=topic"}
    return reverse(name, args=given) + queries.get(name, "")


def ask(client: Client, method: str, url: str, order):
    if method == "get":
        return client.get(url)
    if url.startswith("/api/"):
        body = {"orderId": str(order.pk), "notes": "Shorter, please."}
        return client.post(url, body, content_type="application/json")
    return client.post(url, {"domain": order.domain.host} if "check" in url else {})


def test_every_address_is_in_the_table():
    assert set(routes()) == ROUTES.keys() | DJANGOS | NAMELESS.keys()


@pytest.mark.parametrize("name", ROUTES)
def test_each_gets_what_the_table_says(name, settings):
    settings.DEVELOPMENT = False
    method, expected = ROUTES[name]
    got = {}
    for who in WHO:
        order, review = factories.order_in_review(), factories.waiting_review()
        response = ask(client_of(who, order), method, address(name, order, review), order)
        got[who] = outcome(response)

    assert got == dict(zip(WHO, expected, strict=True))


@pytest.mark.parametrize("who", ["stranger", "other"])
@pytest.mark.parametrize("name", [name for name, row in ROUTES.items() if row[1] == OWNER])
def test_an_order_of_others_is_answered_like_one_that_does_not_exist(name, who):
    order, review = factories.order_in_review(), factories.waiting_review()
    client, method = client_of(who, order), ROUTES[name][0]
    there = address(name, order, review)
    absent = type(order)(pk=uuid4())

    closed = ask(client, method, there, order)
    missing = ask(client, method, there.replace(str(order.pk), str(absent.pk)), absent)

    assert closed.status_code == missing.status_code == 404
    assert closed.content == missing.content


@pytest.mark.parametrize("name", ROUTES)
def test_no_other_verb_lets_anybody_further(name, settings):
    settings.DEVELOPMENT = False
    method, expected = ROUTES[name]
    order, review = factories.order_in_review(), factories.waiting_review()
    there = address(name, order, review)
    for who, allowed in zip(WHO, expected, strict=True):
        if allowed == OPEN:
            continue
        client = client_of(who, order)
        for verb in {"get", "post", "put", "patch", "delete"} - {method}:
            response = getattr(client, verb)(there)
            assert response.status_code == 405 or outcome(response) != OPEN, (who, verb)


@pytest.mark.parametrize("name", NAMELESS)
def test_addresses_without_a_name_lead_on_or_to_nothing(name):
    there, expected = NAMELESS[name]
    order = factories.order_in_review()

    got = {who: outcome(client_of(who, order).get(there)) for who in WHO}

    assert got == dict(zip(WHO, expected, strict=True))
