"""Orders brought to each place of their life by the product's own verbs, as real ones get there."""

from datetime import datetime, timedelta
from uuid import uuid4

from django.conf import settings

from orders import (
    disputes,
    endings,
    fulfilment,
    lifecycle,
    marks,
    payments,
    publications,
    reviews,
    revisions,
)
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


def unpaid(product: str, at: datetime) -> Order:
    if product == Product.ARTICLE:
        return factories.order_awaiting_payment(at=at)
    article = factories.open_article()
    brief = factories.brief_of(article.domain, topic=article.title)
    return factories.order_awaiting_payment(
        domain=article.domain, brief=brief, product=product, article=article, at=at
    )


def confirming(product: str, at: datetime) -> Order:
    order = unpaid(product, at)
    factories.payment_of(order, state=Payment.State.PENDING, at=at)
    return order


def queued(product: str, at: datetime) -> Order:
    order = unpaid(product, at)
    intent = f"pi_{order.code}"
    factories.payment_of(order, at=at, state=Payment.State.PAID, paid_at=at, payment_intent=intent)
    lifecycle.pay(order=order, at=at)
    fulfilment.begin(order=order, at=at)
    return order


def third(product: str, at: datetime) -> Order:
    for _ in range(2):
        queued(product, at)
    return queued(product, at)


def job(order: Order) -> Job:
    return Job.objects.filter(subject=order.subject).exclude(kind="email").latest("created_at")


def run(order: Order, at: datetime, doing: str) -> Order:
    Job.objects.filter(pk=job(order).pk).update(
        state="active",
        lease_token=uuid4(),
        lease_until=at + timedelta(seconds=30),
        worker=uuid4(),
        doing=doing,
        started_at=at,
    )
    return order


def writing(product: str, at: datetime) -> Order:
    return run(queued(product, at), at, "Quality check, attempt 2 of 3")


def retrying(product: str, at: datetime) -> Order:
    order = queued(product, at)
    Job.objects.filter(pk=job(order).pk).update(
        failures=1, error_class="WriterGarbled", error_reason="x", run_at=at + timedelta(minutes=2)
    )
    return order


def ready(product: str, at: datetime) -> Order:
    order = queued(product, at)
    Job.objects.filter(pk=job(order).pk).update(state="completed", finished_at=at)
    lifecycle.deliver(order=order, version=factories.version_of(order, at=at), at=at)
    return order


def wished(product: str, at: datetime) -> Order:
    order = ready(product, at)
    revisions.request(order=order, notes=WISH, actor="customer", at=at)
    return order


def revising(product: str, at: datetime) -> Order:
    return run(wished(product, at), at, "Improving it, attempt 2 of 3")


def revised(product: str, at: datetime) -> Order:
    order = wished(product, at)
    version = factories.next_version_of(order, at=at)
    revisions.deliver(revision=order.revisions.get(), version=version, at=at)
    return Order.objects.get(pk=order.pk)


def not_revised(product: str, at: datetime) -> Order:
    order = wished(product, at)
    revisions.give_up(revision=order.revisions.get(), at=at)
    return Order.objects.get(pk=order.pk)


def submitted(product: str, at: datetime) -> Review:
    order = ready(product, at)
    assert order.version is not None
    return reviews.submit(order=order, version=order.version, actor="customer", at=at)


def with_editor(product: str, at: datetime) -> Order:
    return submitted(product, at).order


def returned(product: str, at: datetime) -> Order:
    review = submitted(product, at)
    reviews.give_back(review=review, by="edith", note=NOTE, at=at)
    return Order.objects.get(pk=review.order_id)


def answered(product: str, at: datetime) -> Order:
    order = returned(product, at)
    revisions.request(order=order, notes=WISH, actor="customer", at=at)
    version = factories.next_version_of(order, at=at)
    revisions.deliver(revision=order.revisions.get(), version=version, at=at)
    return Order.objects.get(pk=order.pk)


def going_live(product: str, at: datetime) -> Order:
    review = submitted(product, at)
    reviews.approve(review=review, by="edith", at=at)
    return Order.objects.get(pk=review.order_id)


def not_live(product: str, at: datetime) -> Order:
    order = going_live(product, at)
    publication = Publication.objects.get(review__order=order)
    publications.give_up(publication_id=publication.pk, reason="WordPress answers 403.", at=at)
    return order


def live(product: str, at: datetime) -> Order:
    order = going_live(product, at)
    Publication.objects.filter(review__order=order).update(
        state="live", url=LIVE_URL, published_at=at, checks=CHECKS
    )
    lifecycle.complete(order=order, live_url=LIVE_URL, at=at)
    return order


def live_and_given_back(product: str, at: datetime) -> Order:
    order = live(product, at)
    endings.refund(order=order, actor="mia", reason="goodwill", at=at)
    return Order.objects.get(pk=order.pk)


def failed(product: str, at: datetime) -> Order:
    order = queued(product, at)
    Job.objects.filter(pk=job(order).pk).update(
        state="failed", failures=3, finished_at=at, error_class="GateBlocked"
    )
    fulfilment.give_up(order=order, reason="GateBlocked", obstacle="gate", at=at)
    return order


def refunded(product: str, at: datetime) -> Order:
    order = failed(product, at)
    Refund.objects.filter(payment__order=order).update(
        state="succeeded", stripe_id=f"re_{order.code}", begun_at=at, refunded_at=at
    )
    return order


def failed_with_grace(product: str, at: datetime) -> Order:
    was, settings.REFUND_AFTER_S = settings.REFUND_AFTER_S, 7200
    try:
        return failed(product, at)
    finally:
        settings.REFUND_AFTER_S = was


def taken_up(product: str, at: datetime) -> Order:
    order = failed(product, at)
    fulfilment.resume(order=order, actor="mia", at=at)
    return order


def rejected(product: str, at: datetime) -> Order:
    review = submitted(product, at)
    reviews.reject(review=review, by="edith", note=NOTE, at=at)
    return Order.objects.get(pk=review.order_id)


def ended_by_staff(product: str, at: datetime) -> Order:
    review = submitted(product, at)
    endings.refund(order=review.order, actor="mia", reason="You asked us to stop.", at=at)
    return Order.objects.get(pk=review.order_id)


def lost_to_a_dispute(product: str, at: datetime) -> Order:
    order = submitted(product, at).order
    payment = order.payments.get()
    told = {"id": f"du_{order.code}", "amount": payment.amount_cents, "currency": "eur"}
    disputes.hear(payment=payment, told=told | {"status": "lost"}, at=at)
    return Order.objects.get(pk=order.pk)


def paid_late(product: str, at: datetime) -> Order:
    """A payment that differs arrives for an order that was cancelled."""
    order = cancelled(product, at)
    differs = factories.payment_of(order, at=at)
    session = {
        "id": differs.session_id,
        "client_reference_id": str(order.pk),
        "payment_status": "paid",
        "amount_total": 6000,
        "currency": "eur",
        "payment_intent": f"pi_{order.code}",
    }
    payments.settle_session(session=session, at=at)
    return Order.objects.get(pk=order.pk)


def paid_late_and_given_back(product: str, at: datetime) -> Order:
    order = paid_late(product, at)
    endings.refund(order=order, actor="mia", reason="The amount differs.", at=at)
    return Order.objects.get(pk=order.pk)


def cancelled(product: str, at: datetime) -> Order:
    order = unpaid(product, at)
    lifecycle.cancel(order=order, actor="customer", why="by the customer", at=at)
    return order


def held(product: str, at: datetime) -> Order:
    order = unpaid(product, at)
    marks.hold(order=order, cause="staff", reason="paid 1.00 EUR of 120.00 EUR", at=at)
    return order
