"""Money as Stripe tells of it: each event stored once, each session settled once.

Webhook and success page end in `settle_session`, under a lock on the order: whatever comes twice,
late, out of order or at the same moment has one effect.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import stripe
import structlog
from django.db import transaction

from orders import (
    balances,
    disputes,
    foreign_refunds,
    fulfilment,
    holds,
    lifecycle,
    marks,
    refunds,
    signatures,
    stripe_client,
    stripe_events,
)
from orders.models import Order, Payment, Status, StripeEvent
from orders.signatures import BadSignature
from orders.stripe_client import StripeUnavailable, moment
from orders.templatetags.money import money

log = structlog.get_logger(__name__)

__all__ = [
    "BadSignature",
    "ForeignSession",
    "Received",
    "StripeUnavailable",
    "close_unpaid",
    "confirm_session",
    "receive_event",
    "settle_session",
    "take_event",
]

State = Payment.State
StripeObject = dict[str, Any]
_LONGEST_SESSION_ID: Final = 255
# Paid, or refused by its bank for good: no later news takes such a payment back to waiting.
_MAY_WAIT: Final = (State.OPEN, State.EXPIRED)
_BANK_SAID_NO: Final = "checkout.session.async_payment_failed"
_OF_SESSIONS: Final = frozenset(
    {
        "checkout.session.completed",
        "checkout.session.async_payment_succeeded",
        "checkout.session.expired",
        _BANK_SAID_NO,
    }
)
_OF_DISPUTES: Final = "charge.dispute."
_OF_REFUNDS: Final = frozenset(
    {"refund.created", "refund.updated", "refund.failed", "charge.refund.updated"}
)


class ForeignSession(Exception):
    """The Checkout Session does not belong to this order, or does not exist."""


@dataclass(frozen=True)
class Received:
    """A stored event. `outcome` says what it led to here; empty for a duplicate."""

    event_id: str
    duplicate: bool
    outcome: str


@dataclass(frozen=True)
class Outcome:
    """What news led to, in words for staff, and the order it was about."""

    words: str
    order: Order | None = None


def receive_event(*, payload: bytes, signature: str, at: datetime) -> Received:
    """Take an event that Stripe delivers, as `take_event` does.

    :raises BadSignature: answer 400
    :raises StripeUnavailable: answer 503, and Stripe sends it again
    """
    return take_event(event=signatures.verified(payload, signature), at=at)


def take_event(*, event: StripeObject, at: datetime) -> Received:
    """Store one event of Stripe's and do what follows from it, in one transaction.

    An event that was acted on before changes nothing. One of a type or an order that is not ours is
    stored too: Stripe would send it again otherwise.

    :raises StripeUnavailable: what the event leaves out could not be asked of Stripe; nothing was
        stored
    """
    kind, shape = event["type"], event["data"]["object"]
    made, shape = _refunds_told_of(kind, shape), _named(kind, shape)
    with transaction.atomic():
        if not stripe_events.take(event, at=at):
            return Received(event["id"], duplicate=True, outcome="")
        outcome = _act(kind, shape, made, at=at)
        StripeEvent.objects.filter(pk=event["id"]).update(
            outcome=outcome.words[:200], order=outcome.order
        )
    log.info(
        "stripe_event",
        stripe_event=event["id"],
        type=kind,
        outcome=outcome.words,
        order=str(outcome.order.pk) if outcome.order else None,
    )
    return Received(event["id"], duplicate=False, outcome=outcome.words)


def confirm_session(*, order: Order, session_id: str, at: datetime) -> str:
    """Settle what the customer comes back from, so that a late webhook delays nobody.

    Returns what it led to, in words for staff.

    :raises ForeignSession: the session belongs to another order, or to none
    :raises StripeUnavailable: Stripe could not be asked; its webhook will tell
    """
    is_id = session_id.startswith("cs_") and session_id.isascii() and session_id.isprintable()
    if not is_id or len(session_id) > _LONGEST_SESSION_ID:
        raise ForeignSession
    if order.payments.filter(session_id=session_id, paid_at__isnull=False).exists():
        return "settled before"
    try:
        found = stripe_client.call(lambda client: client.v1.checkout.sessions.retrieve(session_id))
    except stripe.InvalidRequestError:
        raise ForeignSession from None
    except stripe.StripeError:
        raise StripeUnavailable("the session could not be asked for", order=order) from None
    session = found.to_dict()
    if session.get("client_reference_id") == str(order.pk):
        return settle_session(session=session, at=at).words
    raise ForeignSession


@transaction.atomic(savepoint=False)
def settle_session(*, session: StripeObject, at: datetime, refused: bool = False) -> Outcome:
    """Bring order and payment up to what a Checkout Session says. Once, however often it is told.

    `refused`: the bank has said no to a payment that was under way.
    """
    order = _order_of(session)
    if order is None:
        return Outcome("not ours: no such order")
    payment = _payment_of(order, session)
    if payment.paid_at is not None:
        words = "settled before"
    elif session.get("payment_status") in {"paid", "no_payment_required"}:
        words = _paid(order, payment, session, at=at)
    elif refused:
        words = _refused(order, payment, at=at)
    elif session.get("status") == "expired":
        words = _expired(order, payment, at=at)
    elif session.get("status") == "complete":
        words = _pending(order, payment, session, at=at)
    else:
        words = "still open"
    return Outcome(words, order)


def _act(kind: str, shape: StripeObject, made: list[StripeObject], *, at: datetime) -> Outcome:
    if kind in _OF_SESSIONS:
        return settle_session(session=shape, at=at, refused=kind == _BANK_SAID_NO)
    if made:
        return _refunded(shape, made, at=at)
    if kind.startswith(_OF_DISPUTES):
        return _disputed(shape, at=at)
    return Outcome("nothing to do")


def _refunds_told_of(kind: str, shape: StripeObject) -> list[StripeObject]:
    """Return the refunds that an event is about. A charge names only their sum, so Stripe is asked
    for them, before the transaction begins.

    :raises StripeUnavailable: Stripe could not be asked
    """
    if kind in _OF_REFUNDS:
        return [shape]
    if kind != "charge.refunded" or _payment_behind(shape) is None:
        return []
    try:
        return refunds.made_of(shape["payment_intent"])
    except stripe.StripeError:
        raise StripeUnavailable("the refunds of a charge could not be asked for") from None


def _refunded(shape: StripeObject, made: list[StripeObject], *, at: datetime) -> Outcome:
    payment = _payment_behind(shape)
    if payment is None:
        return Outcome("not ours: no such payment")
    heard = foreign_refunds.hear(payment=payment, made=made, at=at)
    return Outcome(f"refunds: {', '.join(str(one) for one in heard)}", payment.order)


def _disputed(shape: StripeObject, *, at: datetime) -> Outcome:
    payment = _payment_behind(shape)
    if payment is None:
        return Outcome("not ours: no such payment")
    return Outcome(disputes.hear(payment=payment, told=shape, at=at), payment.order)


def _named(kind: str, shape: StripeObject) -> StripeObject:
    """Return a dispute with its payment's metadata, asked of Stripe where the intent is news to us.

    :raises StripeUnavailable: Stripe could not be asked
    """
    intent = shape.get("payment_intent") or ""
    if not kind.startswith(_OF_DISPUTES) or not intent or _payment_behind(shape) is not None:
        return shape
    try:
        found = stripe_client.call(lambda client: client.v1.payment_intents.retrieve(intent))
    except stripe.InvalidRequestError:
        return shape
    except stripe.StripeError:
        raise StripeUnavailable("the payment of a dispute could not be asked for") from None
    return shape | {"metadata": found.to_dict().get("metadata") or {}}


def _payment_behind(shape: StripeObject) -> Payment | None:
    """Return the payment that a charge, a refund or a dispute is about.

    By its intent; before we know that (events overtake each other) by what we wrote into it.
    """
    intent = shape.get("payment_intent") or ""
    of_ours = Payment.objects.select_related("order")
    known = of_ours.filter(payment_intent=intent).first() if intent else None
    if known is not None:
        return known
    named = shape.get("metadata") or {}
    key, number = named.get("order_id", ""), named.get("payment", "")
    if not (intent and number.isdecimal() and _is_uuid(key)):
        return None
    return of_ours.filter(order=key, number=int(number), payment_intent="").first()


def _paid(order: Order, payment: Payment, session: StripeObject, *, at: datetime) -> str:
    got = (session.get("amount_total") or 0, (session.get("currency") or "").lower())
    price = (order.amount_cents, order.currency)
    payment.payment_intent = session.get("payment_intent") or ""
    payment.paid_at = at
    if got != price:
        payment.amount_cents, payment.currency = got
        payment.state = State.HELD
        payment.save()
        reason = f"paid {money(*got)}, the price is {money(*price)}"
        holds.hold(order=order, cause=marks.of_amount(payment), reason=reason, at=at)
        log.error("payment_held", order=str(order.pk), payment=payment.pk, reason=reason)
        return f"held: {reason}"
    payment.state = State.PAID
    payment.save()
    if order.status not in {Status.AWAITING_PAYMENT, Status.CANCELLED}:
        return _paid_again(order, payment, at=at)
    rest = balances.rest_cents(payment)
    if rest < payment.amount_cents and not order.held_reason:
        # A bank has kept it, or it went back at Stripe, before we heard that it had come.
        reason = f"paid {money(*got)}, of which {money(max(rest, 0), order.currency)} is with us"
        holds.hold(order=order, cause=marks.of_amount(payment), reason=reason, at=at)
    # Held: disputed before we heard of it, or another payment differs.
    begun = fulfilment.pay(order=order, at=at)
    return "paid: work begins" if begun else "paid: held, so no work begins"


def _paid_again(order: Order, payment: Payment, *, at: datetime) -> str:
    """The order had its money: what came beyond goes back."""
    refunds.owe_payment(payment=payment, reason="Paid twice", at=at)
    amount = money(payment.amount_cents, payment.currency)
    what = f"A second payment of {amount} arrived and is being refunded"
    lifecycle.note(order=order, what=what, actor="stripe", at=at)
    log.warning("paid_twice", order=str(order.pk), payment=payment.pk)
    return "paid again: refund owed"


def _pending(order: Order, payment: Payment, session: StripeObject, *, at: datetime) -> str:
    if payment.state not in _MAY_WAIT:
        return "the bank has answered before"
    payment.state = State.PENDING
    payment.payment_intent = session.get("payment_intent") or ""
    payment.save()
    lifecycle.note(order=order, what="Confirming with your bank", actor="stripe", at=at)
    return "waiting for the bank"


def _refused(order: Order, payment: Payment, *, at: datetime) -> str:
    if payment.state == State.FAILED:
        return "settled before"
    payment.state = State.FAILED
    payment.save()
    lifecycle.note(order=order, what="Your bank did not confirm the payment", actor="stripe", at=at)
    return "the bank said no"


def _expired(order: Order, payment: Payment, *, at: datetime) -> str:
    if payment.state == State.OPEN:
        payment.state = State.EXPIRED
        payment.save()
    closed = _close_if_unpaid(order, actor="stripe", at=at)
    return "session expired: order cancelled" if closed else "session expired"


@transaction.atomic
def close_unpaid(*, order_id: UUID, at: datetime) -> bool:
    """Cancel an order whose time to pay is over, and say so; False where money may still come.

    A session that never got an id is over at its `expires_at`: nobody was told its address.
    """
    order = lifecycle.lock(order_id)
    unanswered = order.payments.filter(state=State.OPEN, session_id="", expires_at__lte=at)
    unanswered.update(state=State.EXPIRED)
    return _close_if_unpaid(order, actor="system", at=at)


def _close_if_unpaid(order: Order, *, actor: str, at: datetime) -> bool:
    waiting = order.payments.filter(state__in=[State.OPEN, State.PENDING])
    if order.status != Status.AWAITING_PAYMENT or order.held_reason or waiting.exists():
        return False
    if balances.awaits_bank(order):
        return False
    lifecycle.cancel(order=order, actor=actor, why="the time to pay ran out", at=at)
    return True


def _order_of(session: StripeObject) -> Order | None:
    """Return the session's order, locked until the transaction ends."""
    key = session.get("client_reference_id") or ""
    if not _is_uuid(key):
        return None
    try:
        return lifecycle.lock(UUID(key))
    except Order.DoesNotExist:
        return None


def _payment_of(order: Order, session: StripeObject) -> Payment:
    """Return the session's row; one that Stripe's answer did not reach is known by its number."""
    known = order.payments.filter(session_id=session["id"]).first()
    if known is not None:
        return known
    number = (session.get("metadata") or {}).get("payment", "")
    payment = None
    if number.isdecimal():
        payment = order.payments.filter(session_id="", number=int(number)).first()
    if payment is None:
        payment = Payment(order=order, number=order.payments.count() + 1)
        payment.created_at = moment(session["created"])
        payment.amount_cents, payment.currency = order.amount_cents, order.currency
    payment.session_id, payment.session_url = session["id"], session.get("url") or ""
    payment.expires_at = moment(session["expires_at"])
    payment.save()
    return payment


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False
