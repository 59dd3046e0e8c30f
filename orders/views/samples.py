"""Sample e-mails: every kind, and every variant whose words differ, of an order stored nowhere."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.urls import reverse

from articles.brief import Brief
from articles.models import Article, ArticleVersion, Domain
from orders import access, notifications
from orders.models import (
    Customer,
    Ending,
    Obstacle,
    Order,
    OutgoingEmail,
    Product,
    Refund,
    Review,
    Revision,
    Status,
)

Kind = OutgoingEmail.Kind
WISH: Final = "Make the introduction shorter and name the wood."
NOTE: Final = "Please name a source for the soil mix.\nThe last section repeats the first."


@dataclass(frozen=True, kw_only=True)
class Variant:
    """What makes one e-mail read differently from its kind's usual words."""

    kind: str
    product: str = Product.ARTICLE
    says: str = ""  # for people, beside the kind's label
    rejected: bool = False
    obstacle: str = Obstacle.GATE  # what it failed over
    ended: str = ""  # because of what, where staff or a bank ended it
    refunded: bool = True
    refund_waits: bool = False
    with_bank: bool = False
    paid_twice: bool = False
    at_stripe: bool = False  # its refund was made there
    came_back: bool = False  # its refund, from the bank
    was_taken_up: bool = False
    status: str = ""  # where it is not what the kind says
    editor_asked: bool = False  # the writer for a change, and not the customer

    @property
    def label(self) -> str:
        label = Kind(self.kind).label
        return f"{label}: {self.says}" if self.says else label


_LINK: Final = Product.INTEGRATION
_FAILED: Final = Kind.ORDER_FAILED
_REFUNDED: Final = Kind.REFUNDED
# Each kind as it usually is, then the variants by name.
VARIANTS: Final[dict[str, Variant]] = (
    {
        str(kind): Variant(
            kind=kind, product=_LINK if kind == Kind.BACKLINK_INTEGRATED else "article"
        )
        for kind in Kind
    }
    | {
        "order-received-link": Variant(kind=Kind.ORDER_RECEIVED, product=_LINK, says="a link"),
        "returned-link": Variant(kind=Kind.RETURNED, product=_LINK, says="a link"),
        "published-link": Variant(kind=Kind.PUBLISHED, product=_LINK, says="a link"),
        "article-ready-after-all": Variant(
            kind=Kind.ARTICLE_READY, was_taken_up=True, says="after it had failed"
        ),
        "backlink-integrated-after-all": Variant(
            kind=Kind.BACKLINK_INTEGRATED,
            product=_LINK,
            was_taken_up=True,
            says="after it had failed",
        ),
        "order-failed-link": Variant(kind=_FAILED, product=_LINK, says="a link"),
        "order-failed-broken-off": Variant(kind=_FAILED, obstacle="", says="whose work broke off"),
        "order-failed-rejected": Variant(
            kind=_FAILED, rejected=True, says="rejected by the editor"
        ),
        "order-failed-rejected-link": Variant(
            kind=_FAILED, product=_LINK, rejected=True, says="a link rejected by the editor"
        ),
        "order-failed-refunded": Variant(
            kind=_FAILED, ended=Ending.REFUNDED, says="refunded by staff"
        ),
        "order-failed-disputed": Variant(
            kind=_FAILED, ended=Ending.DISPUTED, refunded=False, says="lost to a dispute"
        ),
        "order-failed-disputed-part": Variant(
            kind=_FAILED, ended=Ending.DISPUTED, says="a part lost to a dispute"
        ),
        "order-failed-unrefunded": Variant(
            kind=_FAILED, refunded=False, with_bank=True, says="while a bank has the money"
        ),
        "order-failed-part-with-bank": Variant(
            kind=_FAILED, with_bank=True, says="while a bank has a part of the money"
        ),
        "order-failed-twice": Variant(
            kind=_FAILED, refund_waits=True, paid_twice=True, says="two payments go back"
        ),
        "order-failed-waits": Variant(kind=_FAILED, refund_waits=True, says="the refund waits"),
        "order-failed-waits-link": Variant(
            kind=_FAILED, product=_LINK, refund_waits=True, says="a link, the refund waits"
        ),
        "order-failed-taken-up": Variant(
            kind=_FAILED, was_taken_up=True, says="taken up again before it was sent"
        ),
        "refunded-link": Variant(
            kind=_REFUNDED, product=_LINK, status=Status.COMPLETED, says="of a published link"
        ),
        "refunded-live": Variant(
            kind=_REFUNDED, status=Status.COMPLETED, says="of a published article"
        ),
        "refunded-cancelled": Variant(
            kind=_REFUNDED, status=Status.CANCELLED, says="of an order that was not begun"
        ),
        "refunded-ended": Variant(
            kind=_REFUNDED, status=Status.FAILED, says="of an order that ended before"
        ),
        "refunded-came-back": Variant(
            kind=_REFUNDED,
            status=Status.COMPLETED,
            came_back=True,
            says="that came back before it was sent",
        ),
        "admin-refunded-live": Variant(
            kind=Kind.ADMIN_REFUNDED, status=Status.COMPLETED, says="of a published order"
        ),
        "admin-refund-failed-at-stripe": Variant(
            kind=Kind.ADMIN_REFUND_FAILED,
            status=Status.PROCESSING,
            at_stripe=True,
            says="of one that was made at Stripe",
        ),
        "admin-refund-failed-at-stripe-ended": Variant(
            kind=Kind.ADMIN_REFUND_FAILED,
            at_stripe=True,
            says="of one that was made at Stripe, and the order has ended",
        ),
        "admin-order-failed-waits": Variant(
            kind=Kind.ADMIN_ORDER_FAILED, refund_waits=True, says="the refund waits"
        ),
        "admin-order-failed-unrefunded": Variant(
            kind=Kind.ADMIN_ORDER_FAILED,
            refunded=False,
            with_bank=True,
            says="while a bank has the money",
        ),
        "admin-order-failed-disputed": Variant(
            kind=Kind.ADMIN_ORDER_FAILED,
            ended=Ending.DISPUTED,
            refunded=False,
            says="lost to a dispute",
        ),
        "admin-order-failed-disputed-part": Variant(
            kind=Kind.ADMIN_ORDER_FAILED, ended=Ending.DISPUTED, says="a part lost to a dispute"
        ),
    }
    | {
        f"order-failed-link-{obstacle}": Variant(
            kind=_FAILED, product=_LINK, obstacle=obstacle, says=f"a link: {obstacle.label}"
        )
        for obstacle in (Obstacle.FULL, Obstacle.LINKED, Obstacle.LARGE)
    }
    | {
        f"{kind}-editor": Variant(kind=kind, editor_asked=True, says="asked for by the editor")
        for kind in (Kind.RETURNED, Kind.REVISION_READY, Kind.REVISION_NOT_POSSIBLE)
    }
)


def sample(variant: Variant, *, at: datetime) -> dict[str, Any]:
    """Return what `notifications.message_for` would give `notifications.render`."""
    order = _order(variant, at=at)
    is_review = variant.rejected or variant.kind == Kind.RETURNED
    notes = NOTE if variant.editor_asked else WISH
    asked_by = "edith" if variant.editor_asked else Revision.CUSTOMER
    refunds = _refunds(variant, at=at)
    return {
        "order": order,
        "domain": order.domain,
        "brief": order.brief,
        "version": _version(variant, order),
        "review": Review(note=NOTE) if is_review else None,
        "revision": Revision(number=1, notes=notes, asked_by=asked_by),
        "paid": order,
        "why": "You asked us by phone to stop.",
        "refund": refunds[0] if refunds else None,
        "refunds": refunds,
        "with_bank": variant.with_bank,
        "was_taken_up": variant.was_taken_up,
        "order_url": access.open_url(order),
        "admin_url": settings.SITE_URL + reverse("admin:orders_order_change", args=[order.pk]),
        "for_admins": variant.kind in notifications.FOR_ADMINS,
    }


def _order(variant: Variant, *, at: datetime) -> Order:
    domain = Domain(host="garden.example", name="The Garden", price_article_cents=24_000)
    is_link = variant.product == Product.INTEGRATION
    brief = Brief(
        topic="A season with raised beds" if is_link else "Raised beds on a small balcony",
        niche="gardening",
        keyword="raised beds",
        target_url="https://shop.example/raised-beds?wood=oak&size=s",
        anchor_text="oak & larch beds",
        words=800,
        host=domain.host,
    )
    is_live = variant.kind == Kind.PUBLISHED or variant.status == Status.COMPLETED
    failed = variant.kind in (Kind.ORDER_FAILED, Kind.ADMIN_ORDER_FAILED, Kind.ADMIN_REFUND_FAILED)
    return Order(
        id=UUID("7f3c9a52-6d1e-4b8a-9c40-2e5d8f1a7b63"),
        code="7F3KQX",
        customer=Customer(email="ada@example.com", created_at=at),
        product=variant.product,
        status=variant.status
        or (Status.FAILED if failed and not variant.was_taken_up else Status.PROCESSING),
        domain=domain,
        brief=brief.to_json(),
        amount_cents=24_000,
        currency="eur",
        ended_because=variant.ended,
        obstacle=variant.obstacle,
        live_url=f"https://{domain.host}/raised-beds/" if is_live else "",
        created_at=at,
        paid_at=at,
    )


def _version(variant: Variant, order: Order) -> ArticleVersion:
    is_link = order.product == Product.INTEGRATION
    return ArticleVersion(
        article=Article(domain=order.domain, slug="raised-beds", title=order.brief["topic"]),
        number=2 if variant.kind == Kind.REVISION_READY else 1,
        title="A Season with Raised Beds" if is_link else "Raised Beds on a Small Balcony",
        words=812,
        backlink_metadata={"revisionNotes": NOTE if variant.editor_asked else WISH},
    )


def _refunds(variant: Variant, *, at: datetime) -> list[Refund]:
    if not variant.refunded or variant.was_taken_up:
        return []
    owed = _refund(variant, at=at)
    twice = Refund(amount_cents=24_000, currency="eur", reason="Paid twice", created_at=at)
    return [owed, twice] if variant.paid_twice else [owed]


def _refund(variant: Variant, *, at: datetime) -> Refund:
    is_refused = variant.kind == Kind.ADMIN_REFUND_FAILED or variant.came_back
    return Refund(
        amount_cents=24_000,
        currency="eur",
        reason="GateBlocked",
        stripe_id="re_3QyT7kB2mC" if variant.kind == Kind.REFUNDED else None,
        failure="Stripe: expired_or_canceled_card" if is_refused else "",
        is_foreign=variant.at_stripe,
        state=Refund.State.FAILED if is_refused else Refund.State.PENDING,
        created_at=at,
        due_at=at + timedelta(hours=1) if variant.refund_waits else None,
    )
