"""What a bank does in tests, as Stripe tells of it: asks, takes the money, and decides."""

from datetime import timedelta

from orders import payments
from orders.models import Order
from tests.orders.factories import AT

LATER = AT + timedelta(minutes=5)

_count = iter(range(1, 10_000))


def news(order: Order, status: str = "needs_response", **given):
    """Stripe's dispute object about the order's payment."""
    payment = order.payments.get()
    return {
        "id": f"du_{order.code}",
        "object": "dispute",
        "amount": payment.amount_cents,
        "currency": payment.currency,
        "payment_intent": payment.payment_intent,
        "reason": "fraudulent",
        "status": status,
        "created": int(AT.timestamp()),
    } | given


def hear(order: Order, status: str = "needs_response", kind: str = "created", **given) -> str:
    event = {
        "id": f"evt_{next(_count)}_{order.code}",
        "type": f"charge.dispute.{kind}",
        "created": int(AT.timestamp()),
        "data": {"object": news(order, status, **given)},
    }
    return payments.take_event(event=event, at=LATER).outcome
