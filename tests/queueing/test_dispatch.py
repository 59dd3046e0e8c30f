from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest
from celery import Celery
from django.db import connection
from django.utils import timezone

from queueing import leases, ledger, service
from queueing.dispatcher import (
    LEADERSHIP,
    BrokerAway,
    Courier,
    Dispatcher,
    dispatch,
    stamp,
)
from queueing.models import Job, Worker

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def session() -> Iterator[psycopg.Connection]:
    with psycopg.connect(**connection.get_connection_params(), autocommit=True) as session:
        yield session


@pytest.fixture
def worker_with():
    """A live worker of that many threads."""

    def add(threads: int, kinds: tuple[str, ...] = ("urgent", "scripted")) -> Worker:
        now = timezone.now()
        return Worker.objects.create(
            host="elsewhere", pid=1, process_started=0, threads=threads, kinds=list(kinds),
            started_at=now, seen_at=now,
        )  # fmt: skip

    return add


class Post:
    """A broker that notes what it is given, or takes nothing after the first few."""

    def __init__(self, *, takes: int | None = None):
        self.sent, self._takes = [], takes

    def __call__(self, due):
        taken = due if self._takes is None else due[: self._takes]
        self.sent += [each.job_id for each in taken]
        return due[len(taken) :]


def test_the_most_urgent_go_first_and_no_more_than_there_are_threads(session, worker_with):
    worker_with(4)
    normal, vip = (ledger.enqueue(kind="scripted", subject="x", priority=p) for p in (5, 0))
    later = ledger.enqueue(kind="scripted", subject="x", priority=5)
    urgent = ledger.enqueue(kind="urgent", subject="x", priority=5)
    ledger.enqueue(kind="scripted", subject="x", priority=9)
    post = Post()

    dispatch(session, publish=post)

    assert post.sent == [urgent.pk, vip.pk, normal.pk, later.pk]


def test_promoted_jobs_go_before_all_others_of_any_kind_in_the_order_of_their_promotion(
    session, worker_with
):
    worker_with(5)
    urgent, vip = (ledger.enqueue(kind=k, subject="x", priority=0) for k in ("urgent", "scripted"))
    first, second, third = (
        ledger.enqueue(kind=kind, subject="x", priority=5)
        for kind in ("scripted", "urgent", "scripted")
    )
    for job in (third, second, first):
        service.promote(job_id=job.pk, actor="mia")
    post = Post()

    dispatch(session, publish=post)

    assert post.sent == [third.pk, second.pk, first.pk, urgent.pk, vip.pk]


def test_running_jobs_and_messages_under_way_use_up_the_credit(session, worker_with):
    worker = worker_with(2)
    jobs = [ledger.enqueue(kind="scripted", subject="x") for _ in range(3)]
    leases.claim(job_id=jobs[0].pk, token=uuid4(), worker=worker.pk)
    post = Post()

    counts = [dispatch(session, publish=post) for _ in range(2)]

    assert counts == [1, 0]
    assert post.sent == [jobs[1].pk]


def test_settling_a_job_rings_for_the_next(session, worker_with):
    worker = worker_with(1)
    first, second = (ledger.enqueue(kind="scripted", subject="x") for _ in range(2))
    claimed = leases.claim(job_id=first.pk, token=uuid4(), worker=worker.pk)
    session.execute("LISTEN queueing")

    leases.complete(claimed.lease)

    assert len(list(session.notifies(timeout=5, stop_after=1))) == 1
    assert [due.job_id for due in stamp(session)] == [second.pk]


def test_a_message_that_nobody_takes_up_is_published_again(session, worker_with, settings):
    worker_with(5)
    job = ledger.enqueue(kind="scripted", subject="x")
    post = Post()
    dispatch(session, publish=post)
    dispatch(session, publish=post)
    assert post.sent == [job.pk]

    later = timezone.now() + timedelta(seconds=settings.REDISPATCH_AFTER_S + 0.5)
    Worker.objects.update(seen_at=later)
    dispatch(session, publish=post, at=later)

    assert post.sent == [job.pk, job.pk]


def test_a_retry_that_celery_sends_itself_is_only_published_when_that_got_lost(
    session, worker_with, settings
):
    worker = worker_with(5)
    job = ledger.enqueue(kind="scripted", subject="x")
    claimed = leases.claim(job_id=job.pk, token=uuid4(), worker=worker.pk)
    fault = leases.Fault(error_class="ValueError", reason="bad")
    leases.give_up_attempt(
        claimed.lease, kind="scripted", outcome="failed", fault=fault, retry_in_s=2,
        message_follows=True,
    )  # fmt: skip
    due_at = Job.objects.get().run_at
    Worker.objects.update(seen_at=due_at + timedelta(seconds=settings.REDISPATCH_AFTER_S))

    def published(after_s: float) -> int:
        return len(stamp(session, at=due_at + timedelta(seconds=after_s)))

    assert published(after_s=0.5) == 0
    assert published(after_s=settings.REDISPATCH_AFTER_S + 0.1) == 1


def test_a_broker_that_is_away_leaves_the_jobs_to_the_next_look(session, worker_with):
    worker_with(5)
    _first, second = (ledger.enqueue(kind="scripted", subject="x") for _ in range(2))

    with pytest.raises(BrokerAway, match="1 of 2"):
        dispatch(session, publish=Post(takes=1))

    post = Post()
    dispatch(session, publish=post)
    assert post.sent == [second.pk]


def test_delayed_and_cancelled_jobs_and_silent_workers_are_left_alone(session, worker_with):
    worker_with(5)
    ledger.enqueue(kind="scripted", subject="x", run_at=timezone.now() + timedelta(hours=1))
    assert stamp(session) == []

    ledger.enqueue(kind="scripted", subject="x")
    Worker.objects.update(seen_at=timezone.now() - timedelta(minutes=5))
    assert stamp(session) == []


def test_two_leaders_by_mistake_publish_no_job_twice(session, worker_with):
    worker_with(50)
    for _ in range(20):
        ledger.enqueue(kind="scripted", subject="x")

    with psycopg.connect(**connection.get_connection_params()) as rival:
        theirs = stamp(rival)  # not committed yet
        ours = stamp(session)

    assert len({due.job_id for due in theirs + ours}) == len(theirs) + len(ours) == 20


def test_a_message_carries_the_job_id_and_nothing_else(session, worker_with, settings):
    worker_with(5)
    job = ledger.enqueue(kind="scripted", subject="order:1", arguments={"version": 7})
    app = Celery("test", set_as_current=False, broker=settings.REDIS_URL)
    courier = Courier(app)
    with app.connection_for_read() as broker:
        inbox = broker.SimpleQueue("scripted")
        inbox.clear()
        assert dispatch(session, publish=courier) == 1

        message = inbox.get(timeout=5)
        message.ack()

    assert message.payload[0] == []
    assert message.payload[1] == {"job_id": str(job.pk)}
    courier.close()


def test_a_broker_that_nobody_runs_is_away_and_not_an_error(session, worker_with, free_port):
    worker_with(5)
    ledger.enqueue(kind="scripted", subject="x")
    courier = Courier(
        Celery("test", set_as_current=False, broker=f"redis://127.0.0.1:{free_port}/0")
    )

    with pytest.raises(BrokerAway):
        dispatch(session, publish=courier)

    assert Job.objects.get().dispatched_at is None


def test_a_leader_whose_session_is_frozen_is_put_out(worker_with, settings):
    settings.POLL_S = 0.05
    worker_with(5)
    job = ledger.enqueue(kind="scripted", subject="x")
    post = Post()
    looks = iter(range(200))
    dispatcher = Dispatcher(
        publish=post, stopping=lambda: bool(post.sent) or next(looks) > 190, silent_s=0
    )
    # The rival leads and then says nothing more, as a stopped process does.
    with psycopg.connect(**connection.get_connection_params(), autocommit=True) as frozen:
        frozen.execute("SELECT pg_advisory_lock(%s)", [LEADERSHIP])

        dispatcher.serve()

        assert post.sent == [job.pk]
        with pytest.raises(psycopg.OperationalError):
            frozen.execute("SELECT 1")


def test_a_leader_that_speaks_is_left_to_lead(worker_with, settings):
    settings.POLL_S = 0.05
    worker_with(5)
    ledger.enqueue(kind="scripted", subject="x")
    post = Post()
    with psycopg.connect(**connection.get_connection_params(), autocommit=True) as leader:
        leader.execute("SELECT pg_advisory_lock(%s)", [LEADERSHIP])
        looks = iter(range(200))

        Dispatcher(publish=post, stopping=lambda: next(looks) > 5).serve()

        assert post.sent == []
        assert leader.execute("SELECT 1").fetchone() == (1,)
