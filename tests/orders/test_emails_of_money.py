"""What e-mails say of money: the refunds that there are, and none that nobody owes."""

from datetime import timedelta
from typing import Any

import pytest

from orders import disputes, endings, fulfilment, lifecycle, notifications, refunds
from orders.models import Dispute, Order, Payment, Refund
from tests.orders import factories
from tests.orders.factories import AT
from tests.orders.test_resuming import failed

pytestmark = pytest.mark.django_db

LATER = AT + timedelta(minutes=5)


def now(order: Order) -> Order:
    return Order.objects.get(pk=order.pk)


def disputed(payment: Payment, cents: int = 12_000, status: str = "needs_response") -> None:
    says: dict[str, Any] = {"id": f"du_{payment.pk}", "status": status, "currency": "eur"}
    disputes.hear(payment=payment, told=says | {"amount": cents}, at=LATER)


def second_payment(order: Order, **given: Any) -> Payment:
    intent = f"pi_{order.code}"
    return factories.payment_of(
        order, state=Payment.State.PAID, paid_at=AT, payment_intent=intent, **given
    )


def written(order: Order, kind: str) -> notifications.Message:
    return notifications.message_for(now(order).emails.filter(kind=kind).latest("pk"))


def ready(order: Order) -> notifications.Message:
    version = factories.version_of(order)
    lifecycle.deliver(order=order, version=version, at=LATER)
    notifications.record(order=order, kind="article-ready", version=version, at=LATER)
    return written(order, "article-ready")


def test_an_order_whose_second_payment_a_bank_took_back_was_never_called_failed():
    order = factories.order_in_work()
    twice = second_payment(order)
    refunds.owe_payment(payment=twice, reason="Paid twice", at=AT)
    disputed(twice)
    assert Refund.objects.get().state == Refund.State.WITHDRAWN

    assert "had failed" not in ready(now(order)).text


def test_an_order_that_was_taken_up_again_is_said_to_have_failed():
    order = failed(factories.order_in_work())
    fulfilment.resume(order=order, actor="mia", reason="better key", at=LATER)

    assert "We wrote to you that this order had failed." in ready(now(order)).text


@pytest.fixture
def with_the_bank() -> Order:
    """An order that failed while a bank had all of its money."""
    order = factories.order_in_work()
    disputed(order.payments.get())
    fulfilment.give_up(order=now(order), reason="GateBlocked", at=LATER)
    return order


def test_while_a_bank_has_the_money_no_refund_is_promised_to_the_customer(with_the_bank):
    message = written(with_the_bank, "order-failed")

    assert message.subject == f"Order {with_the_bank.code}: not published"
    assert "Your bank has your payment" in message.text
    assert "Your bank has your payment" in message.html
    assert "Refund:" not in message.text


def test_while_a_bank_has_the_money_no_refund_is_told_to_the_admins(with_the_bank):
    message = written(with_the_bank, "admin-order-failed")

    assert message.subject == f"Order {with_the_bank.code} failed; no refund is owed now"
    for body in (message.text, message.html):
        assert "a bank has its payment" in body
        assert "on the queue" not in body


def test_what_a_bank_leaves_is_promised_and_what_it_has_is_named():
    order = factories.order_in_work()
    disputed(order.payments.get(), 5000)
    fulfilment.give_up(order=now(order), reason="GateBlocked", at=LATER)

    message = written(order, "order-failed")

    assert message.subject == f"Order {order.code}: not published, your money goes back"
    assert "Refund:  €70.00" in message.text
    assert "Your bank has a part of your payment" in message.text


def test_a_refund_that_did_not_go_through_is_not_promised():
    order = factories.failed_order()
    refunds.give_up(refund_id=Refund.objects.get().pk, reason="Stripe: no", at=LATER)

    message = written(order, "order-failed")

    assert message.subject == f"Order {order.code}: not published"
    assert "Refund:" not in message.text


def test_an_order_that_was_paid_twice_is_told_of_each_refund(settings):
    settings.REFUND_AFTER_S = 600
    order = factories.order_in_work()
    twice = second_payment(order, amount_cents=9000)
    refunds.owe_payment(payment=twice, reason="Paid twice", at=AT - timedelta(minutes=1))
    order = failed(order)

    customers, admins = written(order, "order-failed"), written(order, "admin-order-failed")

    assert (
        "Refund:  €120.00 on 2 March 2026, 09:40 UTC, unless we finish the order before\n"
        "         €90.00,\n"
        "         to the card or account that you paid with." in customers.text
    )
    assert "your money goes back by itself" in customers.text
    assert customers.html.count("€120.00") == customers.html.count("€90.00") == 1
    assert "Refund:  €120.00\nReason:  GateBlocked\nRefund:  €90.00\nReason:  Paid twice" in (
        admins.text
    )
    assert "goes out on 2 March 2026, 09:40 UTC" in admins.text
    assert admins.html.count("€120.00") == admins.html.count("€90.00") == 1


def test_an_order_that_staff_ended_without_a_refund_promises_none():
    order = factories.order_in_review()
    payment = order.payments.get()
    disputed(payment)
    Dispute.objects.update(state=Dispute.State.LOST, closed_at=LATER)  # as one heard of too early
    endings.refund(order=now(order), actor="mia", reason="the bank took it", at=LATER)

    assert written(order, "order-failed").subject == f"Order {order.code}: not published"
