"""Stripe's objects as its API shows them, drawn from what the sandbox remembers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sandbox.stripe.forms import StripeRefusal
from sandbox.stripe.records import (
    Charge,
    Dispute,
    Event,
    LineItem,
    PaymentIntent,
    Record,
    Refund,
    Session,
    Shelf,
)

API_VERSION = "2026-10-28.endive"

Shape = dict[str, Any]


def draw(record: Record) -> Shape:
    """Return the object in Stripe's shape."""
    match record:
        case Session():
            return _session(record)
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


def listing(items: Sequence[Shape], *, url: str, has_more: bool = False) -> Shape:
    """Return a list object."""
    return {"object": "list", "data": list(items), "has_more": has_more, "url": url}


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


def line_items(session: Session) -> Shape:
    """Return the lines of a session as a list object."""
    url = f"/v1/checkout/sessions/{session.id}/line_items"
    return listing([_line(line, session.currency) for line in session.lines], url=url)


def _line(line: LineItem, currency: str) -> Shape:
    total = line.unit_amount * line.quantity
    suffix = line.id.removeprefix("li_")
    return {
        "id": line.id,
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": total,
        "amount_tax": 0,
        "amount_total": total,
        "currency": currency,
        "description": line.name,
        "metadata": {},
        "price": {
            "id": f"price_{suffix}",
            "object": "price",
            "active": False,
            "billing_scheme": "per_unit",
            "created": 0,
            "currency": currency,
            "custom_unit_amount": None,
            "livemode": False,
            "lookup_key": None,
            "metadata": {},
            "nickname": None,
            "product": f"prod_{suffix}",
            "recurring": None,
            "tax_behavior": "unspecified",
            "tiers_mode": None,
            "transform_quantity": None,
            "type": "one_time",
            "unit_amount": line.unit_amount,
            "unit_amount_decimal": str(line.unit_amount),
        },
        "quantity": line.quantity,
    }


def _session(one: Session) -> Shape:
    paid_by: Shape | None = None
    if one.status == "complete" or one.customer_email:
        paid_by = {
            "address": {
                "city": None,
                "country": "DE" if one.status == "complete" else None,
                "line1": None,
                "line2": None,
                "postal_code": None,
                "state": None,
            },
            "business_name": None,
            "email": one.customer_email or "payer@example.com",
            "individual_name": None,
            "name": "Sandbox Payer" if one.status == "complete" else None,
            "phone": None,
            "tax_exempt": "none",
            "tax_ids": [],
        }
    return {
        "id": one.id,
        "object": "checkout.session",
        "adaptive_pricing": {"enabled": False},
        "after_expiration": None,
        "allow_promotion_codes": None,
        "amount_subtotal": one.amount,
        "amount_total": one.amount,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "billing_address_collection": None,
        "branding_settings": None,
        "cancel_url": one.cancel_url,
        "client_reference_id": one.client_reference_id,
        "client_secret": None,
        "collected_information": None,
        "consent": None,
        "consent_collection": None,
        "created": one.created,
        "currency": one.currency,
        "currency_conversion": None,
        "custom_fields": [],
        "custom_text": {
            "after_submit": None,
            "shipping_address": None,
            "submit": None,
            "terms_of_service_acceptance": None,
        },
        "customer": None,
        "customer_creation": "if_required",
        "customer_details": paid_by,
        "customer_email": one.customer_email,
        "discounts": [],
        "expires_at": one.expires_at,
        "invoice": None,
        "invoice_creation": {
            "enabled": False,
            "invoice_data": {
                "account_tax_ids": None,
                "custom_fields": None,
                "description": None,
                "footer": None,
                "issuer": None,
                "metadata": {},
                "rendering_options": None,
            },
        },
        "livemode": False,
        "locale": one.locale,
        "metadata": one.metadata,
        "mode": "payment",
        "origin_context": None,
        "payment_intent": one.payment_intent,
        "payment_link": None,
        "payment_method_collection": "if_required",
        "payment_method_configuration_details": None,
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": one.payment_method_types,
        "payment_status": one.payment_status,
        "permissions": None,
        "phone_number_collection": {"enabled": False},
        "recovered_from": None,
        "saved_payment_method_options": None,
        "setup_intent": None,
        "shipping_address_collection": None,
        "shipping_cost": None,
        "shipping_options": [],
        "status": one.status,
        "submit_type": None,
        "subscription": None,
        "success_url": one.success_url,
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
        "url": one.url if one.status == "open" else None,
        "wallet_options": None,
    }


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


def _charge(one: Charge) -> Shape:
    paid = one.status == "succeeded"
    suffix = one.id.removeprefix("ch_")
    return {
        "id": one.id,
        "object": "charge",
        "amount": one.amount,
        "amount_captured": one.amount if paid else 0,
        "amount_refunded": one.refunded,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
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
        "calculated_statement_descriptor": "BYLINE SANDBOX",
        "captured": paid,
        "created": one.created,
        "currency": one.currency,
        "customer": None,
        "description": None,
        "disputed": one.disputed,
        "failure_balance_transaction": None,
        "failure_code": one.failure_code,
        "failure_message": one.failure_message,
        "fraud_details": {},
        "livemode": False,
        "metadata": one.metadata,
        "on_behalf_of": None,
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
        "receipt_number": None,
        "receipt_url": None,
        "refunded": 0 < one.amount == one.refunded,
        "review": None,
        "shipping": None,
        "source": None,
        "source_transfer": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": one.status,
        "transfer_data": None,
        "transfer_group": None,
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
    }


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
