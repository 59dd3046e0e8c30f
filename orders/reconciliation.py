"""What Stripe knows and nobody told us: sessions and refunds asked for one by one, rare events by
their list.

Webhooks get lost, and customers do not come back to the success page. Each sweep asks a few
questions at most, and acts on the answers by the functions that webhooks end in, so what is heard
twice has one effect. An answer that cannot be acted on is told in the log, and the others go on.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

import stripe
import structlog
from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from orders import balances, foreign_refunds, payments, stripe_client, stripe_events
from orders.models import Order, Payment, Refund, Status

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
        news += _done(
            "session_not_settled", partial(_settle, payment, session, at=at), payment=payment.pk
        )
        # Not before: who dies in between would leave it unasked for twice as long as it has waited.
        Payment.objects.filter(pk=payment.pk).update(asked_at=at)
    closed = sum(
        _done("order_not_closed", partial(payments.close_unpaid, order_id=pk, at=at), order=str(pk))
        for pk in overdue
    )
    return Swept(asked=asked, news=news, closed=closed, stopped=stopped)


def hear_missed(*, at: datetime, dry_run: bool = False) -> int:
    """Take the refunds and disputes that Stripe made events of and that never reached us.

    Asks for the events of the last `RECONCILE_EVENTS_S`, oldest first; returns how many were new,
    as far as Stripe gave answers. One that cannot be acted on is kept, and tried again each time
    however old it is.
    """
    try:
        events = _rare_events(since=at - timedelta(seconds=settings.RECONCILE_EVENTS_S))
    except stripe.StripeError:
        return 0
    missed = {event["id"]: event for event in [*stripe_events.kept(), *events]}
    for known in stripe_events.taken(missed):
        del missed[known]
    if dry_run:
        return len(missed)
    return sum(_take(event, at=at) for event in missed.values())


def ask_for_refunds(*, at: datetime, dry_run: bool = False) -> int:
    """Ask what became of refunds that Stripe has and banks have not paid out, as far as we know;
    returns how many have ended.

    One is asked for `RECONCILE_AFTER_S` after it was owed, then in turns, `RECONCILE_BATCH` at a
    time. While Stripe gives no answer, nothing changes.
    """
    due = list(_on_their_way(at=at)[: settings.RECONCILE_BATCH])
    if dry_run:
        return len(due)
    ended = 0
    for refund in due:
        try:
            made = _made(refund)
        except stripe.StripeError:
            break
        ended += _done(
            "refund_not_settled", partial(_hear_refund, refund, made, at=at), refund=refund.pk
        )
        Refund.objects.filter(pk=refund.pk).update(asked_at=at)
    return ended


def _done(failure: str, act: Callable[[], bool], **about: Any) -> bool:
    """Do it and say whether it was news; what breaks it is logged, and the others go on."""
    try:
        return act()
    except Exception:
        log.exception(failure, **about)
        return False


def _take(event: dict[str, Any], *, at: datetime) -> bool:
    try:
        is_new = not payments.take_event(event=event, at=at).duplicate
    except Exception as error:
        stripe_events.keep(event, trouble=type(error).__name__, at=at)
        log.exception("event_not_taken", stripe_event=event["id"], type=event["type"])
        return False
    log.warning("event_was_missed", stripe_event=event["id"], type=event["type"])
    return is_new


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
    awaited = balances.awaited_from_banks().filter(payment__order=OuterRef("pk"))
    return Order.objects.filter(
        ~Exists(payable),
        ~Exists(awaited),
        ~Exists(recent),
        status=Status.AWAITING_PAYMENT,
        held_reason="",
        created_at__lte=at - lifetime,
    ).order_by("created_at")


def _on_their_way(*, at: datetime) -> QuerySet[Refund]:
    """Refunds that Stripe has, those first that were never asked for."""
    old_enough = Q(created_at__lte=at - timedelta(seconds=settings.RECONCILE_AFTER_S))
    found = Refund.objects.filter(old_enough, state=Refund.State.PENDING, stripe_id__isnull=False)
    return found.select_related("payment").order_by(F("asked_at").asc(nulls_first=True), "pk")


def _made(refund: Refund) -> dict[str, Any] | None:
    """Return the refund as Stripe has it, None if Stripe knows none of that id.

    :raises stripe.StripeError: Stripe gave no answer
    """
    name = refund.stripe_id or ""
    try:
        return stripe_client.call(lambda client: client.v1.refunds.retrieve(name)).to_dict()
    except stripe.InvalidRequestError:
        return None


def _hear_refund(refund: Refund, made: dict[str, Any] | None, *, at: datetime) -> bool:
    order = str(refund.payment.order_id)
    if made is None:
        log.error("refund_unknown_at_stripe", refund=refund.pk, order=order)
        return False
    (heard,) = foreign_refunds.hear(payment=refund.payment, made=[made], at=at)
    if heard.state == Refund.State.PENDING:
        return False
    log.warning("refund_was_missed", refund=refund.pk, order=order, state=heard.state)
    return True


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
