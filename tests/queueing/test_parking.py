"""Jobs that wait for something broken, or in a line: no try is lost, and how long they may."""

from datetime import timedelta

import pytest

from queueing.errors import InLine, Parked
from queueing.models import Job, Outcome, State

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
