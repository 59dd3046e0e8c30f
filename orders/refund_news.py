"""What the order's history, its customer and the admins hear of a refund, as its row changes.

Each function writes in its caller's transaction, in which the refund's payment is locked.
"""

from datetime import datetime
from typing import Final

import structlog

from orders import balances, lifecycle, notifications
from orders.models import Order, OutgoingEmail, Refund
from orders.templatetags.money import money

log = structlog.get_logger(__name__)

State = Refund.State
_GIVEN: Final = frozenset({State.PENDING, State.SUCCEEDED})


def changed(refund: Refund, *, at: datetime) -> None:
    """Tell of the state that Stripe's word has brought the refund to."""
    order, amount = refund.payment.order, money(refund.amount_cents, refund.currency)
    if refund.state == State.SUCCEEDED:
        lifecycle.note(order=order, what=f"{amount} refunded", actor="stripe", at=at)
    elif refund.is_foreign:
        what = f"A refund of {amount} that was made at Stripe did not go through"
        lifecycle.note(order=order, what=what, actor="stripe", at=at)
        log.warning("foreign_refund_failed", order=str(order.pk), refund=refund.pk)
    else:
        what = f"The refund of {amount} did not go through; our staff take care of it"
        alert(refund, what=what, why=refund.failure, actor="stripe", at=at)


def alert(refund: Refund, *, what: str, why: str, actor: str, at: datetime) -> None:
    """Tell the order's history and the admins that money which is owed has not gone back."""
    order = refund.payment.order
    log.error("refund_failed", order=str(order.pk), refund=refund.pk, why=why)
    event = lifecycle.note(order=order, what=what, actor=actor, at=at)
    # Each failure is told of: one that was let run again may fail again.
    kind = notifications.Kind.ADMIN_REFUND_FAILED
    notifications.record(order=order, kind=kind, refund=refund, event=event, at=at)


def made(refund: Refund, *, had_failed: bool, at: datetime) -> None:
    """Write to the customer that their money is on its way: called when the row learns of Stripe's
    refund, which it does once.

    Not where the e-mail of the order's end told of it and it has not failed since. One that was
    made at Stripe is told where it stands for one of ours that failed.
    """
    order = refund.payment.order
    if refund.is_foreign:
        is_awaited = balances.has_failed(refund.payment)
    else:
        is_awaited = had_failed or not _is_told_with_the_end(refund, order)
    if is_awaited and refund.state in _GIVEN:
        notifications.record(order=order, kind=notifications.Kind.REFUNDED, refund=refund, at=at)


def made_elsewhere(*, order: Order, at: datetime) -> None:
    """Write to the customer of the money that went back at Stripe, where staff close an order over
    that and owe nothing more."""
    kind = notifications.Kind.REFUNDED
    told = OutgoingEmail.objects.filter(order=order, kind=kind).values("refund")
    given = Refund.objects.filter(payment__order=order, is_foreign=True, state__in=_GIVEN)
    for refund in given.exclude(pk__in=told).order_by("pk"):
        notifications.record(order=order, kind=kind, refund=refund, at=at)


def _is_told_with_the_end(refund: Refund, order: Order) -> bool:
    """Whether an e-mail of the order's end names it: that one names every refund there is."""
    ends = OutgoingEmail.objects.filter(order=order, kind=notifications.Kind.ORDER_FAILED)
    return ends.filter(created_at__gte=refund.created_at).exists()
