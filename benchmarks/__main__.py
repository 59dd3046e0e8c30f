"""`make benchmark`: a real worker on real PostgreSQL and Redis; one line a figure, with its bound.

Seconds depend on the machine and on what else it does; run it on an idle one.
"""

import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import django
import psutil

os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.settings"
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from benchmarks import gate as quality_gate  # noqa: E402
from local import parts  # noqa: E402
from queueing import ledger  # noqa: E402
from queueing.models import Job, State, Worker  # noqa: E402

JOBS = 200
THREADS = 200
START_BOUND_MS = 50
MEMORY_BOUND_MB = 400
PATIENCE_S = 120


@contextmanager
def worker(*, threads: int) -> Iterator[psutil.Process]:
    """Start a worker process with that many threads; yield it once it takes jobs."""
    var_dir = Path(os.environ.get("VAR_DIR", "var")).absolute()
    env = parts.environment(os.environ, var_dir=var_dir) | {
        "WORKER_THREADS": str(threads),
        "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
        "LOG_LEVEL": "WARNING",
    }
    process = parts.process("worker", env, log_name="benchmark-worker")
    process.start()
    try:
        process.wait_until(
            lambda: Worker.objects.filter(pid=process.pid).exists(), timeout_s=PATIENCE_S
        )
        yield psutil.Process(process.pid)
    finally:
        process.stop()


def wait_until(truth: Callable[[], bool]) -> None:
    """Return once it is true; give up after `PATIENCE_S`."""
    ends = time.monotonic() + PATIENCE_S
    while not truth():
        if time.monotonic() > ends:
            raise SystemExit("benchmark: the jobs did not come to an end")
        time.sleep(0.02)


def settled(kind: str) -> bool:
    return not Job.objects.filter(kind=kind, state__in=[State.WAITING, State.ACTIVE]).exists()


def commit_to_start() -> bool:
    """One job at a time on an idle worker: from the INSERT's time to the claim's, both by the
    database's clock, so that the commit is inside."""
    kind = "benchmark-nothing"
    for _ in range(JOBS):
        ledger.enqueue(kind=kind, subject="benchmark")
        wait_until(lambda: settled(kind))
    took_ms = sorted(
        (started - created).total_seconds() * 1000
        for started, created in Job.objects.filter(kind=kind).values_list(
            "started_at", "created_at"
        )
    )
    median, p95 = statistics.median(took_ms), took_ms[int(len(took_ms) * 0.95)]
    return report(
        f"commit to start of a job: median {median:.1f} ms, p95 {p95:.1f} ms over {JOBS} jobs",
        bound=f"median under {START_BOUND_MS} ms",
        held=median < START_BOUND_MS,
    )


def memory(process: psutil.Process) -> bool:
    """All threads busy at once, each waiting as for a model's answer."""
    kind = "benchmark-waiting"
    for _ in range(THREADS):
        ledger.enqueue(kind=kind, subject="benchmark")
    wait_until(lambda: Job.objects.filter(kind=kind, state=State.ACTIVE).count() == THREADS)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND backend_type = 'client backend'"
        )
        (connections,) = cursor.fetchone()
    used_mb = process.memory_info().rss / 2**20
    wait_until(lambda: settled(kind))
    return report(
        f"worker with {THREADS} threads, all busy: {used_mb:.0f} MB,"
        f" {connections} database connections in all",
        bound=f"under {MEMORY_BOUND_MB} MB",
        held=used_mb < MEMORY_BOUND_MB,
    )


def gate() -> bool:
    """The quality gate on this process alone: linear in the text, and cheap beside other texts."""
    line, growth = quality_gate.figures()
    most = quality_gate.GROWTH_BOUND
    return report(line, bound=f"growth under {most}", held=growth < most)


def report(figure: str, *, bound: str, held: bool) -> bool:
    print(f"{figure} (bound: {bound}: {'held' if held else 'NOT HELD'})", flush=True)
    return held


def main() -> int:
    """Print the figures; return 1 when a bound does not hold."""
    call_command("migrate", verbosity=0)
    Job.objects.filter(kind__startswith="benchmark-").delete()
    with worker(threads=THREADS) as process:
        held = [commit_to_start(), memory(process)]
    held.append(gate())
    Job.objects.filter(kind__startswith="benchmark-").delete()
    return int(not all(held))


if __name__ == "__main__":
    sys.exit(main())
