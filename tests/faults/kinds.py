"""Kinds of jobs that only the harness asks for: they cost next to nothing and tell nobody."""

import time
from typing import Final

from queueing import connections
from queueing.registry import handles
from queueing.run import Run

NOTHING, CROWD = "harness-nothing", "harness-crowd"
HELD, DELIVERED, WHOSE = "harness-held", "harness-delivered", "harness-whose"
OURS: Final = "harness-"  # how the name of each begins
BY_HAND: Final = "faults:press"  # the subject of those that people stop and let run again
# New orders' (orders/pipelines/generation.py): a crowd of them must hold up no change.
ORDERS_RANK = 20
HOLD_S, LOOK_S = 60.0, 0.05
# Long enough to be frozen in, over when its worker wakes.
WRITING_S = 3.0


def nothing(run: Run) -> None:
    """Succeed at once."""


def one_of_many(run: Run) -> None:
    """Store one step, as a pipeline does."""
    run.once("done", lambda: True)


def held(run: Run) -> None:
    """Take up a thread in the first run, as a call to a model does; end at once in any other."""
    connections.let_go(what="a call")
    until = time.monotonic() + HOLD_S
    while run.number == 1 and time.monotonic() < until:
        time.sleep(LOOK_S)


def delivered(run: Run) -> None:
    """Settle in a delivery."""
    with run.delivery():
        pass


def whose(run: Run) -> None:
    """Store a step that says whose it is; the first run takes its time over it."""

    def write() -> dict[str, int]:
        if run.number == 1:
            time.sleep(WRITING_S)
        return {"run": run.number}

    run.once("whose", write)


def register() -> None:
    """Have this process know them. Whoever only reads their names registers nothing."""
    handles(NOTHING, rank=90, expect_s=0.1)(nothing)
    handles(CROWD, rank=ORDERS_RANK, expect_s=0.1)(one_of_many)
    handles(HELD, rank=ORDERS_RANK)(held)
    handles(DELIVERED, rank=ORDERS_RANK)(delivered)
    handles(WHOSE, rank=ORDERS_RANK)(whose)
