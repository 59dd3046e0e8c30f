"""What Stripe tells beside payments, and what it never told: refunds, disputes, forged bodies."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from structlog.testing import capture_logs

from orders import payments
from orders.models import OutgoingEmail, Payment, Refund, Status, StripeEvent
from queueing.models import Job
from tests.orders.factories import AT, order_awaiting_payment
from tests.orders.stripe_side import receive, signed, told
from tests.orders.test_payments import COMPLETED, paid

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("kind", "about"),
    [
        (COMPLETED, {"id": "cs_1", "client_reference_id": None, "payment_status": "paid"}),
        (COMPLETED, {"id": "cs_1", "client_reference_id": "shop-77", "payment_status": "paid"}),
        (
            COMPLETED,
            {"id": "cs_1", "client_reference_id": "9f7c36a0-95c4-4d10-a2b2-5cbb7d0a4c11"},
        ),
        ("charge.refunded", {"id": "ch_1", "payment_intent": "pi_of_nobody"}),
        ("charge.refunded", {"id": "ch_1", "payment_intent": None, "metadata": {}}),
        ("charge.dispute.created", {"id": "du_1", "payment_intent": "pi_of_nobody"}),
        ("refund.failed", {"id": "re_1", "payment_intent": "pi_of_nobody", "status": "failed"}),
        ("customer.created", {"id": "cus_1"}),
        ("invoice.paid", {}),
    ],
)
def test_an_event_that_is_not_about_our_orders_is_stored_and_answered(sandbox, kind, about):
    order = order_awaiting_payment()

    event = sandbox.post("/control/stripe/events", {"type": kind, "object": about})
    received = receive(event)

    assert received.outcome in {
        "nothing to do",
        "not ours: no such order",
        "not ours: no such payment",
    }
    assert StripeEvent.objects.get().order is None
    assert list(order.events.values_list("what", flat=True)) == ["Order placed"]


def test_a_refund_from_stripes_side_reaches_rows_and_history_once(sandbox):
    order, event = paid(sandbox)
    receive(event)
    intent = order.payments.get().payment_intent
    charge = sandbox.post("/control/stripe/refunds", {"payment_intent": intent, "amount": 5000})
    told_of = told(sandbox, "charge.refunded", charge["charge"])

    receive(told_of)
    receive(told_of | {"id": "evt_again"})

    refund = Refund.objects.get()
    assert (refund.amount_cents, refund.state, refund.stripe_id) == (
        5000,
        Refund.State.SUCCEEDED,
        charge["id"],
    )
    assert [e.what for e in order.events.all()].count("€50.00 refunded") == 1
    assert not Job.objects.filter(kind="refund").exists()


def test_while_the_refunds_of_a_charge_cannot_be_asked_for_the_event_is_not_taken(sandbox):
    order, event = paid(sandbox)
    receive(event)
    intent = order.payments.get().payment_intent
    charge = sandbox.post("/control/stripe/refunds", {"payment_intent": intent})
    told_of = told(sandbox, "charge.refunded", charge["charge"])
    sandbox.knob(service="stripe", operation="refunds.list", status=503, times=2)

    with pytest.raises(payments.StripeUnavailable):
        receive(told_of)
    assert not StripeEvent.objects.filter(pk=told_of["id"]).exists()

    assert not receive(told_of).duplicate
    assert Refund.objects.get().state == Refund.State.SUCCEEDED


def test_a_refund_heard_before_its_payment_finds_the_payment_by_its_number(sandbox):
    order, event = paid(sandbox)
    intent = event["data"]["object"]["payment_intent"]
    charge = sandbox.post("/control/stripe/refunds", {"payment_intent": intent})

    receive(told(sandbox, "charge.refunded", charge["charge"]))

    assert Refund.objects.get().payment == order.payments.get()
    receive(event)
    order.refresh_from_db()
    assert order.status == Status.PROCESSING


def test_a_dispute_holds_the_order_for_staff_and_its_end_is_told(sandbox):
    order, event = paid(sandbox)
    receive(event)
    intent = order.payments.get().payment_intent
    dispute = sandbox.post("/control/stripe/disputes", {"payment_intent": intent})

    with capture_logs() as logs:
        receive(told(sandbox, "charge.dispute.created", dispute["id"]))
    receive(told(sandbox, "charge.dispute.funds_withdrawn", dispute["id"]))
    sandbox.post(f"/control/stripe/disputes/{dispute['id']}/close", {"status": "won"})
    receive(told(sandbox, "charge.dispute.closed", dispute["id"]))

    order.refresh_from_db()
    assert order.status == Status.PROCESSING
    assert order.held_reason == ""
    errors = [log["event"] for log in logs if log["log_level"] == "error"]
    assert errors == ["order_held", "payment_disputed"]
    assert [e.what for e in order.events.all()][-4:] == [
        "Your bank disputes the payment of €120.00",
        "Held for a check by our staff",
        "The dispute of €120.00 is over: the payment stands",
        "Released: the dispute is over",
    ]


@pytest.mark.parametrize(
    "forged",
    [
        {"signature": ""},
        {"signature": "t=now,v1=abc"},
        {"signature": "v1=abc"},
        {"signature": "t=1,v1=ä"},
        {"payload": b"{}"},
        {"payload": b""},
        {"payload": b"\xff\xfe"},
    ],
)
def test_a_body_that_stripe_did_not_sign_is_refused_and_nothing_is_stored(forged):
    call = signed({"id": "evt_1", "type": COMPLETED, "created": 1, "data": {"object": {}}})

    with pytest.raises(payments.BadSignature):
        payments.receive_event(**call | forged)

    assert not StripeEvent.objects.exists()


def test_a_signature_of_another_secret_or_of_long_ago_is_refused(settings):
    event = {"id": "evt_1", "type": "customer.created", "created": 1, "data": {"object": {}}}

    for wrong in ({"secret": "whsec_of_a_stranger"}, {"ago_s": settings.WEBHOOK_TOLERANCE_S + 5}):
        with pytest.raises(payments.BadSignature):
            payments.receive_event(**signed(event, **wrong))

    assert not StripeEvent.objects.exists()
    almost = settings.WEBHOOK_TOLERANCE_S - 30
    assert payments.receive_event(**signed(event, ago_s=almost)).outcome == "nothing to do"


@pytest.mark.parametrize("off", [timedelta(hours=1), timedelta(hours=-1)])
def test_a_signatures_age_is_judged_by_the_databases_clock(settings, off):
    event = {"id": "evt_1", "type": "customer.created", "created": 1, "data": {"object": {}}}
    fresh = signed(event, ago_s=0)
    late = signed(event, ago_s=settings.WEBHOOK_TOLERANCE_S + 5)

    with time_machine.travel(timezone.now() + off):
        with pytest.raises(payments.BadSignature):
            payments.receive_event(**late)
        assert payments.receive_event(**fresh).outcome == "nothing to do"


def test_an_age_is_judged_too_where_the_clock_is_behind_by_as_much_as_is_allowed(settings):
    event = {"id": "evt_1", "type": "customer.created", "created": 1, "data": {"object": {}}}
    late = signed(event, ago_s=settings.WEBHOOK_TOLERANCE_S + 5)
    behind = timedelta(seconds=-settings.WEBHOOK_TOLERANCE_S)

    with time_machine.travel(timezone.now() + behind), pytest.raises(payments.BadSignature):
        payments.receive_event(**late)


@pytest.mark.parametrize(
    "event",
    [
        [],
        "text",
        {},
        {"id": "evt_1", "type": "x", "created": 1},
        {"id": "evt_1", "type": "x", "created": 1, "data": {"object": []}},
    ],
)
def test_a_signed_body_that_is_no_event_is_refused(event):
    with pytest.raises(payments.BadSignature):
        payments.receive_event(**signed(event))

    assert not StripeEvent.objects.exists()


def test_a_refused_webhook_is_logged_without_its_body():
    event = {"id": "evt_1", "customer_email": "ada@example.com"}

    with capture_logs() as logs, pytest.raises(payments.BadSignature) as refused:
        payments.receive_event(**signed(event, secret="whsec_of_a_stranger"))

    assert [log["event"] for log in logs] == ["webhook_refused"]
    assert "ada@example.com" not in f"{logs}{refused.value}{refused.value.__cause__}"


def test_what_a_payer_typed_at_stripe_cannot_keep_an_event_out_of_the_table():
    payer = {"id": "cus_1", "name": "A\x00da \ud800"}
    event = {"id": "evt_1", "type": "customer.created", "created": 1, "data": {"object": payer}}

    assert receive(event).outcome == "nothing to do"

    assert StripeEvent.objects.get().payload["data"]["object"]["name"] == "Ada ?"


def test_what_fails_inside_an_event_stores_nothing_of_it(sandbox):
    order, event = paid(sandbox)
    # An e-mail that is there already makes the last write of the transaction fail.
    OutgoingEmail.objects.create(
        order=order, kind="order-received", to=order.customer.email, created_at=AT
    )

    with pytest.raises(Exception, match="email_once"):
        receive(event)

    order.refresh_from_db()
    assert order.status == Status.AWAITING_PAYMENT
    assert order.payments.get().state == Payment.State.OPEN
    assert not StripeEvent.objects.exists()
    assert not Job.objects.exists()
