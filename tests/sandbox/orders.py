"""What the tests of this room order: sessions to pay, briefs to write."""

from typing import Any

from stripe import StripeClient
from stripe.checkout import Session

SUCCESS = "http://127.0.0.1:1/paid?session_id={CHECKOUT_SESSION_ID}"
CANCEL = "http://127.0.0.1:1/order"


def session_params(**changes: Any) -> dict[str, Any]:
    return {
        "mode": "payment",
        "line_items": [
            {
                "price_data": {
                    "currency": "eur",
                    "unit_amount": 14_900,
                    "product_data": {"name": "New article on garden.example"},
                },
                "quantity": 1,
            }
        ],
        "success_url": SUCCESS,
        "cancel_url": CANCEL,
        "client_reference_id": "order-1",
        "customer_email": "payer@example.com",
        "metadata": {"order_id": "order-1"},
        "payment_intent_data": {"metadata": {"order_id": "order-1"}},
        **changes,
    }


def open_session(client: StripeClient, **changes: Any) -> Session:
    return client.v1.checkout.sessions.create(session_params(**changes))  # type: ignore[arg-type]


def brief(**changes: Any) -> dict[str, Any]:
    return {
        "topic": "How to plan raised garden beds in a small yard",
        "niche": "gardening",
        "keyword": "raised garden beds",
        "target_url": "https://shop.example.com/beds?a=1&b=2",
        "anchor_text": "a shop for solid beds",
        "link_rel": "sponsored",
        "notes": "",
        "language": "en",
        "words": 800,
        "disclosure": "This article contains a link that was paid for.",
        "host": "garden.example",
        "internal_links": [{"url": "https://garden.example/soil", "title": "What good soil needs"}],
        **changes,
    }
