"""Paid orders that nobody works on."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from orders import fulfilment, revisions, strays
from orders.models import Order, Status
from orders.progress import progress
from orders.strays import Found
from queueing import service
from queueing.models import Job
from tests.orders import factories
from tests.orders.factories import AT

pytestmark = pytest.mark.django_db

LATER = AT + timedelta(minutes=5)
NONE = Found(begun=0, held=0)


def job_of(order: Order) -> Job:
    return Job.objects.get(key=fulfilment.job_key(order))


def test_an_order_in_work_is_no_stray():
    factories.order_in_work()
    factories.order_in_review()
    factories.order_awaiting_payment()

    assert strays.settle(at=LATER) == NONE


def test_a_paid_order_without_a_job_gets_one():
    order = factories.order_in_work()
    job_of(order).delete()

    assert strays.settle(at=LATER) == Found(begun=1, held=0)

    assert job_of(order).state == "waiting"
    assert strays.settle(at=LATER) == NONE


def test_an_order_whose_job_was_cancelled_is_held_for_staff_and_the_customer_is_told():
    order = factories.order_in_work()
    service.cancel(job_id=job_of(order).pk, actor="ops")

    assert strays.settle(at=LATER) == Found(begun=0, held=1)

    order.refresh_from_db()
    assert order.status == Status.PROCESSING
    assert "cancelled" in order.held_reason
    assert progress(order, at=LATER).heading == "A person is looking at your order"
    assert strays.settle(at=LATER) == NONE


def test_an_order_whose_changes_are_worked_on_is_no_stray():
    order = factories.order_in_review()
    revisions.request(order=order, notes="Please be brief.", actor="customer", at=AT)

    assert strays.settle(at=LATER) == NONE


def test_an_order_that_has_just_moved_is_left_alone():
    order = factories.order_in_work()
    job_of(order).delete()

    assert strays.settle(at=AT + timedelta(seconds=30)) == NONE


def test_the_command_counts_and_can_only_count():
    order = factories.order_in_work(at=timezone.now() - timedelta(hours=1))
    job_of(order).delete()
    output = StringIO()

    call_command("settle_strays", "--dry-run", stdout=output)

    assert output.getvalue() == "1 begun, 0 held\n"
    assert not Job.objects.filter(key=fulfilment.job_key(order)).exists()


def test_a_longer_list_of_orders_asks_no_more_queries(django_assert_max_num_queries):
    for _ in range(5):
        factories.order_in_work()

    with django_assert_max_num_queries(1):
        strays.settle(at=LATER)
