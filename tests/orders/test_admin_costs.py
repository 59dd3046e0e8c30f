"""What models cost, by model, day, customer and order, and how the chain stands."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from articles.models import CallOutcome, ModelCall
from queueing.models import Job, Line
from tests.orders import factories
from tests.orders.test_admin_queues import rows

pytestmark = pytest.mark.django_db

PAGE = "admin:orders_order_costs"


def call(order, *, cost, model="gpt-4.1-mini", outcome=CallOutcome.OK, tokens=100, days_ago=0):
    return ModelCall.objects.create(
        job_key="j", order_key=order.subject, request_id="r", purpose="article", model=model,
        prompt_version="article-1", took_ms=1500, outcome=outcome,
        input_tokens=tokens, cached_tokens=tokens and 10, output_tokens=tokens and 20,
        cost_usd=None if cost is None else Decimal(cost),
        created_at=timezone.now() - timedelta(days=days_ago),
    )  # fmt: skip


@pytest.fixture
def ada_and_bob():
    ada, bob = factories.order_in_work(), factories.order_in_work()
    call(ada, cost="0.0100")
    call(ada, cost="0.0020")
    call(ada, cost=None, outcome=CallOutcome.BUSY, tokens=None)  # turned away: costs nothing
    call(ada, cost=None, outcome=CallOutcome.TIMEOUT, tokens=None)
    call(bob, cost=None, model="qwen3", days_ago=2)
    call(bob, cost="9", days_ago=40)
    return ada, bob


def test_costs_are_summed_by_order_and_the_unknown_ones_counted_apart(admin_client, ada_and_bob):
    ada, bob = ada_and_bob
    page = admin_client.get(reverse(PAGE))

    assert rows(page, "order-h") == [
        [ada.code, "$0.0120", "1", "4", "2", "1", "200", "20", "40", "1.5 s"],
        [bob.code, "—", "1", "1", "0", "1", "100", "10", "20", "1.5 s"],
    ]
    assert page.context["total"].cost_usd == Decimal("0.012")
    assert (page.context["total"].unknown, page.context["total"].orders) == (2, 2)


def test_costs_are_summed_by_customer_model_and_day(admin_client, ada_and_bob):
    ada, bob = ada_and_bob
    page = admin_client.get(reverse(PAGE))

    assert {row[0]: row[1] for row in rows(page, "customer-h")} == (
        {ada.customer.email: "$0.0120"} | {bob.customer.email: "—"}
        if ada.customer != bob.customer
        else {ada.customer.email: "$0.0120"}
    )
    assert {row[0]: row[1] for row in rows(page, "model-h")} == {
        "gpt-4.1-mini": "$0.0120",
        "qwen3": "—",
    }
    today = timezone.now()
    assert [row[:3] for row in rows(page, "day-h")] == [
        [f"{today:%Y-%m-%d}", "$0.0120", "1"],
        [f"{today - timedelta(days=2):%Y-%m-%d}", "—", "1"],
    ]


def test_a_shorter_time_leaves_out_what_is_older(admin_client, ada_and_bob):
    page = admin_client.get(reverse(PAGE), {"over": "24h"})

    assert [row[0] for row in rows(page, "model-h")] == ["gpt-4.1-mini"]


def test_who_may_not_see_customers_sees_no_addresses(client, django_user_model, ada_and_bob):
    editor = django_user_model.objects.create_user("ed", is_staff=True)
    editor.user_permissions.add(Permission.objects.get(codename="view_modelcall"))
    client.force_login(editor)

    page = client.get(reverse(PAGE))

    assert page.status_code == 200
    assert ada_and_bob[0].customer.email not in page.content.decode()


def test_without_calls_the_page_says_so(admin_client):
    page = admin_client.get(reverse(PAGE))

    assert page.content.decode().count("No calls.") == 4


def test_a_model_that_is_shut_is_shown_with_its_reason_and_who_stands_in_line(
    admin_client, settings
):
    settings.WRITER_MODELS = {"main": {"CONCURRENCY": 4}, "spare": {"NAME": "qwen3"}}
    order = factories.order_in_work()
    Job.objects.filter(subject=order.subject, kind="article-generation").update(line="model:main")
    soon = timezone.now() + timedelta(minutes=1)
    Line.objects.create(name="model:main", faults=3, shut_until=soon, reason="server: HTTP 500")

    everyone, main, spare = rows(admin_client.get(reverse(PAGE)), "now-h")

    assert everyone[0] == "All together"
    assert main[0] == "main"
    assert main[3].startswith("⚠ Shut until")
    assert "server: HTTP 500" in main[3]
    assert main[4:] == ["0 of 4", "1"]
    assert spare[1:2] + spare[3:] == ["qwen3", "✓ Open", "no limit", "0"]
    Line.objects.update(shut_until=timezone.now())
    main = rows(admin_client.get(reverse(PAGE)), "now-h")[1]
    assert main[3].startswith("⚠ The next call decides")


def test_an_orders_page_names_model_prompt_gate_and_people_of_each_version(admin_client):
    order = factories.order_in_review()

    page = admin_client.get(reverse("admin:orders_order_change", args=[order.pk]))

    text = page.content.decode()
    assert "Asked and decided by" in text
    version = order.version
    assert f"{version.provenance.get('model') or '—'}, " in text
