"""The faults by name, what a round of each came to, and the table that is printed of them."""

import re
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from tests.faults import oracle
from tests.faults.arena import Arena, Stuck
from tests.faults.evidence import Evidence
from tests.faults.people import People
from tests.faults.worker import Span
from tests.faults.wrong import Wrong


@dataclass
class Round:
    """One fault on one arena. The fault's function fills in what it did."""

    name: str
    arena: Arena
    people: People
    random: Random
    short: bool
    for_s: float | None = None  # for how long, where that is a matter of choice
    unhurried: bool = False  # recoveries in seconds are noted, and held to no bound
    injected: int = 0
    starved: list[Span] = field(default_factory=list)  # workers are kept from the database
    servers_away: bool = False  # for long; the row measures from their return itself
    most_crashes: int | None = None  # of one job; None: the product's own bound
    recoveries_s: list[float] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    wrong: list[Wrong] = field(default_factory=list)
    jobs: int = 0
    judged: bool = False  # what stands in the arena

    def judge(self) -> None:
        """Ask the oracle and count the jobs, once for what stands there; called by itself at the
        end of a round."""
        from queueing.models import Job

        if self.judged:
            return
        self.judged = True
        self.arena.connect()
        evidence = Evidence(
            self.arena.read,
            hit=self.arena.hit,
            died=self.arena.died,
            errands=self.people.errands,
            starved=self.starved,
            servers_away=self.servers_away,
            most_crashes=self.most_crashes,
        )
        self.wrong += oracle.judge(evidence)
        if not self.servers_away:
            self.recoveries_s += evidence.recoveries_s.values()
        self.jobs += Job.objects.count()

    def begin_again(self) -> None:
        """Have the oracle judge what was done so far, and go on from an empty database."""
        self.judge()
        self.arena.fresh()
        self.people, self.most_crashes, self.judged = People(self.arena), None, False

    def hold(self, *, promise: str, held: bool, what: str) -> None:
        """Note a bound, and that it did not hold."""
        self.notes.append(what)
        if not held:
            self.wrong.append(Wrong(promise=promise, how="slow", what=what))

    def met(self, there: bool, what: str) -> None:
        """Note that the fault was really there; one that was not shows nothing."""
        self.notes.append(what)
        if not there:
            self.wrong.append(Wrong(promise="—", how="missed", what=what))


Inject = Callable[[Round], None]
FAULTS: dict[str, Inject] = {}


def fault(name: str) -> Callable[[Inject], Inject]:
    """Register the fault: its number in the matrix and what happens."""

    def register(inject: Inject) -> Inject:
        FAULTS[name] = inject
        return inject

    return register


def chosen(only: str) -> list[str]:
    """Return the faults by number: all, those of numbers like `2,15`, or whose name holds it."""
    numbers = only.split(",") if re.fullmatch(r"[\d,]+", only) else []
    found = [name for name in FAULTS if (_number(name)[1] in numbers if numbers else only in name)]
    return sorted(found, key=_number)


def listed() -> str:
    """Return a line for each fault, and what it does."""
    return "\n".join(
        f"{name:<52} {(FAULTS[name].__doc__ or '').splitlines()[0]}" for name in chosen("")
    )


def _number(name: str) -> tuple[int, str]:
    number = name.partition(" ")[0]
    return int(number), number


def play(
    name: str,
    arena: Arena,
    *,
    seed: int,
    short: bool,
    for_s: float | None = None,
    unhurried: bool = False,
) -> Round:
    """Run one fault from an empty database to the oracle's answer."""
    arena.fresh()
    played = Round(
        name=name,
        arena=arena,
        people=People(arena),
        random=Random(f"{seed}/{name}"),
        short=short,
        for_s=for_s,
        unhurried=unhurried,
    )
    try:
        FAULTS[name](played)
        played.people.finish()
    except Stuck as stuck:
        played.wrong.append(Wrong(promise="I8", how="stuck", what=str(stuck)))
    except Exception:  # the others are still to be played
        played.wrong.append(Wrong(promise="—", how="broken", what=traceback.format_exc()))
    played.judge()
    return played


HEAD = (
    f"{'fault':<52} {'injected':>8} {'jobs':>7} {'lost':>5} {'dupl.':>5} {'stuck':>5} "
    f"{'slowest':>8}  verdict"
)


def row(played: Round) -> str:
    """Return the line of the table."""
    slowest = f"{max(played.recoveries_s):.1f} s" if played.recoveries_s else "—"
    verdict = "ok" if not played.wrong else "WRONG"
    return (
        f"{played.name:<52} {played.injected:>8} {played.jobs:>7} {count(played, 'lost'):>5} "
        f"{count(played, 'duplicated'):>5} {count(played, 'stuck'):>5} {slowest:>8}  {verdict}"
    )


def closing(played: list[Round]) -> str:
    """Return the last line: everything together."""
    injected, jobs = sum(one.injected for one in played), sum(one.jobs for one in played)
    lost, twice, stuck = (
        sum(count(one, how) for one in played) for how in ("lost", "duplicated", "stuck")
    )
    other = sum(len(one.wrong) for one in played) - lost - twice - stuck
    beside = f", {other} bounds or laws broken" if other else ""
    return (
        f"faults: {injected} injected, {jobs} jobs, {lost} lost, {twice} duplicated, "
        f"{stuck} stuck{beside}"
    )


def count(played: Round, how: str) -> int:
    return sum(one.how == how for one in played.wrong)
