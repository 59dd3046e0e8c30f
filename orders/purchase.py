"""Buying: the order is kept first, then Stripe is asked for the page on which it is paid.

Each Checkout Session is a `Payment` row before Stripe hears of it. The row's number is the
idempotency key and its `expires_at` goes into the call, so whoever repeats it, after a lost reply
or at the same moment, asks for the very same session and gets it.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import stripe
import structlog
from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse

from orders import access, balances, lifecycle, stripe_client
from orders.briefs import BriefInput
from orders.lifecycle import TransitionRefused
from orders.models import Customer, Order, Payment, Product, Status
from orders.stripe_client import StripeUnavailable

if TYPE_CHECKING:
    from stripe.params.checkout import SessionCreateParams

__all__ = [
    "IdempotencyConflict",
    "NotPayable",
    "Placed",
    "StripeUnavailable",
    "cancel",
    "checkout_url",
    "place_order",
]

log = structlog.get_logger(__name__)

State = Payment.State
# Nothing that is read for something else (0 and O, 1, I and L), no vowels to spell words with.
CODE_ALPHABET: Final = "23456789BCDFGHJKMNPQRSTVWXYZ"
CODE_LENGTH: Final = 6
CODE_TRIES: Final = 8
# A page with less time left than this is not worth opening: finding the card takes minutes.
SHORTEST_VISIT: Final = timedelta(minutes=10)
# Stripe creates no session that ends sooner (30 minutes), plus a minute for clocks that differ.
SHORTEST_SESSION: Final = timedelta(minutes=31)


class IdempotencyConflict(Exception):
    """The key was used before, for a purchase that differs from this one."""


class NotPayable(Exception):
    """There is nothing to pay now; the message tells the customer why."""


@dataclass(frozen=True, kw_only=True)
class Placed:
    """A kept order. `checkout_url` is None when a repeated purchase is paid or closed already."""

    order: Order
    access_key: str
    checkout_url: str | None
    repeated: bool


def place_order(*, brief: BriefInput, idempotency_key: str | None, at: datetime) -> Placed:
    """Keep the order and return where it is paid; the same key again returns the same order.

    :raises IdempotencyConflict: the key belongs to a purchase that differs
    :raises StripeUnavailable: the order is kept (in `.order`), its payment page could not be had
    """
    order, repeated = _kept_or_new(brief=brief, key=idempotency_key, at=at)
    try:
        url: str | None = checkout_url(order=order, at=at)
    except NotPayable:
        url = None
    return Placed(
        order=order, access_key=access.access_key(order), checkout_url=url, repeated=repeated
    )


def checkout_url(*, order: Order, at: datetime) -> str:
    """Return the address of Stripe's payment page: the open session's, or a new one's.

    :raises NotPayable: the order is paid, closed or held, or its bank is confirming a payment
    :raises StripeUnavailable: Stripe did not give one; asking again later is safe
    """
    payment = _open_payment(order, at=at)
    if payment.session_url:
        return payment.session_url
    asked = _session(payment)
    try:
        session = stripe_client.call(
            lambda client: client.v1.checkout.sessions.create(
                asked, {"idempotency_key": f"checkout-{order.pk}-{payment.number}"}
            )
        )
    except stripe.StripeError as error:
        _forget_if_answered(payment, error)
        raise StripeUnavailable("the payment page could not be had", order=order) from None
    url = session.url or ""
    unanswered = Payment.objects.filter(pk=payment.pk, session_id="")
    unanswered.update(session_id=session.id, session_url=url)
    return url


def cancel(*, order: Order, actor: str, at: datetime, why: str = "by the customer") -> None:
    """Close an unpaid order, then its payment page at Stripe as far as Stripe can be reached.

    Whoever pays on that page nevertheless is not ignored: the money takes the order on.

    :raises TransitionRefused: it is paid or closed, a bank is confirming its payment, or what was
        paid differs from the price and is held for staff
    """
    with transaction.atomic():
        now = lifecycle.lock(order.pk)
        if now.payments.filter(state__in=[State.PENDING, State.HELD]).exists():
            raise TransitionRefused(order=now, to=Status.CANCELLED)
        lifecycle.cancel(order=order, actor=actor, why=why, at=at)
    for payment in order.payments.filter(state=State.OPEN).exclude(session_id=""):
        _expire(payment)


def _kept_or_new(*, brief: BriefInput, key: str | None, at: datetime) -> tuple[Order, bool]:
    digest = brief.digest()
    for number in range(CODE_TRIES):
        kept = Order.objects.filter(idempotency_key=key).first() if key else None
        if kept is not None:
            if kept.brief_digest != digest:
                raise IdempotencyConflict
            return kept, True
        try:
            return _new(brief=brief, key=key, digest=digest, at=at), False
        except IntegrityError:
            # Somebody used the key just now, which the next round reads; or the code is taken.
            if number == CODE_TRIES - 1:
                raise
    raise AssertionError


@transaction.atomic
def _new(*, brief: BriefInput, key: str | None, digest: str, at: datetime) -> Order:
    customer, _ = Customer.objects.get_or_create(email=brief.email, defaults={"created_at": at})
    order = Order.objects.create(
        code=new_code(),
        customer=customer,
        product=brief.product,
        domain=brief.domain,
        article=brief.article,
        brief=brief.to_brief().to_json(),
        amount_cents=brief.price_cents,
        currency=brief.domain.currency,
        idempotency_key=key or None,
        brief_digest=digest,
        created_at=at,
        updated_at=at,
    )
    lifecycle.place(order=order, actor="customer", at=at)
    return order


def new_code() -> str:
    """Return a short code for people to say; unique by the table's constraint, not by chance."""
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))


@transaction.atomic
def _open_payment(order: Order, *, at: datetime) -> Payment:
    """Return the row of the session to pay on, a new one unless one is still of use."""
    # The lock is the queue of those who pay the same order at the same moment.
    now = lifecycle.lock(order.pk)
    if now.status != Status.AWAITING_PAYMENT:
        raise NotPayable(f"Order {now.code} is not awaiting payment.")
    if now.held_reason:
        raise NotPayable(f"Our staff are checking the payment of order {now.code}.")
    latest = now.payments.order_by("-number").first()
    if latest is not None and latest.state == State.PENDING:
        raise NotPayable(f"Your bank is confirming the payment of order {now.code}.")
    if balances.awaits_bank(now):
        raise NotPayable(f"A bank is looking into the payment of order {now.code}.")
    if latest is not None and latest.state == State.OPEN:
        latest.order = now
        if latest.expires_at - at >= (SHORTEST_VISIT if latest.session_url else SHORTEST_SESSION):
            return latest
        if not latest.session_id:
            Payment.objects.filter(pk=latest.pk).update(state=State.EXPIRED)
    return Payment.objects.create(
        order=now,
        number=latest.number + 1 if latest is not None else 1,
        amount_cents=now.amount_cents,
        currency=now.currency,
        created_at=at,
        expires_at=at + timedelta(seconds=settings.CHECKOUT_EXPIRES_S),
    )


def _session(payment: Payment) -> "SessionCreateParams":
    """What Stripe is asked for: a function of the row alone, so that a repeat asks the same."""
    order = payment.order
    page = settings.SITE_URL + reverse("order", args=[order.pk])
    paid = settings.SITE_URL + reverse("order-paid", args=[order.pk])
    named = {"order_id": str(order.pk), "payment": str(payment.number)}
    return {
        "mode": "payment",
        "client_reference_id": str(order.pk),
        "customer_email": order.customer.email,
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": payment.currency,
                    "unit_amount": payment.amount_cents,
                    "product_data": {"name": _line(order)},
                },
            }
        ],
        "metadata": named,
        "payment_intent_data": {"metadata": named},
        # The price is in our currency; a session in another would look like a wrong payment.
        "adaptive_pricing": {"enabled": False},
        "success_url": f"{paid}?session_id={{CHECKOUT_SESSION_ID}}",
        "cancel_url": page,
        "expires_at": int(payment.expires_at.timestamp()),
    }


def _line(order: Order) -> str:
    """What is bought, in one line of the payment page; never changes for an order."""
    sold = f"{order.get_product_display()} on {order.domain.host}"
    return f"{sold}: {order.brief['topic']}" if order.product == Product.INTEGRATION else sold


def _forget_if_answered(payment: Payment, error: stripe.StripeError) -> None:
    """Give the number up after a definite answer: Stripe would repeat it under the same key.

    A session that Stripe made all the same has an address that nobody was told.
    """
    status = error.http_status or 0  # none, or a success that could not be read: ask again
    if status < 400 or status in {409, 429}:  # the key is in use, or was not used yet
        return
    if not stripe_client.is_passing(error):
        log.error("checkout_refused", order=str(payment.order_id), error=type(error).__name__)
    Payment.objects.filter(pk=payment.pk, session_id="").update(state=State.EXPIRED)


def _expire(payment: Payment) -> None:
    try:
        stripe_client.call(lambda client: client.v1.checkout.sessions.expire(payment.session_id))
    except stripe.StripeError:
        return  # logged; the page closes by itself at `expires_at`
    Payment.objects.filter(pk=payment.pk, state=State.OPEN).update(state=State.EXPIRED)
