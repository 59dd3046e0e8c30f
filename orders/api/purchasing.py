"""Buying through the API: a body in public names becomes a brief, a kept order an answer."""

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from rest_framework.response import Response

from orders import access, briefs, purchase
from orders.api import problems
from orders.api.ordering import PURCHASE_NAMES, PurchaseAnswer
from orders.api.problems import Problem
from orders.api.serializers import site_url
from orders.briefs import BriefInput, BriefInvalid
from orders.models import Order

_PUBLIC: Final = {name: public for public, name in PURCHASE_NAMES.items()}
_KEY: Final = re.compile(r"[!-~]{1,255}")


def buy(body: Mapping[str, Any], *, idempotency_key: str | None, at: datetime) -> Response:
    """Keep the order that the body asks for and say where it is paid.

    :raises Problem: the brief or the key is not valid, the key belongs to another purchase, or
        Stripe has no payment page for us; the last one carries the order, which is kept
    """
    brief = _brief(body, at=at)
    try:
        placed = purchase.place_order(
            brief=brief, idempotency_key=_key(idempotency_key, brief=brief), at=at
        )
    except purchase.IdempotencyConflict:
        raise Problem(
            kind=problems.IDEMPOTENCY_KEY_REUSED,
            detail="Nothing was bought. Send another key for another purchase.",
        ) from None
    except purchase.StripeUnavailable as error:
        raise _kept_unpaid(error.order) from None
    given = _access(placed.order)
    answer = Response(PurchaseAnswer(given | {"checkoutUrl": placed.checkout_url}).data, status=201)
    answer["Location"] = given["statusUrl"]
    if placed.repeated:
        answer["Idempotent-Replayed"] = "true"
    return answer


def _brief(body: Mapping[str, Any], *, at: datetime) -> BriefInput:
    errors = {name: ["There is no such field."] for name in body if name not in PURCHASE_NAMES}
    named = {PURCHASE_NAMES[name]: value for name, value in body.items() if name not in errors}
    try:
        brief = briefs.validate(named, at=at)
    except BriefInvalid as invalid:
        errors |= {_PUBLIC[name]: reasons for name, reasons in invalid.errors.items()}
    if errors:
        raise Problem(
            kind=problems.INVALID_BRIEF,
            detail="Nothing was stored. Each field with its reasons stands in `errors`.",
            errors=errors,
        )
    return brief


def _key(given: str | None, *, brief: BriefInput) -> str | None:
    """Return the key as it is stored: two customers who both count from 1 do not meet."""
    if given is None:
        return None
    if not _KEY.fullmatch(given):
        raise Problem(
            kind=problems.INVALID_IDEMPOTENCY_KEY,
            detail="Send 1 to 255 visible ASCII characters, such as a UUID.",
        )
    return "api-" + hashlib.sha256(f"{brief.email}\n{given}".encode()).hexdigest()


def _kept_unpaid(order: Order | None) -> Problem:
    return Problem(
        kind=problems.PAYMENT_UNAVAILABLE,
        detail="Your order is kept. Repeat the purchase with the same Idempotency-Key in a minute, "
        "or pay from the order's page; we sent nothing to a bank.",
        facts=_access(order) if order is not None else {},
        retry_after_s=problems.RETRY_AFTER_S,
    )


def _access(order: Order) -> dict[str, str]:
    return {
        "orderId": str(order.pk),
        "accessKey": access.access_key(order),
        "statusUrl": site_url("api-status", order.pk),
    }
