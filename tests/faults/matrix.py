"""The faults by name, what a round of each came to, and the table that is printed of them."""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from tests.faults import oracle
from tests.faults.arena import Arena, Stuck
from tests.faults.oracle import Wrong
from tests.faults.people import People


@dataclass
class Round:
    """One fault on one arena. The fault's function fills in what it did."""

    name: str
    arena: Arena
    people: People
    random: Random
    short: bool
    injected: int = 0
    lost_replies: int = 0
    recoveries_s: list[float] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    wrong: list[Wrong] = field(default_factory=list)
    jobs: int = 0

    def judge(self) -> None:
        """Ask the oracle; called by itself at the end, or between parts of a long round."""
        self.wrong += oracle.judge(self.arena, lost_replies=self.lost_replies)

    def hold(self, *, promise: str, held: bool, what: str) -> None:
        """Note a bound, and that it did not hold."""
        self.notes.append(what)
        if not held:
            self.wrong.append(Wrong(promise=promise, how="slow", what=what))


Inject = Callable[[Round], None]
FAULTS: dict[str, Inject] = {}


def fault(name: str) -> Callable[[Inject], Inject]:
    """Register the fault: its number in the matrix and what happens."""

    def register(inject: Inject) -> Inject:
        FAULTS[name] = inject
        return inject

    return register


def play(name: str, arena: Arena, *, seed: int, short: bool) -> Round:
    """Run one fault from an empty database to the oracle's answer."""
    from queueing.models import Job

    arena.fresh()
    played = Round(
        name=name, arena=arena, people=People(arena), random=Random(f"{seed}/{name}"), short=short
    )
    try:
        FAULTS[name](played)
        played.people.finish()
    except Stuck as stuck:
        played.wrong.append(Wrong(promise="I8", how="stuck", what=str(stuck)))
    played.judge()
    played.jobs += Job.objects.count()
    return played


HEAD = (
    f"{'fault':<44} {'injected':>8} {'jobs':>7} {'lost':>5} {'dupl.':>5} {'stuck':>5} "
    f"{'slowest':>8}  verdict"
)


def row(played: Round) -> str:
    """Return the line of the table."""
    slowest = f"{max(played.recoveries_s):.1f} s" if played.recoveries_s else "—"
    verdict = "ok" if not played.wrong else "WRONG"
    return (
        f"{played.name:<44} {played.injected:>8} {played.jobs:>7} {count(played, 'lost'):>5} "
        f"{count(played, 'duplicated'):>5} {count(played, 'stuck'):>5} {slowest:>8}  {verdict}"
    )


def count(played: Round, how: str) -> int:
    return sum(one.how == how for one in played.wrong)
