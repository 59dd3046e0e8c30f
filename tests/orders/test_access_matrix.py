"""Every address of Byline, and who gets in; an address that is not in the table fails a test."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import get_resolver, reverse

from articles.models import ArticleVersion
from orders import staff
from orders.models import Review
from queueing.models import Job
from tests.orders import factories
from tests.orders.looking import let_in

pytestmark = pytest.mark.django_db

WHO = ("stranger", "other", "owner", "staff", "editor", "operator", "superuser")
OPEN, HIDDEN, LOGIN, DENIED = "open", "hidden", "login", "denied"
EVERYBODY = (OPEN,) * 7
NOBODY = (HIDDEN,) * 7
OWNER = (HIDDEN, HIDDEN, OPEN, HIDDEN, HIDDEN, HIDDEN, HIDDEN)
STAFF = (LOGIN, LOGIN, LOGIN, OPEN, OPEN, OPEN, OPEN)
EDITOR = (LOGIN, LOGIN, LOGIN, DENIED, OPEN, DENIED, OPEN)
OPERATOR = (LOGIN, LOGIN, LOGIN, DENIED, DENIED, OPEN, OPEN)
EITHER = (LOGIN, LOGIN, LOGIN, DENIED, OPEN, OPEN, OPEN)
SUPERUSER = (LOGIN, LOGIN, LOGIN, DENIED, DENIED, DENIED, OPEN)
QUEUE_CALL = (HIDDEN,) * 5 + (OPEN, OPEN)

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
    "admin:queueing_job_operate": ("get", OPERATOR),
    "admin:queueing_job_queues": ("get", OPERATOR),
    "admin:orders_order_costs": ("get", EITHER),
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
LISTS = {
    "auth_group": SUPERUSER,
    "auth_user": SUPERUSER,
    "django_celery_results_taskresult": OPERATOR,
    "django_celery_results_groupresult": SUPERUSER,
    "axes_accessattempt": SUPERUSER,
    "axes_accesslog": SUPERUSER,
    "axes_accessfailurelog": SUPERUSER,
    "queueing_job": OPERATOR,
    "queueing_worker": OPERATOR,
    "articles_domain": EITHER,
    "articles_article": EITHER,
    "articles_articleversion": EITHER,
    "articles_modelcall": EITHER,
    "orders_review": EITHER,
    "orders_payment": OPERATOR,
    "orders_refund": OPERATOR,
    "orders_stripeevent": OPERATOR,
    "orders_orderevent": EITHER,
    "orders_outgoingemail": OPERATOR,
    "orders_order": EITHER,
    "orders_customer": OPERATOR,
}
ROUTES |= {f"admin:{model}_changelist": ("get", who) for model, who in LISTS.items()}
# Django's own pages of one row: closed to whoever may not see the list.
ROWS = ("add", "history", "delete", "change")
DJANGOS = {
    *(f"admin:{model}_{verb}" for model in LISTS for verb in ROWS),
    *(f"admin:{name}" for name in ("login", "logout", "password_change", "password_change_done")),
    *(f"admin:{name}" for name in ("autocomplete", "jsi18n", "view_on_site", "app_list")),
    "admin:auth_user_password_change",
}
# Addresses without a name: they lead on, or answer that there is nothing.
NAMELESS = {
    "problems/<slug:kind>",
    "favicon.ico",
    "api/docs",
    "api/",
    "admin/(?P<url>.*)$",
    *(
        f"admin/{model._meta.app_label}/{model._meta.model_name}/<path:object_id>/"
        for model in apps.get_models()
        if f"{model._meta.app_label}_{model._meta.model_name}" in LISTS
    ),
}


def routes(resolver=None, space: str = "", at: str = "") -> Iterator[str]:
    for one in (resolver or get_resolver()).url_patterns:
        here = f"{at}{one.pattern}"
        if hasattr(one, "url_patterns"):
            yield from routes(one, f"{space}{one.namespace}:" if one.namespace else space, here)
        else:
            yield f"{space}{one.name}" if one.name else here


def client_of(who: str, order) -> Client:
    client = Client()
    match who:
        case "other":
            let_in(client, factories.order_in_review())
        case "owner":
            let_in(client, order)
        case "superuser":
            client.force_login(User.objects.create_superuser("root"))
        case "staff" | "editor" | "operator":
            user = User.objects.create_user(who, is_staff=True)
            staff.put_groups()
            groups = {"editor": staff.EDITORS, "operator": staff.OPERATORS}
            user.groups.set(Group.objects.filter(name=groups.get(who)))
            client.force_login(user)
    return client


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
        "admin:queueing_job_operate": ["retry"],
        "admin:orders_order_resume": [order.pk],
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


def outcome(response) -> str:
    if response.status_code == 302 and response["Location"].startswith("/admin/login/"):
        return LOGIN
    assert response.status_code < 500 or response.status_code == 503
    return {404: HIDDEN, 403: DENIED}.get(response.status_code, OPEN)


def test_every_address_is_in_the_table():
    assert set(routes()) == ROUTES.keys() | DJANGOS | NAMELESS


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


@pytest.mark.parametrize("who", ["stranger", "owner", "staff"])
@pytest.mark.parametrize("model", LISTS)
def test_a_rows_pages_are_closed_to_who_may_not_see_the_list(model, who):
    order = factories.order_in_review()
    factories.waiting_review()
    client = client_of(who, order)
    row = apps.get_model(*model.rsplit("_", 1)).objects.first()

    for verb in ROWS if row else ("add",):
        given = [] if verb == "add" else [row.pk]
        response = client.get(reverse(f"admin:{model}_{verb}", args=given))
        assert outcome(response) == (DENIED if who == "staff" else LOGIN), verb
