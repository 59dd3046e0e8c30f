"""A Checkout Session and its lines as Stripe's API shows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sandbox.stripe.records import LineItem, Session

Shape = dict[str, Any]

# What a session has that Byline never uses, with the values of a plain payment.
_UNUSED: Shape = {
    "object": "checkout.session",
    "adaptive_pricing": {"enabled": False},
    "after_expiration": None,
    "allow_promotion_codes": None,
    "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
    "billing_address_collection": None,
    "branding_settings": None,
    "client_secret": None,
    "collected_information": None,
    "consent": None,
    "consent_collection": None,
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
    "discounts": [],
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
    "mode": "payment",
    "origin_context": None,
    "payment_link": None,
    "payment_method_collection": "if_required",
    "payment_method_configuration_details": None,
    "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
    "permissions": None,
    "phone_number_collection": {"enabled": False},
    "recovered_from": None,
    "saved_payment_method_options": None,
    "setup_intent": None,
    "shipping_address_collection": None,
    "shipping_cost": None,
    "shipping_options": [],
    "submit_type": None,
    "subscription": None,
    "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
    "ui_mode": "hosted_page",
    "wallet_options": None,
}


def listing(items: Sequence[Shape], *, url: str, has_more: bool = False) -> Shape:
    """Return a list object."""
    return {"object": "list", "data": list(items), "has_more": has_more, "url": url}


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


def session_shape(one: Session) -> Shape:
    """Return a session in Stripe's shape."""
    return {
        **_UNUSED,
        "id": one.id,
        "amount_subtotal": one.amount,
        "amount_total": one.amount,
        "cancel_url": one.cancel_url,
        "client_reference_id": one.client_reference_id,
        "created": one.created,
        "currency": one.currency,
        "customer_details": _payer(one),
        "customer_email": one.customer_email,
        "expires_at": one.expires_at,
        "locale": one.locale,
        "metadata": one.metadata,
        "payment_intent": one.payment_intent,
        "payment_method_types": one.payment_method_types,
        "payment_status": one.payment_status,
        "status": one.status,
        "success_url": one.success_url,
        "url": one.url if one.status == "open" else None,
    }


def _payer(one: Session) -> Shape | None:
    if one.status != "complete" and not one.customer_email:
        return None
    return {
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
