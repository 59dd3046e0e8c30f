"""Real worker processes: killed, stopped, given nonsense, cut off from Redis."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import pytest
import redis
from django.db import connection
from django_celery_results.models import TaskResult

from queueing import ledger
from queueing.dispatcher import Courier, Due
from queueing.models import Job, State, Worker
from tests.queueing.jobs import Gate

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE_S = 60


class WorkerProcess:
    """One `celery worker` on the test's database."""

    def __init__(self, log: Path, **settings: object) -> None:
        self._known = set(Worker.objects.values_list("pk", flat=True))
        self.log = log
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "celery", "-A", "config", "worker",
                 "--without-mingle", "--without-gossip", f"--hostname={uuid4().hex}@test"],
                env=os.environ | {"DATABASE_URL": _database_url(), "WORKER_THREADS": "4"}
                | {name: str(value) for name, value in settings.items()},
                stdout=output, stderr=output,
            )  # fmt: skip

    def wait_until_it_serves(self) -> None:
        others = Worker.objects.exclude(pk__in=self._known)
        until(lambda: others.all().exists(), what="worker", log=self.log)

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def wait(self) -> int:
        return self.process.wait(timeout=PATIENCE_S)


@pytest.fixture
def start(tmp_path) -> Iterator[Callable[..., WorkerProcess]]:
    """Start workers that do not outlive the test."""
    with ExitStack() as stack:

        def start_one(*, serving: bool = True, **settings: object) -> WorkerProcess:
            worker = WorkerProcess(tmp_path / "worker.log", **settings)
            stack.callback(worker.process.wait)
            stack.callback(worker.process.kill)
            if serving:
                worker.wait_until_it_serves()
            return worker

        yield start_one


@pytest.fixture
def gated_job() -> tuple[Job, Gate]:
    job = ledger.enqueue(kind="gated", subject=f"test:{uuid4()}")
    return job, Gate(job.subject)


def until(condition: Callable[[], bool], *, what: str, log: Path | None = None) -> None:
    """Ask until it is so; how long that takes is no test's business, only that it happens."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"no {what}; {log.read_text()[-3000:] if log else ''}")
        time.sleep(0.05)


def settled(job: Job) -> Job:
    until(lambda: Job.objects.get(pk=job.pk).finished_at is not None, what="settlement")
    return Job.objects.get(pk=job.pk)


def test_a_worker_killed_in_the_middle_loses_only_the_step_in_hand(start, gated_job):
    job, gate = gated_job
    first = start()
    gate.open("one")
    gate.wait_for("one")
    gate.wait_for("two")

    first.send(signal.SIGKILL)
    start()
    gate.wait_for("two")
    gate.open("two")
    gate.wait_for("three")
    gate.open("three")

    job = settled(job)
    assert (job.state, job.crashes, job.failures) == (State.COMPLETED, 1, 0)
    assert list(job.stored_steps.order_by("pk").values_list("name", "attempt")) == [
        ("one", 1),
        ("two", 2),
        ("three", 2),
    ]
    assert list(job.runs.order_by("number").values_list("outcome", flat=True)) == [
        "crashed",
        "succeeded",
    ]


def test_a_worker_started_as_in_production_logs_the_statistics(start):
    from queueing.registry import kinds
    from queueing.tasks import log_statistics

    worker = start()
    log_statistics.delay()

    def told() -> list[str]:
        return [line for line in worker.log.read_text().splitlines() if "queue_statistics" in line]

    until(lambda: len(told()) >= len(list(kinds())), what="statistics", log=worker.log)
    assert len(told()) == len(list(kinds()))
    assert all("waiting=" in line and "delayed=" in line for line in told())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stopped_worker_finishes_its_step_and_hands_the_job_back(start, gated_job, number):
    job, gate = gated_job
    worker = start()
    gate.open("one")
    gate.wait_for("one")
    gate.wait_for("two")

    worker.send(number)
    until(lambda: Worker.objects.get().threads == 0, what="sign of stopping", log=worker.log)
    gate.open("two")

    assert worker.wait() == 0, worker.log.read_text()
    job.refresh_from_db()
    assert (job.state, job.failures, job.crashes) == (State.WAITING, 0, 0)
    assert set(job.stored_steps.values_list("name", flat=True)) == {"one", "two"}
    assert not Worker.objects.exists()

    start()
    gate.wait_for("three")
    gate.open("three")
    assert settled(job).state == State.COMPLETED
    assert job.runs.count() == 2


def test_a_second_signal_stops_at_once(start, gated_job):
    _job, gate = gated_job
    worker = start()
    gate.wait_for("one")

    worker.send(signal.SIGTERM)
    until(lambda: Worker.objects.get().threads == 0, what="sign of stopping", log=worker.log)
    while worker.process.poll() is None:  # signals of one second count as one
        worker.send(signal.SIGTERM)
        time.sleep(0.2)

    assert worker.wait() == 1


def test_celery_retries_at_the_policys_times_and_its_outcome_is_kept(start):
    job = ledger.enqueue(kind="flaky", subject="test:flaky")
    start()

    job = settled(job)

    assert job.state == State.COMPLETED
    assert list(job.runs.order_by("number").values_list("outcome", "retry_in_s")) == [
        ("failed", 1.0),
        ("failed", 1.0),
        ("succeeded", None),
    ]
    until(
        lambda: TaskResult.objects.filter(task_id=job.pk, status="SUCCESS").exists(),
        what="stored outcome",
    )
    assert TaskResult.objects.get().task_name == "flaky"


def test_duplicated_and_forged_messages_change_nothing(start, settings):
    from config.celery import app

    job = ledger.enqueue(kind="urgent", subject="test:dup")
    copies = [Due(job_id=job.pk, kind="urgent", failures=0)] * 100
    forged = [Due(job_id=uuid4(), kind="urgent", failures=0)] * 10
    courier = Courier(app)
    assert courier(copies + forged) == []
    courier.close()

    worker = start()
    assert settled(job).state == State.COMPLETED
    broker = redis.Redis.from_url(settings.REDIS_URL)
    until(lambda: broker.llen("urgent") == 0, what="empty queue", log=worker.log)
    last = ledger.enqueue(kind="urgent", subject="test:after")
    assert settled(last).state == State.COMPLETED

    job.refresh_from_db()
    assert (job.attempts, job.runs.count(), job.stored_steps.count()) == (1, 1, 1)


def test_what_is_no_message_is_dropped_and_ends_no_worker(start, settings):
    worker = start()  # of four threads
    broker = redis.Redis.from_url(settings.REDIS_URL)
    rubbish = ["", "null", '{"body": ', "{}", b"\xff\xd8", '{"headers": 7}']
    # Right from outside and empty within: each would keep a thread's place.
    hollow = json.dumps({
        "body": "", "content-type": "application/json", "content-encoding": "utf-8",
        "headers": {"task": "urgent", "id": "x"},
        "properties": {"delivery_tag": "x", "delivery_info": {}},
    })  # fmt: skip

    broker.lpush("urgent", *rubbish, *[hollow] * 9)
    job = ledger.enqueue(kind="urgent", subject="test:after")

    assert settled(job).state == State.COMPLETED
    assert worker.process.poll() is None, worker.log.read_text()[-3000:]
    assert worker.log.read_text().count("message_unreadable") == len(rubbish) + 9


def test_a_redis_that_forgot_everything_is_filled_again(start, settings):
    worker = start(REDISPATCH_AFTER_S=2)
    broker = redis.Redis.from_url(settings.REDIS_URL)
    warm = ledger.enqueue(kind="urgent", subject="test:warm")
    assert settled(warm).state == State.COMPLETED

    worker.send(signal.SIGSTOP)
    lost = [ledger.enqueue(kind="urgent", subject=f"test:{n}") for n in range(20)]
    broker.flushdb()
    worker.send(signal.SIGCONT)

    assert {settled(job).state for job in lost} == {State.COMPLETED}
    assert {job.attempts for job in Job.objects.all()} == {1}


def test_a_frozen_worker_leads_nobody_and_wakes_to_write_nothing(start, gated_job):
    """It leads, holds the job's lease and may be handed its next message, all while frozen."""
    job, gate = gated_job
    short = {"LEASE_S": 4, "HEARTBEAT_S": 1, "REDISPATCH_AFTER_S": 2}
    zombie = start(**short)
    gate.wait_for("one")
    zombie.send(signal.SIGSTOP)

    start(**short)
    gate.wait_for("one")
    for step in ("one", "one", "two", "three"):  # the first goes to the frozen run
        gate.open(step)
    done = settled(job)
    zombie.send(signal.SIGCONT)
    until(lambda: "lease_lost" in zombie.log.read_text(), what="word of the lost lease")

    assert (done.state, done.attempts, done.crashes) == (State.COMPLETED, 2, 1)
    assert set(done.stored_steps.values_list("attempt", flat=True)) == {2}
    assert Job.objects.get().finished_at == done.finished_at


def test_a_job_that_kills_its_worker_ends_after_three(start, gated_job):
    job, gate = gated_job
    for _ in range(3):
        worker = start()
        gate.wait_for("one")
        worker.send(signal.SIGKILL)
        worker.wait()
    start()

    job = settled(job)
    assert (job.state, job.crashes, job.error_class) == (State.FAILED, 3, "WorkerLost")


def test_settings_that_break_a_guarantee_keep_a_worker_from_starting(start):
    worker = start(serving=False, HEARTBEAT_S=15)

    assert worker.wait() != 0
    assert "(queueing.E001) HEARTBEAT_S (15) is not below half of LEASE_S" in worker.log.read_text()
    assert not Worker.objects.exists()


def _database_url() -> str:
    database = connection.settings_dict
    password = f":{quote(database['PASSWORD'])}" if database["PASSWORD"] else ""
    where = f"{database['HOST']}:{database['PORT']}/{database['NAME']}"
    return f"postgresql://{quote(database['USER'])}{password}@{where}"
