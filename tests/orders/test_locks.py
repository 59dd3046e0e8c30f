"""People and workers at one order in the same moment: one goes first, and nobody is cut off."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import transaction

from articles.publishing import Published
from orders import endings, lifecycle, publications, reviews, revisions
from orders.models import Order, Publication, Refund, Review, Revision, Status
from queueing import leases
from queueing.models import Job, State
from tests.orders import factories
from tests.orders.factories import AT
from tests.races import rival_before, rival_beside

pytestmark = pytest.mark.django_db(transaction=True)

LATER = AT + timedelta(minutes=5)
WRITES_THE_ORDER = 'UPDATE "orders_order"'


def refund(order: Order) -> None:
    endings.refund(order=order, actor="mia", reason="goodwill", at=LATER)


def review_of(order: Order) -> Review:
    return order.reviews.get()


def submitted() -> Order:
    return factories.waiting_review().order


def approved() -> Order:
    review = factories.waiting_review()
    reviews.approve(review=review, by="leo", at=AT)
    return review.order


def asked_for_changes() -> Order:
    order = factories.order_in_review()
    revisions.request(order=order, notes="Shorter, please.", actor="customer", at=AT)
    return order


def approve(order: Order) -> None:
    reviews.approve(review=review_of(order), by="leo", at=LATER)


def reject(order: Order) -> None:
    reviews.reject(review=review_of(order), by="leo", note="It does not fit.", at=LATER)


def deliver_changes(order: Order) -> None:
    revision = Revision.objects.select_related("order__customer", "order__version").get()
    with transaction.atomic():
        version = factories.next_version_of(revision.order, at=LATER)
        revisions.deliver(revision=revision, version=version, at=LATER)


def give_changes_up(order: Order) -> None:
    with transaction.atomic():
        revision = Revision.objects.select_related("order__customer").get()
        revisions.give_up(revision=revision, at=LATER)


def go_live(order: Order) -> None:
    publication = Publication.objects.select_related("review__order__customer").get()
    published = Published(url="https://example.com/a", slug="a", remote_id="")
    publications.went_live(publication=publication, published=published, checks={}, at=LATER)


@pytest.mark.parametrize(
    ("make", "act"),
    [
        (submitted, approve),
        (submitted, reject),
        (asked_for_changes, deliver_changes),
        (asked_for_changes, give_changes_up),
        (approved, go_live),
    ],
)
def test_a_refund_at_the_same_moment_waits_and_cuts_nobody_off(
    make: Callable[[], Order], act: Callable[[Order], None]
) -> None:
    order = make()

    def refund_too() -> None:
        with suppress(endings.RefundRefused):  # it was rejected, and is owed already
            refund(order)

    with rival_beside(WRITES_THE_ORDER, refund_too):
        act(order)

    order.refresh_from_db()
    assert order.status == (Status.COMPLETED if act is go_live else Status.FAILED)
    assert Refund.objects.get().amount_cents == order.amount_cents


def test_a_job_that_delivers_at_that_moment_finds_the_order_ended() -> None:
    order = factories.order_in_work()
    job = Job.objects.get(key=f"write:{order.pk}")
    token = uuid4()
    Job.objects.filter(pk=job.pk).update(
        state=State.ACTIVE, lease_token=token, lease_until=LATER, worker=uuid4()
    )
    version = factories.version_of(order)

    @transaction.atomic
    def deliver() -> None:
        leases.complete(leases.Lease(job.pk, token), at=LATER)
        lifecycle.deliver(order=order, version=version, at=LATER)

    with (
        rival_beside(WRITES_THE_ORDER, lambda: refund(order)),
        pytest.raises(lifecycle.TransitionRefused),
    ):
        deliver()

    order.refresh_from_db()
    job.refresh_from_db()
    assert (order.status, order.version_id) == (Status.FAILED, None)
    assert job.state == State.ACTIVE
    assert Refund.objects.get().amount_cents == order.amount_cents


def test_a_publication_that_is_tried_again_keeps_nobody_from_the_orders_history() -> None:
    order = approved()
    publication = Publication.objects.select_related("review").get()
    Publication.objects.update(state=Publication.State.FAILED, reason="The site was away.")

    def write_a_line() -> None:
        lifecycle.note(order=order, what="A line of its own", actor="system", at=LATER)

    with rival_before('UPDATE "orders_publication"', write_a_line):
        publications.retry(publication=publication, by="leo", at=LATER)

    assert Job.objects.filter(kind="publication").count() == 2
