"""A payment is settled once, whoever tells of it first and however often."""

from datetime import timedelta

import pytest
from django.utils import timezone
from structlog.testing import capture_logs

from orders import lifecycle, payments, purchase
from orders.models import Order, OutgoingEmail, Payment, Refund, Status, StripeEvent
from queueing.models import Job
from tests.orders.factories import AT, order_awaiting_payment, order_in_work, payment_of
from tests.orders.stripe_side import at_once, receive, session_of, signed, told

pytestmark = pytest.mark.django_db

COMPLETED = "checkout.session.completed"
EXPIRED = "checkout.session.expired"
BANK_SAID_YES = "checkout.session.async_payment_succeeded"
BANK_SAID_NO = "checkout.session.async_payment_failed"


def assert_in_work_once(order):
    """One payment, one move, one job, one e-mail: what one payment leads to."""
    order.refresh_from_db()
    assert order.status == Status.PROCESSING
    assert order.payments.filter(state=Payment.State.PAID).count() == 1
    assert order.events.filter(became=Status.PROCESSING).count() == 1
    assert Job.objects.filter(subject=order.subject, kind="article-generation").count() == 1
    assert Job.objects.filter(subject=order.subject, kind="email").count() == 1
    assert OutgoingEmail.objects.get(order=order).kind == "order-received"
    assert not Refund.objects.filter(payment__order=order).exists()


def paid(sandbox, order=None, **how):
    """Pay an order's page at Stripe; return the order and the event that tells of it."""
    order = order or order_awaiting_payment()
    payment = session_of(order)
    sandbox.pay(payment.session_id, **how)
    return order, told(sandbox, COMPLETED, payment.session_id)


def test_a_payment_stores_the_event_moves_the_order_and_records_job_and_email(sandbox):
    order, event = paid(sandbox)

    received = receive(event)

    assert received == payments.Received(event["id"], duplicate=False, outcome="paid: work begins")
    stored = StripeEvent.objects.get()
    assert (stored.id, stored.type, stored.order) == (event["id"], COMPLETED, order)
    assert stored.payload == event
    assert stored.outcome == "paid: work begins"
    assert order.payments.get().payment_intent == event["data"]["object"]["payment_intent"]
    assert_in_work_once(order)


def test_an_event_costs_a_fixed_number_of_statements(sandbox, django_assert_num_queries):
    _, event = paid(sandbox)
    call = signed(event)

    # In order: the time; savepoint, the event, the order (locked) with its customer, the payment,
    # its update, what went back of it, what banks took; savepoint, move, news, history line,
    # release; job; e-mail and its job; outcome; release.
    with django_assert_num_queries(18):
        payments.receive_event(**call)
    with django_assert_num_queries(4):  # the time; savepoint, the event that is there, release
        payments.receive_event(**call)


def test_the_same_event_again_is_a_duplicate_without_effect(sandbox):
    order, event = paid(sandbox)
    receive(event)

    again = receive(event)

    assert (again.duplicate, again.outcome) == (True, "")
    assert StripeEvent.objects.count() == 1
    assert_in_work_once(order)


def test_another_event_about_the_same_payment_has_no_second_effect(sandbox):
    order, event = paid(sandbox)
    receive(event)

    again = receive(event | {"id": "evt_of_a_second_endpoint"})

    assert (again.duplicate, again.outcome) == (False, "settled before")
    assert_in_work_once(order)


@pytest.mark.django_db(transaction=True)
def test_a_hundred_equal_events_at_once_have_one_effect(sandbox):
    order, event = paid(sandbox)

    received = at_once(100, lambda _: receive(event))

    assert [one.duplicate for one in received].count(False) == 1
    assert StripeEvent.objects.count() == 1
    assert_in_work_once(order)


@pytest.mark.django_db(transaction=True)
def test_webhook_and_success_page_at_the_same_moment_have_one_effect(sandbox):
    for _ in range(5):
        order, event = paid(sandbox)
        session_id = order.payments.get().session_id

        def either(number, order=order, event=event, session_id=session_id):
            if number % 2:
                return receive(event).outcome
            return payments.confirm_session(order=order, session_id=session_id, at=timezone.now())

        outcomes = at_once(4, either)

        assert outcomes.count("paid: work begins") == 1
        assert_in_work_once(order)


def test_the_success_page_before_the_webhook_moves_the_order_and_the_webhook_adds_nothing(sandbox):
    order, event = paid(sandbox)
    session_id = order.payments.get().session_id

    payments.confirm_session(order=order, session_id=session_id, at=timezone.now())

    assert_in_work_once(order)
    assert receive(event).outcome == "settled before"
    assert_in_work_once(order)


def test_the_success_page_after_the_webhook_does_not_even_ask_stripe(sandbox):
    order, event = paid(sandbox)
    receive(event)
    before = len(sandbox.calls(service="stripe"))

    session_id = order.payments.get().session_id
    payments.confirm_session(order=order, session_id=session_id, at=timezone.now())

    assert len(sandbox.calls(service="stripe")) == before
    assert_in_work_once(order)


def test_a_page_that_is_not_paid_yet_moves_nothing(sandbox):
    order = order_awaiting_payment()
    payment = session_of(order)

    outcome = payments.confirm_session(
        order=order, session_id=payment.session_id, at=timezone.now()
    )

    order.refresh_from_db()
    assert (outcome, order.status) == ("still open", Status.AWAITING_PAYMENT)


def test_the_session_of_another_order_is_refused(sandbox):
    order, other = order_awaiting_payment(), order_awaiting_payment()
    payment = session_of(other)
    sandbox.pay(payment.session_id)

    with pytest.raises(payments.ForeignSession):
        payments.confirm_session(order=order, session_id=payment.session_id, at=timezone.now())

    assert set(Order.objects.values_list("status", flat=True)) == {Status.AWAITING_PAYMENT}


@pytest.mark.parametrize(
    "session_id", ["", "cs_test_nobody", "pi_123", "{CHECKOUT_SESSION_ID}", "cs_/../x", "cs_" * 99]
)
def test_a_session_that_does_not_exist_is_refused(sandbox, session_id):
    with pytest.raises(payments.ForeignSession):
        payments.confirm_session(
            order=order_awaiting_payment(), session_id=session_id, at=timezone.now()
        )


def test_the_success_page_says_so_when_stripe_is_down(sandbox):
    order, event = paid(sandbox)
    sandbox.knob(service="stripe", operation="checkout.sessions.retrieve", status=503)

    with pytest.raises(payments.StripeUnavailable):
        payments.confirm_session(
            order=order, session_id=order.payments.get().session_id, at=timezone.now()
        )

    receive(event)
    assert_in_work_once(order)


@pytest.mark.parametrize("differs", [{"amount": 100}, {"amount": 99_900}, {"currency": "usd"}])
def test_a_payment_that_differs_from_the_price_is_held_and_nothing_is_produced(sandbox, differs):
    order, event = paid(sandbox, **differs)

    with capture_logs() as logs:
        received = receive(event)

    order.refresh_from_db()
    payment = order.payments.get()
    assert received.outcome.startswith("held: paid ")
    assert order.status == Status.AWAITING_PAYMENT
    assert order.held_reason
    assert payment.state == Payment.State.HELD
    assert (payment.amount_cents, payment.currency) == (
        differs.get("amount", order.amount_cents),
        differs.get("currency", "eur"),
    )
    assert OutgoingEmail.objects.get().kind == "admin-order-held"
    assert Job.objects.get().kind == "email"
    errors = [log["event"] for log in logs if log["log_level"] == "error"]
    assert errors == ["order_held", "payment_held"]
    assert receive(event | {"id": "evt_again"}).outcome == "settled before"


def test_an_order_paid_twice_gets_the_second_payment_back(sandbox):
    order = order_awaiting_payment()
    first = session_of(order)
    Payment.objects.filter(pk=first.pk).update(expires_at=timezone.now())
    second = session_of(order)
    for payment in (first, second):
        sandbox.pay(payment.session_id)
        receive(told(sandbox, COMPLETED, payment.session_id))

    order.refresh_from_db()
    assert order.status == Status.PROCESSING
    assert Job.objects.filter(kind="article-generation").count() == 1
    refund = Refund.objects.get()
    assert (refund.payment, refund.amount_cents) == (second, order.amount_cents)
    assert Job.objects.get(kind="refund").arguments == {"refund": refund.pk}
    assert order.events.last().what == "A second payment of €120.00 arrived and is being refunded"


def test_money_that_arrives_after_a_cancellation_takes_the_order_on(sandbox):
    order, event = paid(sandbox)
    lifecycle.cancel(order=order, actor="customer", why="by the customer", at=timezone.now())

    receive(event)

    assert_in_work_once(order)


def test_a_second_payment_of_a_settled_order_is_refunded_even_days_later(sandbox):
    order = order_in_work()
    late = payment_of(order, at=AT + timedelta(days=3))
    session = {
        "id": late.session_id,
        "client_reference_id": str(order.pk),
        "status": "complete",
        "payment_status": "paid",
        "payment_intent": "pi_late",
        "amount_total": order.amount_cents,
        "currency": "eur",
    }

    outcome = payments.settle_session(session=session, at=AT + timedelta(days=4))

    assert outcome.words == "paid again: refund owed"
    assert Refund.objects.get().payment == late


@pytest.mark.django_db(transaction=True)
def test_payment_and_cancellation_at_the_same_moment_end_with_the_work_begun(sandbox):
    for _ in range(5):
        order, event = paid(sandbox)

        def either(number, order=order, event=event):
            if number:
                return receive(event)
            return purchase.cancel(
                order=Order.objects.get(pk=order.pk), actor="customer", at=timezone.now()
            )

        results = at_once(2, either)

        refused = [one for one in results if isinstance(one, Exception)]
        assert all(isinstance(one, lifecycle.TransitionRefused) for one in refused)
        assert_in_work_once(order)


@pytest.mark.django_db(transaction=True)
def test_two_payments_of_one_order_at_the_same_moment_begin_one_work_and_refund_one(sandbox):
    order = order_awaiting_payment()
    first = session_of(order)
    Payment.objects.filter(pk=first.pk).update(expires_at=timezone.now())
    events = []
    for payment in (first, session_of(order)):
        sandbox.pay(payment.session_id)
        events.append(told(sandbox, COMPLETED, payment.session_id))

    outcomes = at_once(2, lambda number: receive(events[number]).outcome)

    assert sorted(outcomes) == ["paid again: refund owed", "paid: work begins"]
    assert Job.objects.filter(kind="article-generation").count() == 1
    assert Refund.objects.get().amount_cents == order.amount_cents
