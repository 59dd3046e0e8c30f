"""What a sweep hears of refunds and disputes: all of it, whatever one piece of news does."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone
from structlog.testing import capture_logs

from orders import disputes, payments, reconciliation, refunds, stripe_events
from orders.models import Dispute, Order, OutgoingEmail, Refund, StripeEvent
from orders.reconciliation import Swept
from tests.orders.factories import order_awaiting_payment
from tests.orders.stripe_side import receive, session_of, told
from tests.orders.test_refunds import owed

pytestmark = pytest.mark.django_db

RETRIEVE = "refunds.retrieve"


def later(**passed: float) -> Any:
    return timezone.now() + timedelta(**passed)


def paid(sandbox) -> str:
    """The payment intent of an order in work."""
    order = order_awaiting_payment()
    payment = session_of(order)
    sandbox.pay(payment.session_id)
    receive(told(sandbox, "checkout.session.completed", payment.session_id))
    return order.payments.get().payment_intent


def untold(sandbox, intent: str, **says: Any) -> dict:
    """A dispute's event that was not delivered; without more words nobody can act on it."""
    about = {"id": f"du_{intent}", "object": "dispute", "payment_intent": intent}
    event = {"type": "charge.dispute.created", "object": about | says}
    return sandbox.post("/control/stripe/events", event)


def words(logs) -> list[str]:
    return [log["event"] for log in logs if log["log_level"] == "error"]


def test_an_event_that_nobody_can_act_on_holds_up_no_other_and_is_told(sandbox):
    bad, good = paid(sandbox), paid(sandbox)
    event = untold(sandbox, bad)
    sandbox.post("/control/stripe/disputes", {"payment_intent": good})

    with capture_logs() as logs:
        assert reconciliation.hear_missed(at=timezone.now()) == 1

    assert Dispute.objects.get().payment.payment_intent == good
    assert words(logs)[0] == "event_not_taken"
    assert StripeEvent.objects.get(pk=event["id"]).trouble == "KeyError"


def test_a_charge_that_cannot_be_asked_for_holds_up_no_other(sandbox):
    for intent in (paid(sandbox), paid(sandbox)):
        sandbox.post("/control/stripe/refunds", {"payment_intent": intent})
    sandbox.knob(service="stripe", operation="refunds.list", status=503, times=2)  # one call

    assert reconciliation.hear_missed(at=timezone.now()) == 1
    assert Refund.objects.count() == 1

    assert reconciliation.hear_missed(at=timezone.now()) == 1
    assert Refund.objects.count() == 2


def test_an_event_that_was_in_trouble_is_taken_when_it_can_be_however_late(sandbox, monkeypatch):
    intent = paid(sandbox)
    says = {"status": "needs_response", "amount": 12_000, "currency": "eur"}
    event = untold(sandbox, intent, **says)
    with monkeypatch.context() as broken:
        broken.setattr(disputes, "hear", lambda **_: 1 / 0)
        assert reconciliation.hear_missed(at=timezone.now()) == 0
    assert Order.objects.get().held_reason == ""

    heard = [reconciliation.hear_missed(at=later(days=30)) for _ in range(2)]

    assert heard == [1, 0]
    assert Order.objects.get().held_reason
    stored = StripeEvent.objects.get(pk=event["id"])
    assert (stored.trouble, stored.outcome) == ("", "dispute the bank has taken the money")


def test_an_event_that_was_in_trouble_is_taken_when_stripe_delivers_it_again(sandbox):
    intent = paid(sandbox)
    says = {"status": "needs_response", "amount": 12_000, "currency": "eur"}
    event = untold(sandbox, intent, **says)
    stripe_events.keep(event, trouble="ZeroDivisionError", at=timezone.now())

    assert [receive(event).duplicate for _ in range(2)] == [False, True]
    stripe_events.keep(event, trouble="late", at=timezone.now())

    assert Order.objects.get().held_reason
    assert StripeEvent.objects.get(pk=event["id"]).trouble == ""


def test_a_session_that_nobody_can_settle_holds_up_no_other(sandbox, monkeypatch):
    sessions = [session_of(order_awaiting_payment()) for _ in range(2)]
    for payment in sessions:
        sandbox.pay(payment.session_id)
    settle = payments.settle_session

    def broken(*, session: dict, **given: Any) -> Any:
        assert session["id"] != sessions[0].session_id
        return settle(session=session, **given)

    monkeypatch.setattr(payments, "settle_session", broken)
    with capture_logs() as logs:
        swept = reconciliation.sweep(at=later(minutes=16))

    assert swept == Swept(asked=2, news=1)
    assert words(logs) == ["session_not_settled"]


def test_an_order_that_nobody_can_close_holds_up_no_other(monkeypatch):
    first, _ = (order_awaiting_payment(at=timezone.now()) for _ in range(2))
    close = payments.close_unpaid

    def broken(*, order_id: Any, at: Any) -> bool:
        assert order_id != first.pk
        return close(order_id=order_id, at=at)

    monkeypatch.setattr(payments, "close_unpaid", broken)
    with capture_logs() as logs:
        swept = reconciliation.sweep(at=later(days=2))

    assert swept == Swept(closed=1)
    assert words(logs) == ["order_not_closed"]


def on_its_way(sandbox) -> tuple[Order, Refund, dict]:
    """A failed order whose refund Stripe has and the bank has not paid out yet."""
    order, refund = owed(sandbox)
    asked = {"payment_intent": order.payments.get().payment_intent, "status": "pending"}
    made = sandbox.post("/control/stripe/refunds", asked)
    receive(told(sandbox, "charge.refunded", made["charge"]))
    Refund.objects.filter(pk=refund.pk).update(created_at=timezone.now())
    refund.refresh_from_db()
    assert (refund.state, refund.stripe_id) == (Refund.State.PENDING, made["id"])
    return order, refund, made


@pytest.mark.parametrize("became", ["succeeded", "failed", "canceled"])
def test_a_refund_whose_end_nobody_told_us_of_is_asked_for(sandbox, became):
    order, refund, made = on_its_way(sandbox)
    sandbox.post(f"/control/stripe/refunds/{made['id']}/end", {"status": became})

    assert reconciliation.ask_for_refunds(at=later(minutes=14)) == 0
    assert reconciliation.ask_for_refunds(at=later(minutes=16), dry_run=True) == 1
    heard = [reconciliation.ask_for_refunds(at=later(minutes=16)) for _ in range(2)]

    assert heard == [1, 0]
    assert len(sandbox.calls(service="stripe", operation=RETRIEVE)) == 1
    refund.refresh_from_db()
    assert refund.state == ("succeeded" if became == "succeeded" else "failed")
    alerts = OutgoingEmail.objects.filter(order=order, kind="admin-refund-failed")
    assert alerts.count() == (became != "succeeded")


def test_refunds_that_are_still_on_their_way_are_asked_for_in_turns(sandbox, settings):
    settings.RECONCILE_BATCH = 1
    for _ in range(2):
        on_its_way(sandbox)

    heard = [reconciliation.ask_for_refunds(at=later(minutes=16 + n)) for n in range(4)]

    assert heard == [0] * 4
    asked = sandbox.calls(service="stripe", operation=RETRIEVE)
    assert [call["path"] for call in asked[:2]] == [call["path"] for call in asked[2:]]
    assert asked[0]["path"] != asked[1]["path"]


def test_a_refund_that_stripe_does_not_know_keeps_no_other_waiting(sandbox):
    _, lost, _ = on_its_way(sandbox)
    Refund.objects.filter(pk=lost.pk).update(stripe_id="re_unknown")
    _, refund, made = on_its_way(sandbox)
    sandbox.post(f"/control/stripe/refunds/{made['id']}/end", {"status": "succeeded"})

    with capture_logs() as logs:
        assert reconciliation.ask_for_refunds(at=later(minutes=16)) == 1

    refund.refresh_from_db()
    assert refund.state == Refund.State.SUCCEEDED
    assert "refund_unknown_at_stripe" in words(logs)


def test_a_stripe_that_is_down_leaves_refunds_on_their_way(sandbox):
    _, refund, made = on_its_way(sandbox)
    sandbox.post(f"/control/stripe/refunds/{made['id']}/end", {"status": "succeeded"})
    sandbox.knob(service="stripe", operation=RETRIEVE, status=503)

    assert reconciliation.ask_for_refunds(at=later(minutes=16)) == 0
    refund.refresh_from_db()
    assert (refund.state, refund.asked_at) == (Refund.State.PENDING, None)

    sandbox.clear_knobs()
    assert reconciliation.ask_for_refunds(at=later(minutes=16)) == 1


def test_the_command_asks_for_refunds_too(sandbox):
    _, refund, made = on_its_way(sandbox)
    sandbox.post(f"/control/stripe/refunds/{made['id']}/end", {"status": "succeeded"})
    Refund.objects.update(created_at=timezone.now() - timedelta(hours=1))
    output = StringIO()

    call_command("reconcile_payments", stdout=output)

    assert output.getvalue().strip().endswith("1 refunds ended")
    refund.refresh_from_db()
    assert refund.state == Refund.State.SUCCEEDED
    refunds.carry_out(refund_id=refund.pk, at=timezone.now())  # its job finds nothing to do
    assert len(refunds.made_of(made["payment_intent"])) == 1
