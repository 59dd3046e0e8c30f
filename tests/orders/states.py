"""An order in every state that a customer can see, of both products: the table of the pages."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from orders import fulfilment, lifecycle, marks, publications, reviews, revisions
from orders.models import Order, Payment, Product, Publication, Refund, Review
from queueing.models import Job
from tests.orders import factories

LIVE_URL = "https://garden.example.com/raised-beds"
CHECKS = {
    "answer": {"ok": True, "said": "The page answers 200."},
    "link": {"ok": True, "said": "The link stands on the page once."},
    "anchor": {"ok": True, "said": "The link says “oak raised beds”."},
    "policy": {"ok": True, "said": "The link is marked sponsored, as sold."},
    "indexing": {"ok": True, "said": "Search engines may index the page."},
}
NOTE = "Please name a source for the soil mix."
WISH = "Make the introduction shorter and name the wood."


@dataclass(frozen=True, kw_only=True)
class State:
    """How to bring an order there, and what its page then says; `link` where a link differs."""

    make: Callable[[str, datetime], Order]
    heading: str
    card: tuple[str, ...]
    link: str = ""

    def heading_of(self, product: str) -> str:
        return self.link if self.link and product == Product.INTEGRATION else self.heading


def _unpaid(product: str, at: datetime) -> Order:
    if product == Product.ARTICLE:
        return factories.order_awaiting_payment(at=at)
    article = factories.open_article()
    brief = factories.brief_of(article.domain, topic=article.title)
    return factories.order_awaiting_payment(
        domain=article.domain, brief=brief, product=product, article=article, at=at
    )


def _confirming(product: str, at: datetime) -> Order:
    order = _unpaid(product, at)
    factories.payment_of(order, state=Payment.State.PENDING, at=at)
    return order


def _queued(product: str, at: datetime) -> Order:
    order = _unpaid(product, at)
    intent = f"pi_{order.code}"
    factories.payment_of(order, at=at, state=Payment.State.PAID, paid_at=at, payment_intent=intent)
    lifecycle.pay(order=order, at=at)
    fulfilment.begin(order=order, at=at)
    return order


def _third(product: str, at: datetime) -> Order:
    for _ in range(2):
        _queued(product, at)
    return _queued(product, at)


def _job(order: Order) -> Job:
    return Job.objects.filter(subject=order.subject).exclude(kind="email").latest("created_at")


def _run(order: Order, at: datetime, doing: str) -> Order:
    Job.objects.filter(pk=_job(order).pk).update(
        state="active",
        lease_token=uuid4(),
        lease_until=at + timedelta(seconds=30),
        worker=uuid4(),
        doing=doing,
        started_at=at,
    )
    return order


def _writing(product: str, at: datetime) -> Order:
    return _run(_queued(product, at), at, "Quality check, attempt 2 of 3")


def _retrying(product: str, at: datetime) -> Order:
    order = _queued(product, at)
    Job.objects.filter(pk=_job(order).pk).update(
        failures=1, error_class="WriterGarbled", error_reason="x", run_at=at + timedelta(minutes=2)
    )
    return order


def _ready(product: str, at: datetime) -> Order:
    order = _queued(product, at)
    Job.objects.filter(pk=_job(order).pk).update(state="completed", finished_at=at)
    lifecycle.deliver(order=order, version=factories.version_of(order, at=at), at=at)
    return order


def _wished(product: str, at: datetime) -> Order:
    order = _ready(product, at)
    revisions.request(order=order, notes=WISH, actor="customer", at=at)
    return order


def _revising(product: str, at: datetime) -> Order:
    return _run(_wished(product, at), at, "Improving it, attempt 2 of 3")


def _revised(product: str, at: datetime) -> Order:
    order = _wished(product, at)
    version = factories.next_version_of(order, at=at)
    revisions.deliver(revision=order.revisions.get(), version=version, at=at)
    return Order.objects.get(pk=order.pk)


def _not_revised(product: str, at: datetime) -> Order:
    order = _wished(product, at)
    revisions.give_up(revision=order.revisions.get(), at=at)
    return Order.objects.get(pk=order.pk)


def _submitted(product: str, at: datetime) -> Review:
    order = _ready(product, at)
    assert order.version is not None
    return reviews.submit(order=order, version=order.version, actor="customer", at=at)


def _with_editor(product: str, at: datetime) -> Order:
    return _submitted(product, at).order


def _returned(product: str, at: datetime) -> Order:
    review = _submitted(product, at)
    reviews.give_back(review=review, by="edith", note=NOTE, at=at)
    return Order.objects.get(pk=review.order_id)


def _answered(product: str, at: datetime) -> Order:
    order = _returned(product, at)
    revisions.request(order=order, notes=WISH, actor="customer", at=at)
    version = factories.next_version_of(order, at=at)
    revisions.deliver(revision=order.revisions.get(), version=version, at=at)
    return Order.objects.get(pk=order.pk)


def _going_live(product: str, at: datetime) -> Order:
    review = _submitted(product, at)
    reviews.approve(review=review, by="edith", at=at)
    return Order.objects.get(pk=review.order_id)


def _not_live(product: str, at: datetime) -> Order:
    order = _going_live(product, at)
    publication = Publication.objects.get(review__order=order)
    publications.give_up(publication_id=publication.pk, reason="WordPress answers 403.", at=at)
    return order


def _live(product: str, at: datetime) -> Order:
    order = _going_live(product, at)
    Publication.objects.filter(review__order=order).update(
        state="live", url=LIVE_URL, published_at=at, checks=CHECKS
    )
    lifecycle.complete(order=order, live_url=LIVE_URL, at=at)
    return order


def _failed(product: str, at: datetime) -> Order:
    order = _queued(product, at)
    Job.objects.filter(pk=_job(order).pk).update(
        state="failed", failures=3, finished_at=at, error_class="GateBlocked"
    )
    fulfilment.give_up(order=order, reason="GateBlocked", at=at)
    return order


def _refunded(product: str, at: datetime) -> Order:
    order = _failed(product, at)
    Refund.objects.filter(payment__order=order).update(
        state="succeeded", stripe_id=f"re_{order.code}", begun_at=at, refunded_at=at
    )
    return order


def _failed_with_grace(product: str, at: datetime) -> Order:
    was, settings.REFUND_AFTER_S = settings.REFUND_AFTER_S, 7200
    try:
        return _failed(product, at)
    finally:
        settings.REFUND_AFTER_S = was


def _taken_up(product: str, at: datetime) -> Order:
    order = _failed(product, at)
    fulfilment.resume(order=order, actor="mia", at=at)
    return order


def _rejected(product: str, at: datetime) -> Order:
    review = _submitted(product, at)
    reviews.reject(review=review, by="edith", note=NOTE, at=at)
    return Order.objects.get(pk=review.order_id)


def _cancelled(product: str, at: datetime) -> Order:
    order = _unpaid(product, at)
    lifecycle.cancel(order=order, actor="customer", why="by the customer", at=at)
    return order


def _held(product: str, at: datetime) -> Order:
    order = _unpaid(product, at)
    marks.hold(order=order, cause="staff", reason="paid 1.00 EUR of 120.00 EUR", at=at)
    return order


READY = "Your article is ready"
LINK_READY = "Your link is in the article"
STATES: dict[str, State] = {
    "awaiting payment": State(
        make=_unpaid,
        heading="Finish your payment",
        card=("Total €120.00", "Go to payment", "Cancel the order"),
    ),
    "confirming": State(
        make=_confirming, heading="Confirming with your bank", card=("as soon as your bank",)
    ),
    "held": State(make=_held, heading="We are checking your payment", card=("money is safe",)),
    "queued": State(
        make=_third,
        heading="You are number 3",
        card=("Usually ready in", "Place in the queue 3", "Priority In turn"),
    ),
    "writing": State(
        make=_writing,
        heading="Quality check, attempt 2 of 3",
        card=("leave this page: we write to you", "Attempt 1 of 3"),
    ),
    "retrying": State(
        make=_retrying, heading="Taking longer than usual", card=("Next try", "Attempt 2 of 3")
    ),
    "taken up again": State(
        make=_taken_up, heading="You are next", card=("took this order up again",)
    ),
    "your review": State(
        make=_ready,
        heading=READY,
        link=LINK_READY,
        card=("Your link, in its sentence", "Submit for editorial review", "Ask for changes"),
    ),
    "revising": State(
        make=_revising, heading="Working on your changes", card=(f"You asked: {WISH}",)
    ),
    "revised": State(
        make=_revised,
        heading="Your changes are ready",
        card=(f"You asked: {WISH}", "Compare it with version 1"),
    ),
    "not revised": State(
        make=_not_revised,
        heading="We could not make your changes",
        card=(f"You asked: {WISH}", "Ask for changes", "Submit for editorial review"),
    ),
    "editorial review": State(
        make=_with_editor, heading="With our editor", card=("We write to you either way",)
    ),
    "returned": State(
        make=_returned,
        heading="The editor asks for changes",
        card=(NOTE, "First ask us for what the editor wants"),
    ),
    "returned and answered": State(
        make=_answered,
        heading="Your changes are ready",
        card=(NOTE, "Compare it with version 1, which the editor read"),
    ),
    "going live": State(
        make=_going_live,
        heading="Approved: going live",
        card=("look at the live page and write",),
    ),
    "not live yet": State(
        make=_not_live,
        heading="Approved: not live yet",
        card=("Our editors know why", "we write to you as soon as it is live"),
    ),
    "published": State(
        make=_live,
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
    "failed": State(
        make=_failed,
        heading="We could not write this",
        link="We could not place your link",
        card=("€120.00 on its way back to you", "Order again"),
    ),
    "refund waits": State(
        make=_failed_with_grace,
        heading="We could not write this",
        link="We could not place your link",
        card=("€120.00 goes back to you on", "unless we finish your order before"),
    ),
    "refunded": State(
        make=_refunded,
        heading="We could not write this",
        link="We could not place your link",
        card=("€120.00 refunded on", "Refund re_T"),
    ),
    "rejected": State(
        make=_rejected,
        heading="The editor will not publish this",
        card=(NOTE, "on its way back to you", "Order again"),
    ),
    "cancelled": State(
        make=_cancelled, heading="Cancelled", card=("Nothing was charged", "Order again")
    ),
}


def order_at(state: str, *, product: str, at: datetime | None = None) -> Order:
    """Return a new order of that product in that state."""
    with transaction.atomic():  # a delivery's verbs expect one
        return STATES[state].make(product, at or timezone.now())
