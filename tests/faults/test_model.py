"""The promises over many schedules of the model, found by chance and by Hypothesis."""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from tests.faults import model, promises
from tests.faults.found import FOUND
from tests.faults.model_ledger import GUARDS, Wrong
from tests.faults.model_work import World

SCHEDULES = 20_000
CALM = settings(
    max_examples=150,
    stateful_step_count=60,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


class Schedule(RuleBasedStateMachine):
    """Anything that may happen, in any sequence; at the end all faults end."""

    without: frozenset[str] = frozenset()

    def __init__(self) -> None:
        super().__init__()
        self.world = World(without=self.without)

    @initialize()
    def order(self) -> None:
        model.happen(self.world, "open session", 0)
        model.happen(self.world, "told: paid", 0)

    @rule(name=st.sampled_from(sorted(model.MOVES)), pick=st.integers(0, 11))
    def happen(self, name: str, pick: int) -> None:
        model.happen(self.world, name, pick)

    @rule(pick=st.integers(0, 11))
    def take_and_go_on(self, pick: int) -> None:
        model.happen(self.world, "message forged", pick)
        model.happen(self.world, "run goes on", pick)

    def teardown(self) -> None:
        promises.drain(self.world)


def test_every_promise_holds_in_every_schedule() -> None:
    explored = model.explore(seed=2, schedules=SCHEDULES)

    assert explored.schedules == SCHEDULES
    assert not explored.wrong, model.row(explored, seed=2)


@pytest.mark.parametrize("name", FOUND)
def test_what_a_schedule_once_broke_holds(name: str) -> None:
    assert model.play(FOUND[name]) == ""


def test_hypothesis_finds_no_schedule_that_breaks_a_promise() -> None:
    run_state_machine_as_test(Schedule, settings=CALM)


@pytest.mark.parametrize("guard", GUARDS)
def test_without_a_guard_a_short_schedule_breaks_a_promise(guard: str) -> None:
    explored = model.explore(seed=3, schedules=2000, without=[guard], most=1)

    (broken, schedule), *_ = explored.wrong.items()
    assert len(schedule) <= 15
    assert model.play(schedule, without=[guard]) == broken
    assert model.play(schedule) == ""


@pytest.mark.parametrize("guard", ["fencing", "claim"])
def test_hypothesis_sees_what_a_guard_prevents(guard: str) -> None:
    unguarded = type("Unguarded", (Schedule,), {"without": frozenset({guard})})

    with pytest.raises(Wrong, match="I6"):
        run_state_machine_as_test(unguarded, settings=settings(CALM, max_examples=2000))
