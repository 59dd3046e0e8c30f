from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from queueing import leases, ledger, runner, sweeper
from queueing.models import Attempt, Job, Outcome, State
from queueing.process import Process
from queueing.registry import kind_named
from tests.queueing.threads import alongside, alongside_later, wait_until_blocked

pytestmark = pytest.mark.django_db(transaction=True)


def test_of_two_claims_at_once_one_gets_the_job():
    job = ledger.enqueue(kind="scripted", subject="x")

    claims = alongside(8, lambda: leases.claim(job_id=job.pk, token=uuid4(), worker=uuid4()))

    assert sum(claim is not None for claim in claims) == 1
    job.refresh_from_db()
    assert (job.attempts, job.runs.count()) == (1, 1)


def test_a_rival_who_claims_just_before_the_write_wins():
    job = ledger.enqueue(kind="scripted", subject="x")
    with transaction.atomic():
        ours = leases.claim(job_id=job.pk, token=uuid4(), worker=uuid4())
        with alongside_later(
            lambda: leases.claim(job_id=job.pk, token=uuid4(), worker=uuid4())
        ) as theirs:
            wait_until_blocked()
    assert ours is not None
    assert theirs() is None


def test_a_hundred_copies_of_a_message_give_one_run(job_that):
    ran = []

    def note(run):
        ran.append(run.number)

    job = job_that(note)
    kind = kind_named("scripted")

    for _ in range(12):
        outcomes = alongside(
            8, lambda: runner.run(job_id=job.pk, kind=kind, process=Process()).outcome
        )
    outcomes += [runner.run(job_id=job.pk, kind=kind).outcome for _ in range(4)]

    assert ran == [1]
    assert Attempt.objects.count() == 1
    assert set(outcomes) <= {None, Outcome.SUCCEEDED}


def test_a_message_of_another_kind_runs_nothing(job_that):
    ran = []
    job = job_that(lambda run: ran.append(run.number))

    ended = runner.run(job_id=job.pk, kind=kind_named("urgent"), process=Process())

    job.refresh_from_db()
    assert (ended.outcome, ran) == (None, [])
    assert (job.state, job.attempts, job.stored_steps.count()) == (State.WAITING, 0, 0)


@pytest.mark.parametrize("state", [State.COMPLETED, State.FAILED, State.CANCELLED])
def test_a_settled_job_cannot_be_claimed(state):
    job = ledger.enqueue(kind="scripted", subject="x")
    Job.objects.update(state=state, finished_at=timezone.now(), error_class="E")

    assert leases.claim(job_id=job.pk, token=uuid4(), worker=uuid4()) is None


def test_a_forged_message_about_no_job_is_dropped():
    assert runner.run(job_id=uuid4(), kind=kind_named("scripted")) == runner.NOTHING


def test_a_job_is_not_claimed_before_its_time():
    due = timezone.now() + timedelta(hours=1)
    job = ledger.enqueue(kind="scripted", subject="x", run_at=due)

    early = leases.claim(
        job_id=job.pk, token=uuid4(), worker=uuid4(), at=due - timedelta(microseconds=1)
    )
    on_time = leases.claim(job_id=job.pk, token=uuid4(), worker=uuid4(), at=due)

    assert early is None
    assert on_time is not None


def test_a_sweeper_that_acts_while_a_delivery_commits_leaves_it_alone(job_that, process):
    job = job_that(lambda run: None)
    claimed = leases.claim(job_id=job.pk, token=uuid4(), worker=process.worker)
    late = timezone.now() + timedelta(hours=1)

    with transaction.atomic():
        leases.complete(claimed.lease)
        (swept,) = alongside(1, lambda: sweeper.sweep(at=late))

    job.refresh_from_db()
    assert swept.requeued == 0
    assert (job.state, job.crashes) == (State.COMPLETED, 0)


def test_the_database_refuses_an_active_job_without_a_lease():
    ledger.enqueue(kind="scripted", subject="x")

    with pytest.raises(IntegrityError, match="job_active_means_leased"):
        Job.objects.update(state=State.ACTIVE)
    with pytest.raises(IntegrityError, match="job_settled_means_finished"):
        Job.objects.update(state=State.COMPLETED)
    with pytest.raises(IntegrityError, match="job_failed_means_error"):
        Job.objects.update(state=State.FAILED, finished_at=timezone.now())
