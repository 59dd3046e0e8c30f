"""The admin's lists and rows: what each caller may see, add, change and delete; and Django's own
pages beside them. Every model has a row that exists, so that no refusal is for want of one."""

from dataclasses import dataclass

import pytest
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.apps import apps
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from django.urls import reverse
from django_celery_results.models import GroupResult, TaskResult

from articles.models import Article, ModelCall, SiteChange
from orders import staff
from orders.models import Order, StripeEvent
from queueing.models import Worker
from tests.orders import factories
from tests.orders.callers import (
    EDITOR,
    EITHER,
    EVERYBODY,
    HIDDEN,
    LOGIN,
    NO_STAFF,
    OPEN,
    OPERATOR,
    STAFF,
    SUPERUSER,
    WHO,
    client_of,
    outcome,
)
from tests.orders.factories import AT

pytestmark = pytest.mark.django_db

VERBS = ("add", "history", "delete", "change")


@dataclass(frozen=True, kw_only=True)
class Row:
    """Who may do what to the rows of one model; what is not said is nobody's to do."""

    view: tuple[str, ...]
    add: tuple[str, ...] = NO_STAFF
    change: tuple[str, ...] = NO_STAFF
    delete: tuple[str, ...] = NO_STAFF
    actions: tuple[str, ...] = ()  # of whoever sees the most


DELETE = ("delete_selected",)
OPERATE = ("retry", "retry-from-step", "promote", "cancel")
WRITTEN = {"add": SUPERUSER, "change": SUPERUSER, "delete": SUPERUSER, "actions": DELETE}
MODELS = {
    "auth_group": Row(view=SUPERUSER, **WRITTEN),
    "auth_user": Row(view=SUPERUSER, **WRITTEN),
    "django_celery_results_taskresult": Row(view=OPERATOR),
    "django_celery_results_groupresult": Row(view=SUPERUSER),
    # Deleting one lets a locked-out colleague in; the two logs beside it stay.
    "axes_accessattempt": Row(view=SUPERUSER, delete=SUPERUSER, actions=DELETE),
    "axes_accesslog": Row(view=SUPERUSER),
    "axes_accessfailurelog": Row(view=SUPERUSER),
    "queueing_job": Row(view=OPERATOR, actions=OPERATE),
    "queueing_worker": Row(view=OPERATOR),
    "articles_domain": Row(view=EITHER, **WRITTEN),
    "articles_article": Row(view=EITHER, **WRITTEN | {"add": EDITOR, "change": EDITOR}),
    "articles_articleversion": Row(view=EITHER),
    "articles_modelcall": Row(view=EITHER),
    "articles_sitechange": Row(view=EITHER, change=EDITOR),
    "orders_review": Row(view=EITHER, change=EITHER),  # its page is the desk, which reads
    "orders_payment": Row(view=OPERATOR),
    "orders_refund": Row(view=OPERATOR),
    "orders_stripeevent": Row(view=OPERATOR),
    "orders_orderevent": Row(view=EITHER),
    "orders_outgoingemail": Row(view=OPERATOR),
    # No field of an order can be written: the permission lets operators cancel unpaid ones.
    "orders_order": Row(view=EITHER, change=OPERATOR, actions=("cancel_unpaid",)),
    "orders_customer": Row(view=OPERATOR, change=OPERATOR),
}
# Name: (method, address after it, who gets what).
PAGES = {
    "login": ("get", "", EVERYBODY),
    "logout": ("post", "", EVERYBODY),
    "password_change": ("get", "", STAFF),
    "password_change_done": ("get", "", STAFF),
    "auth_user_password_change": ("get", "", SUPERUSER),
    "jsi18n": ("get", "", STAFF),
    "autocomplete": (
        "get",
        "?app_label=articles&model_name=article&field_name=domain",
        EITHER,
    ),
    "view_on_site": ("get", "", STAFF),
    "app_list": ("get", "", (LOGIN,) * 3 + (HIDDEN, OPEN, OPEN, OPEN)),
}


def make_a_row_of_every_model() -> Order:
    staff.put_groups()
    User.objects.create_user("somebody")
    factories.waiting_review()
    order = factories.failed_order()
    StripeEvent.objects.create(
        id="evt_1", type="charge.refunded", payload={}, order=order, created_at=AT, received_at=AT
    )
    ModelCall.objects.create(
        job_key="job", request_id="1", purpose="article", model="m", prompt_version="1",
        took_ms=1, outcome="ok",
    )  # fmt: skip
    SiteChange.objects.create(
        article=Article.objects.earliest("pk"), digest="d", difference="Its title.", found_at=AT
    )
    Worker.objects.create(
        host="here", pid=1, process_started=0, threads=1, started_at=AT, seen_at=AT
    )
    TaskResult.objects.create(task_id="task")
    GroupResult.objects.create(group_id="group")
    for log in (AccessAttempt, AccessLog, AccessFailureLog):
        counted = {"failures_since_start": 1} if log is AccessAttempt else {}
        log.objects.create(username="somebody", ip_address="192.0.2.1", **counted)
    return order


def rows_of(model: str):
    return apps.get_model(*model.rsplit("_", 1)).objects.order_by("pk")


def asked(client: Client, model: str, pk: object) -> dict[str, set[str]]:
    """What each wish for one row is answered; a page and its form are one wish."""
    there = {verb: reverse(f"admin:{model}_{verb}", args=[pk]) for verb in VERBS[1:]}
    add = reverse(f"admin:{model}_add")
    wishes = {
        "view": [
            client.get(reverse(f"admin:{model}_changelist")),
            client.get(there["history"]),
            client.get(there["change"]),
        ],
        "add": [client.get(add), client.post(add)],
        "change": [client.post(there["change"])],
        "delete": [client.get(there["delete"]), client.post(there["delete"])],
    }
    return {wish: {outcome(answer) for answer in answers} for wish, answers in wishes.items()}


@pytest.mark.parametrize("model", MODELS)
def test_each_gets_what_the_table_says(model):
    order = make_a_row_of_every_model()
    row, got = rows_of(model).first(), {}
    for who in WHO:
        got[who] = asked(client_of(who, order), model, row.pk)

    table = MODELS[model]
    for nth, who in enumerate(WHO):
        expected = {wish: {getattr(table, wish)[nth]} for wish in got[who]}
        assert got[who] == expected, who


@pytest.mark.parametrize("model", MODELS)
def test_who_may_not_delete_leaves_every_row_where_it_was(model):
    order = make_a_row_of_every_model()
    may_not = [who for who, may in zip(WHO, MODELS[model].delete, strict=True) if may != OPEN]
    clients, rows = [client_of(who, order) for who in may_not], rows_of(model)
    before = list(rows.values())
    chosen = {"_selected_action": [str(row.pk) for row in rows], "action": "delete_selected"}

    for client in clients:
        client.post(reverse(f"admin:{model}_delete", args=[rows[0].pk]), {"post": "yes"})
        client.post(reverse(f"admin:{model}_changelist"), chosen | {"post": "yes"})

    assert before
    assert list(rows.all().values()) == before


def test_deleting_an_attempt_lets_its_owner_try_again():
    order = make_a_row_of_every_model()
    attempt = AccessAttempt.objects.get()

    client_of("superuser", order).post(
        reverse("admin:axes_accessattempt_delete", args=[attempt.pk]), {"post": "yes"}
    )

    assert not AccessAttempt.objects.exists()
    assert AccessFailureLog.objects.count() == 1


@pytest.mark.parametrize("model", MODELS)
def test_a_list_offers_no_action_but_those_of_the_table(model):
    order = make_a_row_of_every_model()
    page = client_of("superuser", order).get(reverse(f"admin:{model}_changelist"))
    admin_of_it = page.context["cl"].model_admin

    assert tuple(admin_of_it.get_actions(page.wsgi_request)) == MODELS[model].actions


@pytest.mark.parametrize("name", PAGES)
def test_djangos_own_pages_open_for_whom_the_table_says(name):
    order = make_a_row_of_every_model()
    method, query, expected = PAGES[name]
    given = {
        "view_on_site": [ContentType.objects.get_for_model(Order).pk, order.pk],
        "app_list": ["articles"],
        "auth_user_password_change": [User.objects.get(username="somebody").pk],
    }
    there = reverse(f"admin:{name}", args=given.get(name, [])) + query

    got = {who: outcome(getattr(client_of(who, order), method)(there)) for who in WHO}

    assert got == dict(zip(WHO, expected, strict=True))
