"""Payment pages that a bank, time or a lost answer leaves open: each is settled once."""

import pytest
from django.utils import timezone

from orders import purchase
from orders.models import Payment, Status
from tests.orders.factories import order_awaiting_payment
from tests.orders.stripe_side import receive, session_of, told
from tests.orders.test_payments import (
    BANK_SAID_NO,
    BANK_SAID_YES,
    COMPLETED,
    EXPIRED,
    assert_in_work_once,
    paid,
)

pytestmark = pytest.mark.django_db


def test_a_bank_that_takes_its_time_is_waited_for(sandbox):
    order, event = paid(sandbox, how="later", after_ms=600_000)
    payment = order.payments.get()

    assert receive(event).outcome == "waiting for the bank"
    payment.refresh_from_db()
    order.refresh_from_db()
    assert (payment.state, order.status) == (Payment.State.PENDING, Status.AWAITING_PAYMENT)
    assert order.events.last().what == "Confirming with your bank"

    sandbox.post(f"/control/stripe/sessions/{payment.session_id}/settle", {})
    receive(told(sandbox, BANK_SAID_YES, payment.session_id))
    assert_in_work_once(order)


def test_a_bank_that_says_no_leaves_the_order_to_be_paid_again(sandbox):
    order, event = paid(sandbox, how="later", after_ms=600_000)
    payment = order.payments.get()
    receive(event)

    sandbox.post(f"/control/stripe/sessions/{payment.session_id}/settle", {"outcome": "failed"})
    refusal = told(sandbox, BANK_SAID_NO, payment.session_id)
    assert receive(refusal).outcome == "the bank said no"
    assert receive(refusal | {"id": "evt_again"}).outcome == "settled before"

    payment.refresh_from_db()
    order.refresh_from_db()
    assert (payment.state, order.status) == (Payment.State.FAILED, Status.AWAITING_PAYMENT)
    again = session_of(order)
    sandbox.pay(again.session_id)
    receive(told(sandbox, COMPLETED, again.session_id))
    assert_in_work_once(order)


@pytest.mark.parametrize("outcome", ["succeeded", "failed"])
def test_a_bank_that_is_heard_before_the_checkout_is_not_forgotten(sandbox, outcome):
    order, event = paid(sandbox, how="later", after_ms=600_000)
    payment = order.payments.get()
    sandbox.post(f"/control/stripe/sessions/{payment.session_id}/settle", {"outcome": outcome})
    kind = BANK_SAID_YES if outcome == "succeeded" else BANK_SAID_NO
    receive(told(sandbox, kind, payment.session_id))
    settled = Payment.objects.get().state

    receive(event)

    assert Payment.objects.get().state == settled


def test_a_page_whose_time_is_over_cancels_its_order(sandbox):
    order = order_awaiting_payment()
    payment = session_of(order)
    sandbox.post(f"/control/stripe/sessions/{payment.session_id}/expire", {})

    receive(told(sandbox, EXPIRED, payment.session_id))

    order.refresh_from_db()
    assert order.status == Status.CANCELLED
    assert order.payments.get().state == Payment.State.EXPIRED


def test_an_old_page_that_expires_while_a_newer_one_is_open_cancels_nothing(sandbox):
    order = order_awaiting_payment()
    old = session_of(order)
    Payment.objects.filter(pk=old.pk).update(expires_at=timezone.now())
    session_of(order)
    sandbox.post(f"/control/stripe/sessions/{old.session_id}/expire", {})

    assert receive(told(sandbox, EXPIRED, old.session_id)).outcome == "session expired"

    order.refresh_from_db()
    assert order.status == Status.AWAITING_PAYMENT


def test_an_expiry_heard_after_the_payment_changes_nothing(sandbox):
    order, event = paid(sandbox)
    receive(event)
    session = event["data"]["object"] | {"status": "expired", "payment_status": "unpaid"}

    late = event | {"id": "evt_late", "type": EXPIRED, "data": {"object": session}}

    assert receive(late).outcome == "settled before"
    assert_in_work_once(order)


def test_a_payment_heard_after_the_expiry_wins(sandbox):
    order, event = paid(sandbox)
    session = event["data"]["object"] | {"status": "expired", "payment_status": "unpaid"}
    receive(event | {"id": "evt_early", "type": EXPIRED, "data": {"object": session}})
    order.refresh_from_db()
    assert order.status == Status.CANCELLED

    receive(event)

    assert_in_work_once(order)


def test_a_session_whose_id_never_reached_us_is_settled_all_the_same(sandbox):
    order = order_awaiting_payment()
    sandbox.knob(service="stripe", operation="checkout.sessions.create", drop_reply=True, times=2)
    with pytest.raises(purchase.StripeUnavailable):
        purchase.checkout_url(order=order, at=timezone.now())
    (session,) = sandbox.get("/control/stripe/sessions")["sessions"]
    sandbox.pay(session["id"])

    receive(told(sandbox, COMPLETED, session["id"]))

    assert order.payments.get().session_id == session["id"]
    assert_in_work_once(order)


def test_a_session_that_no_row_knows_gets_its_row(sandbox):
    order, event = paid(sandbox)
    order.payments.all().delete()

    receive(event)

    assert order.payments.get().session_id == event["data"]["object"]["id"]
    assert_in_work_once(order)
