"""What waits for a job that is not there: there should be none, and none may wait to be noticed.

An order at PROCESSING, a refund on its way and a publication that waits have an open job each,
because row and job are one transaction. What breaks that is a job that an operator cancelled, or a
fault of ours. Beat looks every minute.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import Any, Final

import structlog
from django.db import transaction
from django.db.models import CharField, Exists, F, Model, OuterRef, QuerySet, Value
from django.db.models.functions import Cast, Concat

from orders import (
    endings,
    fulfilment,
    holds,
    lifecycle,
    marks,
    publications,
    refunds,
    revisions,
)
from orders.models import Order, Publication, Refund, Status
from queueing.models import Job, State
from queueing.outage import is_outage

log = structlog.get_logger(__name__)

KINDS: Final = (*fulfilment.JOB_KINDS.values(), revisions.JOB_KIND)
# A job that has just been settled moves its order in the same transaction; this is for clocks.
LEFT_ALONE: Final = timedelta(minutes=1)
_OPEN: Final = (State.WAITING, State.ACTIVE)


@dataclass(frozen=True, kw_only=True)
class Found:
    """How many got a job, how many orders were held, how many refunds were marked as failed, and
    how many could not be settled: the next look finds those again."""

    begun: int = 0
    held: int = 0
    failed: int = 0
    left: int = 0


def settle(*, at: datetime, dry_run: bool = False) -> Found:
    """Begin the work of what never had a job; leave to an operator what lost its job.

    A job that was cancelled or failed without moving its row is not run again by itself: somebody
    stopped it. The order is held, or the refund marked as failed, so that staff hear of it, with
    the job's state as the reason. Whoever retries the job lets both go on.

    What breaks one is logged, and the others go on.
    """
    given = {"at": at, "dry_run": dry_run}
    done = Counter(
        chain(
            _each(_orders(at=at), _settle_order, **given),
            _each(_publications(at=at), _settle_publication, **given),
            _each(_refunds(at=at), _settle_refund, **given),
        )
    )
    return Found(begun=done["begun"], held=done["held"], failed=done["failed"], left=done["left"])


def _each(rows: Iterable[Model], settle_one: Callable[..., str], **given: Any) -> Iterator[str]:
    """Return what became of each."""
    for row in rows:
        try:
            done = settle_one(row, **given)
        except Exception as error:
            if is_outage(error):
                raise  # the others would fail alike
            log.exception("stray_not_settled", stray=row._meta.model_name, pk=str(row.pk))
            done = "left"
        yield done


# Each looks again with what a retry locks in hand, at the row and at its job: what somebody has
# let run, or moved, since it was listed is no stray any more.


@transaction.atomic
def _settle_order(listed: Order, *, at: datetime, dry_run: bool) -> str:
    lifecycle.lock(listed.pk)
    order = _orders(at=at).filter(pk=listed.pk).first()
    if order is None:
        return "moved"
    job = _last(Job.objects.filter(subject=order.subject, kind__in=KINDS))
    done = "begun" if job is None else "held"
    if dry_run:
        return done
    if job is None:
        fulfilment.enqueue(order=order)
    else:
        reason = f"its job is {job.state}, and nothing else works on it"
        holds.hold(order=order, cause=marks.OF_WORK, reason=reason, at=at)
    log.error("stray_order", order=str(order.pk), job=job.state if job else "none")
    return done


@transaction.atomic
def _settle_publication(listed: Publication, *, at: datetime, dry_run: bool) -> str:
    lifecycle.lock(listed.review.order_id)
    publication = _publications(at=at).filter(pk=listed.pk).first()
    if publication is None:
        return "moved"
    order, job = publication.review.order, _last(_jobs_of(publication))
    done = "begun" if job is None else "held"
    if dry_run:
        return done
    if job is None:
        publications.enqueue(publication=publication, by="system")
    else:
        # Released, the order's publication is tried again.
        reason = f"the job of its publication is {job.state}, and nothing else publishes it"
        holds.hold(order=order, cause=marks.OF_WORK, reason=reason, at=at)
    log.error("stray_publication", order=str(order.pk), job=job.state if job else "none")
    return done


@transaction.atomic
def _settle_refund(listed: Refund, *, at: datetime, dry_run: bool) -> str:
    # The job before the payment, which `give_up` locks: a job that fails takes them so.
    job = _last(Job.objects.select_for_update(no_key=True).filter(key=refunds.job_key(listed)))
    refund = _refunds(at=at).filter(pk=listed.pk).first()
    if refund is None:
        return "moved"
    done = "begun" if job is None else "failed"
    if dry_run:
        return done
    if job is None:
        refunds.enqueue(refund=refund)
    else:
        refunds.give_up(refund_id=refund.pk, reason=f"its job is {job.state}", at=at)
    order = str(refund.payment.order_id)
    log.error("stray_refund", order=order, refund=refund.pk, job=job.state if job else "none")
    return done


def _last(jobs: QuerySet[Job]) -> Job | None:
    return jobs.order_by("created_at").last()


def _jobs_of(publication: Publication) -> QuerySet[Job]:
    return Job.objects.filter(
        subject=publication.review.order.subject,
        kind=endings.PUBLICATION,
        arguments__publication=publication.pk,
    )


def _orders(*, at: datetime) -> QuerySet[Order]:
    open_jobs = Job.objects.filter(
        subject=_named("order:", OuterRef("pk")), kind__in=KINDS, state__in=_OPEN
    )
    return Order.objects.select_related("customer").filter(
        ~Exists(open_jobs),
        status=Status.PROCESSING,
        held_reason="",
        updated_at__lt=at - LEFT_ALONE,
    )


def _publications(*, at: datetime) -> QuerySet[Publication]:
    """Those of orders that are held wait for the release."""
    open_jobs = Job.objects.filter(
        subject=_named("order:", OuterRef("review__order")),
        kind=endings.PUBLICATION,
        state__in=_OPEN,
    )
    waiting = Publication.objects.select_related("review__order").filter(
        ~Exists(open_jobs),
        state=Publication.State.WAITING,
        review__order__status=Status.ADMIN_REVIEW,
        review__order__held_reason="",
        created_at__lt=at - LEFT_ALONE,
    )
    return waiting.order_by("pk")


def _refunds(*, at: datetime) -> QuerySet[Refund]:
    """One that Stripe has made, and the bank has not yet paid out, waits without a job."""
    open_jobs = Job.objects.filter(key=_named("refund:", OuterRef("pk")), state__in=_OPEN)
    pending = Refund.objects.select_related("payment").filter(
        ~Exists(open_jobs),
        state=Refund.State.PENDING,
        stripe_id=None,
        created_at__lt=at - LEFT_ALONE,
    )
    return pending.order_by("pk")


def _named(prefix: str, number: F | OuterRef) -> Concat:
    return Concat(Value(prefix), Cast(number, CharField()))
