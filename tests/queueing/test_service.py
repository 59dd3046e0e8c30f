import getpass
import json
from datetime import timedelta
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from queueing import leases, ledger, retention, service, stats
from queueing.errors import LeaseLost, Parked, Permanent
from queueing.models import Attempt, Job, JobNote, Outcome, State, Step
from tests.races import rival_before

pytestmark = pytest.mark.django_db


@pytest.fixture
def failed_job(job_that, run_once):
    """A job that stored two steps and then failed for good."""

    def two_steps_and_a_refusal(run):
        run.once("draft", lambda: "text")
        run.once("parsed", lambda: "document")
        raise Permanent("refused")

    job = job_that(two_steps_and_a_refusal)
    run_once(job.pk)
    return job


def command(*arguments: object) -> str:
    out = StringIO()
    call_command(*map(str, arguments), stdout=out, stderr=out)
    return out.getvalue().strip()


def test_a_retried_job_keeps_its_steps_and_gets_all_its_tries(failed_job):
    job = service.retry(job_id=failed_job.pk, actor="mia", reason="key mended")

    assert (job.state, job.failures, job.finished_at) == (State.WAITING, 0, None)
    assert job.stored_steps.count() == 2
    note = JobNote.objects.get()
    assert (note.action, note.actor, note.reason) == ("retry", "mia", "key mended")


def test_a_job_that_is_retried_after_its_detail_was_dropped_is_counted_and_cleaned_again(
    failed_job, run_once
):
    later = timezone.now() + timedelta(days=8)
    retention.clean_settled(kind="scripted", at=later)

    service.retry(job_id=failed_job.pk, actor="mia")
    run_once(failed_job.pk)

    assert stats.queue_stats("scripted")["failed"] == 1
    assert failed_job.runs.count() == 1
    assert retention.clean_settled(kind="scripted", at=later).failed == 1
    assert not failed_job.runs.exists()


def test_a_retried_job_whose_detail_was_dropped_keeps_its_detail_again(failed_job):
    Job.objects.filter(pk=failed_job.pk).update(has_detail=False)

    assert service.retry(job_id=failed_job.pk, actor="mia").has_detail


def test_a_retry_from_a_step_forgets_it_and_the_later_ones(failed_job):
    job = service.retry_from_step(job_id=failed_job.pk, step="parsed", actor="mia")

    assert list(job.stored_steps.values_list("name", flat=True)) == ["draft"]
    assert job.notes.get().reason == "from step parsed"


def test_a_retry_from_a_step_that_is_not_stored_changes_nothing(failed_job):
    with pytest.raises(service.Refused, match="no stored step 'outline'"):
        service.retry_from_step(job_id=failed_job.pk, step="outline", actor="mia")

    failed_job.refresh_from_db()
    assert failed_job.state == State.FAILED
    assert not JobNote.objects.exists()


def test_a_running_job_that_is_cancelled_can_write_nothing_more():
    job = ledger.enqueue(kind="scripted", subject="x")
    claimed = leases.claim(job_id=job.pk, token=uuid4(), worker=uuid4())

    cancelled = service.cancel(job_id=job.pk, actor="mia")

    assert cancelled.state == State.CANCELLED
    assert cancelled.runs.get().outcome == "cancelled"
    with pytest.raises(LeaseLost):
        leases.complete(claimed.lease)


def test_a_waiting_job_that_is_cancelled_never_runs(job_that, run_once):
    job = job_that(lambda run: pytest.fail("cancelled"))

    service.cancel(job_id=job.pk, actor="mia")

    assert run_once(job.pk).outcome is None


def test_a_promoted_job_is_due_now_and_first():
    job = ledger.enqueue(kind="scripted", subject="x", run_at=timezone.now() + timedelta(hours=1))

    promoted = service.promote(job_id=job.pk, actor="mia")

    assert stats.position(promoted) == 1
    assert promoted.run_at <= timezone.now()


def test_a_promoted_job_goes_before_important_ones_that_are_older():
    important = ledger.enqueue(kind="scripted", subject="vip", priority=0)
    job = ledger.enqueue(kind="scripted", subject="x", priority=5)

    promoted = service.promote(job_id=job.pk, actor="mia")

    assert (stats.position(promoted), stats.position(important)) == (1, 2)


def test_of_two_promotions_the_first_stays_first_and_a_repeat_changes_nothing():
    older, newer = (ledger.enqueue(kind="scripted", subject="x") for _ in range(2))

    service.promote(job_id=newer.pk, actor="mia")
    service.promote(job_id=older.pk, actor="leo")
    again = service.promote(job_id=newer.pk, actor="mia")

    older.refresh_from_db()
    assert [stats.position(job) for job in (again, older)] == [1, 2]


@pytest.mark.parametrize("act", [service.retry, service.cancel, service.promote])
def test_what_a_jobs_state_does_not_allow_is_refused_and_changes_nothing(act):
    job = ledger.enqueue(kind="scripted", subject="x")
    Job.objects.update(state=State.COMPLETED, finished_at=timezone.now())

    with pytest.raises(service.Refused, match=f"job {job.pk} is completed"):
        act(job_id=job.pk, actor="mia")
    with pytest.raises(service.Refused, match="there is no job"):
        act(job_id=uuid4(), actor="mia")

    assert Job.objects.get().state == State.COMPLETED
    assert not JobNote.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("act", "state"), [(service.cancel, State.CANCELLED), (service.promote, State.WAITING)]
)
def test_a_job_that_is_handed_back_meanwhile_is_judged_by_one_look(job_that, act, state):
    """Two looks found it neither waiting nor running: "is waiting; only when waiting"."""
    job = job_that(lambda run: None)
    claimed = leases.claim(job_id=job.pk, token=uuid4(), worker=uuid4())

    with rival_before('FROM "queueing_job"', lambda: leases.hand_back(claimed.lease)):
        act(job_id=job.pk, actor="mia")

    assert Job.objects.get().state == state


@pytest.mark.django_db(transaction=True)
def test_a_job_that_settles_while_it_is_cancelled_is_refused_by_its_new_state(job_that):
    job = job_that(lambda run: None)
    claimed = leases.claim(job_id=job.pk, token=uuid4(), worker=uuid4())

    with (
        rival_before('FROM "queueing_job"', lambda: leases.complete(claimed.lease)),
        pytest.raises(service.Refused, match="is completed; it can be cancelled only when"),
    ):
        service.cancel(job_id=job.pk, actor="mia")

    assert not JobNote.objects.exists()


def test_a_retried_job_may_wait_anew_for_what_is_broken(job_that, run_once, settings):
    def needs_a_provider(run):
        raise Parked("model:main is down", retry_after_s=9, line="model:main")

    job = job_that(needs_a_provider)
    run_once(job.pk)
    long_ago = timezone.now() - timedelta(seconds=settings.PARKED_AT_MOST_S + 1)
    Job.objects.update(run_at=job.created_at, parked_since=long_ago)
    assert run_once(job.pk).outcome is Outcome.FAILED

    service.retry(job_id=job.pk, actor="mia")

    assert run_once(job.pk).outcome is Outcome.PARKED
    assert Job.objects.get().parks == 2, "of the job's whole life, like its attempts"


def test_old_detail_is_dropped_and_the_key_stays_taken(failed_job, settings):
    Job.objects.update(key="once")
    kept_until = Job.objects.get().finished_at + timedelta(seconds=settings.FAILED_JOB_KEPT_S)
    assert retention.clean_settled(at=kept_until) == retention.Cleaned(completed=0, failed=0)

    later = kept_until + timedelta(seconds=1)
    assert retention.clean_settled(at=later, dry_run=True).failed == 1
    assert Step.objects.count() == 2
    assert retention.clean_settled(at=later).failed == 1
    assert retention.clean_settled(at=later).failed == 0

    assert (Step.objects.count(), Attempt.objects.count()) == (0, 0)
    assert ledger.enqueue(kind="scripted", subject="x", key="once").pk == failed_job.pk


def test_completed_jobs_lose_their_detail_sooner(job_that, run_once, settings):
    job = job_that(lambda run: run.once("x", lambda: 1))
    run_once(job.pk)
    job.refresh_from_db()
    at = job.finished_at + timedelta(seconds=settings.COMPLETED_JOB_DETAIL_KEPT_S + 1)

    assert retention.clean_settled(at=at) == retention.Cleaned(completed=1, failed=0)


class TestCommands:
    def test_queue_stats(self, failed_job):
        counts = json.loads(command("queue_stats", "scripted", "--json"))
        assert counts["scripted"]["failed"] == 1
        assert "scripted" in command("queue_stats")
        with pytest.raises(CommandError, match="'nobodys'"):
            command("queue_stats", "nobodys")

    def test_subject_jobs(self, failed_job):
        shown = json.loads(command("subject_jobs", failed_job.subject))
        assert shown["hasFailedJob"] is True
        assert shown["latestJob"]["id"] == str(failed_job.pk)

    def test_retry_job_counts_and_a_dry_run_changes_nothing(self, failed_job):
        assert command("retry_job", failed_job.pk, "--dry-run") == "1 would be retried"
        assert Job.objects.get().state == State.FAILED

        assert command("retry_job", failed_job.pk, "--actor", "mia") == "1 retried"
        assert JobNote.objects.get().actor == "mia"

        with pytest.raises(CommandError, match="1 refused"):
            command("retry_job", failed_job.pk)

    def test_retry_job_from_a_step_forgets_the_later_ones(self, failed_job):
        assert command("retry_job", failed_job.pk, "--from-step", "parsed") == "1 retried"
        assert list(failed_job.stored_steps.values_list("name", flat=True)) == ["draft"]

    @pytest.mark.parametrize(
        ("verb", "done", "state"),
        [("promote_job", "promoted", State.WAITING), ("cancel_job", "cancelled", State.CANCELLED)],
    )
    def test_promote_job_and_cancel_job_count_and_a_dry_run_changes_nothing(
        self, failed_job, verb, done, state
    ):
        job = ledger.enqueue(kind="scripted", subject="x", priority=5)

        assert command(verb, job.pk, "--dry-run") == f"1 would be {done}"
        job.refresh_from_db()
        assert (job.state, job.priority, JobNote.objects.count()) == (State.WAITING, 5, 0)

        with pytest.raises(CommandError, match="1 refused"):
            command(verb, job.pk, failed_job.pk, "--actor", "mia", "--reason", "in a hurry")
        job.refresh_from_db()
        note = JobNote.objects.get()
        assert (job.state, note.job_id, note.actor, note.reason) == (
            state,
            job.pk,
            "mia",
            "in a hurry",
        )

    def test_clean_queue_counts_and_a_dry_run_changes_nothing(self, failed_job):
        Job.objects.update(finished_at=timezone.now() - timedelta(days=1))
        arguments = ("clean_queue", "scripted", "--older-than-s", 3600)

        assert command(*arguments, "--dry-run") == "1 would be cleaned"
        assert (Step.objects.count(), JobNote.objects.count()) == (2, 0)
        assert command(*arguments, "--actor", "mia", "--reason", "disk is full") == "1 cleaned"
        assert Step.objects.count() == 0
        note = JobNote.objects.get()
        assert (note.job_id, note.action, note.actor, note.reason) == (
            failed_job.pk,
            "clean",
            "mia",
            "disk is full",
        )

    def test_clean_queue_of_every_kind_by_the_settings_notes_who_is_logged_in(self, failed_job):
        Job.objects.update(finished_at=timezone.now() - timedelta(days=400))

        assert command("clean_queue") == "1 cleaned"

        assert JobNote.objects.get().actor == getpass.getuser()

    def test_what_the_clock_cleans_is_nobodys_doing(self, failed_job):
        assert retention.clean_settled(at=timezone.now() + timedelta(days=400)).failed == 1

        assert not JobNote.objects.exists()

    def test_sweep_jobs_counts_and_a_dry_run_changes_nothing(self):
        job = ledger.enqueue(kind="scripted", subject="x")
        leases.claim(job_id=job.pk, token=uuid4(), worker=uuid4())
        Job.objects.update(lease_until=timezone.now() - timedelta(seconds=1))

        dry = command("sweep_jobs", "--dry-run")
        assert dry == "1 requeued, 0 failed, 0 workers gone (nothing changed)"
        assert command("sweep_jobs") == "1 requeued, 0 failed, 0 workers gone"
        assert command("sweep_jobs") == "0 requeued, 0 failed, 0 workers gone"
