"""Schedules of the model: everything that may happen to an order, in any sequence.

`python -m tests.faults.model` plays random ones for some seconds and prints how many; each step is
followed by the promises of `promises`, each schedule by a drain in which all faults end and nothing
may be left. What is found is printed as its shortest schedule.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from tests.faults import promises
from tests.faults.model_ledger import GUARDS, OPEN, STOPPED, Refused, Wrong
from tests.faults.model_rows import OTHER_PRICE, PRICE, Payment
from tests.faults.model_work import World

NAME: Final = "state machine"
STEPS: Final = 60
PASSES_S: Final = (1, 4, 11, 21, 65, 700)
_MOST_PAYMENTS: Final = 3

Move = tuple[str, int]
"""What happens, and which of the rows that it may happen to: the number is taken modulo theirs."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of move. `to`: what it may happen to now, nothing if it cannot."""

    to: Callable[[World], Sequence[Any]]
    do: Callable[[World, Any], None]
    weight: int


MOVES: dict[str, Kind] = {}


def move(
    name: str, to: Callable[[World], Sequence[Any]], do: Callable[[World, Any], Any], weight: int
) -> None:
    MOVES[name] = Kind(to=to, do=do, weight=weight)


def happen(world: World, name: str, pick: int) -> tuple[Any, bool] | None:
    """Let it happen; returns what it happened to and whether that was done, not refused. None: it
    cannot happen now.

    :raises Wrong: a promise is broken
    """
    kind = MOVES[name]
    targets = kind.to(world)
    if not targets:
        return None
    target = targets[pick % len(targets)]
    world.now += 1  # no two things happen at the same moment
    done = True
    try:
        kind.do(world, target)
    except Refused:
        done = False
    world.runs = [run for run in world.runs if not run.over]
    promises.hold(world)
    return target, done


def play(schedule: Iterable[Move], *, without: Iterable[str] = ()) -> str:
    """Return what a schedule broke, "" for nothing."""
    return _play(schedule, without=without)[0]


def _play(schedule: Iterable[Move], *, without: Iterable[str]) -> tuple[str, int]:
    """What it broke, and how many of its moves could happen."""
    world, steps = World(without=frozenset(without)), 0
    try:
        for name, pick in schedule:
            steps += happen(world, name, pick) is not None
        promises.drain(world)
    except Wrong as wrong:
        return str(wrong), steps
    return "", steps


def random_schedule(random: Random, *, steps: int = STEPS) -> list[Move]:
    """Return what chance makes of the weights; it begins with a payment, as all orders do."""
    names = random.choices(list(MOVES), [kind.weight for kind in MOVES.values()], k=steps)
    return [("open session", 0), *((name, random.randrange(60)) for name in names)]


def shortest(schedule: list[Move], *, without: Iterable[str] = ()) -> list[Move]:
    """Return the schedule without the moves that its fault does not need."""
    broken = play(schedule, without=without)
    size = len(schedule) // 2
    while size:
        for start in range(len(schedule) - size, -1, -1):
            rest = schedule[:start] + schedule[start + size :]
            if play(rest, without=without) == broken:
                schedule = rest
        size //= 2
    return schedule


def _all(world: World) -> Sequence[World]:
    return (world,)


def _jobs(*states: str) -> Callable[[World], Sequence[Any]]:
    return lambda world: [job for job in world.jobs if job.state in states]


def _runs(world: World) -> Sequence[Any]:
    return world.runs


def _calling(world: World) -> Sequence[Any]:
    return [run for run in world.runs if world.calls_next(run)]


def _numbered(rows: str, *states: str) -> Callable[[World], Sequence[int]]:
    """The places of the rows, or of those in these states."""

    def found(world: World) -> Sequence[int]:
        listed = getattr(world, rows)
        return [n for n, row in enumerate(listed) if not states or row.state in states]

    return found


def _made(world: World) -> Sequence[int]:
    return [number for number, refund in enumerate(world.refunds) if refund.made]


# Time, messages and workers.
move("time passes", lambda _: PASSES_S, lambda w, s: setattr(w, "now", w.now + s), 8)
move("dispatch", _all, lambda w, _: w.dispatch(), 6)
move("message arrives", lambda w: w.messages, lambda w, job: w.take(job), 10)
move("message is lost", lambda w: w.messages, lambda w, job: w.messages.remove(job), 2)
move("message forged", lambda w: w.jobs, lambda w, job: w.claim(job), 4)
move("heartbeat", _runs, lambda w, run: w.beat(run), 4)
move("run goes on", _runs, lambda w, run: w.go_on(run), 24)
move("worker dies", _runs, lambda w, run: w.runs.remove(run), 4)
move("call fails", _calling, lambda w, run: w.give_up(run, permanent=False), 3)
move("call is refused", _calling, lambda w, run: w.give_up(run, permanent=True), 4)
move("reply is lost", _calling, lambda w, run: w.lose_reply(run), 3)
move("worker stops", _runs, lambda w, run: w.stop(run), 2)
move("sweep", _all, lambda w, _: w.sweep(), 6)
move("job done", _jobs("waiting"), lambda w, job: w.work(job), 16)
# Operators.
move("job retried", _jobs(*STOPPED), lambda w, job: w.retry(job), 6)
move("job cancelled", _jobs(*OPEN), lambda w, job: w.cancel(job), 2)
move("job promoted", _jobs("waiting"), lambda w, job: w.promote(job), 2)
move("strays settled", _all, lambda w, _: w.settle_strays(), 2)
move("order released", _all, lambda w, _: w.release(), 5)
move("order resumed", _all, lambda w, _: w.resume(), 4)
move("refund by staff", _all, lambda w, _: w.staff_refund(), 1)
# Money.
_SESSIONS = _numbered("payments")
move(
    "open session",
    lambda w: (PRICE, PRICE, OTHER_PRICE) if len(w.payments) < _MOST_PAYMENTS else (),
    lambda w, cents: w.payments.append(Payment(cents)),
    2,
)
move("told: paid", _SESSIONS, lambda w, number: w.told_paid(number), 6)
move("told: bank thinks", _SESSIONS, lambda w, number: w.told_pending(number), 1)
move("told: bank refuses", _SESSIONS, lambda w, number: w.told_refused(number), 1)
move("told: expired", _SESSIONS, lambda w, number: w.told_expired(number), 1)
move(
    "told: dispute",
    lambda w: [
        (number, state, payment.cents // part)
        for part in (1, 2)
        for number, payment in enumerate(w.payments)
        if payment.paid
        for state in ("inquiry", "open", "won", "lost")
    ],
    lambda w, told: w.told_dispute(*told),
    2,
)
move("told: refunded", _made, lambda w, number: w.told_refund(number), 2)
move("told: refund failed", _made, lambda w, number: w.told_refund_failed(number), 1)
# Customers and editors.
move("wish", _all, lambda w, _: w.revise(), 6)
move("submit", _all, lambda w, _: w.submit(), 6)
move("approve", _all, lambda w, _: w.approve(), 6)
move("return", _all, lambda w, _: w.give_back(), 3)
move("reject", _all, lambda w, _: w.reject(), 1)
move("edit", _all, lambda w, _: w.edit(), 2)
move("reopen", _all, lambda w, _: w.reopen(), 4)
move("publish again", _numbered("publications"), lambda w, number: w.publish_again(number), 4)


@dataclass(frozen=True, kw_only=True)
class Explored:
    """What a search came to; `wrong`: the shortest schedule of each promise that broke."""

    schedules: int
    steps: int
    took_s: float
    wrong: dict[str, list[Move]]


def explore(
    *, seed: int, schedules: int = 0, for_s: float = 0, without: Iterable[str] = (), most: int = 3
) -> Explored:
    """Play that many random schedules, or for that long; stop when `most` faults are found."""
    random, began = Random(seed), time.monotonic()
    wrong: dict[str, list[Move]] = {}
    played = steps = 0
    while len(wrong) < most:
        if played >= schedules and time.monotonic() - began >= for_s:
            break
        schedule = random_schedule(random)
        played += 1
        broken, happened = _play(schedule, without=without)
        steps += happened
        if broken and broken not in wrong:
            wrong[broken] = shortest(schedule, without=without)
    took_s = time.monotonic() - began
    return Explored(schedules=played, steps=steps, took_s=took_s, wrong=wrong)


def row(explored: Explored, *, seed: int) -> str:
    """Return the line of the matrix's table, and a schedule for each fault."""
    each_s = explored.schedules / explored.took_s
    verdict = "ok" if not explored.wrong else "WRONG"
    lines = [
        f"{NAME}: {explored.schedules} schedules, {explored.steps} steps, "
        f"{each_s:.0f} schedules a second, seed {seed}  {verdict}"
    ]
    for broken, schedule in explored.wrong.items():
        lines.append(f"    {broken}")
        lines += [f"        {name} ({pick})" for name, pick in schedule]
    return "\n".join(lines)


def main() -> int:
    """Explore, print the row; the exit code is 1 when a promise broke."""
    wish = argparse.ArgumentParser(prog="model")
    wish.add_argument("--seed", type=int, default=1)
    wish.add_argument("--seconds", type=float, default=20)
    wish.add_argument("--most", type=int, default=3)
    wish.add_argument("--broken", default="", help=f"guards to take away: {', '.join(GUARDS)}")
    given = wish.parse_args()
    without = [name for name in given.broken.split(",") if name]
    explored = explore(seed=given.seed, for_s=given.seconds, without=without, most=given.most)
    print(row(explored, seed=given.seed))
    return int(bool(explored.wrong))


if __name__ == "__main__":
    sys.exit(main())
