"""Stripe's events as rows: each is taken once; what nobody can act on is kept."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import connection

from orders.models import StripeEvent
from orders.stripe_client import moment
from queueing.run import storable

Event = dict[str, Any]


def take(event: Event, *, at: datetime) -> bool:
    """Store an event in the transaction that acts on it; False when it was acted on before.

    Waits for whoever is taking it right now.
    """
    return _write(event, trouble="", at=at)


def keep(event: Event, *, trouble: str, at: datetime) -> None:
    """Keep an event that could not be acted on, with why; one that was taken meanwhile stays so."""
    _write(event, trouble=trouble, at=at)


def kept() -> list[Event]:
    """Return the events that wait to be acted on, oldest first."""
    waiting = StripeEvent.objects.exclude(trouble="").order_by("created_at", "pk")
    return list(waiting.values_list("payload", flat=True))


def taken(ids: Iterable[str]) -> set[str]:
    """Return those of these events that were acted on."""
    return set(StripeEvent.objects.filter(pk__in=[*ids], trouble="").values_list("pk", flat=True))


def _write(event: Event, *, trouble: str, at: datetime) -> bool:
    """Insert the event, or say anew what is the trouble with one that is kept; False when it was
    taken."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO orders_stripeevent"
            " (id, type, payload, outcome, trouble, created_at, received_at)"
            " VALUES (%s, %s, %s, '', %s, %s, %s) ON CONFLICT (id) DO UPDATE"
            " SET trouble = excluded.trouble WHERE orders_stripeevent.trouble <> ''",
            [
                event["id"],
                event["type"][:100],
                json.dumps(storable(event)),
                trouble[:200],
                moment(event["created"]),
                at,
            ],
        )
        return bool(cursor.rowcount)
