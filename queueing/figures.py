"""What operators look at: how the queues stand now, and how they went over a time.

A job counts in the span in which it was settled. Waiting is the time that it was due and nobody
had taken it, all its runs together; running is what its runs took. Both are of the row itself, so
they outlive its detail (`retention`), and a retry a week later skews neither.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import redis
from django.conf import settings
from django.db import connection
from django.utils import timezone
from redis.backoff import NoBackoff
from redis.retry import Retry

from queueing import registry
from queueing.clock import NOW
from queueing.models import Worker

# Long enough for an answer on a busy network, short enough for somebody who looks at a page.
_BROKER_TIMEOUT_S: Final = 1

# A branch for each partial index: with one condition for both, the planner reads settled jobs too.
_STANDING = f"""
SELECT kind, sum(waiting)::bigint, max(oldest_s), sum(delayed)::bigint, sum(retrying)::bigint,
       sum(running)::bigint
FROM (
    SELECT kind, count(*) FILTER (WHERE run_at <= {NOW}) AS waiting,
           max(extract(epoch FROM {NOW} - run_at)) FILTER (WHERE run_at <= {NOW}) AS oldest_s,
           count(*) FILTER (WHERE run_at > {NOW}) AS delayed,
           count(*) FILTER (WHERE failures + crashes > 0) AS retrying, 0 AS running
    FROM queueing_job WHERE state = 'waiting' GROUP BY kind
    UNION ALL
    SELECT kind, 0, NULL, 0, 0, count(*) FROM queueing_job WHERE state = 'active' GROUP BY kind
) AS standing GROUP BY kind
"""  # noqa: S608
_FAILED = """
SELECT kind, count(*) FROM queueing_job
WHERE has_detail AND state = 'failed' GROUP BY kind
"""
_SPAN = "state IN ('completed', 'failed', 'cancelled') AND finished_at > %(since)s"
_WENT = f"""
SELECT kind,
       count(*) FILTER (WHERE state = 'completed'),
       count(*) FILTER (WHERE state = 'failed'),
       count(*) FILTER (WHERE state = 'cancelled'),
       percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY waited_ms),
       percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY worked_ms)
FROM queueing_job WHERE {_SPAN} GROUP BY kind
"""  # noqa: S608
_THROUGHPUT = f"""
SELECT floor(extract(epoch FROM finished_at - %(since)s) / %(bucket_s)s)::int,
       count(*) FILTER (WHERE state = 'completed'), count(*) FILTER (WHERE state = 'failed')
FROM queueing_job WHERE {_SPAN} GROUP BY 1
"""  # noqa: S608
_FAILURES = f"""
SELECT kind, error_class, count(*), max(finished_at) FROM queueing_job
WHERE {_SPAN} AND state = 'failed' GROUP BY kind, error_class ORDER BY count(*) DESC, kind
"""  # noqa: S608


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A kind now. `oldest_s`: how long the oldest waiting job has been due; `failed`: of those
    whose detail is kept; `messages`: in the broker's queue, None while it does not answer."""

    kind: str
    waiting: int
    oldest_s: float | None
    delayed: int
    retrying: int
    running: int
    failed: int
    messages: int | None


@dataclass(frozen=True, kw_only=True)
class Went:
    """A kind over a span. Times are seconds, None where nothing is known."""

    kind: str
    completed: int = 0
    failed: int = 0
    cancelled: int = 0
    waited_p50_s: float | None = None
    waited_p95_s: float | None = None
    worked_p50_s: float | None = None
    worked_p95_s: float | None = None


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """Jobs settled in the time from `begins` on."""

    begins: datetime
    completed: int
    failed: int


@dataclass(frozen=True, kw_only=True)
class Failure:
    """Jobs of a kind that failed for good with that error."""

    kind: str
    error_class: str
    count: int
    last_at: datetime


def standing(*, at: datetime | None = None) -> list[Standing]:
    """Return every kind as it stands, in the order of dispatch."""
    rows = {row[0]: row[1:] for row in _rows(_STANDING, at=at)}
    failed = dict(_rows(_FAILED))
    messages = _messages()
    found = []
    for kind in registry.kinds():
        waiting, oldest_s, delayed, retrying, running = rows.get(kind.name, (0, None, 0, 0, 0))
        found.append(
            Standing(
                kind=kind.name,
                waiting=waiting,
                oldest_s=None if oldest_s is None else float(oldest_s),
                delayed=delayed,
                retrying=retrying,
                running=running,
                failed=failed.get(kind.name, 0),
                messages=None if messages is None else messages.get(kind.queue, 0),
            )
        )
    return found


def workers(*, at: datetime | None = None) -> list[Worker]:
    """Return the workers that were seen within a lease's time, the longest-lived first."""
    since = (at or timezone.now()) - timedelta(seconds=settings.LEASE_S)
    return list(Worker.objects.filter(seen_at__gt=since).order_by("started_at", "pk"))


def went(*, since: datetime) -> list[Went]:
    """Return every kind that settled a job since then, in the order of dispatch."""
    found = {}
    for kind, completed, failed, cancelled, waited_ms, worked_ms in _rows(_WENT, since=since):
        found[kind] = Went(
            kind=kind,
            completed=completed,
            failed=failed,
            cancelled=cancelled,
            waited_p50_s=_seconds(waited_ms, 0),
            waited_p95_s=_seconds(waited_ms, 1),
            worked_p50_s=_seconds(worked_ms, 0),
            worked_p95_s=_seconds(worked_ms, 1),
        )
    known = [kind.name for kind in registry.kinds()]
    return [found.pop(kind) for kind in known if kind in found] + list(found.values())


def throughput(*, since: datetime, until: datetime, bucket: timedelta) -> list[Bucket]:
    """Return what was settled in each bucket of the span, the empty ones too."""
    bucket_s = bucket.total_seconds()
    counted = {row[0]: row[1:] for row in _rows(_THROUGHPUT, since=since, bucket_s=bucket_s)}
    number = max(1, -int((since - until) // bucket))
    return [
        Bucket(begins=since + i * bucket, completed=completed, failed=failed)
        for i in range(number)
        for completed, failed in [counted.get(i, (0, 0))]
    ]


def failures(*, since: datetime) -> list[Failure]:
    """Return what jobs failed for good of, the most frequent first."""
    return [
        Failure(kind=kind, error_class=error_class, count=count, last_at=last_at)
        for kind, error_class, count, last_at in _rows(_FAILURES, since=since)
    ]


def _messages() -> dict[str, int] | None:
    queues = registry.queues()
    client = redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=_BROKER_TIMEOUT_S,
        socket_connect_timeout=_BROKER_TIMEOUT_S,
        retry=Retry(NoBackoff(), 0),
    )
    try:
        with client, client.pipeline(transaction=False) as asked:
            for queue in queues:
                asked.llen(queue)
            return dict(zip(queues, asked.execute(), strict=True))
    except redis.RedisError:
        return None


def _rows(statement: str, **values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _seconds(percentiles_ms: list[float] | None, which: int) -> float | None:
    value = None if percentiles_ms is None else percentiles_ms[which]
    return None if value is None else value / 1000
