"""What dead workers leave behind: leases that ran out are taken away, and their jobs go on.

Any number of sweepers may run at once; each takes the rows that no other has locked.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import connection, transaction

from queueing import leases, plans, workers
from queueing.clock import NOW
from queueing.leases import Fault, Lease
from queueing.models import Outcome
from queueing.outage import is_outage
from queueing.registry import kind_named, kinds

log = structlog.get_logger(__name__)

# A settlement that could not be told to the job's owner is tried again after this long.
_SETTLE_AGAIN_S = 60.0

# Of kinds it says nothing: any condition on them is one more index to choose, the wrong one.
_ABANDONED = f"""
SELECT id, kind, lease_token, worker, crashes + 1, lease_until < {NOW}
FROM queueing_job
WHERE state = 'active' AND (worker = ANY(%(gone)s::uuid[])
  OR (lease_until < {NOW} AND {NOW} <= coalesce(%(trusted_until)s::timestamptz, 'infinity')))
"""  # noqa: S608
_LOOK = f"{_ABANDONED} ORDER BY worker, lease_until"
_STILL_ABANDONED = f"{_ABANDONED} AND id = %(job)s FOR NO KEY UPDATE SKIP LOCKED"
# Another value, so that the index of leases needs room as well, as for the owner's heartbeat.
_REWRITE = f"""
WITH late AS (
    SELECT id, worker FROM queueing_job
    WHERE state = 'active' AND lease_until < {NOW} + make_interval(secs => %(within_s)s)
    ORDER BY worker, lease_until FOR NO KEY UPDATE SKIP LOCKED
), owner AS (
    SELECT id FROM queueing_worker WHERE id IN (SELECT worker FROM late)
    FOR NO KEY UPDATE SKIP LOCKED
), seen AS (
    UPDATE queueing_worker SET threads = threads FROM owner WHERE queueing_worker.id = owner.id
)
UPDATE queueing_job SET lease_until = lease_until - interval '1 microsecond'
FROM late WHERE queueing_job.id = late.id
"""  # noqa: S608
# It is nobody's then, so that its worker is forgotten: by its lease alone it is found again.
_POSTPONE = f"""
UPDATE queueing_job
SET lease_until = {NOW} + make_interval(secs => {_SETTLE_AGAIN_S}), worker = lease_token
WHERE id = %(job)s AND lease_token = %(token)s
"""  # noqa: S608
# One of whose jobs was locked just now is found again a second later; it has no thread to offer.
_FORGET_GONE = """
WITH forgotten AS (
    DELETE FROM queueing_worker WHERE id = ANY(%(gone)s::uuid[]) AND NOT EXISTS (
        SELECT 1 FROM queueing_job WHERE state = 'active' AND worker = queueing_worker.id
    ) RETURNING id
)
UPDATE queueing_worker SET threads = 0
WHERE id = ANY(%(gone)s::uuid[]) AND id NOT IN (SELECT id FROM forgotten)
"""
_FORGET_SILENT = f"""
DELETE FROM queueing_worker WHERE seen_at < {NOW} - make_interval(secs => %(silent_s)s)
"""  # noqa: S608


@dataclass(frozen=True, kw_only=True)
class Swept:
    """How many jobs wait again, how many failed for good, how many dead workers were found."""

    requeued: int = 0
    failed: int = 0
    workers: int = 0


@dataclass(frozen=True, kw_only=True)
class _Abandoned:
    kind: str
    lease: Lease
    worker: UUID
    crashes: int
    expired: bool

    @property
    def retry_in_s(self) -> float | None:
        policy = kind_named(self.kind).policy
        return policy.crash_delay_s(crashes=self.crashes, most=settings.MAX_CRASHES)

    @property
    def fault(self) -> Fault:
        how = "its lease ran out" if self.expired else "its process has ended"
        return Fault(error_class="WorkerLost", reason=f"worker {self.worker}: {how}")


def sweep(
    *, at: datetime | None = None, dry_run: bool = False, trusted_until: datetime | None = None
) -> Swept:
    """Take the jobs of dead workers away from them and say how many there were.

    A worker of this machine whose process has ended is known to be dead at once; any other is
    when its leases run out, which is believed up to `trusted_until` of the database's clock: each
    statement asks for the time when it begins, so one that was held up believes in none. Kinds
    that this process does not know are left to one that does.
    """
    gone = workers.gone_from_here()
    search: dict[str, Any] = {
        "at": at,
        "gone": [worker.pk for worker in gone],
        "trusted_until": trusted_until,
    }
    known = {kind.name for kind in kinds()}
    with plans.by_order():
        found = [each for each in _select(_LOOK, search) if each.kind in known]
    if not dry_run:
        found = [taken for each in found if (taken := _take_away(each, search)) is not None]
        _forget(search)
    failed = sum(each.retry_in_s is None for each in found)
    return Swept(requeued=len(found) - failed, failed=failed, workers=len(gone))


def rewrite_late(*, within_s: float) -> int:
    """Write the leases that run out within so many seconds again as they were, and return how many
    those are.

    A disk without room refuses a write to one page and takes one to another, so that a worker may
    be unable to extend its leases while all that a sweep writes is written.

    :raises django.db.DatabaseError: one cannot be written, so it says nothing of its owner
    """
    with plans.by_order(), connection.cursor() as cursor:
        cursor.execute(_REWRITE, {"within_s": within_s, "at": None})
        late: int = cursor.rowcount
    return late


def _forget(search: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        if search["gone"]:
            cursor.execute(_FORGET_GONE, search)
        cursor.execute(_FORGET_SILENT, search | {"silent_s": 3 * float(settings.LEASE_S)})


def _take_away(abandoned: _Abandoned, search: dict[str, Any]) -> _Abandoned | None:
    """Return what was taken, None if the worker was heard of or another sweeper was first."""
    at: datetime | None = search["at"]
    try:
        with transaction.atomic():
            rows = _select(_STILL_ABANDONED, search | {"job": abandoned.lease.job_id})
            for row in rows:
                leases.give_up_attempt(
                    row.lease,
                    kind=row.kind,
                    outcome=Outcome.CRASHED,
                    fault=row.fault,
                    retry_in_s=row.retry_in_s,
                    at=at,
                )
                log.warning("worker_lost", job_id=str(row.lease.job_id), crashes=row.crashes)
                return row
    except Exception as error:
        if is_outage(error):
            raise
        log.exception("settling_failed", job_id=str(abandoned.lease.job_id))
        with connection.cursor() as cursor:
            job = {"job": abandoned.lease.job_id, "token": abandoned.lease.token}
            cursor.execute(_POSTPONE, job | {"at": at})
    return None


def _select(query: str, search: dict[str, Any]) -> list[_Abandoned]:
    with connection.cursor() as cursor:
        cursor.execute(query, search)
        return [
            _Abandoned(
                kind=kind, lease=Lease(job, token), worker=worker, crashes=crashes, expired=expired
            )
            for job, kind, token, worker, crashes, expired in cursor.fetchall()
        ]
