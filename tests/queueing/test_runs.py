import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import transaction

from queueing import clock, leases, runner
from queueing.errors import LeaseLost, Permanent, RetryLater
from queueing.models import Attempt, Job, Outcome, State, Step
from queueing.registry import kind_named
from tests.queueing.jobs import SETTLED
from tests.races import rival_before

pytestmark = pytest.mark.django_db
AT = datetime(2026, 1, 1, tzinfo=UTC)


def test_a_handler_that_returns_settles_its_job(job_that, run_once):
    job = job_that(lambda run: None)

    ended = run_once(job.pk)

    job.refresh_from_db()
    assert ended.outcome is Outcome.SUCCEEDED
    assert (job.state, job.attempts, job.failures) == (State.COMPLETED, 1, 0)
    assert job.finished_at >= job.started_at
    assert job.runs.get().outcome == Outcome.SUCCEEDED


def test_a_delivery_and_the_settlement_are_one_transaction(job_that, run_once):
    def deliver_and_break(run):
        with run.delivery():
            Step.objects.create(job_id=run.job_id, name="x", output=1, attempt=1, took_ms=0, at=AT)
            raise ValueError("half way")

    job = job_that(deliver_and_break)

    run_once(job.pk)

    job.refresh_from_db()
    assert job.state == State.WAITING
    assert not job.stored_steps.exists()
    assert job.runs.get().error_class == "ValueError"


def test_a_second_attempt_reads_the_steps_of_the_first(job_that, run_once, process):
    bought = []

    def buy_then_fail_once(run):
        text = run.once("draft", lambda: bought.append(run.number) or {"text": "tea", "n": (1, 2)})
        assert text == {"text": "tea", "n": [1, 2]}, "first run and retry read the same JSON"
        if run.attempt == 1:
            raise ValueError("cannot parse")

    job = job_that(buy_then_fail_once)
    run_once(job.pk)
    _make_due(job)

    run_once(job.pk)

    job.refresh_from_db()
    assert bought == [1]
    assert job.state == State.COMPLETED
    assert [run.outcome for run in job.runs.order_by("number")] == ["failed", "succeeded"]
    assert job.stored_steps.get().attempt == 1


def test_three_failures_settle_the_job_and_tell_its_owner_in_the_same_transaction(
    job_that, run_once
):
    def always_fails(run):
        raise ValueError(f"bad reply {run.attempt}")

    job = job_that(always_fails, arguments={"version": 3})

    waits = []
    for _ in range(3):
        waits.append(run_once(job.pk).retry_in_s)
        _make_due(job)

    job.refresh_from_db()
    assert waits == [2.0, 4.0, None]
    assert (job.state, job.failures) == (State.FAILED, 3)
    assert (job.error_class, job.error_reason) == ("ValueError", "bad reply 3")
    assert [failed.reason for failed in SETTLED] == ["ValueError: bad reply 3"]
    assert SETTLED[0].arguments == {"version": 3}
    assert list(job.runs.order_by("number").values_list("error_reason", "retry_in_s")) == [
        ("bad reply 1", 2.0),
        ("bad reply 2", 4.0),
        ("bad reply 3", None),
    ]
    assert "always_fails" in job.runs.first().traceback


def test_a_permanent_error_is_not_tried_again(job_that, run_once):
    def refused(run):
        raise Permanent("bad key")

    job = job_that(refused)

    assert run_once(job.pk).retry_in_s is None
    job.refresh_from_db()
    assert (job.state, job.attempts, len(SETTLED)) == (State.FAILED, 1, 1)


def test_the_providers_retry_after_wins(job_that, run_once):
    def busy(run):
        raise RetryLater("429", retry_after_s=7)

    job = job_that(busy)

    assert run_once(job.pk).retry_in_s == 7
    job.refresh_from_db()
    assert job.run_at - job.runs.get().finished_at == timedelta(seconds=7)
    assert job.dispatched_at == job.run_at, "Celery's message is awaited then, and not before"


def test_a_callback_that_breaks_keeps_the_job_from_being_settled(job_that, run_once, monkeypatch):
    def broken(failed):
        raise ZeroDivisionError

    def refused(run):
        raise Permanent("bad key")

    job = job_that(refused)
    monkeypatch.setitem(kind_named("scripted").__dict__, "settled", broken)

    # Nothing leaves the run: Celery would log it and store it, whatever it quotes.
    assert run_once(job.pk) == runner.NOTHING

    job.refresh_from_db()
    assert job.state == State.ACTIVE, "its lease runs out, and the sweeper tries again"


def test_a_stopping_worker_hands_back_after_the_step_in_hand(job_that, run_once, process):
    def two_steps(run):
        run.once("first", process.stopping.set)
        run.once("second", lambda: pytest.fail("the worker is stopping"))

    job = job_that(two_steps)

    assert run_once(job.pk).outcome is Outcome.HANDED_BACK
    job.refresh_from_db()
    assert (job.state, job.failures, job.dispatched_at) == (State.WAITING, 0, None)
    assert list(job.stored_steps.values_list("name", flat=True)) == ["first"]


@pytest.mark.django_db(transaction=True)
def test_a_stopping_worker_waits_for_who_is_about_to_claim(job_that, run_once, process):
    """It forgets itself once it is idle: what was claimed then would be taken for a dead one's, and
    run a second time beside the first."""
    job = job_that(lambda run: None)
    idle = []

    def stop_looks():
        process.stopping.set()
        idle.append(process.wait_until_idle(timeout_s=0))

    with rival_before("WITH claimed AS", stop_looks):
        run_once(job.pk)

    assert idle == [False]
    assert process.wait_until_idle(timeout_s=0)


def test_a_stopping_worker_takes_nothing_and_lets_others_have_it(job_that, run_once, process):
    job = job_that(lambda run: pytest.fail("the worker is stopping"))
    Job.objects.update(dispatched_at=job.created_at)
    process.stopping.set()

    run_once(job.pk)

    job.refresh_from_db()
    assert (job.state, job.attempts, job.dispatched_at) == (State.WAITING, 0, None)


def test_a_message_before_its_time_does_nothing_and_is_sent_again_later(job_that, run_once):
    job = job_that(lambda run: pytest.fail("not due"), run_at=AT + timedelta(days=36500))
    Job.objects.update(dispatched_at=job.run_at)

    assert run_once(job.pk).outcome is None
    job.refresh_from_db()
    assert (job.attempts, job.dispatched_at) == (0, None)


def test_a_run_may_not_wait_outside_with_a_transaction_open(job_that, run_once):
    def careless(run):
        with transaction.atomic():
            run.once("draft", lambda: "never")

    job = job_that(careless)
    run_once(job.pk)

    attempt = job.runs.get()
    assert attempt.error_class == "RuntimeError"
    assert "'draft'" in attempt.error_reason


def test_what_json_in_postgresql_refuses_is_mended_not_lost(job_that, run_once):
    def odd_text(run):
        assert run.once("draft", lambda: {"text": "a\x00b\ud800c"}) == {"text": "ab?c"}

    job = job_that(odd_text)
    run_once(job.pk)

    assert job.stored_steps.get().output == {"text": "ab?c"}


def test_errors_are_kept_in_bounded_length(job_that, run_once):
    def chatty(run):
        raise ValueError("\x00" + "x" * 100_000)

    job = job_that(chatty)
    run_once(job.pk)

    attempt = job.runs.get()
    assert len(attempt.error_reason) == runner.REASON_LENGTH
    assert len(attempt.traceback) == runner.TRACEBACK_LENGTH


def test_requests_name_job_step_and_run(job_that, run_once):
    seen = []
    job = job_that(lambda run: seen.append(run.request_id("draft")))

    run_once(job.pk)

    assert seen == [f"{job.pk}/draft/1"]


def test_a_job_with_two_steps_and_a_delivery_takes_few_statements(
    job_that, run_once, django_assert_num_queries
):
    def typical(run):
        run.once("draft", lambda: "text", doing="Writing")
        run.once("parsed", lambda: "document")
        with run.delivery():
            pass

    job = job_that(typical)

    # claim; doing, store; store; savepoint, settle, release (a real run: BEGIN, settle, COMMIT).
    with django_assert_num_queries(7):
        run_once(job.pk)


class TestAWorkerThatWasGivenUpOn:
    @pytest.fixture
    def zombie(self, job_that, process):
        """A run whose job another worker has claimed meanwhile."""
        job = job_that(lambda run: None)
        claimed = leases.claim(job_id=job.pk, token=uuid4(), worker=process.worker)
        fault = leases.Fault(error_class="WorkerLost", reason="silent")
        leases.give_up_attempt(
            claimed.lease, kind="scripted", outcome=Outcome.CRASHED, fault=fault, retry_in_s=0
        )
        assert leases.claim(job_id=job.pk, token=uuid4(), worker=uuid4()) is not None
        return claimed

    @pytest.mark.parametrize(
        "write",
        [
            lambda lease: leases.store_step(lease, name="x", output_json="1", took_ms=1),
            lambda lease: leases.show(lease, doing="Haunting"),
            leases.complete,
            leases.hand_back,
            leases.cancel,
            lambda lease: leases.give_up_attempt(
                lease,
                kind="scripted",
                outcome=Outcome.FAILED,
                fault=leases.Fault(error_class="E", reason=""),
                retry_in_s=None,
            ),
        ],
    )
    def test_can_write_nothing(self, zombie, write):
        before = _everything()

        with pytest.raises(LeaseLost):
            write(zombie.lease)

        assert _everything() == before
        assert SETTLED == []


def test_an_ending_asked_for_twice_is_one_ending(job_that, process):
    job = job_that(lambda run: None)
    lease = leases.claim(job_id=job.pk, token=uuid4(), worker=process.worker).lease
    leases.complete(lease)
    before = _everything()

    leases.complete(lease)

    assert _everything() == before


def test_a_claim_asked_for_twice_is_one_claim(job_that, process):
    job = job_that(lambda run: None)
    token = uuid4()

    for _ in range(2):
        assert leases.claim(job_id=job.pk, token=token, worker=process.worker) is not None

    job.refresh_from_db()
    assert (job.attempts, job.runs.count()) == (1, 1)


def _everything():
    tables = (Job, Attempt, Step)
    return json.dumps(
        [list(table.objects.order_by("pk").values()) for table in tables], default=str
    )


def _make_due(job):
    Job.objects.filter(pk=job.pk, state=State.WAITING).update(run_at=job.created_at)


@pytest.mark.parametrize("says", [Permanent, RetryLater])
def test_an_error_that_only_says_what_to_do_is_counted_by_its_cause(job_that, run_once, says):
    def refused(run):
        try:
            raise KeyError("the content was refused")
        except KeyError as error:
            raise says("refused") from error

    job = job_that(refused)
    run_once(job.pk)

    job.refresh_from_db()
    assert (job.error_class, job.error_reason) == ("KeyError", "refused")


def test_two_jobs_that_have_each_lost_two_workers_do_not_share_a_third(job_that, run_once):
    """Not even for the moment of a claim: whoever is active when the process dies is blamed."""
    other, beside = job_that(lambda run: None), []

    def runs(run):
        beside.append(run_once(other.pk))

    job = job_that(runs)
    asked_at = clock.read()
    Job.objects.update(crashes=2, dispatched_at=asked_at)

    assert run_once(job.pk).outcome is Outcome.SUCCEEDED
    assert beside == [runner.NOTHING]
    other.refresh_from_db()
    assert (other.state, other.attempts, other.dispatched_at) == (State.WAITING, 0, None)
    assert other.run_at - asked_at > timedelta(seconds=2), "nobody asks for it all the time"
    Job.objects.update(run_at=other.created_at)
    assert run_once(other.pk).outcome is Outcome.SUCCEEDED


def test_a_job_that_lost_fewer_workers_shares_one_with_any(job_that, run_once):
    other, beside = job_that(lambda run: None), []

    def runs(run):
        beside.append(run_once(other.pk).outcome)

    job = job_that(runs)
    Job.objects.filter(pk=job.pk).update(crashes=2)
    Job.objects.filter(pk=other.pk).update(crashes=1)

    run_once(job.pk)
    assert beside == [Outcome.SUCCEEDED]
