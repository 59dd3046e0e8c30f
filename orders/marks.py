"""The mark of an order that waits for a person, and the causes that it stands for.

Only this module writes `Order.held_reason`: it says what the order's open holds say.
"""

from datetime import datetime
from typing import Final

from django.db import transaction

from orders import lifecycle
from orders.models import Dispute, Hold, Order, OrderEvent, Payment, Refund

OF_WORK: Final = "work"  # the cause of an order that nobody works on
HELD: Final = "Held for a check by our staff"  # what an order's history says of each hold


def of_amount(payment: Payment) -> str:
    """Return the cause of a payment whose amount is not the price."""
    return f"payment:{payment.pk}"


def of_dispute(dispute: Dispute) -> str:
    """Return the cause of a bank's demand, from its first question to what is left of it."""
    return f"dispute:{dispute.pk}"


def of_refund(refund: Refund) -> str:
    """Return the cause of money that went back at Stripe, where nobody here owed it."""
    return f"refund:{refund.pk}"


@transaction.atomic
def hold(*, order: Order, cause: str, reason: str, at: datetime) -> OrderEvent:
    """Mark the order for an operator, once a cause; it stays where it is, nothing is published."""
    _agree(lifecycle.lock(order.pk), at=at, but=cause)
    Hold.objects.update_or_create(
        order=order,
        cause=cause,
        ended_at=None,
        defaults={"reason": reason[: lifecycle.WHAT_LENGTH]},
        create_defaults={"reason": reason[: lifecycle.WHAT_LENGTH], "began_at": at},
    )
    _mark(order, at=at)
    return lifecycle.note(order=order, what=HELD, actor="system", at=at)


@transaction.atomic
def lift(*, order: Order, cause: str, what: str, actor: str, at: datetime) -> bool:
    """End the hold of this cause; True if it was one and nothing else holds the order now."""
    _agree(lifecycle.lock(order.pk), at=at)
    if not _end_holds(order, actor=actor, at=at, cause=cause):
        return False
    _mark(order, at=at)
    if not order.held_reason:
        lifecycle.note(order=order, what=what, actor=actor, at=at)
    return not order.held_reason


@transaction.atomic
def release(*, order: Order, what: str, actor: str, at: datetime) -> bool:
    """End every hold and take the mark away; False where there is none any more."""
    held = Order.objects.filter(pk=order.pk).exclude(held_reason="")
    if not held.update(held_reason="", updated_at=at):
        return False
    _end_holds(order, actor=actor, at=at)
    order.held_reason, order.updated_at = "", at
    lifecycle.note(order=order, what=what, actor=actor, at=at)
    return True


def beside(*, order: Order, cause: str) -> str:
    """Return why the order is held by anything but this cause, "" if by nothing else."""
    if not order.held_reason:
        return ""
    held = dict(Hold.objects.filter(order=order, ended_at=None).values_list("cause", "reason"))
    if not held:  # marked by a process of an older release, which knows no causes
        return order.held_reason if _causes(order) else ""
    return "; ".join(reason for of, reason in held.items() if of != cause)


def _end_holds(order: Order, *, actor: str, at: datetime, **which: str) -> int:
    is_open = Hold.objects.filter(order=order, ended_at=None, **which)
    return is_open.update(ended_at=at, ended_by=actor)


def _mark(order: Order, *, at: datetime) -> None:
    """Have the mark say what the open holds say."""
    reasons = Hold.objects.filter(order=order, ended_at=None).values_list("reason", flat=True)
    order.held_reason, order.updated_at = "; ".join(reasons)[: lifecycle.WHAT_LENGTH], at
    Order.objects.filter(pk=order.pk).update(held_reason=order.held_reason, updated_at=at)


def _agree(order: Order, *, at: datetime, but: str = "") -> None:
    """Have the holds say what the mark says, where a process of an older release wrote it alone.

    `but` is the cause that is news: what was marked before is about another.
    """
    is_open = Hold.objects.filter(order=order, ended_at=None).exists()
    if order.held_reason and not is_open:
        for cause in [one for one in _causes(order) if one != but] or [OF_WORK]:
            Hold.objects.create(
                order=order, cause=cause, reason=order.held_reason, began_at=order.updated_at
            )
    elif is_open and not order.held_reason:
        _end_holds(order, actor="system", at=at)


def _causes(order: Order) -> list[str]:
    """What there is about the order that holds one."""
    differ = Payment.objects.filter(order=order, state=Payment.State.HELD)
    unsettled = Dispute.objects.filter(
        payment__order=order, state__in=[Dispute.State.INQUIRY, Dispute.State.OPEN]
    )
    return [*map(of_amount, differ), *map(of_dispute, unsettled)]
