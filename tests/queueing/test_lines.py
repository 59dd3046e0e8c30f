"""Lines: places that die with their holder, and a breaker that all workers share."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection

from queueing import leases, ledger, lines, service
from queueing.lines import Gate, NoEntry
from queueing.models import Attempt, Job, Line, Place, State
from tests.races import rival_before

pytestmark = pytest.mark.django_db

ONE = [Gate(name="model:main", places=1)]
OPEN = [Gate(name="model:main")]
DUE_S = 60  # a job that stands in line is not due by itself yet


@pytest.fixture
def holding():
    """A function that enqueues a job and claims it: `holding()` returns its lease."""

    def hold(**options):
        job = ledger.enqueue(kind="scripted", subject="test:line", **options)
        claimed = leases.claim(job_id=job.pk, token=uuid4(), worker=uuid4())
        return claimed.lease

    return hold


@pytest.fixture
def standing(holding):
    """A function that leaves a job standing in the line and returns it."""

    def stand(line="model:main", **options):
        lease = holding(**options)
        fault = leases.Fault(error_class="InLine", reason="full")
        leases.park(lease, fault=fault, delay_s=DUE_S, line=line, bounded=False)
        return Job.objects.get(pk=lease.job_id)

    return stand


def waits(job):
    job.refresh_from_db()
    return (job.run_at - Attempt.objects.get(job=job).finished_at).total_seconds()


def later(seconds):
    return Line.objects.get().shut_until + timedelta(seconds=seconds)


def test_the_last_place_is_given_once_and_again_after_it_is_left(holding):
    first, second = holding(), holding()
    entry = lines.enter(first, ONE)

    with pytest.raises(NoEntry) as refused:
        lines.enter(second, ONE)

    assert (refused.value.why, refused.value.line) == ("full", "model:main")
    assert refused.value.wait_s == lines.LOOK_AGAIN_S
    lines.leave(entry, well=True)
    assert lines.enter(second, ONE).places


def test_a_place_dies_with_the_lease_of_its_holder(holding):
    lost = holding()
    lines.enter(lost, ONE)

    leases.hand_back(lost)

    assert Place.objects.count() == 1
    assert lines.enter(holding(), ONE).places


def test_a_place_is_free_once_its_holders_lease_has_run_out(holding):
    silent = holding()
    lines.enter(silent, ONE)
    Job.objects.filter(pk=silent.job_id).update(lease_until=Job.objects.get().created_at)

    assert lines.enter(holding(), ONE).places


def test_a_job_needs_a_place_in_every_line(holding):
    gates = [Gate(name="models", places=2), Gate(name="model:main", places=1)]
    lines.enter(holding(), gates)

    with pytest.raises(NoEntry, match="model:main is full"):
        lines.enter(holding(), gates)

    lines.enter(holding(), [Gate(name="models", places=2), Gate(name="model:spare", places=1)])
    with pytest.raises(NoEntry, match="models is full"):
        lines.enter(holding(), [Gate(name="models", places=2), Gate(name="model:third")])
    assert Place.objects.count() == 4


@pytest.mark.django_db(transaction=True)
def test_two_that_want_the_last_place_at_once_get_it_once(holding):
    mine, rivals = holding(), holding()

    enters = rival_before("INSERT INTO queueing_line", lambda: lines.enter(rivals, ONE))
    with enters, pytest.raises(NoEntry):
        lines.enter(mine, ONE)

    assert Place.objects.get().token == rivals.token


def test_a_place_that_gets_free_wakes_the_most_urgent_that_stands_in_line(holding, standing):
    entry = lines.enter(holding(), ONE)
    ordinary, urgent = standing(), standing(priority=1)

    lines.leave(entry, well=True)

    assert waits(urgent) < DUE_S
    assert waits(ordinary) == DUE_S


def test_a_place_that_gets_free_wakes_the_promoted_one_that_was_turned_away(holding, standing):
    entry = lines.enter(holding(), ONE)
    urgent, promoted = standing(priority=0), standing(priority=5)
    service.promote(job_id=promoted.pk, actor="mia")
    Job.objects.filter(pk=promoted.pk).update(run_at=urgent.run_at)  # it found no place

    lines.leave(entry, well=True)

    assert waits(promoted) < DUE_S
    assert waits(urgent) == DUE_S


def test_a_good_answer_where_no_places_are_counted_wakes_two(holding, standing):
    entry = lines.enter(holding(), OPEN)
    parked = [standing() for _ in range(3)]

    lines.leave(entry, well=True)

    assert [waits(job) < DUE_S for job in parked] == [True, True, False]


def test_no_plan_wakes_more_than_there_is_room_for(holding, standing):
    """A plan that looked for the next ones once for each row would find other ones each time."""
    entry = lines.enter(holding(), ONE)
    parked = [standing() for _ in range(3)]

    with connection.cursor() as cursor:
        for way in ("hashjoin", "mergejoin", "hashagg", "sort", "material"):
            cursor.execute(f"SET LOCAL enable_{way} = off")
        lines.leave(entry, well=True)

    assert [waits(job) < DUE_S for job in parked] == [True, False, False]


def test_nobody_is_woken_for_a_line_that_is_shut(holding, standing):
    entries = [lines.enter(holding(), OPEN) for _ in range(2)]
    lines.busy(entries[0], wait_s=30, reason="HTTP 429")
    parked = standing()

    lines.leave(entries[1], well=True)

    assert waits(parked) == DUE_S


def test_a_newcomer_does_not_overtake_the_one_that_was_woken(holding, standing):
    entry = lines.enter(holding(), ONE)
    woken = standing(priority=1)
    lines.leave(entry, well=True)

    with pytest.raises(NoEntry):
        lines.enter(holding(), ONE)

    claimed = leases.claim(job_id=woken.pk, token=uuid4(), worker=uuid4())
    assert lines.enter(claimed.lease, ONE).places


def test_a_woken_job_that_never_comes_blocks_the_line_for_seconds_only(holding, standing):
    entry = lines.enter(holding(), ONE)
    woken = standing(priority=1)
    lines.leave(entry, well=True)
    woken.refresh_from_db()
    Job.objects.filter(pk=woken.pk).update(run_at=woken.run_at - timedelta(seconds=6))

    assert lines.enter(holding(), ONE).places


def test_the_longer_the_line_the_longer_its_last_waits(holding, standing):
    lines.enter(holding(), ONE)
    for _ in range(3):
        standing()

    with pytest.raises(NoEntry) as refused:
        lines.enter(holding(), ONE)

    assert refused.value.wait_s == lines.LOOK_AGAIN_S + 3
    assert refused.value.shut_s == 0


def test_failures_in_a_row_shut_a_line_to_everybody(holding, settings):
    settings.LINE_FAILURES_IN_A_ROW, settings.LINE_PAUSE_S = 3, 5
    shut = [lines.failed(lines.enter(holding(), OPEN), reason="server") for _ in range(3)]

    assert shut[:2] == [None, None]
    assert shut[2] == pytest.approx(5, abs=1)
    with pytest.raises(NoEntry, match="model:main is down: server") as refused:
        lines.enter(holding(), OPEN)
    assert refused.value.why == "down"
    assert refused.value.wait_s == pytest.approx(5, abs=1)


def test_a_good_answer_in_between_begins_the_count_anew(holding):
    for well in (False, False, True, False, False):
        entry = lines.enter(holding(), OPEN)
        if well:
            lines.leave(entry, well=True)
        else:
            assert lines.failed(entry, reason="server") is None

    assert Line.objects.get().faults == 2


def test_failures_of_calls_under_way_when_it_was_shut_do_not_count(holding):
    entries = [lines.enter(holding(), OPEN) for _ in range(20)]
    for entry in entries:
        lines.failed(entry, reason="server")

    assert Line.objects.get().faults == 3


def test_after_the_pause_one_probe_is_let_in_and_a_failed_one_doubles_the_pause(holding, settings):
    settings.LINE_PAUSE_S, settings.LINE_PAUSE_AT_MOST_S = 5, 12
    for _ in range(3):
        lines.failed(lines.enter(holding(), OPEN), reason="server")

    for pause_s in (10, 12, 12):
        at = later(1)
        Job.objects.filter(state=State.ACTIVE).update(lease_until=at + timedelta(seconds=20))
        probe = lines.enter(holding(), OPEN, at=at)
        Job.objects.filter(state=State.ACTIVE).update(lease_until=at + timedelta(seconds=20))
        with pytest.raises(NoEntry, match="down"):
            lines.enter(holding(), OPEN, at=at)
        assert lines.failed(probe, reason="server", at=at) > pause_s - 1
        assert later(0) - at == timedelta(seconds=pause_s)


def test_a_probe_that_succeeds_opens_the_line_and_wakes_everybody(holding, standing):
    for _ in range(3):
        lines.failed(lines.enter(holding(), OPEN), reason="server")
    parked = [standing() for _ in range(5)]

    at = later(1)
    lines.leave(lines.enter(holding(), OPEN, at=at), well=True)

    assert all(waits(job) < DUE_S for job in parked)
    line = Line.objects.get()
    assert (line.faults, line.shut_until, line.shut_since) == (0, None, None)
    assert lines.enter(holding(), OPEN).places == []


def test_a_probe_whose_worker_died_leaves_room_for_the_next(holding):
    for _ in range(3):
        lines.failed(lines.enter(holding(), OPEN), reason="server")
    at, dead = later(1), holding()
    lines.enter(dead, OPEN, at=at)

    leases.hand_back(dead)

    assert lines.enter(holding(), OPEN, at=at).places


def test_a_provider_that_asks_for_time_is_left_alone_by_all(holding, standing):
    entry = lines.enter(holding(), ONE)

    assert lines.busy(entry, wait_s=7, reason="HTTP 429") == pytest.approx(7, abs=1)

    standing()
    with pytest.raises(NoEntry) as refused:
        lines.enter(holding(), ONE)
    assert refused.value.why == "busy"
    assert refused.value.shut_s == pytest.approx(7, abs=1)
    assert refused.value.wait_s == refused.value.shut_s + 1
    assert lines.enter(holding(), ONE, at=later(0.1)).places
    assert Line.objects.get().faults == 0


def test_a_good_answer_does_not_cut_short_the_time_that_a_provider_asked_for(holding, standing):
    """It was under way when the provider began to ask for time."""
    lines.failed(lines.enter(holding(), OPEN), reason="server")
    good, refused = [lines.enter(holding(), OPEN) for _ in range(2)]
    lines.busy(refused, wait_s=60, reason="HTTP 429")
    parked = standing()
    shut_until = Line.objects.get().shut_until

    lines.leave(good, well=True)

    line = Line.objects.get()
    assert (line.faults, line.shut_until, line.reason) == (0, shut_until, "HTTP 429")
    assert waits(parked) == DUE_S
    with pytest.raises(NoEntry, match="model:main is busy: HTTP 429"):
        lines.enter(holding(), OPEN)


@pytest.mark.parametrize("asked_s", [2, 60])
def test_a_good_answer_to_a_line_that_failures_shut_leaves_what_was_asked_for(
    holding, standing, settings, asked_s
):
    """A provider that has too much to do fails some calls and turns others away."""
    settings.LINE_FAILURES_IN_A_ROW, settings.LINE_PAUSE_S = 3, 20
    good, refused, *failed = [lines.enter(holding(), OPEN) for _ in range(5)]
    for entry in failed:
        lines.failed(entry, reason="server")
    lines.busy(refused, wait_s=asked_s, reason="HTTP 429")
    asked_until = Line.objects.get().asked_until
    parked = standing()

    lines.leave(good, well=True)

    line = Line.objects.get()
    assert (line.faults, line.shut_since, line.shut_until) == (0, None, asked_until)
    assert waits(parked) == DUE_S
    assert lines.enter(holding(), OPEN, at=later(0.1)).places == []


def test_a_healthy_line_without_limit_costs_two_statements_a_call(
    holding, django_assert_num_queries
):
    lease = holding()
    with django_assert_num_queries(2):
        lines.leave(lines.enter(lease, OPEN), well=True)

    assert Line.objects.count() == 0
