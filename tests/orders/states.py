"""An order in every state that a customer can see, of both products: the table of the pages."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from orders.models import Order, Product
from tests.orders import journeys
from tests.orders.journeys import LIVE_URL, NOTE, WISH


@dataclass(frozen=True, kw_only=True)
class State:
    """How to bring an order there, and what its page then says; `link` where a link differs."""

    make: Callable[[str, datetime], Order]
    heading: str
    card: tuple[str, ...]
    link: str = ""

    def heading_of(self, product: str) -> str:
        return self.link if self.link and product == Product.INTEGRATION else self.heading


READY = "Your article is ready"
LINK_READY = "Your link is in the article"
STATES: dict[str, State] = {
    "awaiting payment": State(
        make=journeys.unpaid,
        heading="Finish your payment",
        card=("Total €120.00", "Go to payment", "Cancel the order"),
    ),
    "confirming": State(
        make=journeys.confirming,
        heading="Confirming with your bank",
        card=("as soon as your bank",),
    ),
    "held": State(
        make=journeys.held, heading="We are checking your payment", card=("money is safe",)
    ),
    "queued": State(
        make=journeys.third,
        heading="You are number 3",
        card=("Usually ready in", "Place in the queue 3", "Priority In turn"),
    ),
    "writing": State(
        make=journeys.writing,
        heading="Quality check, attempt 2 of 3",
        card=("leave this page: we write to you", "Attempt 1 of 3"),
    ),
    "retrying": State(
        make=journeys.retrying,
        heading="Taking longer than usual",
        card=("Next try", "Attempt 2 of 3"),
    ),
    "taken up again": State(
        make=journeys.taken_up, heading="You are next", card=("took this order up again",)
    ),
    "your review": State(
        make=journeys.ready,
        heading=READY,
        link=LINK_READY,
        card=("Your link, in its sentence", "Submit for editorial review", "Ask for changes"),
    ),
    "revising": State(
        make=journeys.revising, heading="Working on your changes", card=(f"You asked: {WISH}",)
    ),
    "revised": State(
        make=journeys.revised,
        heading="Your changes are ready",
        card=(f"You asked: {WISH}", "Compare it with version 1"),
    ),
    "not revised": State(
        make=journeys.not_revised,
        heading="We could not make your changes",
        card=(f"You asked: {WISH}", "Ask for changes", "Submit for editorial review"),
    ),
    "editorial review": State(
        make=journeys.with_editor, heading="With our editor", card=("We write to you either way",)
    ),
    "returned": State(
        make=journeys.returned,
        heading="The editor asks for changes",
        card=(NOTE, "First ask us for what the editor wants"),
    ),
    "returned and answered": State(
        make=journeys.answered,
        heading="Your changes are ready",
        card=(NOTE, "Compare it with version 1, which the editor read"),
    ),
    "going live": State(
        make=journeys.going_live,
        heading="Approved: going live",
        card=("look at the live page and write",),
    ),
    "not live yet": State(
        make=journeys.not_live,
        heading="Approved: not live yet",
        card=("Our editors know why", "we write to you as soon as it is live"),
    ),
    "published": State(
        make=journeys.live,
        heading="Live",
        card=(
            LIVE_URL,
            "Link: verified",
            "Anchor text: verified",
            "Link policy: verified",
            "Copy",
            "HTML Markdown Word (DOCX)",
            "Order again",
        ),
    ),
    "published and given back": State(
        make=journeys.live_and_given_back,
        heading="Live",
        card=(LIVE_URL, "Your refund is below", "€120.00 on its way back to you", "Order again"),
    ),
    "failed": State(
        make=journeys.failed,
        heading="We could not write this",
        link="We could not place your link",
        card=("€120.00 on its way back to you", "Order again"),
    ),
    "refund waits": State(
        make=journeys.failed_with_grace,
        heading="We could not write this",
        link="We could not place your link",
        card=("€120.00 goes back to you on", "unless we finish your order before"),
    ),
    "refunded": State(
        make=journeys.refunded,
        heading="We could not write this",
        link="We could not place your link",
        card=("€120.00 refunded on", "Refund re_T"),
    ),
    "rejected": State(
        make=journeys.rejected,
        heading="The editor will not publish this",
        card=(NOTE, "on its way back to you", "Order again"),
    ),
    "ended by staff": State(
        make=journeys.ended_by_staff,
        heading="This order has ended",
        card=("Our staff ended it", "Your refund is below", "€120.00 on its way back to you"),
    ),
    "lost to a dispute": State(
        make=journeys.lost_to_a_dispute,
        heading="This order has ended",
        card=("Your bank took the payment back", "Order again"),
    ),
    "paid late": State(
        make=journeys.paid_late,
        heading="We are checking your payment",
        card=("differs from the price", "stays cancelled until then"),
    ),
    "paid late and given back": State(
        make=journeys.paid_late_and_given_back,
        heading="Cancelled",
        card=("Your refund is below", "€60.00 on its way back to you"),
    ),
    "cancelled": State(
        make=journeys.cancelled, heading="Cancelled", card=("Nothing was charged", "Order again")
    ),
}


def order_at(state: str, *, product: str, at: datetime | None = None) -> Order:
    """Return a new order of that product in that state."""
    with transaction.atomic():  # a delivery's verbs expect one
        return STATES[state].make(product, at or timezone.now())
