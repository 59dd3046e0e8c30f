"""What the ledger asks all the time reads a few rows, however many wait and whatever the planner
was told: statistics are gathered a minute after a burst, and may be of the hour before it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import connection, transaction
from django.utils import timezone

from queueing import dispatcher, figures, leases, service, sweeper, workers
from queueing.models import Job, State, Worker
from queueing.process import Process

pytestmark = pytest.mark.django_db(transaction=True)

THREADS = 100
CROWD = 10_000
# The index of ids is as deep then as it gets, and looks like the dearer one.
DEEP = 100_000
# Of a statement that publishes a hundred jobs: it finds, locks and writes each. The crowd is more.
FEW = 10 * THREADS
_READ = """
SELECT sum(pg_stat_get_xact_tuples_returned(oid)) FROM pg_class
WHERE oid = 'queueing_job'::regclass
   OR oid IN (SELECT indexrelid FROM pg_index WHERE indrelid = 'queueing_job'::regclass)
"""
_ADD = """
INSERT INTO queueing_job (id, kind, subject, arguments, rank, priority, state, tries, run_at,
                          created_at, finished_at, doing, attempts, failures, crashes, error_class,
                          error_reason, actor, has_detail)
SELECT gen_random_uuid(), %(kind)s, 'crowd:' || n, '{}', 50, 5, %(state)s, 3, now(), now(),
       CASE WHEN %(state)s = 'completed' THEN now() END, '', 0, 0, 0, '', '', '', true
FROM generate_series(1, %(many)s) AS n
"""


@pytest.fixture(autouse=True)
def no_autovacuum():
    """Statistics are gathered when a test says so."""
    _do("ALTER TABLE queueing_job SET (autovacuum_enabled = false)")
    _do("VACUUM ANALYZE queueing_job")
    yield
    _do("ALTER TABLE queueing_job RESET (autovacuum_enabled)")


@pytest.fixture
def worker():
    now = timezone.now() + timedelta(hours=1)  # however long the crowd takes to come
    return Worker.objects.create(
        host="elsewhere", pid=1, process_started=0, threads=THREADS, kinds=["scripted"],
        started_at=now, seen_at=now,
    )  # fmt: skip


def before_the_crowd():
    """A quiet day, of other kinds, and then the crowd."""
    for kind in ("urgent", "gated", "flaky"):
        add(kind, State.COMPLETED, 30)
    _do("ANALYZE queueing_job")
    add("scripted", State.WAITING, DEEP)


def when_all_jobs_ran():
    """Four jobs of four in hand, then the crowd."""
    add("scripted", State.WAITING, 4)
    for job in Job.objects.all():
        leases.claim(job_id=job.pk, token=uuid4(), worker=uuid4())
    _do("ANALYZE queueing_job")
    add("scripted", State.WAITING, CROWD)


def of_the_crowd():
    """The crowd itself."""
    add("scripted", State.WAITING, CROWD)
    _do("ANALYZE queueing_job")


def of_a_crowd_that_is_gone():
    """As large a crowd has settled; its entries stand in the indexes before those that wait."""
    add("scripted", State.WAITING, CROWD)
    _do("UPDATE queueing_job SET state = 'completed', finished_at = now()")
    add("scripted", State.WAITING, CROWD)
    # Whoever comes by first marks the dead entries for all others.
    with dispatcher.session() as database:
        dispatcher.stamp(database)


@pytest.mark.parametrize(
    "statistics", [before_the_crowd, when_all_jobs_ran, of_the_crowd, of_a_crowd_that_is_gone]
)
def test_what_is_asked_all_the_time_reads_a_few_rows_of_a_crowd(statistics, worker):
    statistics()
    waiting = Job.objects.filter(state=State.WAITING).values_list("pk", flat=True)[:3]
    process, (message, early, dead) = Process(), waiting
    leases.claim(job_id=dead, token=uuid4(), worker=uuid4())
    Job.objects.filter(pk=dead).update(lease_until=timezone.now())

    def claim(job_id: UUID) -> None:
        taken = leases.claim(job_id=job_id, token=uuid4(), worker=process.worker, kind="scripted")
        assert taken is not None

    asked: dict[str, Callable[[], Any]] = {
        "claim": lambda: claim(message),
        "message that came to nothing": lambda: leases.release(job_id=early, due_too=True),
        "heartbeat": lambda: workers.beat(process, threads=THREADS, kinds=["scripted"]),
        "sweep": _swept_one,
        "promotion": lambda: service.promote(job_id=early, actor="mia"),
    }
    read = {name: _read(act) for name, act in asked.items()}
    with dispatcher.session() as database:
        read["dispatch"], stamped = _read_beside(database, dispatcher.stamp)
        read["next dispatch"], _ = _read_beside(database, dispatcher.stamp)

    assert len(stamped) > THREADS // 2
    assert {name: rows for name, rows in read.items() if rows > FEW} == {}


def test_the_operators_page_reads_no_settled_job_that_has_lost_its_detail():
    add("scripted", State.COMPLETED, 5000)
    Job.objects.update(has_detail=False)
    add("scripted", State.WAITING, 10)
    _do("ANALYZE queueing_job")

    assert _read(figures.standing) < FEW
    waiting = {kind.kind: kind.waiting for kind in figures.standing()}
    assert waiting["scripted"] == 10


def add(kind: str, state: State, many: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_ADD, {"kind": kind, "state": str(state), "many": many})


def _swept_one() -> None:
    assert sweeper.sweep().requeued == 1


def _read(act: Callable[[], Any]) -> int:
    """Return how many rows and index entries it looks at, dead ones too."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_READ)
        before = cursor.fetchone()[0]
        act()
        cursor.execute(_READ)
        return int(cursor.fetchone()[0] - before)


def _read_beside(
    database: psycopg.Connection[Any], act: Callable[[psycopg.Connection[Any]], Any]
) -> tuple[int, Any]:
    with database.transaction():
        before = database.execute(_READ).fetchone()
        done = act(database)
        after = database.execute(_READ).fetchone()
    assert before is not None
    assert after is not None
    return int(after[0] - before[0]), done


def _do(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
