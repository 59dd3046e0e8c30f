from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from queueing import leases, ledger, stats
from queueing.models import Job, State, Worker
from queueing.registry import UnknownKind

pytestmark = pytest.mark.django_db


def enqueue(**options):
    return ledger.enqueue(kind="scripted", subject="order:1", **options)


def settle(job, state, *, took_s=10.0):
    started = timezone.now() - timedelta(hours=1)
    Job.objects.filter(pk=job.pk).update(
        state=state, started_at=started, finished_at=started + timedelta(seconds=took_s),
        error_class="ValueError" if state == State.FAILED else "",
    )  # fmt: skip


def test_a_kind_is_counted_by_state_with_delayed_ones_apart(django_assert_num_queries):
    enqueue()
    enqueue(run_at=timezone.now() + timedelta(hours=1))
    settle(enqueue(), State.COMPLETED)
    settle(enqueue(), State.COMPLETED)
    settle(enqueue(), State.FAILED)
    settle(enqueue(), State.CANCELLED)
    ledger.enqueue(kind="urgent", subject="order:1")

    with django_assert_num_queries(1):
        counts = stats.queue_stats("scripted")

    assert counts == {
        "waiting": 1, "active": 0, "completed": 2, "failed": 1, "delayed": 1, "total": 5,
    }  # fmt: skip


def test_every_kind_has_a_row_even_when_it_is_empty(django_assert_num_queries):
    with django_assert_num_queries(1):
        counts = stats.all_queue_stats()

    assert next(iter(counts)) != "scripted", "the first to be dispatched comes first"
    assert set(counts["scripted"].values()) == {0}


def test_an_unknown_kind_is_named():
    with pytest.raises(UnknownKind, match="'nobodys'"):
        stats.queue_stats("nobodys")


def test_a_subject_shows_its_jobs_newest_first(django_assert_num_queries):
    first, second = enqueue(at=timezone.now() - timedelta(minutes=1)), enqueue()
    ledger.enqueue(kind="scripted", subject="order:2")

    with django_assert_num_queries(1):
        status = stats.subject_job_status("order:1")

    assert [job["id"] for job in status["jobs"]] == [str(second.pk), str(first.pk)]
    assert (status["hasActiveJob"], status["hasFailedJob"]) == (True, False)
    assert status["latestJob"]["id"] == str(second.pk)


def test_a_failure_counts_until_a_later_job_of_its_kind():
    failed = enqueue(at=timezone.now() - timedelta(minutes=1))
    settle(failed, State.FAILED)
    assert stats.subject_job_status("order:1")["hasFailedJob"]

    enqueue()

    assert not stats.subject_job_status("order:1")["hasFailedJob"]


def test_a_subject_without_jobs_has_none():
    assert stats.subject_job_status("order:none") == {
        "jobs": [], "hasActiveJob": False, "hasFailedJob": False, "latestJob": None,
    }  # fmt: skip


def test_without_history_the_kinds_own_guess_is_the_estimate():
    assert stats.estimate(enqueue()) == stats.Estimate(typical_s=60, slow_s=120, ahead=0)


def two_threads_and_jobs_of_20_s() -> None:
    for took_s in (10, 20, 30):
        settle(enqueue(), State.COMPLETED, took_s=took_s)
    now = timezone.now()
    Worker.objects.create(
        id=uuid4(), host="x", pid=1, process_started=0, threads=2, kinds=["scripted"],
        started_at=now, seen_at=now,
    )  # fmt: skip


def test_the_estimate_comes_from_real_jobs_and_those_that_go_before(django_assert_num_queries):
    two_threads_and_jobs_of_20_s()
    for _ in range(4):
        enqueue()
    job = enqueue()
    enqueue()
    enqueue(priority=9)

    with django_assert_num_queries(1):
        estimate = stats.estimate(job)

    assert estimate == stats.Estimate(typical_s=60, slow_s=69, ahead=4)
    assert stats.position(job) == 5


def test_the_estimate_of_a_job_that_goes_first_is_what_jobs_take():
    two_threads_and_jobs_of_20_s()
    waiting = [enqueue() for _ in range(4)]

    assert stats.estimate(enqueue(priority=0)).typical_s == 20
    assert stats.estimate(waiting[0]).typical_s == 30  # behind the one before all others


def test_a_running_job_has_nobody_before_it():
    two_threads_and_jobs_of_20_s()
    job = enqueue(priority=9)
    enqueue()
    leases.claim(job_id=job.pk, token=uuid4(), worker=uuid4())
    job.refresh_from_db()

    assert stats.estimate(job) == stats.Estimate(typical_s=20, slow_s=29, ahead=0)


def test_the_position_follows_the_order_of_dispatch():
    normal, vip, running = enqueue(), enqueue(priority=0), enqueue()
    settle(running, State.COMPLETED)
    running.refresh_from_db()

    assert [stats.position(job) for job in (vip, normal, running)] == [1, 2, None]
