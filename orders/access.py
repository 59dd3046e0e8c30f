"""Who may open an order: whoever holds its access key.

The key is derived, not stored: a copy of the database opens nothing, and every e-mail can carry
the link. Raising `Order.key_version` makes a leaked key useless.
"""

import hashlib
import hmac
from base64 import urlsafe_b64encode
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.crypto import constant_time_compare

from orders.models import Order

KEY_BYTES: Final = 16  # 128 bits, as the product page promises
COOKIE_SALT: Final = "order-access"
COOKIE_AGE_S: Final = 90 * 24 * 3600


def access_key(order: Order) -> str:
    """Return the order's key: 22 characters, safe in an address."""
    message = f"order-access:{order.pk}:{order.key_version}".encode()
    digest = hmac.new(settings.SECRET_KEY.encode(), message, hashlib.sha256).digest()
    return urlsafe_b64encode(digest[:KEY_BYTES]).rstrip(b"=").decode()


def opens(order: Order, key: str) -> bool:
    """Say whether the key opens the order, in constant time."""
    return constant_time_compare(access_key(order), key)


def open_url(order: Order) -> str:
    """Return the absolute address that opens the order in a browser, key included."""
    path = reverse("order-open", args=[order.pk])
    return f"{settings.SITE_URL}{path}?key={access_key(order)}"


def cookie_name(order: Order) -> str:
    """Return the name of the cookie that opens this one order."""
    return f"byline-order-{order.pk.hex[:8]}"


def remember(response: HttpResponse, order: Order) -> None:
    """Let this browser open the order from now on, without the key in the address."""
    response.set_signed_cookie(
        cookie_name(order),
        access_key(order),
        salt=COOKIE_SALT,
        max_age=COOKIE_AGE_S,
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
    )


def remembered(request: HttpRequest, order: Order) -> bool:
    """Say whether the browser holds the order's cookie, with a key that still opens it."""
    key = request.get_signed_cookie(
        cookie_name(order), default="", salt=COOKIE_SALT, max_age=COOKIE_AGE_S
    )
    return opens(order, key or "")
