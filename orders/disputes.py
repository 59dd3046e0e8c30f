"""A bank wants a payment back: the order waits for the outcome, and its money with it."""

from datetime import datetime
from typing import Any, Final

import structlog
from django.db import transaction

from orders import balances, endings, fulfilment, holds, lifecycle, marks, notifications, refunds
from orders.models import Dispute, Ending, Order, Payment, Status
from orders.stripe_client import moment
from orders.templatetags.money import money

log = structlog.get_logger(__name__)

State = Dispute.State
# Late news never take a dispute back to where it was. One that was lost may be won by an appeal.
_RANK: Final = {State.INQUIRY: 0, State.OPEN: 1, State.LOST: 2, State.WON: 3}
_UNDER_WAY: Final = frozenset({Status.PROCESSING, Status.QUALITY_CHECK, Status.ADMIN_REVIEW})


@transaction.atomic
def hear(*, payment: Payment, told: dict[str, Any], at: datetime) -> str:
    """Bring dispute and order up to what Stripe says; returns what it led to, in words for staff.

    `told` is Stripe's dispute object. Late and repeated news change nothing.
    """
    order = lifecycle.lock(payment.order_id)
    refunds.lock(payment)
    payment.refresh_from_db(fields=["state", "paid_at", "payment_intent"])
    refunds.learn_intent(payment, told)
    state = _state_of(told["status"])
    dispute = Dispute.objects.filter(stripe_id=told["id"]).first()
    if dispute is not None and _RANK[state] <= _RANK[State(dispute.state)]:
        return "told before"
    is_news = _is_news(order, dispute, becomes=state)
    dispute = dispute or Dispute(payment=payment, stripe_id=told["id"], opened_at=_begun(told, at))
    dispute.state, dispute.reason = state, (told.get("reason") or "")[:100]
    dispute.amount_cents, dispute.currency = told["amount"], told["currency"]
    dispute.closed_at = at if state in {State.WON, State.LOST} else None
    dispute.save()
    if is_news:
        _opened(order, dispute, at=at)
    if state in {State.OPEN, State.LOST}:
        refunds.cut(payment=payment, actor="stripe", reason="The bank has the money", at=at)
    if state == State.WON:
        _won(order, dispute, at=at)
    elif state == State.LOST:
        _lost(order, dispute, at=at)
    return f"dispute {dispute.get_state_display().lower()}"


def _state_of(status: str) -> State:
    """An inquiry, whose statuses begin with `warning_`, has not moved money yet."""
    if status == "warning_closed":
        return State.WON
    if status.startswith("warning_"):
        return State.INQUIRY
    return {"won": State.WON, "prevented": State.WON, "lost": State.LOST}.get(status, State.OPEN)


def _is_news(order: Order, dispute: Dispute | None, *, becomes: State) -> bool:
    """Whether staff have yet to hear of it: a question that they let pass, and then the bank took
    the money all the same, is another matter."""
    if dispute is None:
        return True
    is_held = order.holds.filter(cause=marks.of_dispute(dispute), ended_at=None).exists()
    return becomes == State.OPEN and not is_held


def _begun(told: dict[str, Any], at: datetime) -> datetime:
    return moment(told["created"]) if told.get("created") else at


def _opened(order: Order, dispute: Dispute, *, at: datetime) -> None:
    amount = _amount(dispute)
    what = f"Your bank disputes the payment of {amount}"
    lifecycle.note(order=order, what=what, actor="stripe", at=at)
    if dispute.state in {State.INQUIRY, State.OPEN}:
        reason = f"{amount} disputed: {dispute.reason or 'no reason given'}"
        holds.hold(order=order, cause=marks.of_dispute(dispute), reason=reason, at=at)
        log.error("payment_disputed", order=str(order.pk), payment=dispute.payment_id)


def _won(order: Order, dispute: Dispute, *, at: datetime) -> None:
    what = f"The dispute of {_amount(dispute)} is over: the payment stands"
    lifecycle.note(order=order, what=what, actor="stripe", at=at)
    _settle(order, dispute, at=at)
    payment = dispute.payment
    if _goes_back(order, payment):
        refunds.owe_payment(payment=payment, reason="The dispute was won", at=at)
    elif order.status == Status.AWAITING_PAYMENT and payment.state == Payment.State.PAID:
        fulfilment.pay(order=order, at=at)  # staff took it for the price while the bank had it


def _lost(order: Order, dispute: Dispute, *, at: datetime) -> None:
    amount = _amount(dispute)
    what = f"The dispute of {amount} is over: your bank gave the money back to you"
    lifecycle.note(order=order, what=what, actor="stripe", at=at)
    log.error("dispute_lost", order=str(order.pk), status=order.status)
    payment = dispute.payment
    is_paid_otherwise = _is_paid_otherwise(order, payment)
    if order.status == Status.COMPLETED and not is_paid_otherwise:
        reason = f"{amount} lost to a dispute, and it is live"
        holds.hold(order=order, cause=marks.of_dispute(dispute), reason=reason, at=at)
    else:
        if order.status in _UNDER_WAY and not is_paid_otherwise:
            _end(order, at=at)
        _settle(order, dispute, at=at)
    if _goes_back(order, payment):
        refunds.owe_payment(payment=payment, reason="What the bank did not take", at=at)


def _end(order: Order, *, at: datetime) -> None:
    why = "your bank took the payment back"
    failure = endings.call_off(order=order, because=Ending.DISPUTED, why=why, actor="stripe", at=at)
    # What the bank did not take, where it disputed a part or the order was paid twice.
    refunds.owe(order=order, reason="The order ended with a dispute", at=at)
    for kind in (notifications.Kind.ORDER_FAILED, notifications.Kind.ADMIN_ORDER_FAILED):
        notifications.record(order=order, kind=kind, event=failure, at=at)


def _goes_back(order: Order, payment: Payment) -> bool:
    """Whether what a bank leaves of a payment, or brings back, is not ours to keep: nothing was
    made for it, or it was owed before the bank asked."""
    # A payment that we have not heard of yet is settled by the news of it.
    return payment.paid_at is not None and (
        order.status in {Status.FAILED, Status.CANCELLED}
        or balances.goes_back(payment)
        or _is_paid_otherwise(order, payment)
        or _was_declined(order, payment)
    )


def _settle(order: Order, dispute: Dispute, *, at: datetime) -> None:
    cause = marks.of_dispute(dispute)
    holds.settle(order=order, cause=cause, reason="the dispute is over", at=at)


def _is_paid_otherwise(order: Order, payment: Payment) -> bool:
    """Whether another payment has been taken for the price, and is with us."""
    if order.status == Status.AWAITING_PAYMENT:
        return False
    others = order.payments.filter(state=Payment.State.PAID).exclude(pk=payment.pk)
    return any(balances.kept_cents(other) > 0 for other in others)


def _was_declined(order: Order, payment: Payment) -> bool:
    """Whether its amount was not the price, and staff gave back what was with us then."""
    waits = order.holds.filter(cause=marks.of_amount(payment), ended_at=None)
    return payment.state == Payment.State.HELD and not waits.exists()


def _amount(dispute: Dispute) -> str:
    return money(dispute.amount_cents, dispute.currency)
