import os
import re
import subprocess
import sys
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path
from uuid import uuid4

import psutil
import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from queueing import leases, registry, sweeper, workers
from queueing.models import Job, Outcome, State, Worker
from queueing.process import Process
from queueing.run import Run
from queueing.stewards import Sweeping
from tests.queueing.jobs import SETTLED
from tests.queueing.threads import alongside

pytestmark = pytest.mark.django_db


@pytest.fixture
def abandoned(job_that):
    """A job claimed by a worker that says nothing any more."""
    job = job_that(lambda run: None)
    leases.claim(job_id=job.pk, token=uuid4(), worker=uuid4())
    job.refresh_from_db()
    return job


def after_its_lease(job):
    return job.lease_until + timedelta(milliseconds=1)


def test_an_expired_lease_is_taken_and_the_job_runs_again_at_once(abandoned):
    swept = sweeper.sweep(at=after_its_lease(abandoned))

    job = Job.objects.get()
    assert swept == sweeper.Swept(requeued=1)
    assert (job.state, job.crashes, job.failures) == (State.WAITING, 1, 0)
    assert job.run_at == after_its_lease(abandoned)
    attempt = job.runs.get()
    assert (attempt.outcome, attempt.error_class) == (Outcome.CRASHED, "WorkerLost")


def test_a_lease_that_runs_is_left_alone(abandoned):
    swept = sweeper.sweep(at=abandoned.lease_until)

    assert swept == sweeper.Swept()
    assert Job.objects.get().state == State.ACTIVE


def test_a_dry_run_counts_and_changes_nothing(abandoned):
    swept = sweeper.sweep(at=after_its_lease(abandoned), dry_run=True)

    assert swept == sweeper.Swept(requeued=1)
    assert Job.objects.get().state == State.ACTIVE


def test_three_lost_workers_fail_the_job_and_tell_its_owner(abandoned, settings):
    at = after_its_lease(abandoned)
    swept = []
    for _ in range(settings.MAX_CRASHES):
        swept.append(sweeper.sweep(at=at))
        at += timedelta(hours=1)
        leases.claim(job_id=abandoned.pk, token=uuid4(), worker=uuid4(), at=at)
        at += timedelta(hours=1)

    job = Job.objects.get()
    assert [(each.requeued, each.failed) for each in swept] == [(1, 0), (1, 0), (0, 1)]
    assert (job.state, job.crashes, job.error_class) == (State.FAILED, 3, "WorkerLost")
    assert [failed.job_id for failed in SETTLED] == [job.pk]
    assert job.runs.count() == 3


def test_a_second_crash_waits_by_the_policy(abandoned):
    at = after_its_lease(abandoned)
    sweeper.sweep(at=at)
    leases.claim(job_id=abandoned.pk, token=uuid4(), worker=uuid4(), at=at)
    at += timedelta(hours=1)

    sweeper.sweep(at=at)

    assert Job.objects.get().run_at - at == timedelta(seconds=2)


def test_an_owner_that_cannot_be_told_is_tried_again_and_holds_up_nobody(
    abandoned, job_that, monkeypatch, settings
):
    settings.MAX_CRASHES = 1
    monkeypatch.setitem(registry.kind_named("scripted").__dict__, "settled", _broken)
    at = after_its_lease(abandoned)

    first = sweeper.sweep(at=at)
    soon = sweeper.sweep(at=at + timedelta(seconds=59))
    assert (first, soon) == (sweeper.Swept(), sweeper.Swept())
    assert Job.objects.get().state == State.ACTIVE

    monkeypatch.setitem(registry.kind_named("scripted").__dict__, "settled", SETTLED.append)
    later = sweeper.sweep(at=at + timedelta(seconds=61))
    assert (later.failed, len(SETTLED)) == (1, 1)


class TestAWorkerOfThisMachine:
    @pytest.fixture
    def worker_row(self, abandoned):
        now = timezone.now()
        return Worker(
            id=abandoned.worker, host=workers.host(), threads=5, kinds=["scripted"],
            started_at=now, seen_at=now,
        )  # fmt: skip

    def test_whose_process_has_ended_is_given_up_at_once(self, worker_row):
        child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
        worker_row.pid = child.pid
        worker_row.process_started = workers.started(psutil.Process(child.pid))
        worker_row.save()
        assert sweeper.sweep() == sweeper.Swept()

        child.kill()
        child.communicate()

        assert sweeper.sweep() == sweeper.Swept(requeued=1, workers=1)
        assert not Worker.objects.exists()

    def test_whose_job_has_an_owner_that_cannot_be_told_is_forgotten_all_the_same(
        self, worker_row, monkeypatch, settings
    ):
        """The job is tried again a minute later, not at each sweep."""
        settings.MAX_CRASHES = 1
        monkeypatch.setitem(registry.kind_named("scripted").__dict__, "settled", _broken)
        worker_row.pid, worker_row.process_started = 2**22 + 1, 0.0
        worker_row.save()

        assert sweeper.sweep() == sweeper.Swept(workers=1)
        assert not Worker.objects.exists()
        assert sweeper.sweep() == sweeper.Swept()

        monkeypatch.setitem(registry.kind_named("scripted").__dict__, "settled", SETTLED.append)
        assert sweeper.sweep(at=timezone.now() + timedelta(seconds=61)).failed == 1

    @pytest.mark.django_db(transaction=True)
    def test_whose_job_was_locked_is_found_again_at_the_next_sweep(self, worker_row):
        worker_row.pid, worker_row.process_started = 2**22 + 1, 0.0
        worker_row.save()

        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM queueing_job FOR UPDATE")
            (swept,) = alongside(1, sweeper.sweep)
        assert swept == sweeper.Swept(workers=1)
        assert Worker.objects.get().threads == 0, "nothing is sent to it meanwhile"

        assert sweeper.sweep() == sweeper.Swept(requeued=1, workers=1)
        assert not Worker.objects.exists()

    def test_that_nobody_has_buried_yet_is_dead_all_the_same(self, worker_row):
        child = subprocess.Popen([sys.executable, "-c", ""], stdin=subprocess.DEVNULL)
        worker_row.pid = child.pid
        worker_row.process_started = workers.started(psutil.Process(child.pid))
        worker_row.save()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)

        try:
            assert sweeper.sweep().workers == 1
        finally:
            child.wait()

    def test_whose_pid_belongs_to_another_by_now_is_dead(self, worker_row):
        worker_row.pid = os.getpid()
        worker_row.process_started = workers.started(psutil.Process()) - 3600
        worker_row.save()

        assert sweeper.sweep() == sweeper.Swept(requeued=1, workers=1)

    def test_that_lives_keeps_its_jobs(self, worker_row):
        worker_row.pid = os.getpid()
        worker_row.process_started = workers.started(psutil.Process())
        worker_row.save()

        assert sweeper.sweep() == sweeper.Swept()

    def test_that_lives_keeps_its_jobs_when_the_machines_clock_is_set(
        self, worker_row, tmp_path, monkeypatch
    ):
        worker_row.pid = os.getpid()
        worker_row.process_started = workers.started(psutil.Process())
        worker_row.save()
        # Linux tells the moment of its boot by the clock of now.
        booted = r"^btime (\d+)$"
        stat = Path("/proc/stat").read_text()
        later = re.sub(booted, lambda found: f"btime {int(found[1]) + 3600}", stat, flags=re.M)
        (tmp_path / "stat").write_text(later)
        (tmp_path / str(os.getpid())).symlink_to(f"/proc/{os.getpid()}")
        monkeypatch.setattr(psutil, "PROCFS_PATH", str(tmp_path))

        assert sweeper.sweep() == sweeper.Swept()


def test_a_worker_elsewhere_is_judged_by_its_leases_alone(abandoned):
    now = timezone.now()
    Worker.objects.create(
        id=abandoned.worker, host="elsewhere", pid=2**22 + 1, process_started=0, threads=5,
        started_at=now, seen_at=now,
    )  # fmt: skip

    assert sweeper.sweep() == sweeper.Swept()


@pytest.mark.parametrize("heartbeat_s", [1, 5])
def test_after_an_outage_the_owners_get_to_speak_before_their_leases_count(
    abandoned, settings, heartbeat_s
):
    settings.HEARTBEAT_S = heartbeat_s
    Job.objects.update(lease_until=timezone.now() - timedelta(hours=1))
    sweeping = Sweeping(read_clock=every_second(timezone.now()))

    for _ in range(heartbeat_s):
        sweeping()
    assert Job.objects.get().state == State.ACTIVE, "this sweeper was blind a moment ago"

    for _ in range(5):
        sweeping()
    assert Job.objects.get().state == State.WAITING


def test_a_sweep_that_was_held_up_believes_in_no_lease(abandoned, settings):
    """The server froze after the sweeper had looked at the clock, and the owners with it."""
    now = timezone.now()
    Job.objects.update(lease_until=now - timedelta(seconds=1))
    sweeping = Sweeping(read_clock=every_second(now - timedelta(minutes=1)))

    for _ in range(settings.HEARTBEAT_S + 5):
        sweeping()

    assert Job.objects.get().state == State.ACTIVE


def test_a_sweep_that_could_not_write_believes_in_no_lease_the_next_time(abandoned, settings):
    """On a full disk the clock is read all the time, and no heartbeat is written."""
    sweeping = Sweeping(read_clock=every_second(timezone.now()))
    for _ in range(settings.HEARTBEAT_S + 5):
        sweeping()
    Job.objects.update(lease_until=timezone.now() - timedelta(hours=1))

    with full_disk(), pytest.raises(OperationalError), transaction.atomic():
        sweeping()
    sweeping()

    assert Job.objects.get().state == State.ACTIVE


def test_a_lease_that_cannot_be_written_is_not_believed_to_have_run_out(abandoned, settings):
    """A full disk may refuse the page of one worker's job and take all that others write."""
    sweeping = Sweeping(read_clock=every_second(timezone.now()))
    for _ in range(settings.HEARTBEAT_S + 5):
        sweeping()
    runs_out = timezone.now() + timedelta(seconds=settings.HEARTBEAT_S)
    Job.objects.update(lease_until=runs_out)

    with full_disk(), pytest.raises(OperationalError), transaction.atomic():
        sweeping()
    Job.objects.update(lease_until=timezone.now() - timedelta(hours=1))
    for _ in range(settings.HEARTBEAT_S):
        sweeping()
        assert Job.objects.get().state == State.ACTIVE

    for _ in range(3):
        sweeping()
    assert Job.objects.get().state == State.WAITING


def test_only_a_lease_that_runs_out_soon_is_written_again(abandoned, settings):
    assert sweeper.rewrite_late(within_s=settings.HEARTBEAT_S) == 0
    assert sweeper.rewrite_late(within_s=settings.LEASE_S + 1) == 1

    job = Job.objects.get()
    assert abandoned.lease_until - job.lease_until == timedelta(microseconds=1)
    assert (job.lease_token, job.state) == (abandoned.lease_token, State.ACTIVE)


@contextmanager
def full_disk():
    """No job can be written."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION USING ERRCODE = 'disk_full'; END $$;"
            "CREATE TRIGGER full_disk BEFORE UPDATE ON queueing_job"
            " FOR EACH ROW EXECUTE FUNCTION full_disk()"
        )
        yield
        cursor.execute("DROP TRIGGER full_disk ON queueing_job; DROP FUNCTION full_disk()")


def every_second(since):
    """A clock that is a second later each time."""
    return (since + timedelta(seconds=second) for second in count()).__next__


class TestHeartbeats:
    def test_extend_every_lease_and_report_the_lost_ones(
        self, job_that, process, django_assert_num_queries
    ):
        held = self._claim(job_that, process, "one")
        lost = self._claim(job_that, process, "two")
        leases.cancel(lost.lease)
        before = Job.objects.get(pk=held.job_id).lease_until

        with django_assert_num_queries(1):
            tokens = workers.beat(process, threads=5, kinds=["scripted"])

        assert tokens == {lost.lease.token}
        assert (held.lost, lost.lost) == (False, True)
        assert Job.objects.get(pk=held.job_id).lease_until > before
        assert Worker.objects.get().threads == 4, "one is still busy with what is no job any more"

    def test_of_a_run_past_its_deadline_offer_no_thread_once_its_job_is_taken(
        self, job_that, process
    ):
        run = self._claim(job_that, process, "stuck")
        run.ends = 0.0
        workers.beat(process, threads=5, kinds=["scripted"])
        assert Worker.objects.get().threads == 5, "the job itself counts for it"

        sweeper.sweep(at=timezone.now() + timedelta(hours=1))

        assert workers.beat(process, threads=5, kinds=["scripted"]) == {run.lease.token}
        assert Worker.objects.get().threads == 4

    def test_bring_a_forgotten_worker_back(self, process):
        workers.beat(process, threads=5, kinds=["scripted"])
        Worker.objects.all().delete()

        workers.beat(process, threads=5, kinds=["scripted"])

        assert Worker.objects.get().pk == process.worker

    def test_of_a_stopping_worker_offer_no_threads(self, process):
        process.stopping.set()

        workers.beat(process, threads=5, kinds=["scripted"])

        assert Worker.objects.get().threads == 0

    def test_leave_a_run_past_its_deadline_to_the_sweepers(self, job_that, process):
        run = self._claim(job_that, process, "stuck")
        before = Job.objects.get().lease_until
        run.ends = 0.0

        assert workers.beat(process, threads=5, kinds=["scripted"]) == set()
        assert Job.objects.get().lease_until == before

    def _claim(self, job_that, process: Process, name: str):
        def script(run):
            pass

        script.__name__ = name
        job = job_that(script)
        claimed = leases.claim(job_id=job.pk, token=uuid4(), worker=process.worker)
        run = Run(claimed, process=process)
        process.begins(run)
        return run


@pytest.mark.django_db(transaction=True)
def test_several_sweepers_at_once_count_one_crash(abandoned):
    at = after_its_lease(abandoned)

    swept = alongside(4, lambda: sweeper.sweep(at=at))

    assert sum(each.requeued for each in swept) == 1
    assert Job.objects.get().crashes == 1


@pytest.mark.django_db(transaction=True)
def test_a_heartbeat_that_comes_just_before_the_write_keeps_the_job(abandoned):
    at = after_its_lease(abandoned)
    with transaction.atomic(), connection.cursor() as cursor:
        # The rival's statement has run, its commit has not.
        cursor.execute("UPDATE queueing_job SET lease_until = %s", [at + timedelta(seconds=20)])
        (swept,) = alongside(1, lambda: sweeper.sweep(at=at))

    assert swept == sweeper.Swept()
    assert Job.objects.get().state == State.ACTIVE
    assert sweeper.sweep(at=at) == sweeper.Swept()


def _broken(failed):
    raise ZeroDivisionError
