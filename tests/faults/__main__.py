"""`make faults`: run the matrix, print a row for each fault, ask the oracle after each.

SEED= what chance begins with, ONLY= faults whose name holds it.
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


def main() -> int:
    """Run what was asked for and print it; return the exit code."""
    wish = argparse.ArgumentParser(prog="faults")
    wish.add_argument("--only", default="")
    wish.add_argument("--seed", type=int, default=1)
    wish.add_argument("--short", action="store_true", help="few rounds of each")
    wish.add_argument("--broken", default="", help="guards to take away (tests/faults/broken.py)")
    given = wish.parse_args()
    holds = _explore(given) if given.only in model.NAME and not given.broken else None
    if given.only and holds is not None:
        return int(not holds)
    var_dir = Path(os.environ.get("VAR_DIR") or tempfile.mkdtemp(prefix="byline-faults-"))
    shutil.rmtree(var_dir / "postgres", ignore_errors=True)  # of a run that was killed
    try:
        with arena.running(var_dir.absolute(), broken=given.broken) as running:
            return max(_play(running, given), int(holds is False))
    except CannotStart as refusal:
        print(f"faults: {refusal}")
        return 3


def _explore(given: argparse.Namespace) -> bool:
    """Play schedules of the model for a while, and print its row; False: a promise broke."""
    explored = model.explore(seed=given.seed, for_s=3 if given.short else 20)
    print(model.row(explored, seed=given.seed), flush=True)
    return not explored.wrong


def _play(running: Arena, given: argparse.Namespace) -> int:
    from tests.faults import (  # noqa: F401  they register
        broken_postgres,
        clocks,
        failing_providers,
        full_disk,
        killed_workers,
        matrix,
        poison,
    )

    names = [name for name in matrix.FAULTS if given.only in name]
    if not names:
        print(
            f"faults: no fault's name holds {given.only!r}; there are:", *matrix.FAULTS, sep="\n  "
        )
        return 2
    print(matrix.HEAD, flush=True)
    began, played = time.monotonic(), []
    for name in names:
        one = matrix.play(name, running, seed=given.seed, short=given.short)
        played.append(one)
        print(matrix.row(one), flush=True)
        for note in [*one.notes, *map(str, one.wrong[:20])]:
            print(f"    {note}", flush=True)
    took_min = (time.monotonic() - began) / 60
    injected, jobs = sum(one.injected for one in played), sum(one.jobs for one in played)
    lost, twice, stuck = (
        sum(matrix.count(one, how) for one in played) for how in ("lost", "duplicated", "stuck")
    )
    other = sum(len(one.wrong) for one in played) - lost - twice - stuck
    beside = f", {other} bounds or laws broken" if other else ""
    print(f"seed {given.seed}, {took_min:.1f} minutes")
    print(
        f"faults: {injected} injected, {jobs} jobs, {lost} lost, {twice} duplicated, "
        f"{stuck} stuck{beside}"
    )
    return int(any(one.wrong for one in played))


if __name__ == "__main__":
    sys.exit(main())
