"""What the customer is told at each point of an order's way."""

from datetime import timedelta
from uuid import uuid4

import pytest

from orders import endings, lifecycle, marks
from orders.models import Order, Payment, Refund, Status
from orders.progress import goes_on, progress
from queueing import stats
from queueing.models import Job, State
from tests.orders import factories
from tests.orders.factories import AT

pytestmark = pytest.mark.django_db

QUERIES_AT_MOST = 4  # beside the order's own: a status request has six in all


def told(order: Order):
    order.refresh_from_db()
    return progress(order, at=AT + timedelta(days=3000))


def job_of(order: Order):
    return Job.objects.filter(key=f"write:{order.pk}")


def test_an_unpaid_order_asks_for_payment():
    order = factories.order_awaiting_payment()

    now = told(order)

    assert (now.step, now.of, now.label) == (1, 5, "Payment")
    assert now.heading == "Finish your payment"
    assert now.poll


def test_a_payment_on_its_way_is_not_asked_for_again():
    order = factories.order_awaiting_payment()
    factories.payment_of(order, state=Payment.State.PENDING)

    assert told(order).heading == "Confirming with your bank"


def test_a_held_order_says_that_a_person_looks_at_it():
    order = factories.order_awaiting_payment()
    marks.hold(order=order, cause="staff", reason="paid 1.00 EUR of 120.00 EUR", at=AT)

    now = told(order)

    assert now.heading == "We are checking your payment"
    assert "1.00" not in now.detail


@pytest.mark.parametrize("state", [State.ACTIVE, State.CANCELLED])
def test_a_held_order_says_so_while_its_job_runs_to_its_end_too(state):
    order = factories.order_in_work()
    lease = {"lease_token": uuid4(), "lease_until": AT, "worker": uuid4()}
    fields = lease if state == State.ACTIVE else {"finished_at": AT}
    Job.objects.filter(subject=order.subject).update(state=state, **fields)
    marks.hold(order=order, cause="staff", reason="€120.00 disputed: fraudulent", at=AT)

    now = told(order)

    assert now.heading == "A person is looking at your order"
    assert "nothing is published meanwhile" in now.detail
    assert "history" not in now.detail, "it says that the order is held, and not why"
    assert "disputed" not in now.detail


def test_a_waiting_job_has_a_place_in_the_queue():
    first, second = factories.order_in_work(), factories.order_in_work()

    assert told(first).heading == "You are next"
    assert told(second).heading == "You are number 2"
    assert told(second).position == 2
    assert told(second).estimate_s


def test_a_vip_is_ahead_of_others_who_came_before():
    usual = factories.order_in_work()
    vip = factories.order_awaiting_payment()
    type(vip.customer).objects.filter(pk=vip.customer_id).update(is_vip=True)
    vip = Order.objects.get(pk=vip.pk)
    lifecycle.pay(order=vip, at=AT)
    from orders import fulfilment

    fulfilment.begin(order=vip, at=AT)

    assert told(vip).position == 1
    assert told(usual).position == 2


def test_a_running_job_says_what_it_is_doing():
    from uuid import uuid4

    order = factories.order_in_work()
    job_of(order).update(
        state="active",
        lease_token=uuid4(),
        lease_until=AT,
        worker=uuid4(),
        doing="Quality check, attempt 1 of 3",
    )

    now = told(order)

    assert now.heading == "Quality check, attempt 1 of 3"
    assert (now.attempt, now.tries) == (1, 3)
    assert now.queue["hasActiveJob"]


def test_a_retry_says_when_and_shows_no_error():
    order = factories.order_in_work()
    job_of(order).update(failures=1, error_class="WriterGarbled", error_reason="rubbish: x")

    now = told(order)

    assert now.heading == "Taking longer than usual"
    assert "WriterGarbled" not in str(now)
    assert now.next_try_at is not None


def test_a_ready_article_is_for_the_customer_and_nothing_is_polled():
    now = told(factories.order_in_review())

    assert (now.step, now.label) == (3, "Your review")
    assert not now.poll
    assert not now.queue["hasActiveJob"]


def test_a_failed_order_speaks_of_its_refund():
    now = told(factories.failed_order())

    assert now.heading == "We could not write this"
    assert "refund" in now.detail
    assert now.poll  # until the money is back


def test_a_published_order_is_followed_until_its_refund_has_gone_through():
    order = factories.waiting_review().order
    lifecycle.complete(order=order, live_url="https://example.com/a", at=AT)
    assert not told(order).poll

    (refund,) = endings.refund(order=order, actor="mia", reason="goodwill", at=AT)

    assert (told(order).poll, goes_on(order)) == (True, True)
    assert told(order).refunds == (refund,)
    Refund.objects.update(state="succeeded", stripe_id="re_1", refunded_at=AT)
    assert (told(order).poll, goes_on(order)) == (False, False)


@pytest.mark.parametrize("status", Status.values)
def test_every_status_is_told_and_takes_few_queries(status, django_assert_max_num_queries):
    order = factories.order_in_review()
    Order.objects.filter(pk=order.pk).update(
        status=status, submitted_at=AT, completed_at=AT, live_url="https://example.com/a"
    )
    order.refresh_from_db()

    with django_assert_max_num_queries(QUERIES_AT_MOST):
        now = progress(order, at=AT)

    assert now.heading
    assert now.detail
    assert now.status == status


def test_a_change_that_failed_counts_until_a_later_one_has_been_made():
    order = factories.order_in_review()
    for minute, state in ((1, State.FAILED), (2, State.COMPLETED)):
        at = AT + timedelta(minutes=minute)
        Job.objects.create(
            kind="backlink-revision", subject=order.subject, rank=15, tries=3, state=state,
            run_at=at, created_at=at, finished_at=at,
            error_class="GateBlocked" if state == State.FAILED else "",
        )  # fmt: skip
        ours = told(order).queue
        assert ours["hasFailedJob"] is (state == State.FAILED)
        assert ours["hasFailedJob"] == stats.subject_job_status(order.subject)["hasFailedJob"]


def test_emails_and_refunds_are_not_shown_as_the_orders_jobs():
    order = factories.failed_order()

    assert {job["kind"] for job in told(order).queue["jobs"]} == {"article-generation"}
