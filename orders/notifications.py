"""E-mail as rows: recorded with the event they tell of, sent later by a job of their own."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

import css_inline
from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse

from articles.models import ArticleVersion
from orders import access, obstacles
from orders.models import (
    Dispute,
    Ending,
    Order,
    OrderEvent,
    OutgoingEmail,
    Payment,
    Product,
    Refund,
    Review,
    Revision,
    Status,
)
from queueing import ledger

Kind = OutgoingEmail.Kind

# No secret in a subject: mail servers log them.
SUBJECTS: Final[dict[str, str]] = {
    Kind.ORDER_RECEIVED: "Order {code} received: we are writing",
    Kind.ARTICLE_READY: "Order {code}: your article is ready for your review",
    Kind.BACKLINK_INTEGRATED: "Order {code}: your link is in the article",
    Kind.REVISION_READY: "Order {code}: your changes are ready",
    Kind.REVISION_NOT_POSSIBLE: "Order {code}: we could not make your changes",
    Kind.ADMIN_REVISION_FAILED: "Order {code}: a change failed and needs a look",
    Kind.ORDER_FAILED: "Order {code}: not published, your money goes back",
    Kind.REFUNDED: "Order {code}: a refund is on its way to you",
    Kind.PUBLISHED: "Order {code}: your link is live",
    Kind.RETURNED: "Order {code}: the editor asks for changes",
    Kind.ADMIN_ORDER_HELD: "Order {code} is held and waits for you",
    Kind.ADMIN_ORDER_FAILED: "Order {code} failed and is owed its refund",
    Kind.ADMIN_REFUNDED: "Order {code}: money went back at Stripe",
    Kind.ADMIN_REFUND_FAILED: "Order {code}: a refund did not go through",
}
_OF_LINKS: Final[dict[str, str]] = {
    Kind.ORDER_RECEIVED: "Order {code} received: we are placing your link",
}
_OF_ENDINGS: Final[dict[tuple[str, str], str]] = {
    (Kind.ORDER_FAILED, Ending.REFUNDED): "Order {code}: ended, your money goes back",
    (Kind.ORDER_FAILED, Ending.DISPUTED): "Order {code}: ended, your bank gave the money back",
    (Kind.ADMIN_ORDER_FAILED, Ending.DISPUTED): (
        "Order {code} ended: its payment was lost to a dispute"
    ),
}
# Where no money is on its way: a bank has it, for one.
_UNREFUNDED: Final[dict[str, str]] = {
    Kind.ORDER_FAILED: "Order {code}: not published",
    Kind.ADMIN_ORDER_FAILED: "Order {code} failed; no refund is owed now",
}
_GIVEN: Final = frozenset({Refund.State.PENDING, Refund.State.SUCCEEDED})
# Where what it tells of was undone before it could be sent.
_OVERTAKEN: Final[dict[str, str]] = {
    Kind.ORDER_FAILED: "Order {code}: we are working on it again",
    Kind.REFUNDED: "Order {code}: a refund did not reach you",
}
# Where an editor and not the customer asked for the change.
_OF_EDITORS: Final[dict[str, str]] = {
    Kind.REVISION_READY: "Order {code}: the editor's changes are ready",
    Kind.REVISION_NOT_POSSIBLE: "Order {code}: we could not make the editor's changes",
}
FOR_ADMINS: Final = frozenset(
    {
        Kind.ADMIN_ORDER_FAILED,
        Kind.ADMIN_ORDER_HELD,
        Kind.ADMIN_REFUNDED,
        Kind.ADMIN_REFUND_FAILED,
        Kind.ADMIN_REVISION_FAILED,
    }
)


@dataclass(frozen=True)
class Message:
    """One e-mail as it is handed over: a subject, an HTML body and its text twin."""

    subject: str
    html: str
    text: str


def record(
    *,
    order: Order,
    kind: str,
    at: datetime,
    version: ArticleVersion | None = None,
    review: Review | None = None,
    revision: Revision | None = None,
    event: OrderEvent | None = None,
    refund: Refund | None = None,
) -> list[OutgoingEmail]:
    """Store the e-mail and its job in the caller's transaction, one row a recipient.

    :raises django.db.IntegrityError: this order already has that e-mail for that cause
    """
    recipients: Iterable[str] = (
        settings.ADMIN_ALERT_EMAILS if kind in FOR_ADMINS else [order.customer.email]
    )
    emails = [
        OutgoingEmail.objects.create(
            order=order,
            kind=kind,
            version=version,
            review=review,
            revision=revision,
            event=event,
            refund=refund,
            to=to,
            created_at=at,
        )
        for to in recipients
    ]
    for email in emails:
        ledger.enqueue(
            kind="email",
            subject=order.subject,
            arguments={"email": email.pk},
            key=f"email:{email.pk}",
            actor="system",
        )
    return emails


def message_for(email: OutgoingEmail) -> Message:
    """Write the e-mail out from its order's present facts."""
    order = email.order
    refunds = list(Refund.objects.filter(payment__order=order))
    given = [refund for refund in refunds if refund.state in _GIVEN]
    taken = Dispute.objects.filter(payment__order=order, state=Dispute.State.OPEN)
    paid = order.payments.filter(state=Payment.State.PAID).order_by("number").first()
    return render(
        email.kind,
        {
            "order": order,
            "domain": order.domain,
            "brief": order.brief,
            "version": email.version,
            "review": email.review,
            "revision": email.revision,
            "paid": paid or order,  # the same, unless staff took another amount for the price
            "why": email.event.what.removeprefix(OrderEvent.ENDED) if email.event else "",
            "refund": email.refund or (given[0] if given else None),
            "refunds": given,
            "with_bank": taken.exists(),
            "was_taken_up": any(refund.was_taken_back for refund in refunds),
            "order_url": access.open_url(order),
            "admin_url": settings.SITE_URL + reverse("admin:orders_order_change", args=[order.pk]),
            "for_admins": email.kind in FOR_ADMINS,
        },
    )


def render(kind: str, context: dict[str, Any]) -> Message:
    """Render one kind of e-mail; `context` needs the keys that `message_for` gives."""
    order = context["order"]
    context = context | {
        "site_url": settings.SITE_URL,
        "subject": _subject(kind, context).format(code=order.code),
        "is_link": order.product == Product.INTEGRATION,
        "goes_on": _goes_on(kind, order),
        "waiting": next((refund for refund in context["refunds"] if refund.waits), None),
        "ended_by": order.ended_because,
        "obstacle": obstacles.said(order),
        "has_ended": order.status in {Status.FAILED, Status.CANCELLED},
        "came_back": _came_back(kind, context["refund"]),
    }
    return Message(
        subject=context["subject"],
        html=_inliner().inline(render_to_string(f"email/{kind}.html", context)),
        text=render_to_string(f"email/{kind}.txt", context).strip() + "\n",
    )


def _subject(kind: str, context: dict[str, Any]) -> str:
    order: Order = context["order"]
    revision: Revision | None = context["revision"]
    if revision is not None and revision.is_editors and kind in _OF_EDITORS:
        return _OF_EDITORS[kind]
    if _goes_on(kind, order) or _came_back(kind, context["refund"]):
        return _OVERTAKEN[kind]
    is_by_bank = order.ended_because == Ending.DISPUTED
    if kind in _UNREFUNDED and not context["refunds"] and not is_by_bank:
        return _UNREFUNDED[kind]
    if (kind, order.ended_because) in _OF_ENDINGS:
        return _OF_ENDINGS[kind, order.ended_because]
    if order.product == Product.INTEGRATION and kind in _OF_LINKS:
        return _OF_LINKS[kind]
    return SUBJECTS[kind]


def _goes_on(kind: str, order: Order) -> bool:
    """Whether the failure that it tells of was undone before the e-mail could be sent."""
    return kind == Kind.ORDER_FAILED and order.status != Status.FAILED


def _came_back(kind: str, refund: Refund | None) -> bool:
    """Whether the bank sent the money back before the e-mail could be sent."""
    return kind == Kind.REFUNDED and refund is not None and refund.state == Refund.State.FAILED


@lru_cache(maxsize=1)
def _inliner() -> css_inline.CSSInliner:
    # Mail programs drop <style>, so rules move onto the elements; the media query that answers
    # dark mode cannot move and stays. Nothing is ever loaded from elsewhere.
    return css_inline.CSSInliner(
        keep_style_tags=True, keep_at_rules=True, load_remote_stylesheets=False
    )
