"""What Stripe's side does in tests: pays sessions, and signs the events that follow."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import stripe
from django.conf import settings
from django.db import connection
from django.utils import timezone

from orders import payments, purchase
from orders.models import Order, Payment

Json = dict[str, Any]


def session_of(order: Order) -> Payment:
    """Open the order's payment page and return its row."""
    purchase.checkout_url(order=order, at=timezone.now())
    return order.payments.latest("number")


def told(sandbox: Any, kind: str, about: str) -> Json:
    """Return the one event of that type about an object, as Stripe made it."""
    found = sandbox.get("/control/stripe/events", type=kind, object=about)["events"]
    (event,) = found
    return event


def signed(event: Json, *, secret: str | None = None, ago_s: int = 0) -> dict[str, Any]:
    """Return what the webhook's door is given for an event."""
    payload = json.dumps(event)
    signature = stripe.WebhookSignature.generate_signature_header(
        payload, secret or settings.STRIPE_WEBHOOK_SECRET, int(time.time()) - ago_s
    )
    return {"payload": payload.encode(), "signature": signature, "at": timezone.now()}


def receive(event: Json) -> payments.Received:
    return payments.receive_event(**signed(event))


def at_once(count: int, act: Any) -> list[Any]:
    """Call `act(n)` in that many threads at the same moment; an exception is a result too."""
    start = Barrier(count)

    def one(number: int) -> Any:
        start.wait(timeout=30)
        try:
            return act(number)
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(one, range(count)))
