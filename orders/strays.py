"""Paid orders that nobody works on: there should be none, and none may wait to be noticed.

An order at PROCESSING has an open job, because move and job are one transaction. What breaks that
is a job that an operator cancelled, or a fault of ours. Beat looks every minute.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from django.db import transaction
from django.db.models import CharField, Exists, OuterRef, QuerySet, Value
from django.db.models.functions import Cast, Concat

from orders import fulfilment, holds, marks, revisions
from orders.models import Order, Status
from queueing.models import Job, State

log = structlog.get_logger(__name__)

KINDS: Final = (*fulfilment.JOB_KINDS.values(), revisions.JOB_KIND)
# A job that has just been settled moves its order in the same transaction; this is for clocks.
LEFT_ALONE: Final = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class Found:
    """How many orders got a job, and how many were marked for an operator."""

    begun: int
    held: int


def settle(*, at: datetime, dry_run: bool = False) -> Found:
    """Begin the work of paid orders that never had a job; mark those whose job has ended.

    A job that was cancelled or failed without moving its order is not run again by itself: somebody
    stopped it. The order is held, so that staff see it, with the job's state as the reason.
    """
    begun = held = 0
    for order in _strays(at=at):
        job = (
            Job.objects.filter(subject=order.subject, kind__in=KINDS).order_by("created_at").last()
        )
        begun += job is None
        held += job is not None
        if dry_run:
            continue
        with transaction.atomic():
            if job is None:
                fulfilment.enqueue(order=order)
            else:
                reason = f"its job is {job.state}, and nothing else works on it"
                holds.hold(order=order, cause=marks.OF_WORK, reason=reason, at=at)
        log.error("stray_order", order=str(order.pk), job=job.state if job else "none")
    return Found(begun=begun, held=held)


def _strays(*, at: datetime) -> QuerySet[Order]:
    subject = Concat(Value("order:"), Cast(OuterRef("pk"), CharField()))
    open_jobs = Job.objects.filter(
        subject=subject,
        kind__in=KINDS,
        state__in=[State.WAITING, State.ACTIVE],
    )
    return Order.objects.select_related("customer").filter(
        ~Exists(open_jobs),
        status=Status.PROCESSING,
        held_reason="",
        updated_at__lt=at - LEFT_ALONE,
    )
