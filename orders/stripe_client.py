"""The one door to Stripe: its SDK with our address, time-outs and retries, its errors in our words.

No call is made inside a transaction, and none holds a database connection while it waits.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, TypeVar

import stripe
import structlog
from django.conf import settings

from queueing import connections
from queueing.errors import Permanent, RetryLater

if TYPE_CHECKING:
    from orders.models import Order

log = structlog.get_logger(__name__)

T = TypeVar("T")

CONNECT_TIMEOUT_S: Final = 5
# One hidden repeat: a kept-alive connection that Stripe closed just now is the commonest fault,
# and every POST of ours carries an idempotency key. More would only stretch the time that a page
# waits; what must succeed in the end is a job, and the ledger repeats it in the open.
NETWORK_RETRIES: Final = 1
_REFUSALS: Final = (
    stripe.AuthenticationError,
    stripe.CardError,
    stripe.IdempotencyError,
    stripe.InvalidRequestError,
    stripe.PermissionError,
)


class StripeUnavailable(Exception):
    """Stripe gave no usable answer. What was stored before the call stays: see `order`."""

    def __init__(self, message: str, *, order: "Order | None" = None) -> None:
        super().__init__(message)
        self.order = order


class StripeRefused(Permanent):
    """Stripe understood and said no; the same call would get the same answer."""


class StripeBusy(RetryLater):
    """Stripe was not reached, failed, or asks for time; the call may be made again."""


def call(ask: Callable[[stripe.StripeClient], T]) -> T:
    """Return what `ask` gets from Stripe, giving this thread's connection to the pool meanwhile.

    :raises stripe.StripeError: as the SDK raises it; `translate` says what it means
    :raises RuntimeError: called inside a transaction, which would stay open while Stripe thinks
    """
    connections.let_go(what="a call to Stripe")
    try:
        return ask(client())
    except stripe.StripeError as error:
        # The message may quote what a customer typed; these words cannot.
        log.warning(
            "stripe_call_failed",
            error=type(error).__name__,
            code=error.code,
            param=getattr(error, "param", None),
            http_status=error.http_status,
            stripe_request=error.request_id,
        )
        raise


@lru_cache(maxsize=1)
def client() -> stripe.StripeClient:
    """Return this process's client; its sessions are one a thread, so threads may share it."""
    addresses: Any = {"api": settings.STRIPE_API_BASE} if settings.STRIPE_API_BASE else None
    return stripe.StripeClient(
        settings.STRIPE_SECRET_KEY,
        base_addresses=addresses,
        max_network_retries=NETWORK_RETRIES,
        http_client=stripe.RequestsClient(timeout=(CONNECT_TIMEOUT_S, settings.STRIPE_TIMEOUT_S)),
    )


def translate(error: stripe.StripeError) -> StripeRefused | StripeBusy:
    """Return the ledger's error for Stripe's: whether trying again can help, and when.

    The words hold no personal data: Stripe's own message may quote an e-mail address.
    """
    name = error.code or type(error).__name__
    words = f"Stripe: {name}, HTTP {error.http_status or '-'}, request {error.request_id or '-'}"
    if is_passing(error):
        return StripeBusy(words, retry_after_s=_retry_after_s(error))
    return StripeRefused(words)


def is_passing(error: stripe.StripeError) -> bool:
    """Say whether the same call may succeed later: all but a plain refusal, half answers too."""
    return error.http_status in {409, 429} or not isinstance(error, _REFUSALS)


def moment(unix_s: int) -> datetime:
    """Return Stripe's time as ours."""
    return datetime.fromtimestamp(unix_s, tz=UTC)


def _retry_after_s(error: stripe.StripeError) -> float | None:
    wait = str((error.headers or {}).get("Retry-After", ""))
    return float(wait) if wait.isdigit() else None
