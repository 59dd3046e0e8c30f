"""The operators' pages: the queues over a time, and jobs found by what the shop knows of them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone
from lxml import html

from articles.models import CallOutcome, ModelCall
from orders.admin import queues
from queueing import figures, leases, ledger
from queueing.figures import Bucket
from queueing.leases import Fault
from queueing.models import Job, Outcome, Worker
from tests.orders import factories

pytestmark = pytest.mark.django_db

PAGE = "admin:queueing_job_queues"
LIST = "admin:queueing_job_changelist"
AT = datetime(2026, 3, 1, tzinfo=UTC)


def call(*, order, cost, job="", step="text-1", at=None):
    return ModelCall.objects.create(
        job_key=str(job), order_key=order.subject, request_id=f"{job}/{step}/1",
        purpose="article", model="m", prompt_version="1", took_ms=1, outcome=CallOutcome.OK,
        cost_usd=None if cost is None else Decimal(cost), created_at=at or timezone.now(),
    )  # fmt: skip


def fail(*, error_class="WriterRefused", reason="the key is not valid", kind="article-generation"):
    job = ledger.enqueue(kind=kind, subject="test:none")
    claimed = leases.claim(job_id=job.pk, token=uuid4(), worker=uuid4())
    leases._end(  # the order behind it is nobody's
        claimed.lease, state="failed", outcome=Outcome.FAILED,
        fault=Fault(error_class=error_class, reason=reason),
    )  # fmt: skip
    return job


def rows(page, heading):
    """The texts of the cells of the table in the region of that name."""
    tree = html.fromstring(page.content.decode())
    (region,) = tree.xpath(f"//*[@role='region'][@aria-labelledby='{heading}']")
    return [
        [" ".join(cell.text_content().split()) for cell in row.xpath("./th|./td")]
        for row in region.xpath(".//tbody/tr")
    ]


def found(admin_client, **query):
    page = admin_client.get(reverse(LIST), query)
    return set(page.context["cl"].result_list)


# --- The page ------------------------------------------------------------------------------------


def test_the_page_tells_of_every_kind_and_of_who_works(admin_client):
    order = factories.order_in_work()
    now = timezone.now()
    Worker.objects.create(
        host="mill/1", pid=7, process_started=0, threads=50, kinds=["email"],
        started_at=now, seen_at=now,
    )  # fmt: skip

    page = admin_client.get(reverse(PAGE))

    standing = {row[0]: row[1:] for row in rows(page, "now-h")}
    assert standing["article-generation"][0] == "1"
    assert set(standing) == {row.kind for row in figures.standing()}
    assert rows(page, "workers-h")[0][:3] == ["mill:7", "50", "email"]
    assert order.subject not in page.content.decode(), "figures name nobody"


def test_without_redis_the_page_stands_and_says_what_it_does_not_know(admin_client, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    factories.order_in_work()

    page = admin_client.get(reverse(PAGE))

    standing = {row[0]: row[1:] for row in rows(page, "now-h")}
    assert (standing["article-generation"][0], standing["article-generation"][-1]) == ("1", "—")
    assert "Redis does not answer" in page.content.decode()
    assert "Nobody works" in page.content.decode()


@pytest.mark.parametrize(
    ("over", "buckets"), [("24h", 24), ("7d", 28), ("30d", 30), ("nonsense", 24), ("", 24)]
)
def test_the_chart_has_a_bar_and_its_table_a_row_for_each_bucket(admin_client, over, buckets):
    fail()

    page = admin_client.get(reverse(PAGE), {"over": over})

    bars = html.fromstring(page.content.decode()).xpath(
        "//*[local-name()='svg']//*[local-name()='rect']"
    )
    assert len(bars) == 2 * buckets
    table = rows(page, "chart-h")
    assert len(table) == buckets
    assert table[0][1:] == ["0", "1"], "the newest first"


def test_the_highest_bar_fills_the_chart_and_failed_jobs_stand_on_completed_ones():
    drawn = queues.bars(
        [Bucket(begins=AT, completed=6, failed=2), Bucket(begins=AT, completed=0, failed=0)]
    )

    assert (drawn[0].completed_y, drawn[0].completed_height) == (25.0, 75.0)
    assert (drawn[0].failed_y, drawn[0].failed_height) == (0.0, 25.0)
    assert (drawn[1].completed_height, drawn[1].failed_height) == (0.0, 0.0)


def test_failures_lead_to_their_jobs(admin_client):
    job = fail()
    fail(error_class="GateBlocked", kind="backlink-revision")

    page = admin_client.get(reverse(PAGE))

    assert [row[:3] for row in rows(page, "failures-h")] == [
        ["WriterRefused", "article-generation", "1"],
        ["GateBlocked", "backlink-revision", "1"],
    ]
    tree = html.fromstring(page.content.decode())
    (link,) = tree.xpath("//a[text()='WriterRefused']/@href")
    there = admin_client.get(link)
    assert list(there.context["cl"].result_list) == [job]


def test_the_number_of_queries_does_not_grow(admin_client, django_assert_num_queries):
    with django_assert_num_queries(10):  # session, user and eight of the page
        admin_client.get(reverse(PAGE))
    for _ in range(5):
        fail()
        call(order=factories.order_in_work(), cost="0.01")

    with django_assert_num_queries(10):
        admin_client.get(reverse(PAGE))


# --- Its figures ---------------------------------------------------------------------------------


def test_the_first_pass_rate_counts_texts_that_were_judged_and_jobs_that_gave_up():
    since = timezone.now() - timedelta(hours=1)
    for rounds in (1, 1, 2, None):
        next_one = factories.order_in_review().version
        next_one.pk, next_one._state.adding = None, True
        next_one.number, next_one.job_key = 2, str(uuid4())
        next_one.created_at = timezone.now()
        next_one.provenance = {"rounds": rounds} if rounds else {}
        next_one.save()
    fail(error_class="GateBlocked")
    fail(error_class="WriterRefused")

    gate = queues.gate(since=since, failures=figures.failures(since=since))

    assert (gate.judged, gate.first_time, gate.rate) == (4, 2, 0.5)


def test_without_texts_there_is_no_rate():
    assert queues.gate(since=timezone.now(), failures=[]).rate is None


def test_the_cost_is_per_order_and_a_call_without_a_price_is_no_free_call():
    since = timezone.now() - timedelta(hours=1)
    one, other, unpriced = (factories.order_in_work() for _ in range(3))
    call(order=one, cost="0.10")
    call(order=one, cost="0.20")
    call(order=other, cost="0.50")
    call(order=unpriced, cost=None)
    call(order=one, cost="9", at=since - timedelta(hours=1))

    cost = queues.cost(since=since)

    assert (cost.orders, cost.unknown, cost.total_usd) == (3, 1, Decimal("0.80"))
    assert (cost.p50_usd, cost.p95_usd) == (pytest.approx(0.4), pytest.approx(0.49))


# --- Jobs ----------------------------------------------------------------------------------------


def test_jobs_are_found_by_order_customer_error_and_state(admin_client):
    order, failed = factories.order_in_work(), fail()
    jobs = set(Job.objects.filter(subject=order.subject))

    assert jobs
    assert found(admin_client, q=order.code.lower()) == jobs
    assert found(admin_client, q=str(order.pk)) == jobs
    assert found(admin_client, q=order.customer.email.upper()) == jobs
    assert found(admin_client, q="writerrefused") == {failed}
    assert found(admin_client, q="key is not") == {failed}
    assert found(admin_client, state__exact="failed") == {failed}
    assert found(admin_client, q="nobody@example.org") == set()


def test_a_jobs_page_leads_to_its_order_and_shows_what_each_step_cost(admin_client):
    order = factories.order_in_work()
    job = Job.objects.get(key=f"write:{order.pk}")
    lease = leases.claim(job_id=job.pk, token=uuid4(), worker=uuid4()).lease
    for name in ("text-1", "text-10"):
        leases.store_step(lease, name=name, output_json="{}", took_ms=1500)
    call(order=order, cost="0.0100", job=job.pk)
    call(order=order, cost="0.0025", job=job.pk, step="text-1@spare")  # of the next model
    call(order=order, cost="0.5000", job=job.pk, step="text-10")

    page = admin_client.get(reverse("admin:queueing_job_change", args=[job.pk]))

    text = " ".join(html.fromstring(page.content.decode()).text_content().split())
    assert f"Order {order.code}" in text
    assert "$0.5125" in text, "of the whole job"
    assert ("$0.0125" in text, "$0.5000" in text) == (True, True), "each step's own"
    assert order.events.last().what in text


def test_a_job_of_no_order_has_a_page_too(admin_client):
    job = fail()

    page = admin_client.get(reverse("admin:queueing_job_change", args=[job.pk]))

    assert page.status_code == 200
    assert "the key is not valid" in page.content.decode()
    fields = html.fromstring(page.content.decode()).find_class("field-cost")
    assert fields[0].text_content().split() == ["Model", "cost:", "—"]


def test_the_list_names_orders_by_their_code_in_one_query(
    admin_client, django_assert_max_num_queries
):
    orders = [factories.order_in_work() for _ in range(5)]
    ledger.enqueue(kind="email", subject="order:none")

    with django_assert_max_num_queries(6):
        page = admin_client.get(reverse(LIST)).content.decode()

    assert [order.code for order in orders if order.code not in page] == []
    assert "order:none" in page
