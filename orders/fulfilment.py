"""What follows from money and from final failure: the product's job, the refund, the e-mails.

Each function writes in its caller's transaction, so that an order never moves without the work
that the move promises.
"""

from datetime import datetime
from typing import Final

from orders import lifecycle, notifications, refunds
from orders.models import Order, Product
from queueing import ledger

JOB_KINDS: Final[dict[str, str]] = {
    Product.ARTICLE: "article-generation",
    Product.INTEGRATION: "backlink-integration",
}
VIP, NORMAL = 0, 5


def begin(*, order: Order, at: datetime) -> None:
    """Start the paid work: one pipeline job an order, and the confirmation e-mail."""
    enqueue(order=order)
    notifications.record(order=order, kind=notifications.Kind.ORDER_RECEIVED, at=at)


def enqueue(*, order: Order) -> None:
    """Record the order's pipeline job; it has one, however often this is called."""
    ledger.enqueue(
        kind=JOB_KINDS[order.product],
        subject=order.subject,
        arguments={},
        key=job_key(order),
        priority=VIP if order.customer.is_vip else NORMAL,
        actor="system",
    )


def job_key(order: Order) -> str:
    """Return the idempotency key of the order's pipeline job."""
    return f"write:{order.pk}"


def give_up(*, order: Order, reason: str, at: datetime) -> None:
    """Fail a paid order for good: the refund is owed, customer and admins are told.

    :raises TransitionRefused: the order is not being worked on
    """
    lifecycle.fail(order=order, at=at)
    refunds.owe(order=order, reason=reason[:200], at=at)
    for kind in (notifications.Kind.ORDER_FAILED, notifications.Kind.ADMIN_ORDER_FAILED):
        # An order that was taken up again and failed again has told of it before.
        if not order.emails.filter(kind=kind).exists():
            notifications.record(order=order, kind=kind, at=at)
