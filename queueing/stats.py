"""How the queues stand: one query each, quick beside any number of settled jobs."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from queueing import registry
from queueing.clock import NOW
from queueing.models import Job, State

Counts = dict[str, int]

_EMPTY: Mapping[str, int] = dict.fromkeys(
    ("waiting", "active", "completed", "failed", "delayed", "total"), 0
)
# A branch for each partial index, which has the kinds in their order: waiting, running, and settled
# ones whose detail is still kept. Older ones are history, not a queue's statistics.
_STATS = f"""
SELECT kind, 'waiting', count(*) FILTER (WHERE run_at <= {NOW}),
             'delayed', count(*) FILTER (WHERE run_at > {NOW})
FROM queueing_job WHERE state = 'waiting' GROUP BY kind
UNION ALL
SELECT kind, 'active', count(*), '', 0 FROM queueing_job WHERE state = 'active' GROUP BY kind
UNION ALL
SELECT kind, state, count(*), '', 0
FROM queueing_job
WHERE has_detail AND state IN ('completed', 'failed', 'cancelled') GROUP BY kind, state
"""  # noqa: S608
# As the dispatcher takes them.
_BEFORE = "(rank, priority, run_at, id) < (%(rank)s, %(priority)s, %(run_at)s, %(id)s)"
_POSITION = f"""
SELECT count(*) + 1 FROM queueing_job
WHERE state = 'waiting' AND kind = %(kind)s AND {_BEFORE}
"""  # noqa: S608
_RECENT = f"""
WITH recent AS (
    -- What the runs took, not from first to last: between them may lie a week in which nobody
    -- asked for another.
    SELECT coalesce(worked_ms / 1000.0, extract(epoch FROM finished_at - started_at))::float
        AS took_s FROM queueing_job
    WHERE kind = %(kind)s AND state = 'completed' AND has_detail
    ORDER BY finished_at DESC LIMIT 200
)
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY took_s),
       percentile_cont(0.95) WITHIN GROUP (ORDER BY took_s),
       (SELECT count(*) FROM queueing_job
        WHERE state = 'waiting' AND kind = %(kind)s AND %(waits)s AND {_BEFORE}),
       (SELECT coalesce(sum(threads), 0) FROM queueing_worker WHERE kinds ? %(kind)s)
FROM recent
"""  # noqa: S608


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """How long a job may take from now: typically, and for one in twenty at least; `ahead` others
    go before it."""

    typical_s: int
    slow_s: int
    ahead: int


def queue_stats(kind: str, *, at: datetime | None = None) -> Counts:
    """Return `waiting`, `active`, `completed`, `failed`, `delayed` and their `total`.

    Settled jobs count as long as their detail is kept (`retention`).

    :raises UnknownKind: there is no such kind
    """
    name = registry.kind_named(kind).name
    return all_queue_stats(at=at)[name]


def all_queue_stats(*, at: datetime | None = None) -> dict[str, Counts]:
    """Return the same for every kind, in the order of dispatch."""
    found: dict[str, Counts] = {kind.name: dict(_EMPTY) for kind in registry.kinds()}
    with connection.cursor() as cursor:
        cursor.execute(_STATS, {"at": at})
        for kind, *counted in cursor.fetchall():
            for state, count in zip(counted[::2], counted[1::2], strict=True):
                # Cancelled ones are nobody's backlog, and a newer release may have other kinds.
                if state in found.get(kind, ()):
                    found[kind][state] = count
                    found[kind]["total"] += count
    return found


def subject_job_status(subject: str) -> dict[str, Any]:
    """Return `jobs` (newest first, at most 50), `hasActiveJob`, `hasFailedJob`, `latestJob`.

    A failed job counts until a later one of its kind exists for the subject (`has_failed`).
    """
    jobs = list(Job.objects.filter(subject=subject).order_by("-created_at", "-id")[:50])
    described = [describe(job) for job in jobs]
    return {
        "jobs": described,
        "hasActiveJob": any(job.state in (State.WAITING, State.ACTIVE) for job in jobs),
        "hasFailedJob": has_failed(jobs),
        "latestJob": described[0] if described else None,
    }


def has_failed(jobs: Sequence[Job]) -> bool:
    """Tell of one subject's jobs, newest first, whether the newest of any kind failed."""
    newest = {job.kind: job for job in reversed(jobs)}
    return any(job.state == State.FAILED for job in newest.values())


def estimate(job: Job) -> Estimate:
    """Return how long this job is likely to take, from the last 200 of its kind that completed
    and those that go before it; from the kind's own guess while there are none.

    :raises UnknownKind: this process does not know its kind
    """
    known = registry.kind_named(job.kind)
    with connection.cursor() as cursor:
        cursor.execute(_RECENT, _place(job) | {"waits": job.state == State.WAITING})
        median_s, slow_s, ahead, threads = cursor.fetchone()
    median_s = known.expect_s if median_s is None else median_s
    slow_s = median_s * 2 if slow_s is None else slow_s
    waits_s = (ahead / max(1, threads)) * median_s
    return Estimate(
        typical_s=math.ceil(waits_s + median_s), slow_s=math.ceil(waits_s + slow_s), ahead=ahead
    )


def _place(job: Job) -> dict[str, Any]:
    names = ("kind", "rank", "priority", "run_at")
    return {name: getattr(job, name) for name in names} | {"id": job.pk}


def position(job: Job) -> int | None:
    """Return the job's place among the waiting jobs of its kind, from 1; None: not waiting."""
    if job.state != State.WAITING:
        return None
    with connection.cursor() as cursor:
        cursor.execute(_POSITION, _place(job))
        place: int = cursor.fetchone()[0]
    return place


def describe(job: Job) -> dict[str, Any]:
    """Return what the JSON API and the commands say of a job."""
    return {
        "id": str(job.pk),
        "kind": job.kind,
        "state": job.state,
        "doing": job.doing,
        "attempt": job.try_number,
        "of": job.tries,
        "createdAt": job.created_at,
        "startedAt": job.started_at,
        "finishedAt": job.finished_at,
        "runAt": job.run_at,
        "errorClass": job.error_class,
    }
