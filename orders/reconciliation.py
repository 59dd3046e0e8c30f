"""What Stripe knows and nobody told us: sessions asked for one by one, rare events by their list.

Webhooks get lost, and customers do not come back to the success page. Each sweep asks a few
questions at most, and acts on the answers by the functions that webhooks end in, so what is heard
twice has one effect.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import stripe
import structlog
from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from orders import payments, stripe_client
from orders.models import Order, Payment, Status, StripeEvent

log = structlog.get_logger(__name__)

State = Payment.State
_UNSETTLED: Final = Q(state__in=[State.OPEN, State.PENDING])
LONGEST_WAIT: Final = timedelta(days=1)
CLOSED_AT_ONCE: Final = 100  # orders a sweep; each takes a lock
# What Stripe tells of rarely, and what an order must not miss. Sessions are asked for one by one.
RARE: Final = (
    "charge.refunded",
    "refund.failed",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
)
EVENTS_A_CALL: Final = 100
CALLS_FOR_EVENTS: Final = 10


@dataclass(frozen=True, kw_only=True)
class Swept:
    """How many sessions Stripe was asked for, how many of them had news, how many unpaid orders
    were closed. `stopped`: Stripe gave no answer, and what is left waits for the next sweep."""

    asked: int = 0
    news: int = 0
    closed: int = 0
    stopped: bool = False


def sweep(*, at: datetime, dry_run: bool = False) -> Swept:
    """Ask what became of sessions that nobody told us of, then close orders that nobody can pay.

    A session is asked for `RECONCILE_AFTER_S` after it was made and again after twice that time,
    four times and so on, and once when it should have expired; `RECONCILE_BATCH` sessions a sweep.
    While Stripe gives no answer, nothing changes.
    """
    due = list(_due(at=at)[: settings.RECONCILE_BATCH])
    overdue = list(_unpayable(at=at).values_list("pk", flat=True)[:CLOSED_AT_ONCE])
    if dry_run:
        return Swept(asked=len(due), closed=len(overdue))
    asked = news = 0
    stopped = False
    for payment in due:
        try:
            session = _session_of(payment)
        except stripe.StripeError:
            stopped = True  # logged where Stripe was called; the others would fail alike
            break
        asked += 1
        Payment.objects.filter(pk=payment.pk).update(asked_at=at)
        news += _settle(payment, session, at=at)
    closed = sum(payments.close_unpaid(order_id=pk, at=at) for pk in overdue)
    return Swept(asked=asked, news=news, closed=closed, stopped=stopped)


def hear_missed(*, at: datetime, dry_run: bool = False) -> int:
    """Take the refunds and disputes that Stripe made events of and that never reached us.

    Asks for the events of the last `RECONCILE_EVENTS_S`, oldest first; returns how many were new,
    as far as Stripe gave answers.
    """
    try:
        events = _rare_events(since=at - timedelta(seconds=settings.RECONCILE_EVENTS_S))
    except stripe.StripeError:
        return 0
    known = set(
        StripeEvent.objects.filter(pk__in=[event["id"] for event in events]).values_list(
            "pk", flat=True
        )
    )
    missed = [event for event in events if event["id"] not in known]
    if dry_run:
        return len(missed)
    heard = 0
    for event in missed:
        try:
            heard += not payments.take_event(event=event, at=at).duplicate
        except payments.StripeUnavailable:
            break
        log.warning("event_was_missed", stripe_event=event["id"], type=event["type"])
    return heard


def _due(*, at: datetime) -> QuerySet[Payment]:
    """Sessions that may have news: the wait doubles with each question, a day at most."""
    never_asked = Q(asked_at=None)
    waited = Q(asked_at__lte=at - (F("asked_at") - F("created_at")))
    waited |= Q(asked_at__lte=at - LONGEST_WAIT)
    just_over = Q(asked_at__lt=F("expires_at"), expires_at__lte=at)
    old_enough = Q(created_at__lte=at - timedelta(seconds=settings.RECONCILE_AFTER_S))
    found = Payment.objects.filter(_UNSETTLED, old_enough, never_asked | waited | just_over)
    return found.exclude(session_id="").order_by(F("asked_at").asc(nulls_first=True), "created_at")


def _unpayable(*, at: datetime) -> QuerySet[Order]:
    """Unpaid orders that no session can pay any more: all are over, or Stripe never made one."""
    payable = Payment.objects.filter(_UNSETTLED, order=OuterRef("pk")).exclude(
        session_id="", expires_at__lte=at
    )
    lifetime = timedelta(seconds=settings.CHECKOUT_EXPIRES_S)
    recent = Payment.objects.filter(order=OuterRef("pk"), expires_at__gt=at)
    return Order.objects.filter(
        ~Exists(payable),
        ~Exists(recent),
        status=Status.AWAITING_PAYMENT,
        held_reason="",
        created_at__lte=at - lifetime,
    ).order_by("created_at")


def _session_of(payment: Payment) -> dict[str, Any] | None:
    """Return the session as Stripe has it, None if Stripe knows none of that id.

    :raises stripe.StripeError: Stripe gave no answer
    """
    try:
        found = stripe_client.call(
            lambda client: client.v1.checkout.sessions.retrieve(payment.session_id)
        )
    except stripe.InvalidRequestError:
        return None
    return found.to_dict()


def _settle(payment: Payment, session: dict[str, Any] | None, *, at: datetime) -> bool:
    if session is None:
        log.error("session_unknown_at_stripe", payment=payment.pk, order=str(payment.order_id))
        return False
    outcome = payments.settle_session(session=session, at=at)
    became = Payment.objects.values_list("state", flat=True).get(pk=payment.pk)
    if became == payment.state:
        return False
    log.warning("payment_was_missed", order=str(payment.order_id), outcome=outcome.words)
    return True


def _rare_events(*, since: datetime) -> list[dict[str, Any]]:
    """Return Stripe's rare events since then, oldest first."""
    asked: Any = {
        "types": list(RARE),
        "created": {"gte": int(since.timestamp())},
        "limit": EVENTS_A_CALL,
    }
    events: list[dict[str, Any]] = []
    for _ in range(CALLS_FOR_EVENTS):
        page = stripe_client.call(lambda client: client.v1.events.list(asked))
        events += [event.to_dict() for event in page.data]
        if not page.has_more:
            break
        asked["starting_after"] = events[-1]["id"]
    return events[::-1]
