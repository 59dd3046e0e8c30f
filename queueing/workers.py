"""Worker processes as the ledger knows them: seen lately, on this machine, or gone."""

import os
import socket
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from uuid import UUID

import psutil
from django.conf import settings
from django.db import connection

from queueing.clock import NOW
from queueing.models import Worker
from queueing.process import Process

# Two readings of one process's start may differ by rounding, to whole seconds where Linux tells the
# moment of its boot; two processes with one pid do not start so soon after each other on a machine
# that hands pids out in turn.
_SAME_START_S = 2.0

# A run that lost its job may be in the middle of a call: its thread is taken, though no job in the
# ledger says so. Published to it, a message would wait, and what came later wait behind it.
_BEAT = f"""
WITH mine AS (
    SELECT * FROM unnest(%(jobs)s::uuid[], %(tokens)s::uuid[], %(extended)s::bool[])
        AS mine (id, token, extended)
), lost AS (
    SELECT mine.token FROM mine
    LEFT JOIN queueing_job job ON job.id = mine.id AND job.lease_token = mine.token
    WHERE job.id IS NULL
), seen AS (
    INSERT INTO queueing_worker
        (id, host, pid, process_started, threads, kinds, started_at, seen_at)
    VALUES (%(worker)s, %(host)s, %(pid)s, %(process_started)s,
            greatest(0, %(threads)s - (SELECT count(*) FROM lost)),
            to_jsonb(%(kinds)s::text[]), {NOW}, {NOW})
    ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at, threads = excluded.threads
), free AS (
    -- A row that is locked is being settled, by its run or by somebody else: it needs no lease.
    SELECT job.id FROM queueing_job job JOIN mine ON job.id = mine.id
    WHERE job.lease_token = mine.token AND mine.extended
    FOR NO KEY UPDATE OF job SKIP LOCKED
), extended AS (
    UPDATE queueing_job job SET lease_until = {NOW} + make_interval(secs => %(lease_s)s)
    FROM free WHERE job.id = free.id
)
SELECT token FROM lost
"""  # noqa: S608


def beat(
    process: Process, *, threads: int, kinds: list[str], at: datetime | None = None
) -> set[UUID]:
    """Say that this worker lives and which threads it has on offer, extend the leases of its runs
    in the same statement, and return the tokens of those that are lost. A run past its deadline is
    left to expire."""
    runs = process.in_hand()
    me = psutil.Process()
    with connection.cursor() as cursor:
        cursor.execute(
            _BEAT,
            {
                "worker": process.worker,
                "host": host(),
                "pid": me.pid,
                "process_started": started(me),
                "threads": 0 if process.stopping.is_set() else threads,
                "kinds": kinds,
                "jobs": [run.job_id for run in runs],
                "tokens": [run.lease.token for run in runs],
                "extended": [not run.overdue for run in runs],
                "lease_s": float(settings.LEASE_S),
                "at": at,
            },
        )
        lost = {token for (token,) in cursor.fetchall()}
    for run in runs:
        run.lost = run.lost or run.lease.token in lost
    return lost


def leave(process: Process) -> None:
    """Forget this worker; it has handed back what it had."""
    Worker.objects.filter(pk=process.worker).delete()


def gone_from_here() -> list[Worker]:
    """Return the workers of this machine whose process has ended."""
    return [worker for worker in Worker.objects.filter(host=host()) if not _lives(worker)]


def started(process: psutil.Process) -> float:
    """Return the seconds from the machine's boot to the process's start. The moment itself changes
    whenever the machine's clock is set: Linux counts back to it from now."""
    return float(process.create_time() - psutil.boot_time())


def host() -> str:
    """Return what makes a pid and its start unique: the machine, its boot, and the namespaces of
    processes and of time, since two containers may share a name and both have a process 7."""
    parts = [socket.gethostname()]
    with suppress(OSError):  # elsewhere than on Linux the name has to do
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text().strip())
        parts.append(os.readlink("/proc/self/ns/pid"))
        parts.append(os.readlink("/proc/self/ns/time"))
    return "/".join(parts)[:200]


def _lives(worker: Worker) -> bool:
    try:
        process = psutil.Process(worker.pid)
        same = abs(started(process) - worker.process_started) < _SAME_START_S
        return bool(same and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True
