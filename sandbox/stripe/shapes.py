"""Stripe's objects as its API shows them, drawn from what the sandbox remembers."""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.stripe.forms import StripeRefusal
from sandbox.stripe.records import (
    Charge,
    Dispute,
    Event,
    PaymentIntent,
    Record,
    Refund,
    Session,
    Shelf,
)
from sandbox.stripe.session_shape import Shape, line_items, listing, session_shape

API_VERSION = "2026-10-28.endive"


def draw(record: Record) -> Shape:
    """Return the object in Stripe's shape."""
    match record:
        case Session():
            return session_shape(record)
        case PaymentIntent():
            return _payment_intent(record)
        case Charge():
            return _charge(record)
        case Refund():
            return _refund(record)
        case Dispute():
            return _dispute(record)
        case Event():
            return record.body


def expand(shape: Shape, paths: Sequence[str], *, shelf: Shelf) -> Shape:
    """Put whole objects where their ids stand, for each dotted path of `expand[]`.

    :raises StripeRefusal: a path leads to nothing that can be expanded
    """
    for path in paths:
        _expand(shape, path.split("."), shelf=shelf, path=path)
    return shape


def _expand(shape: Shape, parts: list[str], *, shelf: Shelf, path: str) -> None:
    name, *rest = parts
    if name == "data" and shape.get("object") == "list" and rest:
        for item in shape["data"]:
            _expand(item, rest, shelf=shelf, path=path)
        return
    if name == "line_items" and shape["object"] == "checkout.session":
        shape[name] = line_items(shelf.sessions[shape["id"]])
    elif name == "refunds" and shape["object"] == "charge":
        found = [draw(one) for one in shelf.refunds.values() if one.charge == shape["id"]]
        shape[name] = listing(found, url=f"/v1/charges/{shape['id']}/refunds")
    elif name not in shape:
        message = f"This property cannot be expanded ({path})."
        raise StripeRefusal(message, param="expand[]")
    elif isinstance(shape[name], str):
        record = shelf.find(shape[name])
        if record is None:
            message = f"This property cannot be expanded ({path})."
            raise StripeRefusal(message, param="expand[]")
        shape[name] = draw(record)
    if rest and isinstance(shape[name], dict):
        _expand(shape[name], rest, shelf=shelf, path=path)


def _payment_intent(one: PaymentIntent) -> Shape:
    suffix = one.id.removeprefix("pi_")
    return {
        "id": one.id,
        "object": "payment_intent",
        "amount": one.amount,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": one.amount if one.status == "succeeded" else 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": None,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "automatic_async",
        "client_secret": f"{one.id}_secret_sandbox",
        "confirmation_method": "automatic",
        "created": one.created,
        "currency": one.currency,
        "customer": None,
        "description": None,
        "excluded_payment_method_types": None,
        "last_payment_error": None,
        "latest_charge": one.latest_charge,
        "livemode": False,
        "metadata": one.metadata,
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": f"pm_{suffix}" if one.status != "requires_payment_method" else None,
        "payment_method_configuration_details": None,
        "payment_method_options": {},
        "payment_method_types": [one.method],
        "processing": None,
        "receipt_email": one.receipt_email,
        "review": None,
        "setup_future_usage": None,
        "shipping": None,
        "source": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": one.status,
        "transfer_data": None,
        "transfer_group": None,
    }


_CHARGE_UNUSED: Shape = {
    "object": "charge",
    "application": None,
    "application_fee": None,
    "application_fee_amount": None,
    "calculated_statement_descriptor": "BYLINE SANDBOX",
    "customer": None,
    "description": None,
    "failure_balance_transaction": None,
    "fraud_details": {},
    "livemode": False,
    "on_behalf_of": None,
    "receipt_number": None,
    "receipt_url": None,
    "review": None,
    "shipping": None,
    "source": None,
    "source_transfer": None,
    "statement_descriptor": None,
    "transfer_data": None,
    "transfer_group": None,
}


def _charge(one: Charge) -> Shape:
    paid = one.status == "succeeded"
    suffix = one.id.removeprefix("ch_")
    return {
        **_CHARGE_UNUSED,
        "id": one.id,
        "amount": one.amount,
        "amount_captured": one.amount if paid else 0,
        "amount_refunded": one.refunded,
        "balance_transaction": f"txn_{suffix}" if paid else None,
        "billing_details": {
            "address": {
                "city": None,
                "country": "DE",
                "line1": None,
                "line2": None,
                "postal_code": None,
                "state": None,
            },
            "email": one.email,
            "name": "Sandbox Payer",
            "phone": None,
            "tax_id": None,
        },
        "captured": paid,
        "created": one.created,
        "currency": one.currency,
        "disputed": one.disputed,
        "failure_code": one.failure_code,
        "failure_message": one.failure_message,
        "metadata": one.metadata,
        "outcome": {
            "advice_code": None,
            "network_advice_code": None,
            "network_decline_code": None,
            "network_status": "approved_by_network" if paid else "declined_by_network",
            "reason": one.failure_code,
            "risk_level": "normal",
            "seller_message": "Payment complete." if paid else "The bank did not approve it.",
            "type": "authorized" if paid else "issuer_declined",
        },
        "paid": paid,
        "payment_intent": one.payment_intent,
        "payment_method": f"pm_{one.payment_intent.removeprefix('pi_')}",
        "payment_method_details": {"type": one.method, one.method: {}},
        "receipt_email": one.email,
        "refunded": 0 < one.amount == one.refunded,
        "statement_descriptor_suffix": None,
        "status": one.status,
    }


def _refund(one: Refund) -> Shape:
    return {
        "id": one.id,
        "object": "refund",
        "amount": one.amount,
        "balance_transaction": f"txn_{one.id.removeprefix('re_')}",
        "charge": one.charge,
        "created": one.created,
        "currency": one.currency,
        "destination_details": {
            "card": {
                "reference_status": "pending",
                "reference_type": "acquirer_reference_number",
                "type": "refund",
            },
            "type": "card",
        },
        "metadata": one.metadata,
        "payment_intent": one.payment_intent,
        "reason": one.reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": one.status,
        "transfer_reversal": None,
    } | ({"failure_reason": "lost_or_stolen_card"} if one.status == "failed" else {})


def _dispute(one: Dispute) -> Shape:
    return {
        "id": one.id,
        "object": "dispute",
        "amount": one.amount,
        "balance_transactions": [],
        "charge": one.charge,
        "created": one.created,
        "currency": one.currency,
        "enhanced_eligibility_types": [],
        "evidence": {},
        "evidence_details": {
            "due_by": one.created + 7 * 86400,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": False,
        "livemode": False,
        "metadata": {},
        "payment_intent": one.payment_intent,
        "payment_method_details": {
            "card": {"brand": "visa", "case_type": "chargeback", "network_reason_code": "10.4"},
            "type": "card",
        },
        "reason": one.reason,
        "status": one.status,
    }


def event_shape(
    *, name: str, kind: str, at: int, shape: Shape, request_id: str | None, key: str | None
) -> Shape:
    """Return an event about an object; `request_id` and `key` name the API call that caused it."""
    return {
        "id": name,
        "object": "event",
        "api_version": API_VERSION,
        "created": at,
        "data": {"object": shape},
        "livemode": False,
        "pending_webhooks": 0,
        "request": {"id": request_id, "idempotency_key": key},
        "type": kind,
    }
