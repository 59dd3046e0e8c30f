"""A publication's row: live, failed with its reason, or tried again by a named person."""

from datetime import datetime
from typing import Any, Final

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from articles.openings import opening_of
from articles.publishing import LiveCheck, Published
from orders import endings, fulfilment, lifecycle, notifications
from orders.models import Order, Publication, Review, Status
from queueing import ledger
from queueing.models import Job
from queueing.models import State as JobState
from queueing.registry import RetriedJob

log = structlog.get_logger(__name__)

State = Publication.State
_OPEN: Final = (JobState.WAITING, JobState.ACTIVE)
_REASON_LENGTH: Final = 500


class PublicationRefused(Exception):
    """It cannot be published, or not again; the message says why, for who tried."""


def to_publish(*, publication_id: int) -> Publication | None:
    """Return the publication with all that publishing needs, None when it is live already.

    :raises PublicationRefused: no named person approved it, or the order has moved on
    """
    publication = Publication.objects.select_related(
        "review__order__customer",
        "review__order__domain",
        "review__version",
        "review__version__article__domain",
        "review__version__article__live_version",
    ).get(pk=publication_id)
    if publication.state == State.LIVE:
        return None
    if publication.state == State.FAILED:  # whoever tries it again makes it wait first
        raise PublicationRefused(f"It has failed: {publication.reason}")
    review = publication.review
    if review.decision != Review.Decision.APPROVED or not review.decided_by:
        raise PublicationRefused("Nobody has approved this version.")
    if review.order.status != Status.ADMIN_REVIEW:
        raise PublicationRefused(
            f"Order {review.order.code} is at “{review.order.get_status_display()}”."
        )
    if review.order.held_reason:
        raise PublicationRefused(f"Order {review.order.code} is held: {review.order.held_reason}.")
    dead = endings.dead_links(review.version)
    if dead:
        raise PublicationRefused(
            f"The text carries the link of order {', '.join(dead)}, which has ended; it must be "
            "approved anew without it."
        )
    # Its site may allow fewer links than when it was approved.
    excess = opening_of(review.order.domain, review.version).excess
    if excess is not None:
        raise PublicationRefused(f"{excess} It must be approved anew with fewer.")
    if not is_last(publication):
        raise PublicationRefused("The editors have looked at the order again since.")
    return publication


def is_last(publication: Publication) -> bool:
    """Whether its review is the order's newest: an approval that was taken back publishes
    nothing, whoever lets its job run again."""
    review = publication.review
    return not Review.objects.filter(order=review.order_id, pk__gt=review.pk).exists()


def stuck() -> QuerySet[Review]:
    """Return the approvals whose publication has failed and waits for an editor: each is its
    order's newest review, and the order is still with the editors."""
    newer = Review.objects.filter(order=OuterRef("order"), pk__gt=OuterRef("pk"))
    return Review.objects.filter(
        ~Exists(newer), publication__state=State.FAILED, order__status=Status.ADMIN_REVIEW
    )


def is_stuck(publication: Publication, order: Order) -> bool:
    """Whether it has failed and its order still waits to be published."""
    return publication.state == State.FAILED and order.status == Status.ADMIN_REVIEW


def looked(*, publication: Publication, seen: LiveCheck) -> None:
    """Keep what a look at the page showed, for the editors, while it is not yet live."""
    Publication.objects.filter(pk=publication.pk).exclude(state=State.LIVE).update(
        checks=seen.to_json()
    )


@transaction.atomic
def went_live(
    *, publication: Publication, published: Published, checks: dict[str, Any], at: datetime
) -> None:
    """Settle the publication and complete its order, with the e-mail that tells of it.

    :raises PublicationRefused: somebody settled it first, or the editors look at the order again
    :raises TransitionRefused: the order is not with the editors any more
    """
    lifecycle.lock(publication.review.order_id)
    settled = (
        Publication.objects.filter(pk=publication.pk)
        .exclude(state=State.LIVE)
        .update(
            state=State.LIVE,
            url=published.url,
            remote_id=published.remote_id,
            checks=checks,
            reason="",
            published_at=at,
        )
    )
    if not settled:
        raise PublicationRefused("It is live already.")
    review = publication.review
    lifecycle.complete(order=review.order, live_url=published.url, at=at)
    if not is_last(publication):  # asked now that the order is ours: a review is opened under it
        raise PublicationRefused("The editors look at the order again.")
    notifications.record(
        order=review.order, kind=notifications.Kind.PUBLISHED, version=review.version, at=at
    )


@transaction.atomic
def give_up(*, publication_id: int, reason: str, at: datetime) -> None:
    """Show the editors why it failed; the order stays with them.

    One that is live, that has failed before or ended with its order keeps what its row says.
    """
    waiting = Publication.objects.filter(pk=publication_id, state=State.WAITING)
    if waiting.update(state=State.FAILED, reason=reason[:_REASON_LENGTH]):
        order = Order.objects.get(reviews__publication=publication_id)
        log.error("publication_failed", order=str(order.pk), publication=publication_id)
        lifecycle.note(
            order=order, what="Publishing failed; our editors look into it", actor="system", at=at
        )


def enqueue(*, publication: Publication, by: str) -> None:
    """Record the publication's first job; it has one, however often this is called."""
    ledger.enqueue(
        kind=endings.PUBLICATION,
        subject=publication.review.order.subject,
        arguments={"publication": publication.pk},
        key=f"publish:{publication.pk}",
        actor=by,
    )


@transaction.atomic
def retry(*, publication: Publication, by: str, at: datetime) -> None:
    """Put a failed publication on the queue again, as a new job.

    :raises PublicationRefused: it has not failed, or its order is held or no longer with the
        editors, or they look at it again
    """
    order = lifecycle.lock(publication.review.order_id)
    why = _why_not(publication, order)
    if why is not None:
        raise PublicationRefused(f"{why[0].upper()}{why[1:]}; nothing was tried.")
    if not _make_wait(publication, order, by=by, at=at):
        raise PublicationRefused("Only a publication that has failed can be tried again.")
    publication.refresh_from_db()
    # No key: the row's own state lets one retry through, and each is a job of its own.
    ledger.enqueue(
        kind=endings.PUBLICATION,
        subject=order.subject,
        arguments={"publication": publication.pk},
        actor=by,
    )


def no_retry(job: Job) -> str | None:
    """Return why a publication's stopped job must not run again, None if it may; its order is
    locked until the transaction ends."""
    order = fulfilment.lock_of(job.subject)
    publication = Publication.objects.select_related("review").get(pk=job.arguments["publication"])
    if publication.state == State.LIVE:
        return f"the page of order {order.code} is live already"
    others = Job.objects.filter(
        kind=endings.PUBLICATION, subject=job.subject, arguments=job.arguments, state__in=_OPEN
    )
    if others.exists():
        return f"another job publishes order {order.code}"
    return _why_not(publication, order)


def retried(again: RetriedJob) -> None:
    """Have the publication wait for its job, and its order go on that was held because nobody
    published it."""
    publication = Publication.objects.select_related("review").get(
        pk=int(again.arguments["publication"] or 0)
    )
    order = fulfilment.lock_of(again.subject)
    _make_wait(publication, order, by=again.actor, at=again.at)
    fulfilment.retried(again)


def _why_not(publication: Publication, order: Order) -> str | None:
    """Why it must not be tried again; the order is locked."""
    if order.status != Status.ADMIN_REVIEW:
        return f"order {order.code} is at “{order.get_status_display()}”"
    if not is_last(publication):
        return "the editors look at the order again, at the review desk"
    return fulfilment.held_otherwise(order)


def _make_wait(publication: Publication, order: Order, *, by: str, at: datetime) -> bool:
    """Put a failed one back to waiting; False: it has not failed."""
    failed = Publication.objects.filter(pk=publication.pk, state=State.FAILED)
    if not failed.update(state=State.WAITING, reason=""):
        return False
    lifecycle.note(order=order, what="Publishing is tried again", actor=by, at=at)
    return True
