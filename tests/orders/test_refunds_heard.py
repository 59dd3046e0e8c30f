"""Refunds that Stripe tells of: made there, gone through late, failed at the bank."""

import pytest
from django.utils import timezone
from structlog.testing import capture_logs

from orders import refunds
from orders.models import OutgoingEmail, Refund
from queueing.errors import RetryLater
from tests.orders.factories import AT
from tests.orders.stripe_side import at_once, receive, told
from tests.orders.test_refunds import CREATE, at_stripe, lines, owed

pytestmark = pytest.mark.django_db


def test_money_that_staff_gave_back_at_stripe_settles_the_row_that_owed_it(sandbox):
    order, refund = owed(sandbox)
    intent = order.payments.get().payment_intent
    made = sandbox.post("/control/stripe/refunds", {"payment_intent": intent})

    refunds.carry_out(refund_id=refund.pk, at=AT)

    refund.refresh_from_db()
    assert (refund.state, refund.stripe_id) == (Refund.State.SUCCEEDED, made["id"])
    assert Refund.objects.count() == 1
    assert lines(order).count("€120.00 refunded") == 1


def test_money_given_back_at_stripe_in_parts_leaves_nothing_to_be_owed(sandbox):
    order, refund = owed(sandbox)
    intent = order.payments.get().payment_intent
    for cents in (5000, 7000):
        sandbox.post("/control/stripe/refunds", {"payment_intent": intent, "amount": cents})

    refunds.carry_out(refund_id=refund.pk, at=AT)

    refund.refresh_from_db()
    assert (refund.state, refund.begun_at) == (Refund.State.WITHDRAWN, None)
    given = Refund.objects.filter(state=Refund.State.SUCCEEDED)
    assert sum(one.amount_cents for one in given) == order.amount_cents
    assert sum(made["amount"] for made in at_stripe(sandbox, order)) == order.amount_cents


def test_stripes_event_before_our_reply_settles_the_row_and_the_reply_adds_nothing(sandbox):
    order, refund = owed(sandbox)
    sandbox.knob(service="stripe", operation=CREATE, drop_reply=True, times=2)
    with pytest.raises(RetryLater):
        refunds.carry_out(refund_id=refund.pk, at=AT)
    (made,) = at_stripe(sandbox, order)

    receive(told(sandbox, "charge.refunded", made["charge"]))
    refunds.carry_out(refund_id=refund.pk, at=AT)

    refund.refresh_from_db()
    assert (refund.state, refund.stripe_id) == (Refund.State.SUCCEEDED, made["id"])
    assert Refund.objects.count() == 1
    assert lines(order).count("€120.00 refunded") == 1


def test_a_refund_that_we_gave_up_on_and_that_went_through_is_told_after_all(sandbox):
    order, refund = owed(sandbox)
    sandbox.knob(service="stripe", operation=CREATE, drop_reply=True, times=2)
    with pytest.raises(RetryLater):
        refunds.carry_out(refund_id=refund.pk, at=AT)
    refunds.give_up(refund_id=refund.pk, reason="no answer", at=AT)

    (made,) = at_stripe(sandbox, order)
    receive(told(sandbox, "charge.refunded", made["charge"]))

    refund.refresh_from_db()
    assert refund.state == Refund.State.SUCCEEDED


def test_a_refund_that_was_given_up_and_had_gone_through_leaves_none_in_its_place(sandbox):
    order, refund = owed(sandbox)
    sandbox.knob(service="stripe", operation=CREATE, drop_reply=True, times=2)
    with pytest.raises(RetryLater):
        refunds.carry_out(refund_id=refund.pk, at=AT)
    refunds.give_up(refund_id=refund.pk, reason="no answer", at=AT)
    (again,) = refunds.owe(order=order, reason="once more", at=AT)

    refunds.carry_out(refund_id=again.pk, at=AT)

    states = list(Refund.objects.order_by("pk").values_list("state", flat=True))
    assert states == [Refund.State.SUCCEEDED, Refund.State.WITHDRAWN]
    assert len(at_stripe(sandbox, order)) == 1


def test_a_refund_that_fails_at_the_bank_later_is_told_and_owed_again(sandbox):
    order, refund = owed(sandbox)
    refunds.carry_out(refund_id=refund.pk, at=AT)
    (made,) = at_stripe(sandbox, order)

    with capture_logs() as logs:
        receive(
            sandbox.post(
                "/control/stripe/events",
                {
                    "type": "refund.failed",
                    "object": made | {"status": "failed", "failure_reason": "unknown"},
                },
            )
        )
    receive(sandbox.post("/control/stripe/events", {"type": "refund.updated", "object": made}))

    refund.refresh_from_db()
    assert (refund.state, refund.refunded_at) == (Refund.State.FAILED, None)
    assert [log["event"] for log in logs if log["log_level"] == "error"] == ["refund_failed"]
    assert lines(order)[-1].startswith("The refund of €120.00 did not go through")
    alert = OutgoingEmail.objects.get(kind="admin-refund-failed")
    assert (alert.refund, refund.failure) == (refund, "Stripe: unknown")
    assert len(refunds.owe(order=order, reason="once more", at=AT)) == 1


def test_a_refund_that_takes_its_time_at_the_bank_stays_on_its_way_until_it_is_told(sandbox):
    order, refund = owed(sandbox)
    made = {"id": "re_slow", "amount": refund.amount_cents, "currency": "eur"}
    made |= {"metadata": {"refund_id": str(refund.pk)}, "status": "pending"}
    payment = order.payments.get()

    refunds.hear(payment=payment, made=made, at=AT)
    refund.refresh_from_db()
    assert (refund.state, refund.stripe_id) == (Refund.State.PENDING, "re_slow")
    refunds.carry_out(refund_id=refund.pk, at=AT)
    assert sandbox.calls(service="stripe", operation=CREATE) == []

    refunds.hear(payment=payment, made=made | {"status": "succeeded"}, at=AT)
    refund.refresh_from_db()
    assert refund.state == Refund.State.SUCCEEDED


@pytest.mark.django_db(transaction=True)
def test_our_reply_and_stripes_event_at_the_same_moment_tell_of_one_refund(sandbox):
    for _ in range(5):
        order, refund = owed(sandbox)
        intent = order.payments.get().payment_intent
        made = sandbox.post("/control/stripe/refunds", {"payment_intent": intent})
        event = told(sandbox, "charge.refunded", made["charge"])

        def either(number, refund=refund, event=event):
            if number % 2:
                return receive(event | {"id": f"evt_{refund.pk}_{number}"}).outcome
            return refunds.carry_out(refund_id=refund.pk, at=timezone.now())

        results = at_once(6, either)

        assert [one for one in results if isinstance(one, Exception)] == []
        settled = Refund.objects.get(payment__order=order)
        assert (settled.state, settled.stripe_id) == (Refund.State.SUCCEEDED, made["id"])
        assert lines(order).count("€120.00 refunded") == 1
