"""Orders that wait for a person: marked, alerted about, and let go on by a named one.

Each cause holds by itself and ends by itself; a person ends them all. While an order is held,
nothing of it is published and nothing new is begun. A job that runs already goes on to its end:
what it buys is paid for, and its text goes no further than to the customer.
"""

from datetime import datetime

import structlog
from django.db import transaction

from orders import (
    balances,
    endings,
    fulfilment,
    lifecycle,
    marks,
    notifications,
    publications,
    refunds,
)
from orders.models import Order, Payment, Publication, Status
from queueing import service
from queueing.models import Job, State

log = structlog.get_logger(__name__)

_OPEN = (State.WAITING, State.ACTIVE)
_STOPPED = (State.CANCELLED, State.FAILED)


class NotHeld(Exception):
    """Nobody holds the order, or somebody has let it go on already; nothing was changed."""


@transaction.atomic
def hold(*, order: Order, cause: str, reason: str, at: datetime) -> None:
    """Mark the order for staff, stop what has not begun, and alert the admins."""
    event = marks.hold(order=order, cause=cause, reason=reason, at=at)
    why = f"Held: {reason}"
    endings.stop_work(order=order, states=[State.WAITING], why=why, actor="system", at=at)
    notifications.record(order=order, kind=notifications.Kind.ADMIN_ORDER_HELD, event=event, at=at)
    log.error("order_held", order=str(order.pk), reason=reason)


@transaction.atomic
def release(*, order: Order, actor: str, reason: str, at: datetime) -> None:
    """Let a held order go on from where it stands; what was paid is taken for the price.

    One payment is: of an order that has another, or that takes several, the rest goes back.

    :raises NotHeld: it is not held
    """
    order = lifecycle.lock(order.pk)
    if not marks.release(order=order, what=f"Released: {reason}", actor=actor, at=at):
        raise NotHeld(f"Order {order.code} is not held.")
    _take_payment(order, actor=actor, at=at)
    _go_on(order, actor=actor, reason=reason, at=at)
    log.info("order_released", order=str(order.pk), actor=actor)


@transaction.atomic
def settle(*, order: Order, cause: str, reason: str, at: datetime) -> None:
    """End what this cause held, if anything; the order goes on where nothing else holds it."""
    what = f"Released: {reason}"
    if marks.lift(order=order, cause=cause, what=what, actor="stripe", at=at):
        _go_on(order, actor="stripe", reason=reason, at=at)


def _go_on(order: Order, *, actor: str, reason: str, at: datetime) -> None:
    if order.status == Status.PROCESSING:
        _work_again(order, actor=actor, reason=reason, at=at)
    elif order.status == Status.ADMIN_REVIEW:
        _publish_again(order, actor=actor, reason=reason, at=at)


def _take_payment(order: Order, *, actor: str, at: datetime) -> None:
    """Take the first payment that is still with us for the price, where the order has none yet."""
    for payment in order.payments.filter(state=Payment.State.HELD).order_by("number"):
        payment.state = Payment.State.PAID
        payment.save(update_fields=["state"])
        is_unpaid = order.status in {Status.AWAITING_PAYMENT, Status.CANCELLED}
        if is_unpaid and balances.rest_cents(payment) > 0:
            lifecycle.pay(order=order, actor=actor, at=at)
        else:
            refunds.owe_payment(payment=payment, reason="Paid twice", at=at)


def _work_again(order: Order, *, actor: str, reason: str, at: datetime) -> None:
    jobs = Job.objects.filter(subject=order.subject, kind__in=endings.WRITING)
    if jobs.filter(state__in=_OPEN).exists():
        return
    last = jobs.order_by("created_at").last()
    if last is None:
        fulfilment.begin(order=order, at=at)
    elif last.state in _STOPPED:
        service.retry(job_id=last.pk, actor=actor, reason=reason, at=at)


def _publish_again(order: Order, *, actor: str, reason: str, at: datetime) -> None:
    waits = Publication.objects.filter(review__order=order).order_by("-created_at", "-pk").first()
    if waits is None or not publications.is_last(waits):
        return
    if waits.state == Publication.State.FAILED:
        publications.retry(publication=waits, by=actor, at=at)
        return
    jobs = Job.objects.filter(
        subject=order.subject, kind=endings.PUBLICATION, arguments__publication=waits.pk
    )
    if waits.state == Publication.State.WAITING and not jobs.filter(state__in=_OPEN).exists():
        last = jobs.filter(state__in=_STOPPED).order_by("created_at").last()
        if last is not None:
            service.retry(job_id=last.pk, actor=actor, reason=reason, at=at)
