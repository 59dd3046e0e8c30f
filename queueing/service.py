"""What a person may do to a job. Each is one transaction and leaves a note with their name."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Least, Now
from django.utils import timezone

from queueing import leases, news, plans, registry, retention
from queueing.clock import BELL
from queueing.leases import Lease
from queueing.models import Job, JobNote, State, Step

__all__ = ["Refused", "cancel", "clean_queue", "promote", "retry", "retry_from_step"]

_TO_RETRY = ((State.FAILED, State.CANCELLED), "retried", "failed or cancelled")
_OPEN = (State.WAITING, State.ACTIVE)


# What a priority can hold.
FIRST_PLACE, LAST_PLACE = -32_768, 32_767
# One look a kind into the index that has them in this order (docs/adr/0130).
_LAST_PROMOTED = """
SELECT max(last.priority) FROM unnest(%(kinds)s::text[]) AS known (kind)
CROSS JOIN LATERAL (
    SELECT priority FROM queueing_job
    WHERE kind = known.kind AND state = 'waiting' AND rank = %(rank)s
    ORDER BY kind DESC, rank DESC, priority DESC LIMIT 1
) AS last
"""


class Refused(Exception):
    """The job's state does not allow it; nothing was changed."""


@transaction.atomic
def retry(*, job_id: UUID, actor: str, reason: str = "", at: datetime | None = None) -> Job:
    """Let a failed or cancelled job run again, with all its tries, from its stored steps, or from
    the beginning where its kind says so.

    :raises Refused: it is in another state, there is no such job, or its kind says that it must
        not run again
    """
    kind = _ask_its_kind(job_id)
    job = _hold(job_id, *_TO_RETRY)
    Job.objects.filter(pk=job_id).update(
        state=State.WAITING,
        failures=0,
        crashes=0,
        run_at=at or Now(),
        dispatched_at=None,
        finished_at=None,
        error_class="",
        error_reason="",
        parked_since=None,
        has_detail=True,  # its new attempts are to be counted, and cleaned one day
    )
    if kind is not None and kind.retries_anew:
        job.stored_steps.all().delete()
    if kind is not None and kind.retried is not None:
        kind.retried(
            registry.RetriedJob(
                subject=job.subject,
                arguments=job.arguments,
                actor=actor,
                at=at or timezone.now(),
            )
        )
    return _noted(job_id, action="retry", actor=actor, reason=reason, at=at)


def _ask_its_kind(job_id: UUID) -> registry.Kind | None:
    """Return the job's kind, which lets it run again, or None where this process knows no such.

    Asked before the job is locked: the kind locks what the job is about, and whoever else holds
    both took that first.

    :raises Refused: the kind says no, or the job's state does
    """
    job = _of_state(Job.objects.filter(pk=job_id).first(), job_id, *_TO_RETRY)
    try:
        kind = registry.kind_named(job.kind)
    except registry.UnknownKind:  # of an older release; whoever knows it will say
        return None
    why = kind.no_retry(job) if kind.no_retry is not None else None
    if why is not None:
        raise Refused(f"job {job_id} cannot be retried: {why}")
    return kind


@transaction.atomic
def retry_from_step(
    *, job_id: UUID, step: str, actor: str, reason: str = "", at: datetime | None = None
) -> Job:
    """Forget that step and those stored after it, then retry.

    :raises Refused: the job is neither failed nor cancelled, or has no such step
    """
    # Looked for first: the retry of some kinds forgets every step.
    named = Step.objects.filter(job=job_id, name=step)
    first = named.values_list("pk", flat=True).first()
    job = retry(job_id=job_id, actor=actor, reason=reason or f"from step {step}", at=at)
    if first is None:
        raise Refused(f"job {job_id} has no stored step {step!r}")
    job.stored_steps.filter(pk__gte=first).delete()
    return job


@transaction.atomic
def cancel(*, job_id: UUID, actor: str, reason: str = "", at: datetime | None = None) -> Job:
    """Settle a waiting or running job as cancelled; a run in progress can write nothing more.

    :raises Refused: it is settled already, or there is no such job
    """
    job = _hold(job_id, _OPEN, "cancelled", "waiting or running")
    if job.lease_token is not None:
        leases.cancel(Lease(job_id, job.lease_token), at=at)
    else:
        Job.objects.filter(pk=job_id).update(
            state=State.CANCELLED, finished_at=at or Now(), dispatched_at=None, doing=""
        )
    return _noted(job_id, action="cancel", actor=actor, reason=reason, at=at)


@transaction.atomic
def promote(*, job_id: UUID, actor: str, reason: str = "", at: datetime | None = None) -> Job:
    """Put a waiting job before everything that waits, of any kind, its delay over; it comes after
    those that were promoted before it.

    :raises Refused: it is not waiting, or there is no such job
    """
    job = _hold(job_id, (State.WAITING,), "promoted", "waiting")
    place: dict[str, int] = {}
    if job.rank != registry.PROMOTED:  # asked twice, it keeps the place that it has
        place = {"rank": registry.PROMOTED, "priority": _after_the_promoted()}
    Job.objects.filter(pk=job_id).update(
        run_at=Least(F("run_at"), at or Now()), dispatched_at=None, **place
    )
    return _noted(job_id, action="promote", actor=actor, reason=reason, at=at)


def _after_the_promoted() -> int:
    """Return the priority that comes after those of all promoted jobs that wait."""
    with plans.by_order(), connection.cursor() as cursor:
        kinds = [kind.name for kind in registry.kinds()]
        cursor.execute(_LAST_PROMOTED, {"kinds": kinds, "rank": registry.PROMOTED})
        last: int | None = cursor.fetchone()[0]
    return FIRST_PLACE if last is None else min(last + 1, LAST_PLACE)


def clean_queue(
    kind: str | None,
    older_than: timedelta | None = None,
    *,
    actor: str,
    reason: str = "",
    at: datetime | None = None,
    dry_run: bool = False,
) -> int:
    """Drop the attempts and steps of settled jobs of this kind (None: of every kind), and return
    of how many: of those that settled longer ago than that, or than the settings keep them."""
    asked = retention.ByHand(actor=actor, reason=reason)
    if older_than is not None:
        return retention.clean_queue(kind, older_than, asked=asked, at=at, dry_run=dry_run)
    cleaned = retention.clean_settled(kind=kind, asked=asked, at=at, dry_run=dry_run)
    return cleaned.completed + cleaned.failed


def _noted(job_id: UUID, *, action: str, actor: str, reason: str, at: datetime | None) -> Job:
    JobNote.objects.create(
        job_id=job_id, action=action, actor=actor, reason=reason[:500], at=at or Now()
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, '')", [BELL])
    job = Job.objects.get(pk=job_id)
    news.tell(job.subject)
    return job


def _hold(job_id: UUID, states: tuple[State, ...], what: str, when: str) -> Job:
    """Return the job, locked, so that what is refused or done is about the state that was seen.

    :raises Refused: it is in another state, or there is no such job
    """
    locked = Job.objects.select_for_update(no_key=True).filter(pk=job_id).first()
    return _of_state(locked, job_id, states, what, when)


def _of_state(
    job: Job | None, job_id: UUID, states: tuple[State, ...], what: str, when: str
) -> Job:
    if job is None:
        raise Refused(f"there is no job {job_id}")
    if job.state not in states:
        raise Refused(f"job {job_id} is {job.state}; it can be {what} only when {when}")
    return job
