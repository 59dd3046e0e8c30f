"""Lines: how many jobs at a time may use something outside, and whether it can be used at all.

Places belong to a run's lease, so they die with it. A failing provider shuts its line to every
worker, for longer each time; the first job let in afterwards is alone and tries it for all.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

import structlog
from django.conf import settings
from django.db import connection, transaction

from queueing.clock import BELL, NOW
from queueing.leases import Lease

log = structlog.get_logger(__name__)

# A job whose place is taken looks again after this long and a second for each one that waits
# beside it: however long the line, one look a second. A place that gets free wakes the first.
LOOK_AGAIN_S: Final = 2.0
_LOOK_APART_S: Final = 1.0
# For so long a place is kept for a job that was woken and is on its way.
_ON_ITS_WAY_S: Final = 5.0
_EVERYBODY: Final = 1000

_SEEN = f"""
SELECT name, faults, greatest(0, extract(epoch FROM shut_until - {NOW}))::float, reason
FROM queueing_line WHERE name = ANY(%(names)s) ORDER BY name
"""  # noqa: S608
_HELD = f"{_SEEN} FOR NO KEY UPDATE"
_BEGIN_LINES = """
INSERT INTO queueing_line (name, faults, reason) SELECT unnest(%(names)s::text[]), 0, ''
ON CONFLICT DO NOTHING
"""
_TAKEN = f"""
SELECT name, (
    SELECT count(*) FROM queueing_place place JOIN queueing_job job ON job.id = place.job_id
    WHERE place.line_id = name AND job.lease_token = place.token AND job.lease_until > {NOW}
) + (
    SELECT count(*) FROM queueing_job ahead
    JOIN queueing_job me ON me.id = %(job)s
    WHERE ahead.state = 'waiting' AND ahead.line = name AND ahead.line <> ''
      AND ahead.run_at <= {NOW}
      AND ahead.run_at > {NOW} - make_interval(secs => {_ON_ITS_WAY_S})
      AND (ahead.rank, ahead.priority, ahead.created_at, ahead.id)
        < (me.rank, me.priority, me.created_at, me.id)
) FROM unnest(%(names)s::text[]) AS name
"""  # noqa: S608
_WAITING = """
SELECT count(*) FROM queueing_job WHERE state = 'waiting' AND line = %(name)s AND line <> ''
"""
_TAKE = f"""
INSERT INTO queueing_place (line_id, job_id, token, since)
SELECT unnest(%(names)s::text[]), %(job)s, %(token)s, {NOW} RETURNING id
"""
# A good answer says that nothing is broken; it does not take back what another one asked for.
_LEAVE = f"""
WITH freed AS (
    DELETE FROM queueing_place WHERE id = ANY(%(places)s)
), healed AS (
    UPDATE queueing_line SET faults = 0, shut_since = NULL,
        shut_until = CASE WHEN asked_until > {NOW} THEN asked_until END,
        reason = CASE WHEN asked_until > {NOW} THEN reason ELSE '' END
    WHERE name = %(healthy)s AND faults > 0 RETURNING shut_until
), opened AS (
    SELECT FROM healed WHERE shut_until IS NULL
), next AS (  -- read once, whatever the plan: a limit inside the update holds for one reading only
    SELECT id FROM queueing_job
    WHERE state = 'waiting' AND line = ANY(%(names)s) AND line <> '' AND run_at > {NOW}
      AND (EXISTS (SELECT 1 FROM opened) OR NOT EXISTS (
          SELECT 1 FROM queueing_line WHERE name = ANY(%(names)s) AND shut_until > {NOW}))
    ORDER BY rank, priority, created_at, id
    LIMIT CASE WHEN EXISTS (SELECT 1 FROM opened) THEN {_EVERYBODY} ELSE %(free)s END
    FOR NO KEY UPDATE SKIP LOCKED
), woken AS (
    UPDATE queueing_job AS job SET run_at = {NOW}, dispatched_at = NULL
    FROM next WHERE job.id = next.id RETURNING job.id
), rung AS (
    SELECT pg_notify('{BELL}', '')::text FROM woken LIMIT 1
)
SELECT (SELECT count(*) FROM opened), (SELECT count(*) FROM woken), (SELECT count(*) FROM rung)
"""  # noqa: S608
# Failures of calls that were under way when the line was shut say nothing new.
_FAULT = f"""
UPDATE queueing_line SET faults = faults + 1, reason = %(reason)s,
    shut_since = CASE WHEN faults + 1 >= %(most)s THEN coalesce(shut_since, {NOW}) END,
    shut_until = CASE WHEN faults + 1 >= %(most)s THEN {NOW} + make_interval(secs => least(
        %(at_most_s)s, %(pause_s)s * 2 ^ least(faults + 1 - %(most)s, 30))) END
WHERE name = %(name)s AND (shut_until IS NULL OR shut_until <= {NOW})
"""  # noqa: S608
_PAUSE = f"""
UPDATE queueing_line SET reason = %(reason)s,
    asked_until = greatest(asked_until, {NOW} + make_interval(secs => %(wait_s)s)),
    shut_until = greatest(shut_until, {NOW} + make_interval(secs => %(wait_s)s))
WHERE name = %(name)s
"""  # noqa: S608

Why = Literal["full", "busy", "down"]


@dataclass(frozen=True, kw_only=True)
class Gate:
    """A line and how many places it has; 0: as many as are wanted."""

    name: str
    places: int = 0


class NoEntry(Exception):
    """There is no place in a line now. `wait_s` is when to look again.

    `why`: "full", all places are taken; "busy", it asked to be left alone; "down", it fails.
    `shut_s` is the part of the wait in which nobody is let in; the rest is the line itself.
    """

    def __init__(
        self, line: str, *, why: Why, wait_s: float, shut_s: float = 0.0, reason: str = ""
    ) -> None:
        super().__init__(f"{line} is {why}" + (f": {reason}" if reason else ""))
        self.line = line
        self.why: Why = why
        self.wait_s = wait_s
        self.shut_s = shut_s


@dataclass(frozen=True, kw_only=True)
class Entry:
    """Places that a run has taken. `line` is the one whose health the run will tell of."""

    line: str
    names: list[str]
    places: list[int]


@dataclass(frozen=True, kw_only=True)
class _Seen:
    faults: int
    shut_s: float
    reason: str

    @property
    def is_down(self) -> bool:
        return self.faults >= settings.LINE_FAILURES_IN_A_ROW


_WELL: Final = _Seen(faults=0, shut_s=0.0, reason="")


def enter(lease: Lease, gates: Sequence[Gate], *, at: datetime | None = None) -> Entry:
    """Take a place in each line at once; the last one's health is what the run will tell of.

    The jobs that stand in line already and come first by rank, priority and age go first.

    :raises NoEntry: there is none in one of them
    """
    names = [gate.name for gate in gates]
    seen = _look(_SEEN, names, at=at)
    _refuse_shut(seen, names, at=at)
    last = seen.get(names[-1], _WELL)
    bounds = {gate.name: gate.places for gate in gates if gate.places}
    if last.is_down:
        bounds[names[-1]] = 1  # one probe for all
    if not bounds:
        return Entry(line=names[-1], names=names, places=[])
    return _take(lease, bounds, names, at=at)


@transaction.atomic
def _take(lease: Lease, bounds: dict[str, int], names: list[str], *, at: datetime | None) -> Entry:
    """Count and take with the lines' rows locked, so that two never take the last place."""
    with connection.cursor() as cursor:
        cursor.execute(_BEGIN_LINES, {"names": sorted(bounds)})
        seen = _look(_HELD, sorted(bounds), at=at)
        _refuse_shut(seen, names, at=at)
        cursor.execute(_TAKEN, {"names": sorted(bounds), "job": lease.job_id, "at": at})
        for name, taken in cursor.fetchall():
            if taken >= bounds[name]:
                why: Why = "down" if seen[name].is_down else "full"
                raise NoEntry(name, why=why, wait_s=_look_again_s(name), reason=seen[name].reason)
        taking: dict[str, Any] = {"job": lease.job_id, "token": lease.token, "at": at}
        cursor.execute(_TAKE, taking | {"names": sorted(bounds)})
        places = [place for (place,) in cursor.fetchall()]
    return Entry(line=names[-1], names=names, places=places)


def leave(entry: Entry, *, well: bool, at: datetime | None = None) -> None:
    """Give the places back and wake who is next; `well`: it answered, so it is open to all, once
    the time is over that it may have asked for."""
    healthy = entry.line if well else None
    # A job needs a place in each line. Where nobody counts places, a line that has formed because
    # the other side asked for time melts twice as fast with every good answer.
    free = 1 if entry.places else 2 * well
    values: dict[str, Any] = {"healthy": healthy, "free": free, "at": at}
    with connection.cursor() as cursor:
        cursor.execute(_LEAVE, values | {"places": entry.places, "names": entry.names})
        opened, woken, _rung = cursor.fetchone()
    if opened:
        log.info("line_open", line=entry.line, woken=woken)


def failed(entry: Entry, *, reason: str, at: datetime | None = None) -> float | None:
    """Give the places back and count a failure; return how long the line is shut, None: it is not.

    It is shut once `LINE_FAILURES_IN_A_ROW` came without a good answer in between.
    """
    values: dict[str, Any] = {
        "most": settings.LINE_FAILURES_IN_A_ROW,
        "pause_s": float(settings.LINE_PAUSE_S),
        "at_most_s": float(settings.LINE_PAUSE_AT_MOST_S),
    }
    shut_s = _mark(_FAULT, entry, reason=reason, values=values, at=at)
    if shut_s:
        log.warning("line_shut", line=entry.line, reason=reason, pause_s=shut_s)
    return shut_s + _line_s(entry.line) if shut_s else None


def busy(entry: Entry, *, wait_s: float, reason: str, at: datetime | None = None) -> float:
    """Give the places back and keep everybody away for `wait_s`; return when to look again."""
    shut_s = _mark(_PAUSE, entry, reason=reason, values={"wait_s": wait_s}, at=at)
    return shut_s + _line_s(entry.line)


@transaction.atomic
def _mark(
    statement: str, entry: Entry, *, reason: str, values: dict[str, Any], at: datetime | None
) -> float:
    with connection.cursor() as cursor:
        cursor.execute(_BEGIN_LINES, {"names": [entry.line]})
        marks: dict[str, Any] = {"name": entry.line, "reason": reason[:200], "at": at}
        cursor.execute(statement, values | marks)
    leave(entry, well=False, at=at)
    return _look(_SEEN, [entry.line], at=at)[entry.line].shut_s


def _look(statement: str, names: list[str], *, at: datetime | None) -> dict[str, _Seen]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"names": names, "at": at})
        return {
            name: _Seen(faults=faults, shut_s=shut_s or 0.0, reason=reason)
            for name, faults, shut_s, reason in cursor.fetchall()
        }


def _refuse_shut(seen: dict[str, _Seen], names: list[str], *, at: datetime | None) -> None:
    for name in names:
        line = seen.get(name, _WELL)
        if line.shut_s > 0:
            why: Why = "down" if line.is_down else "busy"
            wait_s = line.shut_s + _line_s(name)
            raise NoEntry(name, why=why, wait_s=wait_s, shut_s=line.shut_s, reason=line.reason)


def _look_again_s(name: str) -> float:
    return LOOK_AGAIN_S + _line_s(name)


def _line_s(name: str) -> float:
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, {"name": name})
        waiting: int = cursor.fetchone()[0]
    return waiting * _LOOK_APART_S
