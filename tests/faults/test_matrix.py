"""The matrix's own arithmetic: which faults are played, the last line, a soak's schedule."""

from types import SimpleNamespace

import pytest

from tests.faults import matrix, oracle, schedule
from tests.faults.matrix import Round
from tests.faults.recovery import bound
from tests.faults.wrong import Wrong


@pytest.fixture
def faults(monkeypatch):
    names = ("12 reply dropped", "2 worker killed", "3 host vanishes", "25 soak")
    monkeypatch.setattr(matrix, "FAULTS", dict.fromkeys(names, print))


@pytest.mark.usefixtures("faults")
@pytest.mark.parametrize(
    ("only", "chosen"),
    [
        ("", ["2 worker killed", "3 host vanishes", "12 reply dropped", "25 soak"]),
        ("2", ["2 worker killed"]),
        ("25,3", ["3 host vanishes", "25 soak"]),
        ("vanish", ["3 host vanishes"]),
        ("no such", []),
    ],
)
def test_faults_are_chosen_by_number_or_word_and_come_by_number(only, chosen):
    assert matrix.chosen(only) == chosen


def played(*wrong: Wrong) -> Round:
    return Round(
        name="2 worker killed", arena=None, people=None, random=None, short=True,
        injected=3, jobs=7, wrong=list(wrong),
    )  # fmt: skip


def test_the_last_line_adds_up():
    assert matrix.closing([played(), played()]) == (
        "faults: 6 injected, 14 jobs, 0 lost, 0 duplicated, 0 stuck"
    )


def test_the_last_line_tells_what_is_lost_from_a_bound_that_broke():
    lost = Wrong(promise="I1", how="lost", what="an order")
    slow = Wrong(promise="I9", how="slow", what="4 s")

    assert matrix.closing([played(lost), played(slow)]) == (
        "faults: 6 injected, 14 jobs, 1 lost, 0 duplicated, 0 stuck, 1 bounds or laws broken"
    )


def test_a_recovery_outside_its_bound_breaks_the_ninth_promise():
    slow = played()
    bound(slow, [0.4, 3.2], at_most_s=3.0, what="killed here → its jobs run again")

    assert [str(wrong) for wrong in slow.wrong] == [
        "I9 slow: killed here → its jobs run again: p99 3.2 s of 2, bound 3 s"
    ]


def test_a_fault_that_was_not_there_is_wrong():
    idle = played()
    idle.met(True, "a call was cut off")
    idle.met(False, "0 messages were popped and lost")

    assert [str(wrong) for wrong in idle.wrong] == ["— missed: 0 messages were popped and lost"]


@pytest.mark.django_db
def test_what_stands_there_is_judged_once(monkeypatch):
    lost = Wrong(promise="I1", how="lost", what="an order")
    monkeypatch.setattr(oracle, "judge", lambda evidence: [lost])
    leg = played()
    leg.arena = SimpleNamespace(
        connect=lambda: None, read=None, hit={}, died=set(), fresh=lambda: None
    )
    leg.people = SimpleNamespace(errands=())

    leg.judge()
    leg.judge()
    assert leg.wrong == [lost]

    leg.begin_again()
    leg.judge()
    assert leg.wrong == [lost, lost]


def test_a_seed_gives_one_schedule_and_each_leg_another():
    first = schedule.leg(seed=1, number=0, for_s=60)

    assert first == schedule.leg(seed=1, number=0, for_s=60)
    assert first != schedule.leg(seed=1, number=1, for_s=60)
    assert first != schedule.leg(seed=2, number=0, for_s=60)


def test_a_leg_has_orders_and_faults_in_its_order_and_an_end_without_any():
    acts = schedule.leg(seed=1, number=0, for_s=60)

    assert [act.at_s for act in acts] == sorted(act.at_s for act in acts)
    assert {act.name for act in acts} <= {"copies", "order", *schedule.WEIGHTS}
    assert sum(act.name == "order" for act in acts) == 11
    assert max(act.at_s for act in acts) <= 45
