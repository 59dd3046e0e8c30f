"""What operators look at: the queues now, and over a time."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from queueing import figures, leases, ledger, service, stats
from queueing.leases import Fault
from queueing.models import Job, Outcome, State, Worker

pytestmark = pytest.mark.django_db

AT = timezone.now().replace(microsecond=0)
NO_ONE = uuid4()


def enqueue(at=AT, **options):
    return ledger.enqueue(kind="scripted", subject="order:1", at=at, **options)


def claim(job, *, at):
    claimed = leases.claim(job_id=job.pk, token=uuid4(), worker=NO_ONE, at=at)
    assert claimed is not None
    return claimed.lease


def fail(lease, *, at, retry_in_s=None, error_class="ValueError"):
    leases.give_up_attempt(
        lease, kind="scripted", outcome=Outcome.FAILED,
        fault=Fault(error_class=error_class, reason="a reply that nobody can read"),
        retry_in_s=retry_in_s, at=at,
    )  # fmt: skip


def after(**span):
    return AT + timedelta(**span)


def run_through(*, waited_s, worked_s, at=AT):
    job = enqueue(at=at)
    lease = claim(job, at=at + timedelta(seconds=waited_s))
    leases.complete(lease, at=at + timedelta(seconds=waited_s + worked_s))
    return job


def of(kind, rows):
    return next(row for row in rows if row.kind == kind)


def test_waiting_is_counted_from_when_a_job_is_due_at_each_of_its_claims():
    job = enqueue()
    fail(claim(job, at=after(seconds=3)), at=after(seconds=5), retry_in_s=60)
    leases.complete(claim(job, at=after(seconds=66)), at=after(seconds=76))

    job.refresh_from_db()
    assert job.waited_ms == 3000 + 1000, "the minute in which it was not due is no waiting"
    assert job.worked_ms == 2000 + 10_000


def test_a_claim_that_is_asked_for_twice_counts_its_waiting_once():
    job, token = enqueue(), uuid4()

    for at in (after(seconds=3), after(seconds=4)):
        leases.claim(job_id=job.pk, token=token, worker=NO_ONE, at=at)

    job.refresh_from_db()
    assert job.waited_ms == 3000


def test_a_retry_a_week_later_skews_neither_times_nor_estimates():
    job = enqueue()
    fail(claim(job, at=after(seconds=1)), at=after(seconds=11))
    service.retry(job_id=job.pk, actor="olga", at=after(days=7))
    leases.complete(claim(job, at=after(days=7, seconds=2)), at=after(days=7, seconds=22))

    (row,) = figures.went(since=after(days=6))

    assert (row.completed, row.failed) == (1, 0)
    assert (row.waited_p95_s, row.worked_p95_s) == (3.0, 30.0)
    assert stats.estimate(enqueue()) == stats.Estimate(typical_s=30, slow_s=30, ahead=0)


def test_a_row_of_before_the_measuring_is_unknown_and_not_nought():
    job = run_through(waited_s=1, worked_s=1)
    Job.objects.filter(pk=job.pk).update(waited_ms=None, worked_ms=None)

    (row,) = figures.went(since=AT)

    assert (row.completed, row.waited_p50_s, row.worked_p95_s) == (1, None, None)


def test_percentiles_are_of_the_jobs_settled_in_the_span(django_assert_num_queries):
    for waited_s in range(1, 12):
        run_through(waited_s=waited_s, worked_s=10 * waited_s)
    run_through(waited_s=1000, worked_s=1000, at=after(days=-2))
    cancelled = enqueue()
    service.cancel(job_id=cancelled.pk, actor="olga", at=after(seconds=1))

    with django_assert_num_queries(1):
        (row,) = figures.went(since=AT)

    assert (row.completed, row.failed, row.cancelled) == (11, 0, 1)
    assert (row.waited_p50_s, row.waited_p95_s) == (6.0, 10.5)
    assert (row.worked_p50_s, row.worked_p95_s) == (60.0, 105.0)


def test_what_was_settled_still_counts_once_its_detail_is_gone():
    run_through(waited_s=2, worked_s=4)

    assert service.clean_queue("scripted", timedelta(0), actor="olga", at=after(days=8)) == 1

    (row,) = figures.went(since=AT)
    assert (row.completed, row.waited_p50_s, row.worked_p50_s) == (1, 2.0, 4.0)


def test_the_queues_stand_as_their_jobs_do(django_assert_num_queries):
    enqueue(at=after(seconds=-90))
    enqueue(at=after(seconds=-30))
    enqueue(run_at=after(hours=1))
    fail(claim(enqueue(), at=AT), at=AT, retry_in_s=60)
    fail(claim(enqueue(), at=AT), at=AT)
    claim(enqueue(), at=AT)

    with django_assert_num_queries(2):
        rows = figures.standing(at=AT)

    row = of("scripted", rows)
    assert (row.waiting, row.oldest_s, row.delayed, row.retrying) == (2, 90.0, 2, 1)
    assert (row.running, row.failed, row.messages) == (1, 1, 0)
    assert (of("urgent", rows).waiting, of("urgent", rows).oldest_s) == (0, None)


def test_without_redis_the_ledgers_figures_stand_and_the_brokers_are_unknown(settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    enqueue()

    row = of("scripted", figures.standing(at=AT))

    assert (row.waiting, row.messages) == (1, None)


def test_a_worker_that_is_not_heard_of_any_more_is_none(settings):
    for seen_at in (AT, after(seconds=-settings.LEASE_S - 1)):
        Worker.objects.create(
            host="x", pid=1, process_started=0, threads=2, kinds=[], started_at=AT, seen_at=seen_at
        )

    assert [worker.seen_at for worker in figures.workers(at=AT)] == [AT]


def test_every_bucket_of_the_span_is_there_the_empty_ones_too():
    run_through(waited_s=0, worked_s=60)
    fail(claim(enqueue(), at=AT), at=after(minutes=130))

    buckets = figures.throughput(since=AT, until=after(hours=4), bucket=timedelta(hours=1))

    assert [(one.completed, one.failed) for one in buckets] == [(1, 0), (0, 0), (0, 1), (0, 0)]
    assert buckets[2].begins == after(hours=2)


def test_failures_are_counted_by_class_the_most_frequent_first():
    for error_class, at in (("Lost", 1), ("Refused", 2), ("Refused", 3)):
        fail(claim(enqueue(), at=AT), at=after(seconds=at), error_class=error_class)
    fail(claim(enqueue(), at=AT), at=AT, retry_in_s=1)

    found = figures.failures(since=AT)

    assert [(one.error_class, one.count) for one in found] == [("Refused", 2), ("Lost", 1)]
    assert found[0].last_at == after(seconds=3)


def test_a_job_that_runs_has_worked_for_what_its_ended_runs_took():
    job = enqueue()
    fail(claim(job, at=AT), at=after(seconds=2), retry_in_s=1)
    claim(job, at=after(seconds=3))

    job.refresh_from_db()
    assert (job.state, job.worked_ms) == (State.ACTIVE, 2000)
