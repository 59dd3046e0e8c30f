"""Fault 15: Stripe tells its news ten times, in any order, and days late."""

import hashlib
import hmac
import json
import time
from datetime import timedelta
from typing import Any

import httpx2
from django.conf import settings
from django.db.models import F
from django.utils import timezone

from orders import reconciliation
from orders.models import Payment, StripeEvent
from tests.faults.arena import Arena
from tests.faults.killed_workers import EVERYTHING, place
from tests.faults.matrix import Round, fault

HOOK = "/api/v1/webhooks/stripe"
DAYS_LATE = timedelta(days=3)
Event = dict[str, Any]


@fault("15 Stripe: events ten times, shuffled, days late")
def stripe_repeats_itself(round_: Round) -> None:
    """Each event comes ten times at once; then all of a day's events again, in any order; then
    orders are paid of which Stripe tells when they have long ended."""
    arena = round_.arena
    arena.worker()
    arena.knob(service="webhooks", copies=10)
    place(round_, EVERYTHING)
    round_.people.finish()
    arena.clear_knobs()
    events = arena.read("stripe/events")["events"]
    for _ in range(1 if round_.short else 5):
        round_.random.shuffle(events)
        for event in events:
            arena.control(f"stripe/events/{event['id']}/deliver", {"times": 2})
        round_.people.quiet()
    again = _told_again(arena)
    round_.injected += again
    round_.met(again >= 9 * len(EVERYTHING), f"{again} deliveries beyond each event's first")
    for _ in range(1 if round_.short else 5):
        _days_late(round_)


def _told_again(arena: Arena) -> int:
    """Return how many deliveries there were beyond the first of each event; those that Byline has
    not subscribed to are told by hand alone."""
    told = [one["event"] for one in arena.read("webhooks")["deliveries"]]
    return len(told) - len(set(told))


def _days_late(round_: Round) -> None:
    """Nothing is told until the orders have ended: what was paid is found by asking Stripe."""
    arena = round_.arena
    arena.knob(service="webhooks", hold=True)
    place(round_, EVERYTHING)
    errands = round_.people.errands
    arena.until(
        lambda: round_.people.act() or all(errand.paid for errand in errands), what="all have paid"
    )
    # As old as a payment is when Stripe is asked what became of it.
    old = timedelta(seconds=settings.RECONCILE_AFTER_S)
    Payment.objects.filter(paid_at=None).update(created_at=F("created_at") - old)
    reconciliation.sweep(at=timezone.now())
    round_.people.finish()
    arena.clear_knobs()
    untold = [one for one in arena.read("stripe/events")["events"] if _is_untold(one)]
    round_.random.shuffle(untold)
    with httpx2.Client(base_url=arena.env["SITE_URL"], trust_env=False, timeout=60) as client:
        for event in untold:
            deliver(client, event | {"created": event["created"] - _seconds(DAYS_LATE)}, arena)
    round_.injected += len(untold)
    told = StripeEvent.objects.filter(pk__in=[event["id"] for event in untold])
    what = f"{told.count()} events told {DAYS_LATE.days} days late, of orders that had ended"
    round_.met(told.count() >= len(EVERYTHING), what)
    round_.people.quiet()


def _is_untold(event: Event) -> bool:
    is_ours = event["type"].startswith(("checkout.session.", "charge.refunded"))
    return is_ours and not StripeEvent.objects.filter(pk=event["id"]).exists()


def _seconds(span: timedelta) -> int:
    return int(span.total_seconds())


def deliver(client: httpx2.Client, event: Event, arena: Arena) -> float:
    """Tell the web server the news as Stripe signs it; return the seconds that it took."""
    body = json.dumps(event).encode()
    at = int(time.time())
    secret = arena.env.get("STRIPE_WEBHOOK_SECRET", "whsec_sandbox").encode()
    signed = hmac.new(secret, f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    headers = {"Stripe-Signature": f"t={at},v1={signed}", "Content-Type": "application/json"}
    began = time.perf_counter()
    client.post(HOOK, content=body, headers=headers).raise_for_status()
    return time.perf_counter() - began
