"""An order's status page, the region of it that follows the work, and what a customer can do."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST, require_safe

from articles import downloads
from articles.models import ArticleVersion
from orders import access, payments, purchase, reading, streams
from orders.lifecycle import TransitionRefused
from orders.models import Order, OrderEvent, Status
from orders.progress import Progress, goes_on, progress, steps
from orders.reading import Place
from orders.report import drawn
from orders.views import opening

POLL_S: Final = 10
_ENDED_EARLY: Final = frozenset({Status.FAILED, Status.CANCELLED})


@dataclass(frozen=True, kw_only=True)
class Step:
    """One of the five steps; `state` is done, current, stopped or ahead."""

    number: int
    label: str
    state: str


@require_safe
@opening.order_page
def page(request: HttpRequest, order: Order) -> HttpResponse:
    """Show where the order stands; at most six queries."""
    return render(request, "orders/page.html", _shown(order, at=timezone.now()))


@require_safe
@opening.order_page
def region(request: HttpRequest, order: Order) -> HttpResponse:
    """Answer a poll: the region that follows the work, or 204 while it reads as `seen` says."""
    shown = _shown(order, at=timezone.now())
    if request.GET.get("seen") == shown["seen"]:
        return HttpResponse(status=204)
    return render(request, "orders/region.html", shown | {"alone": True})


@require_GET
@opening.order_page
def events(request: HttpRequest, order: Order) -> HttpResponse:
    """Open the stream that says when to ask for the region; 204 tells a browser to ask no more."""
    return streams.of(request, order) if goes_on(order) else HttpResponse(status=204)


@require_safe
def open_with_key(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Let the browser in that holds the e-mailed key, then leave the key's address.

    :raises Http404: there is no such order, or the key is not its key
    """
    order = opening.found(order_id)
    if not access.opens(order, request.GET.get("key", "")):
        raise Http404
    response = redirect(order)
    access.remember(response, order)
    return opening.keep_private(response)


@require_POST
@opening.order_page
def pay(request: HttpRequest, order: Order) -> HttpResponse:
    """Go on to the payment page."""
    try:
        return redirect(purchase.checkout_url(order=order, at=timezone.now()))
    except purchase.NotPayable as refusal:
        messages.info(request, f"{refusal} Nothing was charged just now.")
    except purchase.StripeUnavailable:
        messages.warning(request, PAYMENT_PAGE_LATE)
    return redirect(order)


@require_POST
@opening.order_page
def cancel(request: HttpRequest, order: Order) -> HttpResponse:
    """Close the order unpaid."""
    try:
        purchase.cancel(order=order, actor="customer", at=timezone.now())
    except TransitionRefused as refused:
        if refused.was == Status.CANCELLED:
            messages.info(request, "This order was cancelled before; nothing was done twice.")
        else:
            messages.warning(request, "This order has moved on, so it was not cancelled.")
    return redirect(order)


@require_safe
def paid(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """Where the payment page sends its payer: take the payment now, webhook or not.

    Who ordered through the API pays in a browser that holds no cookie of the order. Knowing one of
    its payment sessions is enough to be thanked, and not to be let in.

    :raises Http404: there is no such order, or the browser shows neither cookie nor session of it
    """
    order = opening.found(order_id)
    session_id = request.GET.get("session_id", "").replace("\x00", "")
    may_open = access.remembered(request, order)
    if not may_open and not order.payments.filter(session_id=session_id or None).exists():
        raise Http404
    try:
        payments.confirm_session(order=order, session_id=session_id, at=timezone.now())
    except payments.ForeignSession:
        messages.warning(request, "That payment page does not belong to this order.")
    except payments.StripeUnavailable:
        messages.info(request, "We are confirming your payment. Nothing more is needed from you.")
    if may_open:
        return opening.keep_private(redirect(order))
    order.refresh_from_db(fields=["paid_at"])
    return opening.keep_private(render(request, "orders/thanks.html", {"order": order}))


PAYMENT_PAGE_LATE: Final = (
    "The payment page cannot be opened just now. Your order is kept and nothing was charged; "
    "try again in a minute."
)


def _shown(order: Order, *, at: datetime) -> dict[str, Any]:
    now = progress(order, at=at)
    version = order.version
    events = _history(order)
    versions = _versions(order)
    return {
        "order": order,
        "brief": order.brief,
        "progress": now,
        "steps": _steps(order, now),
        "poll_s": POLL_S,
        "version": version,
        "report": drawn(version.report) if version is not None else None,
        "place": _place(order),
        "versions": versions,
        "since": _since(now, versions),
        "forms": downloads.FORMS,
        "was_taken_up": any(event.was == Status.FAILED for event in events),
        "refunds": now.refunds,
        "events": events,
        "seen": _seen(order, now, events, at=at),
    }


def _steps(order: Order, now: Progress) -> list[Step]:
    def state(number: int) -> str:
        if number == now.step and now.status in _ENDED_EARLY:
            return "stopped"
        if number < now.step or now.status == Status.COMPLETED:
            return "done"
        return "current" if number == now.step else "ahead"

    return [
        Step(number=number, label=label, state=state(number))
        for number, label in enumerate(steps(order), start=1)
    ]


def _place(order: Order) -> Place | None:
    """Where the link stands, while the customer is asked to look; one query for the text."""
    if order.status != Status.QUALITY_CHECK or order.version is None:
        return None
    return reading.place(order.version.html, target_url=order.brief["target_url"])


def _versions(order: Order) -> list[ArticleVersion]:
    """Every version, newest first; an order without a current one has none."""
    if order.version_id is None:
        return []
    versions = ArticleVersion.objects.filter(order_key=order.subject).order_by("-number")
    return list(versions.only("number", "title", "words", "created_at"))


def _history(order: Order) -> list[OrderEvent]:
    events = OrderEvent.objects.filter(order=order).select_related("version")
    texts = ("html", "report", "provenance", "backlink_metadata")
    return list(events.defer(*(f"version__{name}" for name in texts)))


def _since(now: Progress, versions: list[ArticleVersion]) -> int | None:
    """Return the number of the version that the customer would compare the current one with.

    That is the one which the editor returned, else the one which the last wish was about.
    """
    wanted = now.review.version_id if now.review else now.wish.of_version_id if now.wish else None
    return next((version.number for version in versions[1:] if version.pk == wanted), None)


def _seen(order: Order, now: Progress, events: list[OrderEvent], *, at: datetime) -> str:
    """Return a digest of what the region says, so that what has not changed is not swapped.

    Not of its HTML: that has another CSRF token each time. The minute is in it because times are
    told as "2 minutes ago".
    """
    said = [
        order.updated_at,
        len(events),
        [refund.state for refund in now.refunds],
        now.heading,
        now.detail,
        now.position,
        now.estimate_s,
        now.next_try_at,
        int(at.timestamp() // 60),
    ]
    return hashlib.sha256(json.dumps(said, default=str).encode()).hexdigest()[:16]
