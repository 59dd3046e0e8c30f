"""Reads the body that creates a Checkout Session, and refuses what Stripe refuses."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from sandbox.stripe.account import new_id
from sandbox.stripe.forms import StripeRefusal, integer, metadata, only, required
from sandbox.stripe.records import LineItem, Session

Params = dict[str, Any]

KNOWN = frozenset(
    [
        "adaptive_pricing",
        "after_expiration",
        "allow_promotion_codes",
        "automatic_tax",
        "billing_address_collection",
        "branding_settings",
        "cancel_url",
        "client_reference_id",
        "consent_collection",
        "currency",
        "custom_fields",
        "custom_text",
        "customer",
        "customer_creation",
        "customer_email",
        "customer_update",
        "discounts",
        "expires_at",
        "invoice_creation",
        "line_items",
        "locale",
        "metadata",
        "mode",
        "name_collection",
        "origin_context",
        "payment_intent_data",
        "payment_method_collection",
        "payment_method_configuration",
        "payment_method_data",
        "payment_method_options",
        "payment_method_types",
        "permissions",
        "phone_number_collection",
        "return_url",
        "saved_payment_method_options",
        "shipping_address_collection",
        "shipping_options",
        "submit_type",
        "success_url",
        "tax_id_collection",
        "ui_mode",
        "wallet_options",
    ]
)
SHORTEST_S = 30 * 60
LONGEST_S = 24 * 3600
LOWEST_AMOUNT = 50


def session_of(params: Params, *, at: int, origin: str) -> Session:
    """Return the session that a form asks for, open and unpaid.

    `at` is Unix seconds, `origin` the address under which its page is shown.

    :raises StripeRefusal: what Stripe would refuse: a missing or unknown parameter, a wrong amount,
        currency, address or time of expiry
    """
    only(params, KNOWN)
    mode = required(params, "mode")
    if mode != "payment":
        raise StripeRefusal("The sandbox knows only mode=payment.", param="mode")
    lines, currency = _lines(params)
    amount = sum(line.unit_amount * line.quantity for line in lines)
    if amount < LOWEST_AMOUNT:
        message = "The Checkout Session's total amount must convert to at least 50 cents."
        raise StripeRefusal(message, code="amount_too_small", param="line_items")
    intent_data = params.get("payment_intent_data") or {}
    name = new_id("cs_test")
    return Session(
        id=name,
        created=at,
        expires_at=_expires_at(params, at=at),
        currency=currency,
        lines=lines,
        url=f"{origin}/stripe/checkout/{name}",
        success_url=_address(params, "success_url", must=True) or "",
        cancel_url=_address(params, "cancel_url", must=False),
        client_reference_id=_text(params, "client_reference_id", longest=200),
        customer_email=_email(params),
        locale=params.get("locale"),
        metadata=metadata(params),
        payment_intent_metadata=metadata(intent_data),
        payment_method_types=params.get("payment_method_types") or ["card"],
        amount=amount,
    )


def _lines(params: Params) -> tuple[list[LineItem], str]:
    given = required(params, "line_items")
    if not isinstance(given, list):
        raise StripeRefusal("Invalid array", param="line_items")
    lines, currencies = [], set()
    for index, item in enumerate(given):
        at = f"line_items[{index}]"
        if not isinstance(item, dict):
            raise StripeRefusal("Invalid hash", param=at)
        if "price_data" not in item:
            message = "The sandbox has no stored prices: give line_items[][price_data]."
            raise StripeRefusal(message, param=f"{at}[price_data]")
        price = item["price_data"]
        currencies.add(_currency(price, at=f"{at}[price_data]"))
        product = required(price, "product_data", param=f"{at}[price_data][product_data]")
        quantity = integer(item.get("quantity", "1"), param=f"{at}[quantity]")
        unit = required(price, "unit_amount", param=f"{at}[price_data][unit_amount]")
        unit_amount = integer(unit, param=f"{at}[price_data][unit_amount]")
        if unit_amount < 0 or quantity < 1:
            raise StripeRefusal("Invalid non-negative integer", param=at)
        lines.append(
            LineItem(
                id=new_id("li"),
                name=required(product, "name", param=f"{at}[price_data][product_data][name]"),
                description=product.get("description"),
                unit_amount=unit_amount,
                quantity=quantity,
            )
        )
    if len(currencies) != 1:
        message = "All line items must have the same currency."
        raise StripeRefusal(message, param="line_items")
    return lines, currencies.pop()


def _currency(price: Params, *, at: str) -> str:
    currency = str(required(price, "currency", param=f"{at}[currency]")).lower()
    if not re.fullmatch("[a-z]{3}", currency):
        raise StripeRefusal(f"Invalid currency: {currency}", param=f"{at}[currency]")
    return currency


def _expires_at(params: Params, *, at: int) -> int:
    if not params.get("expires_at"):
        return at + LONGEST_S
    expires_at = integer(params["expires_at"], param="expires_at")
    if expires_at < at + SHORTEST_S:
        message = (
            "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation."
        )
        raise StripeRefusal(message, param="expires_at")
    if expires_at > at + LONGEST_S:
        message = (
            "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation."
        )
        raise StripeRefusal(message, param="expires_at")
    return expires_at


def _address(params: Params, name: str, *, must: bool) -> str | None:
    given = required(params, name) if must else params.get(name)
    if not given:
        return None
    parts = urlsplit(str(given))
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise StripeRefusal("Not a valid URL", code="url_invalid", param=name)
    return str(given)


def _text(params: Params, name: str, *, longest: int) -> str | None:
    given = params.get(name)
    if given is not None and len(given) > longest:
        message = f"Invalid string: must be at most {longest} characters"
        raise StripeRefusal(message, code="parameter_invalid_string", param=name)
    return given


def _email(params: Params) -> str | None:
    email = params.get("customer_email")
    if email and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", email):
        raise StripeRefusal(
            f"Invalid email address: {email}", code="email_invalid", param="customer_email"
        )
    return email or None
