"""What Stripe knows and nobody told us: found by asking, seldom and a few at a time."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from structlog.testing import capture_logs

from orders import payments, purchase, reconciliation
from orders.models import Order, Payment, Refund, Status
from orders.reconciliation import Swept
from queueing.models import Job
from tests.orders.factories import order_awaiting_payment, payment_of
from tests.orders.stripe_side import at_once, receive, session_of, told
from tests.orders.test_payments import assert_in_work_once

pytestmark = pytest.mark.django_db

RETRIEVE = "checkout.sessions.retrieve"
NOTHING = Swept()


def later(**passed):
    return timezone.now() + timedelta(**passed)


def asked(sandbox, operation=RETRIEVE):
    return len(sandbox.calls(service="stripe", operation=operation))


def test_a_payment_that_nobody_told_us_of_is_found_and_begins_the_work_once(sandbox):
    order = order_awaiting_payment()
    payment = session_of(order)
    sandbox.pay(payment.session_id)

    with capture_logs() as logs:
        swept = reconciliation.sweep(at=later(minutes=16))

    assert swept == Swept(asked=1, news=1)
    assert_in_work_once(order)
    assert [log["event"] for log in logs if log["log_level"] == "warning"] == ["payment_was_missed"]
    receive(told(sandbox, "checkout.session.completed", payment.session_id))
    assert reconciliation.sweep(at=later(days=3)) == NOTHING
    assert_in_work_once(order)


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_and_the_webhook_at_once_have_one_effect(sandbox):
    order = order_awaiting_payment()
    payment = session_of(order)
    sandbox.pay(payment.session_id)
    event = told(sandbox, "checkout.session.completed", payment.session_id)

    def one(number):
        return receive(event) if number == 2 else reconciliation.sweep(at=later(minutes=16))

    assert [one for one in at_once(3, one) if isinstance(one, Exception)] == []
    assert_in_work_once(order)


def test_a_young_session_is_left_to_its_webhook(sandbox):
    session_of(order_awaiting_payment())

    assert reconciliation.sweep(at=later(minutes=14)) == NOTHING
    assert asked(sandbox) == 0


def test_an_open_session_is_asked_for_ever_more_seldom_and_once_it_should_be_over(sandbox):
    begun = timezone.now()
    session_of(order_awaiting_payment())

    for minutes in range(15, 23 * 60, 5):
        reconciliation.sweep(at=begun + timedelta(minutes=minutes))
    # 20 minutes, then twice as long each time: 40, 80, 160, 320, 640, 1280.
    assert asked(sandbox) <= 8
    assert asked(sandbox) >= 6

    before = asked(sandbox)
    sandbox.post("/control/stripe/clock", {"advance_s": 24 * 3600})
    reconciliation.sweep(at=begun + timedelta(hours=23, minutes=5))
    assert asked(sandbox) == before + 1


def test_a_sweep_asks_for_no_more_than_its_batch_and_the_next_goes_on(sandbox, settings):
    settings.RECONCILE_BATCH = 2
    for _ in range(5):
        session_of(order_awaiting_payment())

    at = later(minutes=16)
    counts = [reconciliation.sweep(at=at).asked for _ in range(4)]

    assert counts == [2, 2, 1, 0]
    assert asked(sandbox) == 5


@pytest.mark.django_db(transaction=True)
def test_a_sweep_that_dies_over_a_payment_leaves_it_to_the_next(sandbox):
    order = order_awaiting_payment()
    sandbox.pay(session_of(order).session_id)

    def dies(execute, sql, params, many, context):
        if sql.startswith('UPDATE "orders_order"'):
            raise SystemExit
        return execute(sql, params, many, context)

    with pytest.raises(SystemExit), connection.execute_wrapper(dies):
        reconciliation.sweep(at=later(minutes=16))

    assert reconciliation.sweep(at=later(minutes=17)).news == 1
    assert_in_work_once(order)


def test_a_session_that_expired_unheard_cancels_its_order(sandbox):
    order = order_awaiting_payment()
    session_of(order)
    sandbox.post("/control/stripe/clock", {"advance_s": 24 * 3600})

    assert reconciliation.sweep(at=later(hours=24)).news == 1

    order.refresh_from_db()
    assert order.status == Status.CANCELLED
    assert order.payments.get().state == Payment.State.EXPIRED


def test_a_cancelled_order_that_was_paid_unheard_goes_on(sandbox):
    order = order_awaiting_payment()
    payment = session_of(order)
    sandbox.knob(service="stripe", operation="checkout.sessions.expire", status=503)
    purchase.cancel(order=order, actor="customer", at=timezone.now())
    sandbox.pay(payment.session_id)

    reconciliation.sweep(at=later(minutes=16))

    assert_in_work_once(order)


def test_an_order_that_never_got_a_session_is_cancelled_when_its_time_is_over():
    order = order_awaiting_payment(at=timezone.now())

    assert reconciliation.sweep(at=later(hours=22)) == NOTHING
    assert reconciliation.sweep(at=later(hours=24)) == Swept(closed=1)

    order.refresh_from_db()
    assert order.status == Status.CANCELLED
    assert order.events.last().what == "Cancelled: the time to pay ran out"


def test_a_crash_between_row_and_session_keeps_the_order_no_longer_than_a_session(sandbox):
    order = order_awaiting_payment(at=timezone.now())
    old = session_of(order)
    payment_of(order, at=timezone.now(), session_id="")
    sandbox.post(f"/control/stripe/sessions/{old.session_id}/expire", {})
    expiry = told(sandbox, "checkout.session.expired", old.session_id)
    assert receive(expiry).outcome == "session expired"

    assert reconciliation.sweep(at=later(hours=22)).closed == 0
    assert reconciliation.sweep(at=later(hours=24)).closed == 1

    order.refresh_from_db()
    assert order.status == Status.CANCELLED
    assert set(order.payments.values_list("state", flat=True)) == {Payment.State.EXPIRED}


@pytest.mark.parametrize("state", [Payment.State.PENDING, Payment.State.OPEN])
def test_an_order_whose_money_may_still_come_is_not_closed(sandbox, state):
    order = order_awaiting_payment(at=timezone.now())
    payment_of(order, at=timezone.now(), state=state)
    sandbox.knob(service="stripe", operation=RETRIEVE, status=503)

    assert reconciliation.sweep(at=later(days=2)) == Swept(stopped=True)

    order.refresh_from_db()
    assert order.status == Status.AWAITING_PAYMENT


def test_an_order_that_is_held_is_not_closed():
    order = order_awaiting_payment(at=timezone.now())
    Order.objects.filter(pk=order.pk).update(held_reason="paid 1.00")

    assert reconciliation.sweep(at=later(days=2)) == NOTHING


def test_a_stripe_that_is_down_is_asked_once_and_nothing_changes(sandbox):
    paid_orders = [order_awaiting_payment() for _ in range(3)]
    for order in paid_orders:
        sandbox.pay(session_of(order).session_id)
    sandbox.knob(service="stripe", operation=RETRIEVE, status=503)
    rows = list(Payment.objects.order_by("pk").values())

    with capture_logs() as logs:
        assert reconciliation.sweep(at=later(minutes=16)) == Swept(stopped=True)

    assert [log["event"] for log in logs] == ["stripe_call_failed"]
    assert list(Payment.objects.order_by("pk").values()) == rows
    sandbox.clear_knobs()
    assert reconciliation.sweep(at=later(minutes=16)).news == 3


def test_a_session_that_stripe_does_not_know_keeps_nobody_else_waiting(sandbox):
    payment_of(order_awaiting_payment())
    order = order_awaiting_payment()
    sandbox.pay(session_of(order).session_id)

    with capture_logs() as logs:
        swept = reconciliation.sweep(at=later(minutes=16))

    assert (swept.asked, swept.news) == (2, 1)
    assert "session_unknown_at_stripe" in [log["event"] for log in logs]
    assert_in_work_once(order)


def paid(sandbox):
    order = order_awaiting_payment()
    payment = session_of(order)
    sandbox.pay(payment.session_id)
    receive(told(sandbox, "checkout.session.completed", payment.session_id))
    return order


def test_a_refund_at_stripe_that_nobody_told_us_of_is_heard_once(sandbox):
    order = paid(sandbox)
    intent = order.payments.get().payment_intent
    sandbox.post("/control/stripe/refunds", {"payment_intent": intent, "amount": 5000})

    heard = [reconciliation.hear_missed(at=timezone.now()) for _ in range(2)]

    assert heard == [1, 0]
    assert asked(sandbox, "events.list") == 2
    assert Refund.objects.get().amount_cents == 5000
    assert [event.what for event in order.events.all()].count("€50.00 refunded") == 1


def test_a_dispute_that_nobody_told_us_of_holds_the_order(sandbox):
    order = paid(sandbox)
    intent = order.payments.get().payment_intent
    sandbox.post("/control/stripe/disputes", {"payment_intent": intent})

    assert reconciliation.hear_missed(at=timezone.now()) == 1

    order.refresh_from_db()
    assert "disputed" in order.held_reason


def test_events_that_cannot_be_asked_for_change_nothing(sandbox):
    order = paid(sandbox)
    intent = order.payments.get().payment_intent
    sandbox.post("/control/stripe/refunds", {"payment_intent": intent})
    sandbox.knob(service="stripe", operation="refunds.list", status=503)

    assert reconciliation.hear_missed(at=timezone.now()) == 0
    assert not Refund.objects.exists()

    sandbox.clear_knobs()
    sandbox.knob(service="stripe", operation="events.list", status=503)
    assert reconciliation.hear_missed(at=timezone.now()) == 0
    sandbox.clear_knobs()
    assert reconciliation.hear_missed(at=timezone.now()) == 1


def test_the_command_counts_and_can_only_count(sandbox):
    order = order_awaiting_payment(at=timezone.now() - timedelta(hours=1))
    payment = session_of(order)
    Payment.objects.update(created_at=timezone.now() - timedelta(hours=1))
    sandbox.pay(payment.session_id)
    output = StringIO()

    call_command("reconcile_payments", "--dry-run", stdout=output)
    assert not Job.objects.exists()
    call_command("reconcile_payments", stdout=output)

    assert output.getvalue().splitlines() == [
        "1 asked, 0 with news, 0 closed, 0 events missed, 0 refunds on their way",
        "1 asked, 1 with news, 0 closed, 0 events missed, 0 refunds ended",
    ]
    assert_in_work_once(order)


def test_a_sweep_of_nothing_costs_two_queries(django_assert_num_queries):
    for _ in range(3):
        order_awaiting_payment(at=timezone.now())

    with django_assert_num_queries(2):
        reconciliation.sweep(at=timezone.now())


def test_an_unpaid_order_is_closed_only_while_it_is_unpaid(sandbox):
    order = order_awaiting_payment(at=timezone.now())
    payment = session_of(order)
    sandbox.pay(payment.session_id)
    receive(told(sandbox, "checkout.session.completed", payment.session_id))

    assert payments.close_unpaid(order_id=order.pk, at=later(days=2)) is False
    assert_in_work_once(order)
