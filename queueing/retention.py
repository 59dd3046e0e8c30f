"""How long the detail of a settled job is kept. Its row stays: it remembers the key."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection

from queueing.clock import NOW
from queueing.models import State

_BATCH = 1000
_COUNT = f"""
SELECT count(*) FROM queueing_job
WHERE has_detail AND state = ANY(%(states)s) AND finished_at < {NOW} - %(older_than)s
  AND (%(kind)s::text IS NULL OR kind = %(kind)s)
"""  # noqa: S608
# In batches, so that no transaction is long and two cleaners share the work.
_CLEAN = f"""
WITH old AS (
    SELECT id FROM queueing_job
    WHERE has_detail AND state = ANY(%(states)s) AND finished_at < {NOW} - %(older_than)s
      AND (%(kind)s::text IS NULL OR kind = %(kind)s)
    LIMIT {_BATCH} FOR NO KEY UPDATE SKIP LOCKED
), steps AS (
    DELETE FROM queueing_step USING old WHERE job_id = old.id
), attempts AS (
    DELETE FROM queueing_attempt USING old WHERE job_id = old.id
), notes AS (
    INSERT INTO queueing_jobnote (job_id, action, actor, reason, at)
    SELECT id, 'clean', %(actor)s::text, %(reason)s, {NOW} FROM old
    WHERE %(actor)s::text IS NOT NULL
)
UPDATE queueing_job job SET has_detail = false FROM old WHERE job.id = old.id
"""  # noqa: S608


@dataclass(frozen=True, kw_only=True)
class Cleaned:
    """How many jobs lost their detail."""

    completed: int
    failed: int


@dataclass(frozen=True, kw_only=True)
class ByHand:
    """Who asks for the cleaning, and why: kept in a note at each job."""

    actor: str
    reason: str = ""


def clean_settled(
    *,
    kind: str | None = None,
    asked: ByHand | None = None,
    at: datetime | None = None,
    dry_run: bool = False,
) -> Cleaned:
    """Drop the attempts and steps of jobs that settled longer ago than the settings keep them.

    `asked` is who does so by hand, None where the clock does.
    """
    completed = clean_queue(
        kind,
        older_than=timedelta(seconds=settings.COMPLETED_JOB_DETAIL_KEPT_S),
        states=(State.COMPLETED,),
        asked=asked,
        at=at,
        dry_run=dry_run,
    )
    failed = clean_queue(
        kind,
        older_than=timedelta(seconds=settings.FAILED_JOB_KEPT_S),
        states=(State.FAILED, State.CANCELLED),
        asked=asked,
        at=at,
        dry_run=dry_run,
    )
    return Cleaned(completed=completed, failed=failed)


def clean_queue(
    kind: str | None,
    older_than: timedelta,
    *,
    states: tuple[State, ...] = (State.COMPLETED, State.FAILED, State.CANCELLED),
    asked: ByHand | None = None,
    at: datetime | None = None,
    dry_run: bool = False,
) -> int:
    """Drop the attempts and steps of settled jobs of this kind (None: of every kind) that are
    older than that, and return of how many. They leave the statistics; their rows stay, so that
    an idempotency key never opens again. Each keeps a note of who `asked` for it by hand."""
    values: dict[str, Any] = {
        "kind": kind,
        "states": [str(state) for state in states],
        "older_than": older_than,
        "actor": asked and asked.actor,
        "reason": asked.reason[:500] if asked else "",
        "at": at,
    }
    cleaned: int = 0
    with connection.cursor() as cursor:
        if dry_run:
            cursor.execute(_COUNT, values)
            return int(cursor.fetchone()[0])
        while True:
            cursor.execute(_CLEAN, values)
            cleaned += cursor.rowcount
            if cursor.rowcount < _BATCH:
                return cleaned
