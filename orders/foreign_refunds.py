"""Money that went back at Stripe, in its dashboard for one, where nobody here owed it.

Who gave it back may have meant a discount or the end of the order. A person decides: an order that
is under way and no longer paid for waits for that, and the admins hear of every such refund.
"""

from datetime import datetime
from typing import Any, Final

from django.db import transaction

from orders import balances, holds, lifecycle, marks, notifications, refunds
from orders.models import Hold, Order, OutgoingEmail, Payment, Refund, Status
from orders.templatetags.money import money

_ENDED: Final = frozenset({Status.COMPLETED, Status.FAILED, Status.CANCELLED})
_WENT_BACK: Final = notifications.Kind.ADMIN_REFUNDED
_CAME_BACK: Final = notifications.Kind.ADMIN_REFUND_FAILED


@transaction.atomic
def hear(*, payment: Payment, made: list[dict[str, Any]], at: datetime) -> list[Refund]:
    """Bring the rows of a payment's refunds up to what Stripe says, as `refunds.hear` does; what
    we did not owe holds the order or is told to the admins, once each, and so is what a bank sent
    back of it, which ends the hold. What we owe is cut to what is left.

    Returns the rows.
    """
    order = lifecycle.lock(payment.order_id)
    heard = [refunds.hear(payment=payment, made=one, at=at) for one in made]
    refunds.cut(payment=payment, actor="stripe", reason="It went back at Stripe", at=at)
    # The refund's job may have met one first; it asks for nobody.
    for refund in [one for one in heard if one.is_foreign]:
        if refund.state == Refund.State.FAILED:
            _came_back(order, refund, at=at)
        else:
            _went_back(order, refund, at=at)
    return heard


def _went_back(order: Order, refund: Refund, *, at: datetime) -> None:
    held = Hold.objects.filter(order=order, cause=marks.of_refund(refund))
    if held.exists() or _is_told(refund, _WENT_BACK):
        return
    if order.status in _ENDED or _is_paid_for(order):
        notifications.record(order=order, kind=_WENT_BACK, refund=refund, at=at)
        return
    amount = money(refund.amount_cents, refund.currency)
    reason = f"{amount} went back at Stripe, not by us"
    holds.hold(order=order, cause=marks.of_refund(refund), reason=reason, at=at)


def _came_back(order: Order, refund: Refund, *, at: datetime) -> None:
    why = "the money did not go back"
    holds.settle(order=order, cause=marks.of_refund(refund), reason=why, at=at)
    if not _is_told(refund, _CAME_BACK):
        notifications.record(order=order, kind=_CAME_BACK, refund=refund, at=at)


def _is_told(refund: Refund, kind: str) -> bool:
    return OutgoingEmail.objects.filter(refund=refund, kind=kind).exists()


def _is_paid_for(order: Order) -> bool:
    """Whether what is left of its payments is still its price."""
    paid = order.payments.filter(state=Payment.State.PAID, currency=order.currency)
    return sum(balances.rest_cents(payment) for payment in paid) >= order.amount_cents
