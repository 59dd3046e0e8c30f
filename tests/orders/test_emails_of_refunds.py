"""A refund that no order's end told of is told to the customer, once Stripe has it, and once."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from orders import endings, foreign_refunds, lifecycle, notifications, refunds
from orders.models import Order, OutgoingEmail, Payment, Refund
from queueing.errors import Permanent
from queueing.models import Job
from tests.orders import factories
from tests.orders.factories import AT
from tests.orders.stripe_side import at_once, receive, session_of, told
from tests.orders.test_refunds import CREATE, at_stripe, owed, paid_order

pytestmark = pytest.mark.django_db

LATER = AT + timedelta(minutes=5)


def now(order: Order) -> Order:
    return Order.objects.get(pk=order.pk)


def told_of(order: Order) -> list[OutgoingEmail]:
    return list(OutgoingEmail.objects.filter(order=order, kind="refunded"))


def refund(order: Order) -> Refund:
    (one,) = endings.refund(order=order, actor="mia", reason="goodwill", at=LATER)
    return one


def carry_out(owed: Refund) -> None:
    refunds.carry_out(refund_id=owed.pk, at=LATER)


def published(sandbox) -> Order:
    order = paid_order(sandbox)
    lifecycle.deliver(order=order, version=factories.version_of(order), at=AT)
    lifecycle.submit(order=order, version=order.version, actor="customer", at=AT)
    lifecycle.complete(order=order, live_url="https://example.com/a", at=AT)
    return order


def of_another_amount(sandbox) -> Order:
    order = factories.order_awaiting_payment()
    payment = session_of(order)
    sandbox.pay(payment.session_id, amount=11_000)
    receive(told(sandbox, "checkout.session.completed", payment.session_id))
    return now(order)


@pytest.mark.parametrize(
    ("make", "amount", "says"),
    [
        (published, "€120.00", "Your article stays published"),
        (of_another_amount, "€110.00", "The order is closed"),
    ],
)
def test_a_refund_by_staff_of_an_order_that_does_not_fail_is_told(
    sandbox, make: Callable[..., Order], amount, says
):
    order = make(sandbox)
    one = refund(order)
    assert told_of(order) == []  # nothing of it has gone to Stripe

    carry_out(one)
    carry_out(one)

    (email,) = told_of(order)
    message = notifications.message_for(email)
    assert (email.refund, email.to) == (one, order.customer.email)
    assert Job.objects.filter(key=f"email:{email.pk}").exists()
    assert message.subject == f"Order {order.code}: a refund is on its way to you"
    for body in (message.text, message.html):
        assert amount in body
        assert says in body


def test_a_refund_that_the_e_mail_of_the_end_told_of_is_told_no_second_time(sandbox):
    order, one = owed(sandbox)

    carry_out(one)

    assert order.emails.filter(kind="order-failed").count() == 1
    assert told_of(order) == []


def test_an_order_that_staff_end_is_told_by_the_e_mail_of_its_end_alone(sandbox):
    order = paid_order(sandbox)

    carry_out(refund(order))

    assert order.emails.filter(kind="order-failed").count() == 1
    assert told_of(order) == []


def test_a_refund_that_failed_is_told_when_its_job_is_let_run_again(sandbox):
    order, one = owed(sandbox)
    sandbox.knob(service="stripe", operation=CREATE, status=401, times=1)
    with pytest.raises(Permanent):
        carry_out(one)
    refunds.give_up(refund_id=one.pk, reason="Stripe: no such key", at=LATER)

    carry_out(one)

    assert [email.refund for email in told_of(order)] == [one]


def test_a_refund_that_is_owed_anew_is_told(sandbox):
    order, one = owed(sandbox)
    refunds.give_up(refund_id=one.pk, reason="Stripe: no", at=AT)

    again = refund(order)
    carry_out(again)

    (email,) = told_of(order)
    assert email.refund == again
    assert "nothing of it will be published" in notifications.message_for(email).text


def test_money_of_a_refund_that_failed_is_told_when_staff_give_it_back_at_stripe(sandbox):
    order, one = owed(sandbox)
    refunds.give_up(refund_id=one.pk, reason="Stripe: no", at=AT)
    payment = order.payments.get()
    made = sandbox.post("/control/stripe/refunds", {"payment_intent": payment.payment_intent})

    for _ in range(2):
        foreign_refunds.hear(payment=payment, made=[made], at=LATER)

    (email,) = told_of(order)
    assert email.refund == Refund.objects.get(is_foreign=True)


def test_a_discount_at_stripe_is_told_to_the_admins_alone(sandbox):
    order = published(sandbox)
    payment = order.payments.get()
    asked = {"payment_intent": payment.payment_intent, "amount": 500}
    made = sandbox.post("/control/stripe/refunds", asked)

    foreign_refunds.hear(payment=payment, made=[made], at=LATER)

    assert told_of(order) == []


def test_a_refund_that_came_back_before_the_e_mail_was_sent_is_not_called_on_its_way(sandbox):
    order = published(sandbox)
    one = refund(order)
    carry_out(one)
    (made,) = at_stripe(sandbox, order)
    failed = made | {"status": "failed", "failure_reason": "unknown"}
    refunds.hear(payment=order.payments.get(), made=failed, at=LATER)

    message = notifications.message_for(told_of(order)[0])

    assert message.subject == f"Order {order.code}: a refund did not reach you"
    assert "on its way" not in message.text.replace("was on its way", "")
    assert "write to you" in " ".join(message.text.split())


def test_a_second_payment_that_goes_back_is_told_and_the_order_stays_as_it_is(sandbox):
    order = paid_order(sandbox)
    twice = factories.payment_of(
        order, state=Payment.State.PAID, paid_at=AT, payment_intent="pi_of_another"
    )
    one = refunds.owe_payment(payment=twice, reason="Paid twice", at=AT)
    assert one is not None
    made = {"id": "re_twice", "amount": one.amount_cents, "currency": "eur", "status": "pending"}

    refunds.hear(payment=twice, made=made | {"metadata": {"refund_id": str(one.pk)}}, at=LATER)

    (email,) = told_of(order)
    assert "stays as it is" in notifications.message_for(email).text


@pytest.mark.django_db(transaction=True)
def test_our_reply_and_stripes_event_at_the_same_moment_write_one_e_mail(sandbox):
    order = published(sandbox)
    one = refund(order)
    intent = order.payments.get().payment_intent
    made = sandbox.post("/control/stripe/refunds", {"payment_intent": intent})
    event = told(sandbox, "charge.refunded", made["charge"])

    def either(number: int) -> object:
        if number % 2:
            return receive(event | {"id": f"evt_{one.pk}_{number}"}).outcome
        return refunds.carry_out(refund_id=one.pk, at=LATER)

    results = at_once(6, either)

    assert [each for each in results if isinstance(each, Exception)] == []
    assert [email.refund for email in told_of(order)] == [one]


def test_an_order_that_staff_end_because_its_money_went_back_at_stripe_is_told_of_that(sandbox):
    order = of_another_amount(sandbox)
    payment = order.payments.get()
    made = sandbox.post("/control/stripe/refunds", {"payment_intent": payment.payment_intent})
    foreign_refunds.hear(payment=payment, made=[made], at=AT)
    assert told_of(order) == []

    assert endings.refund(order=order, actor="mia", reason="goodwill", at=LATER) == []

    (email,) = told_of(order)
    assert email.refund == Refund.objects.get(is_foreign=True)
    assert "The order is closed" in notifications.message_for(email).text
