"""`make faults`: run the matrix, print a row for each fault, ask the oracle after each.

SEED= what chance begins with, ONLY= faults by number (`2,15`) or by a word of their name,
MINUTES= about how long it may take: each fault once, then the soak until the time is over.
The exit code is 1 when anything was lost, duplicated, stuck or slower than its bound.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from local.processes import CannotStart
from tests.faults import arena, model
from tests.faults.arena import Arena

# From here on each fault is played in full, so that the soak has about half of the time.
FULL_FROM_MIN = 90.0
# The soak has at least so much of the time, even if the others took theirs on a busy machine.
SOAKS_SHARE = 0.3


def main() -> int:
    """Run what was asked for and print it; return the exit code."""
    given = _wishes()
    if given.list:
        return _list()
    holds = _explore(given) if given.only in model.NAME and not given.broken else None
    if given.only and holds is not None:
        return int(not holds)
    var_dir = Path(os.environ.get("VAR_DIR") or tempfile.mkdtemp(prefix="byline-faults-"))
    shutil.rmtree(var_dir / "postgres", ignore_errors=True)  # of a run that was killed
    try:
        with arena.running(var_dir.absolute()) as running:
            return max(_play(running, given), int(holds is False))
    except CannotStart as refusal:
        print(f"faults: {refusal}")
        return 3


def _wishes() -> argparse.Namespace:
    wish = argparse.ArgumentParser(prog="faults")
    wish.add_argument("--only", default="")
    wish.add_argument("--seed", type=int, default=1)
    wish.add_argument("--minutes", type=float, help="about how long it may take")
    wish.add_argument("--short", action="store_true", help="few rounds of each")
    wish.add_argument("--unhurried", action="store_true", help="hold recoveries to no seconds")
    wish.add_argument("--list", action="store_true", help="name the faults and end")
    wish.add_argument("--broken", default="", help="guards to take away (`5:fencing,1:once`)")
    given = wish.parse_args()
    given.began = time.monotonic()
    return given


def _list() -> int:
    arena.set_up({"BYLINE_ENV": "development", "DJANGO_SETTINGS_MODULE": arena.SETTINGS})
    _register()
    from tests.faults import matrix

    print(matrix.listed())
    return 0


def _explore(given: argparse.Namespace) -> bool:
    """Play schedules of the model for a while, and print its row; False: a promise broke."""
    explored = model.explore(seed=given.seed, for_s=3 if given.short else 20)
    print(model.row(explored, seed=given.seed), flush=True)
    return not explored.wrong


def _register() -> None:
    """Each module registers its faults; their numbers order them."""
    from tests.faults import (  # noqa: F401
        broken_postgres,
        broken_redis,
        clocks,
        crash_points,
        crowd,
        failing_providers,
        forged_messages,
        full_disk,
        killed_workers,
        lost_commits,
        lost_messages,
        people_race,
        poison,
        recovery,
        restarts,
        soak,
        stripe_news,
    )


def _play(running: Arena, given: argparse.Namespace) -> int:
    from tests.faults import matrix

    _register()
    names = matrix.chosen(given.only)
    if not names:
        print(f"faults: no fault is named {given.only!r}; there are:", matrix.listed(), sep="\n")
        return 2
    print(matrix.HEAD, flush=True)
    played = []
    # Guards to take away by the number of the fault (tests/faults/broken.py).
    guards = dict(pair.split(":") for pair in given.broken.split(",") if pair)
    for name in names:
        running.env["BROKEN"] = guards.get(name.partition(" ")[0], "")
        one = matrix.play(
            name,
            running,
            seed=given.seed,
            short=_is_short(given),
            for_s=_left_s(given),
            unhurried=given.unhurried,
        )
        played.append(one)
        print(matrix.row(one), flush=True)
        for note in [*one.notes, *map(str, one.wrong[:20])]:
            print(f"    {note}", flush=True)
    print(f"seed {given.seed}, {(time.monotonic() - given.began) / 60:.1f} minutes")
    print(matrix.closing(played))
    return int(any(one.wrong for one in played))


def _is_short(given: argparse.Namespace) -> bool:
    return given.short or (given.minutes is not None and given.minutes < FULL_FROM_MIN)


def _left_s(given: argparse.Namespace) -> float | None:
    """What is left of the minutes, and never too little: the soak comes last and takes it."""
    if given.minutes is None:
        return None
    left_s = 60 * given.minutes - (time.monotonic() - given.began)
    return float(max(60 * given.minutes * SOAKS_SHARE, left_s))


if __name__ == "__main__":
    sys.exit(main())
