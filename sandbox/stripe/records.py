"""What the sandbox remembers of each Stripe object. Small on purpose: shapes.py draws the rest."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True, kw_only=True)
class LineItem:
    """One line of a session; amounts in the currency's smallest unit."""

    id: str
    name: str
    description: str | None
    unit_amount: int
    quantity: int


@dataclass(slots=True, kw_only=True)
class Session:
    """A Checkout Session. Times are Unix seconds."""

    id: str
    created: int
    expires_at: int
    currency: str
    lines: list[LineItem]
    url: str
    success_url: str
    cancel_url: str | None
    client_reference_id: str | None
    customer_email: str | None
    locale: str | None
    metadata: dict[str, str]
    payment_intent_metadata: dict[str, str]
    payment_method_types: list[str]
    amount: int
    status: str = "open"
    payment_status: str = "unpaid"
    payment_intent: str | None = None


@dataclass(slots=True, kw_only=True)
class PaymentIntent:
    """A payment under way or done."""

    id: str
    created: int
    amount: int
    currency: str
    metadata: dict[str, str]
    receipt_email: str | None
    method: str
    status: str
    latest_charge: str | None = None


@dataclass(slots=True, kw_only=True)
class Charge:
    """Money that moved, or failed to."""

    id: str
    created: int
    amount: int
    currency: str
    payment_intent: str
    email: str | None
    method: str
    metadata: dict[str, str]
    status: str
    refunded: int = 0
    disputed: bool = False
    failure_code: str | None = None
    failure_message: str | None = None


@dataclass(slots=True, kw_only=True)
class Refund:
    """Money on its way back."""

    id: str
    created: int
    amount: int
    currency: str
    charge: str
    payment_intent: str
    reason: str | None
    metadata: dict[str, str]
    status: str = "succeeded"


@dataclass(slots=True, kw_only=True)
class Dispute:
    """A customer's bank asks for the money back."""

    id: str
    created: int
    amount: int
    currency: str
    charge: str
    payment_intent: str
    reason: str
    status: str = "needs_response"


@dataclass(slots=True, kw_only=True)
class Event:
    """Something that happened, with the object as it was then."""

    id: str
    created: int
    type: str
    packed: bytes
    pending: int = 0
    object_id: str = ""

    @classmethod
    def of(cls, body: dict[str, Any]) -> Event:
        """Keep an event's body, small."""
        return cls(
            id=body["id"],
            created=body["created"],
            type=body["type"],
            packed=zlib.compress(json.dumps(body).encode(), 1),
            object_id=body["data"]["object"].get("id", ""),
        )

    @property
    def body(self) -> dict[str, Any]:
        """The event as Stripe sends and shows it."""
        body: dict[str, Any] = json.loads(zlib.decompress(self.packed))
        return body | {"pending_webhooks": self.pending}


Record = Session | PaymentIntent | Charge | Refund | Dispute | Event


@dataclass(slots=True, kw_only=True)
class Shelf:
    """Every object by its id, in order of creation."""

    sessions: dict[str, Session] = field(default_factory=dict)
    payment_intents: dict[str, PaymentIntent] = field(default_factory=dict)
    charges: dict[str, Charge] = field(default_factory=dict)
    refunds: dict[str, Refund] = field(default_factory=dict)
    disputes: dict[str, Dispute] = field(default_factory=dict)
    events: dict[str, Event] = field(default_factory=dict)

    def find(self, name: str) -> Record | None:
        """Return the object of that id, whatever it is."""
        shelves: tuple[dict[str, Any], ...] = (
            self.sessions,
            self.payment_intents,
            self.charges,
            self.refunds,
            self.disputes,
            self.events,
        )
        for shelf in shelves:
            if name in shelf:
                record: Record = shelf[name]
                return record
        return None
