"""Whether Stripe signed what we were sent, and just now."""

import json
from typing import Any

import stripe
import structlog
from django.conf import settings
from django.utils import timezone

from queueing import clock

log = structlog.get_logger(__name__)


class BadSignature(Exception):
    """The body was not signed with our secret, or too long ago. Nothing was read from it."""


def verified(payload: bytes, signature: str) -> dict[str, Any]:
    """Return the event that the body holds.

    :raises BadSignature: Stripe did not sign it for us just now, or it is no event
    """
    try:
        _check(payload, signature, tolerance_s=None)  # before it may cost a query
        # The SDK goes by this process's clock, and one that is ahead would refuse all that Stripe
        # sends. The database's judges for everybody.
        ahead_s = (timezone.now() - clock.read()).total_seconds()
        tolerance_s = round(settings.WEBHOOK_TOLERANCE_S + ahead_s)
        _check(payload, signature, tolerance_s=tolerance_s or 1)  # 0 would mean: of any age
        event = json.loads(payload)
        if not isinstance(event["data"]["object"], dict):
            raise TypeError
        _ = event["id"], event["type"], event["created"]
        return dict(event)
    except stripe.SignatureVerificationError as error:
        # The SDK's error holds the body, which must not reach a log.
        why = (error.user_message or "").split(".")[0]
        log.warning("webhook_refused", why=why[:100], bytes=len(payload))
    except (ValueError, KeyError, TypeError) as error:
        log.warning("webhook_refused", why=type(error).__name__, bytes=len(payload))
    raise BadSignature("The body is not an event that Stripe signed for us just now.")


def _check(payload: bytes, signature: str, *, tolerance_s: int | None) -> None:
    """:raises stripe.SignatureVerificationError: not signed with our secret, or before that"""
    stripe.WebhookSignature.verify_header(
        payload, signature, settings.STRIPE_WEBHOOK_SECRET, tolerance_s
    )
