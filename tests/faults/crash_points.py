"""Fault 1: a worker dies at every write that a job makes, and others take up what it left.

Several victims work at a time, each told to die somewhere else, because starting one takes longer
than killing it. So a job may lose one worker after another: the pairs of points come by themselves.
"""

import signal
import time
from dataclasses import dataclass, field
from pathlib import Path

from local.processes import Process
from queueing.models import Attempt, Job, Outcome, State
from tests.faults.killed_workers import EVERYTHING, Wish, place
from tests.faults.matrix import Round, fault

AT_ONCE = 4
DEATHS_A_PART = 20
PATIENCE_S = 45  # with a victim whose point the others' work leads away from it
# A job that stands beside several victims loses them all; how many are too many is fault 18's.
MANY = 20


@fault("1 crash at every write")
def crash_at_every_write(round_: Round) -> None:
    """Pass every failpoint once to know them all, then die at each."""
    points = _passed(round_)
    wanted = round_.random.sample(points, AT_ONCE) if round_.short else points
    victims = _Victims(round_, list(wanted))
    missed = [point for point in victims.all_die() if not _dies_alone_at(round_, point)]
    covered = len(wanted) - len(missed)
    what = f"crash points covered: {covered} of {len(wanted)}; there are {len(points)}"
    round_.hold(promise="I1", held=not missed, what=what)
    round_.notes += [f"not reached: {point}" for point in missed]


def _passed(round_: Round) -> list[str]:
    """Return every failpoint that the work of `EVERYTHING` passes."""
    log = Path(round_.arena.env["VAR_DIR"]) / "failpoints.log"
    log.unlink(missing_ok=True)
    round_.arena.worker(FAILPOINT_LOG=str(log))
    place(round_, EVERYTHING)
    round_.people.finish()
    round_.arena.stop_workers()
    # The stewards' own writes are of no order; fault 22 kills those.
    names = dict.fromkeys(log.read_text().splitlines())
    return [name for name in names if not name.startswith("queueing-")]


@dataclass
class _Victim:
    point: str
    process: Process
    until: float


@dataclass
class _Victims:
    """Workers that are told to die, until every point had its own."""

    round_: Round
    points: list[str]
    living: list[_Victim] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    placed: int = 0

    def all_die(self) -> list[str]:
        """Return the points that nobody came to in time.

        :raises Stuck: no order came to its end any more
        """
        deaths = 0
        while self.points or self.living:
            self.round_.arena.until(self._somebody_died, what="a victim's death", timeout_s=180)
            deaths += 1
            if deaths % DEATHS_A_PART == 0:
                self._part_ends()
        self._part_ends()
        return self.missed

    def _somebody_died(self) -> bool:
        self._start()
        self._order()
        self.round_.people.act()
        now = time.monotonic()
        for victim in self.living:
            late = now > victim.until
            if late:
                self.missed.append(victim.point)
                victim.process.signal(signal.SIGKILL)
            if late or not victim.process.running:
                self.living.remove(victim)
                self.round_.injected += 1
                return True
        return not self.living

    def _start(self) -> None:
        while self.points and len(self.living) < AT_ONCE:
            taken = {_scope(victim.point) for victim in self.living}
            free = [point for point in self.points if _scope(point) not in taken]
            point = (free or self.points)[0]
            self.points.remove(point)
            process = self.round_.arena.worker(ready=False, FAILPOINT=point, MAX_CRASHES=str(MANY))
            self.living.append(_Victim(point, process, time.monotonic() + PATIENCE_S))

    def _order(self) -> None:
        """Have as many orders under way as there are victims, of the kind that each waits for."""
        under_way = sum(not errand.ended for errand in self.round_.people.errands)
        for victim in self.living[under_way:]:
            self.placed += 1
            wishes = _passing(victim.point)
            place(self.round_, [wishes[self.placed % len(wishes)]])

    def _part_ends(self) -> None:
        """Bring everything to its end by a worker that does not die, and have it judged."""
        self.round_.arena.stop_workers()
        self.round_.injected += len(self.living)
        self.points += [victim.point for victim in self.living]
        self.living.clear()
        self.round_.arena.worker(MAX_CRASHES=str(MANY))
        self.round_.people.finish()
        _excuse_crashes(self.round_)
        self.round_.begin_again()


def _dies_alone_at(round_: Round, point: str) -> bool:
    """Have one worker die at the failpoint, then let another bring everything to its end.

    False when it did not get there.
    """
    arena = round_.arena
    victim = arena.worker(FAILPOINT=point)
    place(round_, _passing(point))

    def over() -> bool:
        everybody_has_all = round_.people.act() and not _open_jobs()
        return everybody_has_all or not victim.running

    arena.until(over, what=f"death at {point}")
    died = not victim.running
    round_.injected += died
    if died:
        arena.worker()
    round_.people.finish()
    arena.stop_workers()
    _excuse_crashes(round_)
    return died


def _open_jobs() -> bool:
    return Job.objects.filter(state__in=[State.WAITING, State.ACTIVE]).exists()


def _excuse_crashes(round_: Round) -> None:
    """A run that died may have lost one reply; no other may."""
    round_.lost_replies = Attempt.objects.filter(outcome=Outcome.CRASHED).count()
    round_.most_crashes = MANY


def _scope(point: str) -> str:
    return point.partition("|")[0]


def _passing(point: str) -> tuple[Wish, ...]:
    """The orders whose jobs pass this failpoint; every one passes those of all kinds."""
    kind = _scope(point)
    article, link, doomed = EVERYTHING
    if kind == "article-generation":
        return (article, doomed)  # it may be on the way of an order that is given up
    if kind == "backlink-revision":
        return (article,)
    if kind in ("backlink-integration", "publication"):
        return (link,)
    return (doomed,)
