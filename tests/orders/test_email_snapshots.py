"""Every e-mail, word for word and rule for rule, as it was last read by a person.

After a change to an e-mail, `UPDATE_SNAPSHOTS=1 pytest tests/orders/test_email_snapshots.py`
writes the files in `email_snapshots/` anew; read their diff as a customer would.
"""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings as django_settings
from django.urls import reverse

from articles.brief import Brief
from articles.models import Article, ArticleVersion, Domain
from orders import access, notifications
from orders.models import Customer, Order, OutgoingEmail, Product, Refund, Review, Revision

SNAPSHOTS = Path(__file__).parent / "email_snapshots"
Kind = OutgoingEmail.Kind
AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
WISH = "Make the introduction shorter and name the wood."


@pytest.fixture(autouse=True)
def _same_addresses_everywhere(settings):
    settings.SECRET_KEY = "the key of the snapshots"
    settings.SITE_URL = "https://byline.example"


def sample(kind: str) -> dict[str, Any]:
    """What `notifications.message_for` gives for the order that such an e-mail tells of."""
    domain = Domain(host="garden.example", name="The Garden", price_article_cents=24_000)
    brief = Brief(
        topic="Raised beds on a small balcony",
        niche="gardening",
        keyword="raised beds",
        target_url="https://shop.example/raised-beds?wood=oak&size=s",
        anchor_text="oak & larch beds",
        words=800,
        host=domain.host,
    )
    order = Order(
        id=UUID("7f3c9a52-6d1e-4b8a-9c40-2e5d8f1a7b63"),
        code="7F3KQX",
        customer=Customer(email="ada@example.com", created_at=AT),
        product=Product.INTEGRATION if kind == Kind.BACKLINK_INTEGRATED else Product.ARTICLE,
        domain=domain,
        brief=brief.to_json(),
        amount_cents=24_000,
        currency="eur",
        live_url=f"https://{domain.host}/raised-beds/",
        created_at=AT,
        paid_at=AT,
    )
    version = ArticleVersion(
        article=Article(domain=domain, slug="raised-beds", title=brief.topic),
        number=2 if kind == Kind.REVISION_READY else 1,
        title="Raised Beds on a Small Balcony",
        words=812,
        backlink_metadata={"revisionNotes": WISH},
    )
    note = "Please name a source for the soil mix.\nThe last section repeats the first."
    refund = Refund(amount_cents=24_000, currency="eur", reason="GateBlocked", created_at=AT)
    return {
        "order": order,
        "domain": domain,
        "brief": order.brief,
        "version": version,
        "review": Review(note=note) if kind == Kind.RETURNED else None,
        "revision": Revision(number=1, notes=WISH),
        "refund": refund,
        "order_url": access.open_url(order),
        "admin_url": django_settings.SITE_URL
        + reverse("admin:orders_order_change", args=[order.pk]),
        "for_admins": kind in notifications.FOR_ADMINS,
    }


@pytest.mark.parametrize("kind", Kind.values)
def test_an_email_reads_as_it_was_last_read_by_a_person(kind):
    message = notifications.render(kind, sample(kind))
    text, html = SNAPSHOTS / f"{kind}.txt", SNAPSHOTS / f"{kind}.html"

    if os.environ.get("UPDATE_SNAPSHOTS") == "1":
        text.write_text(message.text, encoding="utf-8")
        html.write_text(message.html, encoding="utf-8")

    assert f"<title>{message.subject}</title>" in message.html  # so the subject is held too
    assert message.text == text.read_text(encoding="utf-8")
    assert message.html == html.read_text(encoding="utf-8")


def test_every_kind_has_its_two_snapshots_and_no_snapshot_is_left_over():
    expected = {f"{kind}.{form}" for kind in Kind.values for form in ("txt", "html")}

    assert {path.name for path in SNAPSHOTS.iterdir()} == expected
