"""Many orders and few places at the model, a slow one, one that goes away: real workers."""

import time

import pytest

from articles.models import ModelCall
from orders.models import Order, Status
from queueing.models import Attempt, Job, Line, Outcome, Place, State
from tests.flows.customer import PATIENCE_S, TURN_S
from tests.orders import factories

pytestmark = pytest.mark.django_db(transaction=True)

BURST = 12
AT_A_TIME = 4


def burst():
    return [factories.order_in_work() for _ in range(BURST)]


def statuses():
    return sorted(set(Order.objects.values_list("status", flat=True)))


def failed_attempts():
    return list(Attempt.objects.filter(outcome=Outcome.FAILED).values_list("error_reason"))


def bought_once(sandbox):
    """Whether no step of any job was bought twice, and every text has its row."""
    calls = sandbox.calls(service="openai", work_done="true")
    steps = [call["x_client_request_id"].rpartition("/")[0] for call in calls]
    written = ModelCall.objects.filter(outcome="ok").count()
    return len(steps) == len(set(steps)) == written >= Order.objects.count()


def turned_away(sandbox):
    return [call for call in sandbox.calls(service="openai") if call["status"] == 429]


def test_a_burst_meets_the_limit_of_two_workers_together_as_a_queue(sandbox, start_worker, quiet):
    sandbox.knob(service="openai", latency_ms=150)
    sandbox.knob(service="openai", at_most=AT_A_TIME, retry_after_s=1)
    burst()
    for _ in range(2):
        start_worker(WRITER_MODEL_MAIN_CONCURRENCY=str(AT_A_TIME))

    quiet()

    assert statuses() == [Status.QUALITY_CHECK]
    assert turned_away(sandbox) == []
    assert bought_once(sandbox)
    assert failed_attempts() == []
    assert Place.objects.count() == 0


def test_a_burst_that_meets_the_providers_own_limit_waits_and_fails_nothing(sandbox, worker, quiet):
    sandbox.knob(service="openai", latency_ms=250)
    sandbox.knob(service="openai", at_most=AT_A_TIME, retry_after_s=1)
    burst()

    quiet()

    assert statuses() == [Status.QUALITY_CHECK]
    assert turned_away(sandbox) != []
    assert bought_once(sandbox)
    assert failed_attempts() == []


def test_places_of_a_killed_worker_are_free_for_the_next(sandbox, start_worker, quiet):
    sandbox.knob(service="openai", latency_ms=60_000, times=2)
    for _ in range(4):
        factories.order_in_work()
    doomed = start_worker(WRITER_CONCURRENCY="2", LEASE_S="2", HEARTBEAT_S="0.5")
    ends = time.monotonic() + PATIENCE_S
    while len(sandbox.calls(service="openai")) < 2:
        assert time.monotonic() < ends
        time.sleep(TURN_S)

    doomed.kill()
    start_worker(WRITER_CONCURRENCY="2", LEASE_S="2", HEARTBEAT_S="0.5")
    quiet()

    assert statuses() == [Status.QUALITY_CHECK]
    assert bought_once(sandbox)


def test_an_outage_of_the_provider_fails_no_order_and_ends_by_itself(sandbox, start_worker, quiet):
    away = sandbox.knob(service="openai", drop_before=True)
    for _ in range(8):
        factories.order_in_work()
    start_worker(LINE_PAUSE_S="0.3", LINE_PAUSE_AT_MOST_S="1", LINE_FAILURES_IN_A_ROW="2")
    ends = time.monotonic() + PATIENCE_S
    while Job.objects.filter(parks__gte=1, state=State.WAITING).count() < 8:
        assert time.monotonic() < ends, list(Job.objects.values("state", "error_reason"))
        time.sleep(TURN_S)

    sandbox.delete_knob(away)
    quiet()

    assert statuses() == [Status.QUALITY_CHECK]
    assert Line.objects.get(name="model:main").faults == 0


def test_a_slow_model_fails_nothing(sandbox, start_worker, quiet):
    # Longer than a lease, shorter than the time-out: in the proportions of a call that takes 60 s.
    sandbox.knob(service="openai", bad_text="too_short", times=1)
    sandbox.knob(service="openai", latency_ms=4_000)
    factories.order_in_work()
    start_worker(LEASE_S="3", HEARTBEAT_S="0.5", WRITER_TIMEOUT_S="8", JOB_DEADLINE_S="60")

    quiet()

    assert statuses() == [Status.QUALITY_CHECK]
    assert Attempt.objects.get(job__kind="article-generation").outcome == Outcome.SUCCEEDED
    assert bought_once(sandbox)
