"""Every write of a run. Each is one statement fenced by the lease token, so a worker that was
given up on changes nothing, and each may be repeated when its answer was lost on the way."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from queueing.clock import BELL, NEWS, NOW
from queueing.errors import LeaseLost
from queueing.models import SETTLED, Job, Outcome, State
from queueing.registry import FailedJob, kind_named


@dataclass(frozen=True)
class Lease:
    """The right to write to one job, until the database says otherwise."""

    job_id: UUID
    token: UUID


@dataclass(frozen=True, kw_only=True)
class Claimed:
    """A job under a lease, with the outputs of the steps that earlier runs stored."""

    job: Job
    lease: Lease
    steps: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What went wrong, in lengths that fit the ledger."""

    error_class: str
    reason: str
    traceback: str = ""


# Milliseconds; a clock that was set back makes none of them negative.
_SINCE = f"greatest(0, round(1000 * extract(epoch FROM {NOW} - {{}})))::bigint"
# Workers died under it, and one more ends it. It waits so long for a process that has no other
# such job in hand: long enough for the dispatcher not to spin, whoever serves it.
_LAST_CHANCE = "crashes > 0 AND crashes >= %(most_crashes)s - 1"
_ASIDE_S: Final = 2.0
# A job is found by its id alone: `IS NOT DISTINCT FROM` is no condition for an index. In a burst
# that the planner has no statistics of, the index of kinds looks as good, and each claim reads all.
_CLAIM = f"""
WITH claimed AS (
    UPDATE queueing_job
    SET state = 'active', lease_token = %(token)s, worker = %(worker)s,
        lease_until = {NOW} + make_interval(secs => %(lease_s)s),
        attempts = attempts + (state = 'waiting')::int, started_at = coalesce(started_at, {NOW}),
        waited_ms = coalesce(waited_ms, 0)
                    + CASE WHEN state = 'waiting' THEN {_SINCE.format("run_at")} ELSE 0 END
    WHERE id = %(job)s AND kind IS NOT DISTINCT FROM coalesce(%(kind)s, kind)
      AND (lease_token = %(token)s
           OR (state = 'waiting' AND run_at <= {NOW}
               AND (%(last_chance)s OR NOT ({_LAST_CHANCE})) AND NOT EXISTS (
               SELECT FROM queueing_attempt
               WHERE job_id = queueing_job.id AND token = %(token)s
           )))
    RETURNING *
), begun AS (
    INSERT INTO queueing_attempt (job_id, number, worker, token, started_at, outcome,
                                  error_class, error_reason, traceback)
    SELECT id, attempts, worker, lease_token, {NOW}, 'running', '', '', '' FROM claimed
    ON CONFLICT (job_id, number) DO NOTHING
)
SELECT claimed.*, (
    SELECT coalesce(jsonb_object_agg(name, output), '{{}}')::text
    FROM queueing_step WHERE job_id = claimed.id
) AS stored
FROM claimed
"""  # noqa: S608

_END = f"""
WITH ended AS (
    UPDATE queueing_job
    SET state = %(state)s, lease_token = NULL, lease_until = NULL, worker = NULL, doing = '',
        failures = failures + (%(outcome)s = 'failed')::int,
        crashes = crashes + (%(outcome)s = 'crashed')::int,
        worked_ms = coalesce(worked_ms, 0) + coalesce((
            SELECT {_SINCE.format("begun.started_at")} FROM queueing_attempt begun
            WHERE begun.job_id = queueing_job.id AND begun.token = %(token)s
        ), 0),
        run_at = CASE WHEN %(state)s = 'waiting'
                      THEN {NOW} + make_interval(secs => %(delay_s)s) ELSE run_at END,
        dispatched_at = CASE WHEN %(under_way)s
                             THEN {NOW} + make_interval(secs => %(delay_s)s) END,
        finished_at = CASE WHEN %(settled)s THEN {NOW} END,
        error_class = %(error_class)s, error_reason = %(reason)s,
        line = %(line)s, parks = parks + (%(outcome)s = 'parked')::int,
        parked_since = CASE WHEN %(bounded)s THEN coalesce(parked_since, {NOW})
                            ELSE parked_since END
    WHERE id = %(job)s AND lease_token = %(token)s
    RETURNING id, subject
), noted AS (
    UPDATE queueing_attempt
    SET outcome = %(outcome)s, finished_at = {NOW}, error_class = %(error_class)s,
        error_reason = %(reason)s, traceback = %(traceback)s, retry_in_s = %(retry_in_s)s
    FROM ended WHERE job_id = ended.id AND token = %(token)s
)
SELECT {NOW}, pg_notify('{BELL}', '')::text, pg_notify('{NEWS}', subject)::text FROM ended
"""  # noqa: S608

# What it waited for before is mended then, however the run ends.
_STORE = f"""
WITH mine AS (
    SELECT id, attempts FROM queueing_job WHERE id = %(job)s AND lease_token = %(token)s
    FOR NO KEY UPDATE
), went_on AS (
    UPDATE queueing_job SET parked_since = NULL
    WHERE id = %(job)s AND parked_since IS NOT NULL AND EXISTS (SELECT FROM mine)
)
INSERT INTO queueing_step (job_id, name, output, attempt, took_ms, at)
SELECT id, %(name)s, %(output)s::jsonb, attempts, %(took_ms)s, {NOW} FROM mine
ON CONFLICT (job_id, name) DO UPDATE SET output = excluded.output
"""  # noqa: S608

# A claim is no news: the run's first step says what it is doing at once, and a notification makes
# a commit wait for all others that send one.
_DOING = f"""
WITH shown AS (
    UPDATE queueing_job SET doing = %(doing)s WHERE id = %(job)s AND lease_token = %(token)s
    RETURNING subject
)
SELECT pg_notify('{NEWS}', subject)::text FROM shown
"""  # noqa: S608

_RELEASE = f"""
WITH released AS (
    UPDATE queueing_job SET dispatched_at = NULL, run_at = CASE
        WHEN run_at > {NOW} OR %(due_too)s THEN run_at
        ELSE {NOW} + make_interval(secs => {_ASIDE_S}) END
    WHERE id = %(job)s AND state IS NOT DISTINCT FROM 'waiting' AND dispatched_at IS NOT NULL
      AND (run_at > {NOW} OR %(due_too)s OR {_LAST_CHANCE})
    RETURNING id
)
SELECT pg_notify('{BELL}', '')::text FROM released
"""  # noqa: S608


def claim(
    *,
    job_id: UUID,
    token: UUID,
    worker: UUID,
    kind: str | None = None,
    last_chance: bool = True,
    at: datetime | None = None,
) -> Claimed | None:
    """Take a waiting job that is due, or None: it is gone, taken, settled or not due yet, of
    another `kind` than was asked for or, without `last_chance`, one that another crash would end.

    Asked again with the same token, it answers the same; None, if the run was given up meanwhile.
    """
    claimed = Job.objects.raw(
        _CLAIM,
        {
            "job": job_id,
            "token": token,
            "worker": worker,
            "kind": kind,
            "lease_s": float(settings.LEASE_S),
            "last_chance": last_chance,
            "most_crashes": settings.MAX_CRASHES,
            "at": at,
        },
    )
    for job in claimed:
        return Claimed(job=job, lease=Lease(job.id, token), steps=json.loads(vars(job)["stored"]))
    return None


def release(*, job_id: UUID, due_too: bool, at: datetime | None = None) -> None:
    """Let the dispatcher publish a job again whose message came to nothing: it arrived before
    its time, or (`due_too`) at a worker that takes no more. One that another crash would end came
    to a process that has such a job in hand, and is published in two seconds, to whoever is free.
    """
    asked: dict[str, Any] = {"job": job_id, "due_too": due_too, "at": at}
    with connection.cursor() as cursor:
        cursor.execute(_RELEASE, asked | {"most_crashes": settings.MAX_CRASHES})


def store_step(
    lease: Lease, *, name: str, output_json: str, took_ms: int, at: datetime | None = None
) -> None:
    """Keep what a step produced; from now on the job may wait for something broken anew.

    :raises LeaseLost: the job is no longer this run's
    """
    step = {"name": name, "output": output_json, "took_ms": took_ms, "at": at}
    _write(_STORE, lease, step)


def show(lease: Lease, *, doing: str) -> None:
    """Tell whoever looks at the job what it is doing.

    :raises LeaseLost: the job is no longer this run's
    """
    _write(_DOING, lease, {"doing": doing[:200]})


def confirm(lease: Lease) -> None:
    """Return if the job is still this run's.

    :raises LeaseLost: it is not
    """
    _write("SELECT 1 FROM queueing_job WHERE id = %(job)s AND lease_token = %(token)s", lease, {})


def complete(lease: Lease, *, at: datetime | None = None) -> None:
    """Settle the job as done, in the current transaction if there is one.

    :raises LeaseLost: the job is no longer this run's
    """
    _end(lease, state=State.COMPLETED, outcome=Outcome.SUCCEEDED, at=at)


def hand_back(
    lease: Lease, *, fault: Fault | None = None, delay_s: float = 0, at: datetime | None = None
) -> None:
    """Let the job wait again; the attempt counts as no failure.

    :raises LeaseLost: the job is no longer this run's
    """
    _end(
        lease,
        state=State.WAITING,
        outcome=Outcome.HANDED_BACK,
        fault=fault,
        retry_in_s=delay_s,
        at=at,
    )


def park(
    lease: Lease,
    *,
    fault: Fault,
    delay_s: float,
    line: str,
    bounded: bool,
    at: datetime | None = None,
) -> None:
    """Let the job wait in a line, or for something broken (`bounded`); no try is lost.

    :raises LeaseLost: the job is no longer this run's
    """
    _end(
        lease,
        state=State.WAITING,
        outcome=Outcome.PARKED,
        fault=fault,
        retry_in_s=delay_s,
        line=line,
        bounded=bounded,
        at=at,
    )


def give_up_attempt(
    lease: Lease,
    *,
    kind: str,
    outcome: Outcome,
    fault: Fault,
    retry_in_s: float | None,
    message_follows: bool = False,
    at: datetime | None = None,
) -> None:
    """End an attempt that failed or crashed: the job waits `retry_in_s`, or (None) has failed
    for good, and then its kind's `settled` callback has run in the same transaction.

    `message_follows`: the caller sends the next message itself, so the dispatcher does only
    once that has got lost.

    :raises LeaseLost: the job is no longer this run's
    """
    if retry_in_s is not None:
        _end(
            lease,
            state=State.WAITING,
            outcome=outcome,
            fault=fault,
            retry_in_s=retry_in_s,
            message_follows=message_follows,
            at=at,
        )
        return
    with transaction.atomic():
        failed_at = _end(lease, state=State.FAILED, outcome=outcome, fault=fault, at=at)
        settled = kind_named(kind).settled
        if settled is not None and failed_at is not None:
            job = Job.objects.only("subject", "arguments").get(pk=lease.job_id)
            settled(
                FailedJob(
                    job_id=lease.job_id,
                    subject=job.subject,
                    arguments=job.arguments,
                    error_class=fault.error_class,
                    error_reason=fault.reason,
                    at=failed_at,
                )
            )


def cancel(lease: Lease, *, at: datetime | None = None) -> None:
    """Take a running job away from its worker and settle it as cancelled.

    :raises LeaseLost: the run has ended meanwhile
    """
    _end(lease, state=State.CANCELLED, outcome=Outcome.CANCELLED, at=at)


def _end(
    lease: Lease,
    *,
    state: State,
    outcome: Outcome,
    fault: Fault | None = None,
    retry_in_s: float | None = None,
    message_follows: bool = False,
    line: str = "",
    bounded: bool = False,
    at: datetime | None = None,
) -> datetime | None:
    """Return when the attempt ended, None if it had ended this way before."""
    values: dict[str, Any] = {
        "job": lease.job_id,
        "token": lease.token,
        "state": str(state),
        "outcome": str(outcome),
        "settled": state in SETTLED,
        "under_way": message_follows,
        "delay_s": float(retry_in_s or 0),
        "retry_in_s": retry_in_s,
        "error_class": fault.error_class if fault else "",
        "reason": fault.reason if fault else "",
        "traceback": fault.traceback if fault else "",
        "line": line,
        "bounded": bounded,
        "at": at,
    }
    with connection.cursor() as cursor:
        cursor.execute(_END, values)
        row = cursor.fetchone()
    if row is not None:
        ended_at: datetime = row[0]
        return ended_at
    if not _ended_so(lease, outcome):
        raise LeaseLost(f"job {lease.job_id}: this run may no longer write")
    return None


def _ended_so(lease: Lease, outcome: Outcome) -> bool:
    """The same ending may be asked for twice, because the answer to the first got lost."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM queueing_attempt WHERE job_id = %s AND token = %s AND outcome = %s",
            [lease.job_id, lease.token, str(outcome)],
        )
        return cursor.fetchone() is not None


def _write(statement: str, lease: Lease, values: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"job": lease.job_id, "token": lease.token, **values})
        if cursor.rowcount == 0:
            raise LeaseLost(f"job {lease.job_id}: this run may no longer write")
