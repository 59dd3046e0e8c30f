"""Fault 1: a worker dies at every write that a job makes, the web server at every write of Stripe's
news, either or a command at every write of what people press, and others take up what they left.

Several victims work at a time, each told to die somewhere else, because starting one takes longer
than killing it. A point is covered by a process that died by SIGKILL and left the point's name.
"""

import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from orders.progress import PIPELINES
from queueing.models import Job, State
from tests.faults.arena import Arena
from tests.faults.dying import Mark, scope
from tests.faults.killed_workers import Wish, in_the_middle_of_a_call, place
from tests.faults.matrix import Round, fault
from tests.faults.presses import SCENES
from tests.faults.pressing import Pressing
from tests.faults.restarts import CALL_MS
from tests.faults.ways import EVERY_WAY, TOLD_FIRST, leading_past, send_a_stray, unpassed
from tests.faults.worker import Worker

AT_ONCE = 4
# The short form has it and by chance one of the workers' others, of Stripe's news and of a press:
# here all is bought, nothing delivered, so what is bought again is seen.
ALL_BOUGHT = "article-generation|queueing/run.py:delivery|before-commit|1"
PAIRS = 12
DEATHS_A_PART = 20
NOTED_S = 300  # for every way at once, beside whatever else the machine does
PATIENCE_S = 45  # with a victim whose point the others' work leads away from it
# A job that stands beside several victims loses them all; how many are too many is fault 18's.
MANY = 20
WEB = "web"
# Who dies here is seen to by its process id. A machine that is busy must not take for dead those
# who live, and whose lease is shorter than production's everywhere else.
UNHURRIED = {"LEASE_S": "20"}
# Passed only by a worker that is told to end. It hands back in the middle of a job, where those
# that do not ask the model are for milliseconds, which nobody can aim at.
HAND_BACK = "_end<hand_back"
OF_THE_LEAVING = (HAND_BACK, "workers.py:leave|")


@fault("1 crash at every write")
def crash_at_every_write(round_: Round) -> None:
    """Pass every failpoint once to know them all, then die at each, and at pairs of them."""
    with round_.arena.given(**UNHURRIED):
        _crash_at_every_write(round_)


def _crash_at_every_write(round_: Round) -> None:
    points, of_web = _passed(round_)
    pressing = Pressing(round_)
    scenes = [round_.random.choice([*SCENES])] if round_.short else [*SCENES]
    pressed = pressing.passed_in(scenes)
    known = [*points, *of_web, *pressed]
    if not round_.short:  # which plays one scene of all
        left_out = unpassed(known)
        passed_by = f"places of the source that write and that nobody passed: {left_out}"
        round_.met(not left_out, f"{len(left_out)} {passed_by}")
    else:
        others = [point for point in points if point != ALL_BOUGHT]
        points = [ALL_BOUGHT, round_.random.choice(others)]
        of_web, pressed = round_.random.sample(of_web, 1), round_.random.sample(pressed, 1)
    by_themselves = [point for point in points if not _is_of_the_leaving(point)]
    missed = _Victims(round_, list(by_themselves)).all_die()
    missed += [point for point in points if point not in by_themselves]
    missed = [point for point in missed if not _is_died_at_alone(round_, point)]
    missed += [point for point in of_web if not _web_dies_at(round_, point)]
    missed += pressing.missed_of(pressed)
    tried = len(points) + len(of_web) + len(pressed)
    what = f"crash points covered: {tried - len(missed)} of {len(known)}, "
    what += f"{len(of_web)} in Stripe's news and {len(pressed)} in what people press"
    if round_.short:
        what += f"; this short form tries {tried}"
    round_.hold(promise="I1", held=not missed, what=what)
    round_.notes += [f"not reached: {point}" for point in missed]
    if not round_.short:
        _pairs(round_, by_themselves)


def _passed(round_: Round) -> tuple[list[str], list[str]]:
    """Return every failpoint that the work of `EVERY_WAY` passes in workers, of which one is told
    to end, and in the web."""
    arena = round_.arena
    logs = [Path(arena.env["VAR_DIR"]) / f"failpoints-{who}.log" for who in ("worker", WEB)]
    for log in logs:
        log.unlink(missing_ok=True)
    arena.stop_web()
    arena.start_web(FAILPOINT_LOG=str(logs[1]), FAILPOINT_SCOPE=WEB)
    noting = {"FAILPOINT_LOG": str(logs[0])}
    first = arena.worker(**noting)
    send_a_stray()
    place(round_, EVERY_WAY)
    _is_told_to_end(round_, first)
    arena.worker(**noting)
    round_.people.finish(timeout_s=NOTED_S)
    arena.stop_workers()
    arena.stop_web()
    arena.start_web()
    workers, of_web = (list(dict.fromkeys(log.read_text().splitlines())) for log in logs)
    return [name for name in workers if _can_be_aimed_at(name)], of_web


def _can_be_aimed_at(point: str) -> bool:
    # The stewards' own writes are of no order; fault 22 kills those.
    is_stewards = point.startswith("queueing-")
    return not is_stewards and (HAND_BACK not in point or scope(point) in PIPELINES)


@dataclass
class _Victim:
    mark: Mark
    process: Worker
    until: float

    @property
    def point(self) -> str:
        return self.mark.point


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
            if late or not victim.process.running:
                if not victim.mark.died_there(victim.process):
                    self.missed.append(victim.point)
                victim.process.signal(signal.SIGKILL)
                self.living.remove(victim)
                self.round_.injected += 1
                return True
        return not self.living

    def _start(self) -> None:
        while self.points and len(self.living) < AT_ONCE:
            taken = {scope(victim.point) for victim in self.living}
            free = [point for point in self.points if scope(point) not in taken]
            point = (free or self.points)[0]
            self.points.remove(point)
            mark = Mark.of(self.round_.arena, point)
            changes = mark.settings | {"MAX_CRASHES": str(MANY)}
            process = self.round_.arena.worker(ready=False, **changes)
            self.living.append(_Victim(mark, process, time.monotonic() + PATIENCE_S))

    def _order(self) -> None:
        """Have as many orders under way as there are victims, of the kind that each waits for."""
        under_way = sum(not errand.ended for errand in self.round_.people.errands)
        for victim in self.living[under_way:]:
            self.placed += 1
            kind = scope(victim.point)
            send_a_stray()
            wishes = leading_past(kind)
            place(self.round_, [wishes[self.placed % len(wishes)]])

    def _part_ends(self) -> None:
        """Bring everything to its end by a worker that does not die, and have it judged."""
        self.round_.arena.stop_workers()
        self.round_.injected += len(self.living)
        self.points += [victim.point for victim in self.living]
        self.living.clear()
        self.round_.arena.worker(MAX_CRASHES=str(MANY))
        self.round_.people.finish()
        self.round_.most_crashes = MANY
        self.round_.begin_again()


def _is_died_at_alone(round_: Round, point: str) -> bool:
    """Have one worker die at the failpoint, in the end by all that led past it when it was noted:
    some points are passed in company alone."""
    ways = (leading_past(scope(point)), EVERY_WAY)
    return any(_dies_alone_at(round_, point, wishes) for wishes in ways)


def _is_of_the_leaving(point: str) -> bool:
    return any(place in point for place in OF_THE_LEAVING)


def _dies_alone_at(round_: Round, point: str, wishes: Sequence[Wish]) -> bool:
    """Have one worker die at the failpoint, then let another bring everything to its end.

    False when it did not get there.
    """
    mark = Mark.of(round_.arena, point)
    send_a_stray()
    place(round_, wishes)
    victim = round_.arena.worker(ready=False, **mark.settings)
    if _is_of_the_leaving(point):
        _is_told_to_end(round_, victim)
    died = _died(round_, victim, mark)
    round_.arena.worker()
    round_.people.finish()
    round_.arena.stop_workers()
    return died


def _is_told_to_end(round_: Round, worker: Worker) -> None:
    """SIGTERM while the model writes for it: it hands back what it cannot end."""
    round_.arena.knob(service="openai", latency_ms=CALL_MS, times=20)
    in_the_middle_of_a_call(round_, worker)
    worker.signal(signal.SIGTERM)


def _died(round_: Round, victim: Worker, mark: Mark) -> bool:
    """Let people act until the worker has died, or there is nothing more to die of."""

    def over() -> bool:
        everybody_has_all = round_.people.act() and not _open_jobs()
        return everybody_has_all or not victim.running

    round_.arena.until(over, what=f"death at {mark.point}")
    died = mark.died_there(victim)
    round_.injected += died
    return died


def _web_dies_at(round_: Round, point: str) -> bool:
    """Have the web server die in the middle of Stripe's news, which comes again; False when it did
    not get there."""
    arena = round_.arena
    mark = Mark.of(arena, point)
    arena.stop_web()
    arena.start_web(**mark.settings, FAILPOINT_SCOPE=WEB)
    arena.worker()
    place(round_, [TOLD_FIRST])

    def over() -> bool:
        return round_.people.act() or not arena.web.running

    arena.until(over, what=f"the web server's death at {point}")
    if arena.web.running:  # the last news is of the refund
        arena.until(lambda: not arena.web.running or not _telling(arena), what="Stripe's news")
    died = mark.died_there(arena.web)
    round_.injected += died
    arena.stop_web()
    arena.start_web()
    round_.people.finish()
    arena.stop_workers()
    return died


def _telling(arena: Arena) -> bool:
    return bool(arena.read("state")["deliveries_under_way"])


def _pairs(round_: Round, points: list[str]) -> None:
    """Two points by chance: who takes up what the first left dies at the second, if it gets there.

    What the first had done may lead the second past its point.
    """
    both = 0
    for _ in range(PAIRS):
        chosen = round_.random.sample(points, 2)
        marks = [Mark.of(round_.arena, point) for point in chosen]
        for point in chosen:
            place(round_, leading_past(scope(point))[:1])
        deaths = [
            _died(round_, round_.arena.worker(ready=False, **mark.settings), mark) for mark in marks
        ]
        both += all(deaths)
        round_.arena.worker()
        round_.people.finish()
        round_.arena.stop_workers()
    round_.met(both > 0, f"of {PAIRS} pairs of points by chance, {both} were died at both")


def _open_jobs() -> bool:
    return Job.objects.filter(state__in=[State.WAITING, State.ACTIVE]).exists()
