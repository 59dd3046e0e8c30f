"""From the ledger to the broker: due jobs are stamped, then published, by one leader at a time."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
import structlog
from celery import Celery
from django.conf import settings
from django.db import connection as django_connection

from queueing import plans
from queueing.clock import BELL, NOW
from queueing.credit import Bench, Share, shares
from queueing.registry import UnknownKind, kind_named

log = structlog.get_logger(__name__)

LEADERSHIP = 7_236_118  # any number, as long as nobody else locks it in this database
# The leader's session says something every POLL_S. One that has been silent for this long is
# frozen, and is put out by whoever waits to lead.
SILENT_S = 5.0
PUBLISH_TIMEOUT_S = 2.0

_BENCHES = f"""
SELECT ARRAY(SELECT jsonb_array_elements_text(kinds)), greatest(0, threads - (
    SELECT count(*) FROM queueing_job WHERE state = 'active' AND worker = queueing_worker.id
)) FROM queueing_worker
WHERE seen_at > {NOW} - make_interval(secs => %(lease_s)s)
"""  # noqa: S608
# As many rows as there are threads, at most; an index has them in this order.
_UNDER_WAY = f"""
SELECT kind FROM queueing_job
WHERE state = 'waiting' AND dispatched_at <= {NOW}
  AND dispatched_at > {NOW} - make_interval(secs => %(lost_after_s)s)
ORDER BY dispatched_at
"""  # noqa: S608
_STAMP = f"""
WITH due AS (
    SELECT job.id
    FROM unnest(%(kinds)s::text[], %(caps)s::int[]) AS share (kind, cap)
    CROSS JOIN LATERAL (
        SELECT id, rank, priority, run_at FROM queueing_job
        WHERE kind = share.kind AND state = 'waiting' AND run_at <= {NOW}
          AND (dispatched_at IS NULL
               OR dispatched_at <= {NOW} - make_interval(secs => %(lost_after_s)s))
        ORDER BY rank, priority, run_at, id
        LIMIT share.cap FOR NO KEY UPDATE SKIP LOCKED
    ) AS job
    ORDER BY job.rank, job.priority, job.run_at, job.id
    LIMIT %(total)s
)
UPDATE queueing_job AS job SET dispatched_at = {NOW} FROM due WHERE job.id = due.id
RETURNING job.rank, job.priority, job.run_at, job.id, job.kind, job.failures
"""  # noqa: S608
_UNSTAMP = """
UPDATE queueing_job SET dispatched_at = NULL
WHERE id = ANY(%(jobs)s) AND state IS NOT DISTINCT FROM 'waiting'  -- found by id alone
"""
_PUT_OUT_A_FROZEN_LEADER = """
SELECT pg_terminate_backend(pid)
FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE locktype = 'advisory' AND granted AND classid = 0 AND objid = %(key)s AND objsubid = 1
  AND pg_locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND state_change < statement_timestamp() - make_interval(secs => %(silent_s)s)
"""

Connection = psycopg.Connection[Any]


@dataclass(frozen=True, kw_only=True)
class Due:
    """A stamped job, to be published."""

    job_id: UUID
    kind: str
    failures: int


Publish = Callable[[list[Due]], list[Due]]
"""Sends the messages in order and returns those that could not be sent."""


def stamp(database: Connection, *, at: datetime | None = None) -> list[Due]:
    """Mark as dispatched what the workers have threads for, and return it most urgent first."""
    times = {
        "at": at,
        "lease_s": float(settings.LEASE_S),
        "lost_after_s": float(settings.REDISPATCH_AFTER_S),
    }
    benches = [
        Bench(kinds=frozenset(kinds), free=free)
        for kinds, free in database.execute(_BENCHES, times).fetchall()
    ]
    under_way = Counter(kind for (kind,) in database.execute(_UNDER_WAY, times).fetchall())
    return [
        due
        for share in shares(benches=benches, under_way=under_way)
        for due in _stamp_share(database, share, times)
    ]


def _stamp_share(database: Connection, share: Share, times: dict[str, Any]) -> list[Due]:
    kinds_and_caps = {"kinds": list(share.caps), "caps": list(share.caps.values())}
    rows = database.execute(_STAMP, times | kinds_and_caps | {"total": share.total}).fetchall()
    return [
        Due(job_id=job_id, kind=kind, failures=failures)
        for *_, job_id, kind, failures in sorted(rows, key=lambda row: row[:4])
    ]


def dispatch(database: Connection, *, publish: Publish, at: datetime | None = None) -> int:
    """Stamp and publish what is due; return how many messages went out.

    A message that could not be sent has its stamp taken back; one that got lost together with
    this process is published again when REDISPATCH_AFTER_S is over.

    :raises BrokerAway: the broker took not all of them
    """
    due = stamp(database, at=at)
    unsent = publish(due) if due else []
    if unsent:
        database.execute(_UNSTAMP, {"jobs": [each.job_id for each in unsent]})
        raise BrokerAway(f"{len(unsent)} of {len(due)} messages not sent")
    return len(due)


class BrokerAway(Exception):
    """The broker does not take messages; the jobs wait in the ledger."""


class Courier:
    """Publishes to the broker of a Celery application over a connection of its own."""

    def __init__(self, app: Celery) -> None:
        self._app = app
        self._broker: Any = None

    def __call__(self, due: list[Due]) -> list[Due]:
        """Send job ids, and nothing else, until one cannot be sent; return the unsent ones."""
        for sent, each in enumerate(due):
            try:
                self._send(each)
            except Exception as error:
                log.debug("publishing_failed", error=type(error).__name__)
                self.close()
                return due[sent:]
        return []

    def _send(self, due: Due) -> None:
        if self._broker is None:
            impatient = dict.fromkeys(
                ("socket_timeout", "socket_connect_timeout"), PUBLISH_TIMEOUT_S
            )
            self._broker = self._app.connection_for_write(transport_options=impatient)
        try:
            kind = kind_named(due.kind)
            queue, ignored = kind.queue, not kind.outcomes_kept
        except UnknownKind:  # a newer worker serves it, from a queue of that name
            queue, ignored = due.kind, True
        with self._app.amqp.Producer(self._broker, auto_declare=False) as producer:
            self._app.send_task(
                due.kind,
                kwargs={"job_id": str(due.job_id)},
                task_id=str(due.job_id),
                queue=queue,
                retries=due.failures,
                ignore_result=ignored,
                producer=producer,
                retry=False,
            )

    def close(self) -> None:
        """Drop the connection; the next message opens another."""
        if self._broker is not None:
            with suppress(Exception):  # it is broken, or nobody needs it any more
                self._broker.release()
        self._broker = None


class Dispatcher:
    """Leads when nobody else does, and dispatches whenever the bell rings or POLL_S is over."""

    def __init__(
        self, *, publish: Publish, stopping: Callable[[], bool], silent_s: float = SILENT_S
    ) -> None:
        self._publish = publish
        self._stopping = stopping
        self._silent_s = silent_s
        self._has_led = False

    def serve(self) -> None:
        """Wait for the leadership and dispatch until stopping.

        :raises psycopg.Error: the database is away
        :raises BrokerAway: the broker is; another worker may lead meanwhile
        """
        with session() as database:
            while not self._stopping():
                if self._lead(database):
                    (log.debug if self._has_led else log.info)("dispatcher_leads")
                    self._has_led = True
                    self._dispatch_until_stopping(database)
                else:
                    time.sleep(settings.POLL_S)

    def _lead(self, database: Connection) -> bool:
        row = database.execute("SELECT pg_try_advisory_lock(%s)", [LEADERSHIP]).fetchone()
        if row is not None and row[0]:
            return True
        database.execute(_PUT_OUT_A_FROZEN_LEADER, {"key": LEADERSHIP, "silent_s": self._silent_s})
        return False

    def _dispatch_until_stopping(self, database: Connection) -> None:
        database.execute(f"LISTEN {BELL}")
        while not self._stopping():
            dispatch(database, publish=self._publish)
            # However often it rang meanwhile, one look at the ledger answers all of it.
            for _ in database.notifies(timeout=settings.POLL_S, stop_after=1):
                pass


@contextmanager
def session() -> Iterator[Connection]:
    """A connection beside the pool: the lock and the bell belong to a session, and so do the
    settings that hold its plans."""
    ours = django_connection.get_connection_params()
    parameters = ours | {
        "autocommit": True,
        "application_name": "byline-dispatcher",
        "options": f"{ours.get('options', '')} {plans.OPTIONS}",
    }
    database: Connection = psycopg.connect(**parameters)
    try:
        yield database
    finally:
        with suppress(psycopg.Error):
            database.close()
