"""Kinds of jobs that only the harness has: they cost nothing and say nothing to anybody."""

import time

from queueing.registry import Policy, handles
from queueing.run import Run

HOLD_S = 60.0
LOOK_S = 0.05

CROWD, HELD, DELIVERED = "faults-crowd", "faults-held", "faults-delivered"
# New orders' rank (orders/pipelines/generation.py): a crowd of them must hold up no revision.
ORDERS_RANK = 20


@handles(CROWD, rank=ORDERS_RANK, policy=Policy(tries=3))
def one_of_many(run: Run) -> None:
    """Store one step, as a pipeline would."""
    run.once("done", lambda: True)


@handles(HELD, rank=ORDERS_RANK, policy=Policy(tries=3))
def held(run: Run) -> None:
    """Take up a thread in the first run, as a call to a model does; end at once in any other."""
    if run.number == 1:
        until = time.monotonic() + HOLD_S
        while time.monotonic() < until:
            time.sleep(LOOK_S)


@handles(DELIVERED, rank=ORDERS_RANK, policy=Policy(tries=3))
def delivered(run: Run) -> None:
    """Settle in a delivery."""
    with run.delivery():
        pass
