"""Jobs that wait for something broken, or in a line: no try is lost, and how long they may."""

from contextlib import nullcontext
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import transaction
from django.db.models import F

from queueing import leases, sweeper
from queueing.errors import HandBack, InLine, LeaseLost, Parked
from queueing.models import Job, Outcome, State
from tests.queueing.threads import alongside_later, wait_until_blocked

pytestmark = pytest.mark.django_db


def test_a_parked_job_waits_and_loses_no_try(job_that, run_once):
    def needs_a_provider(run):
        raise Parked("model:main is down", retry_after_s=9, line="model:main")

    job = job_that(needs_a_provider)
    for _ in range(5):
        Job.objects.update(run_at=job.created_at)
        assert run_once(job.pk).retry_in_s == 9

    job.refresh_from_db()
    assert (job.state, job.failures, job.parks, job.attempts) == (State.WAITING, 0, 5, 5)
    assert (job.line, job.error_class) == ("model:main", "Parked")
    assert set(job.runs.values_list("outcome", flat=True)) == {Outcome.PARKED}
    assert job.run_at - job.runs.latest("number").finished_at == timedelta(seconds=9)


def test_a_job_that_was_parked_for_too_long_fails_for_good(job_that, run_once, settings):
    settings.PARKED_AT_MOST_S = 3600

    def needs_a_provider(run):
        raise Parked("model:main is down", retry_after_s=9, line="model:main")

    job = job_that(needs_a_provider)
    run_once(job.pk)
    Job.objects.update(run_at=job.created_at, parked_since=job.created_at - timedelta(seconds=3600))

    assert run_once(job.pk).outcome is Outcome.FAILED

    job.refresh_from_db()
    assert (job.state, job.error_class, job.line) == (State.FAILED, "Parked", "")


def test_a_job_that_went_on_meanwhile_may_wait_as_long_again(job_that, run_once, settings):
    """A provider was away for hours, answered, and is away again."""
    settings.PARKED_AT_MOST_S = 3600
    down = Parked("model:main is down", retry_after_s=9, line="model:main")

    def needs_a_provider_twice(run):
        if run.number > 1:
            run.once("outline", lambda: "text")
        raise down

    job = job_that(needs_a_provider_twice)

    def run_an_hour_later() -> Outcome | None:
        first = Job.objects.get().parked_since
        Job.objects.update(run_at=job.created_at, parked_since=first - timedelta(seconds=3601))
        return run_once(job.pk).outcome

    run_once(job.pk)
    assert run_an_hour_later() is Outcome.PARKED
    assert Job.objects.get().parked_since > job.created_at
    assert run_an_hour_later() is Outcome.FAILED, "without another step it waits no longer"


def ends_in_line(run):
    run.once("outline", lambda: "text")
    raise InLine("model:main is full", retry_after_s=2, line="model:main")


def ends_in_a_failed_try(run):
    run.once("outline", lambda: "text")
    raise ValueError("a reply that nobody can read")


def ends_handed_back(run):
    run.once("outline", lambda: "text")
    raise HandBack("this worker is stopping")


def loses_its_worker(run):
    run.once("outline", lambda: "text")
    sweeper.sweep(at=Job.objects.get().lease_until + timedelta(milliseconds=1))


@pytest.mark.parametrize(
    "goes_on", [ends_in_line, ends_in_a_failed_try, ends_handed_back, loses_its_worker]
)
def test_a_stored_step_begins_the_time_anew_however_its_run_ends(
    job_that, run_once, settings, goes_on
):
    settings.PARKED_AT_MOST_S = 3600

    def goes_on_in_between(run):
        if run.number == 2:
            goes_on(run)
        else:
            raise Parked("model:main is down", retry_after_s=9, line="model:main")

    job = job_that(goes_on_in_between)
    run_once(job.pk)
    long_ago = job.created_at - timedelta(seconds=3601)
    Job.objects.update(run_at=job.created_at, parked_since=long_ago)
    run_once(job.pk)
    assert job.stored_steps.count() == 1
    Job.objects.update(run_at=job.created_at)

    assert run_once(job.pk).outcome is Outcome.PARKED

    assert Job.objects.get().parked_since > job.created_at


def test_a_run_in_between_that_stores_no_step_gains_no_time(job_that, run_once, settings):
    settings.PARKED_AT_MOST_S = 3600

    def stands_in_line_in_between(run):
        if run.number == 2:
            raise InLine("model:main is full", retry_after_s=2, line="model:main")
        run.once("outline", lambda: "text")
        raise Parked("model:main is down", retry_after_s=9, line="model:main")

    job = job_that(stands_in_line_in_between)
    run_once(job.pk)
    long_ago = job.created_at - timedelta(seconds=3601)
    Job.objects.update(run_at=job.created_at, parked_since=long_ago)
    run_once(job.pk)
    Job.objects.update(run_at=job.created_at)

    assert run_once(job.pk).outcome is Outcome.FAILED


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("lost", [False, True])
def test_a_step_forgets_the_wait_only_while_the_job_is_its_runs(job_that, lost):
    """Whoever writes to the job at that moment, the step looks at what became of it."""
    job = job_that(lambda run: None)
    lease = leases.claim(job_id=job.pk, token=uuid4(), worker=uuid4()).lease
    Job.objects.update(parked_since=job.created_at)

    with transaction.atomic():
        if lost:
            leases.hand_back(lease)
        else:
            Job.objects.update(lease_until=F("lease_until") + timedelta(seconds=5))
        with alongside_later(
            lambda: leases.store_step(lease, name="late", output_json="1", took_ms=1)
        ) as stored:
            wait_until_blocked()

    with pytest.raises(LeaseLost) if lost else nullcontext():
        stored()
    assert job.stored_steps.exists() is not lost
    assert Job.objects.get().parked_since == (job.created_at if lost else None)


def test_standing_in_line_takes_as_long_as_the_line_is(job_that, run_once, settings):
    settings.PARKED_AT_MOST_S = 1

    def stands_in_line(run):
        raise InLine("model:main is full", retry_after_s=2, line="model:main")

    job = job_that(stands_in_line)
    run_once(job.pk)
    Job.objects.update(run_at=job.created_at, created_at=job.created_at - timedelta(hours=9))

    assert run_once(job.pk).outcome is Outcome.PARKED
    job.refresh_from_db()
    assert job.parked_since is None


def test_a_job_that_goes_on_stands_in_no_line_any_more(job_that, run_once):
    def once(run):
        if run.number == 1:
            raise InLine("model:main is full", retry_after_s=2, line="model:main")

    job = job_that(once)
    run_once(job.pk)
    Job.objects.update(run_at=job.created_at)
    run_once(job.pk)

    job.refresh_from_db()
    assert (job.state, job.line) == (State.COMPLETED, "")


def test_a_job_that_was_put_off_tens_of_thousands_of_times_ends_well(job_that, run_once):
    """Each look into a line that stays long is a run, and standing there has no end."""
    job = job_that(lambda run: run.once("outline", lambda: "text"))
    Job.objects.update(attempts=32_767, parks=32_767)

    assert run_once(job.pk).outcome is Outcome.SUCCEEDED

    job.refresh_from_db()
    assert (job.attempts, job.runs.get().number, job.stored_steps.get().attempt) == (32_768,) * 3
