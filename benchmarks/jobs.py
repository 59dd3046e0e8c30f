"""Kinds of jobs that only benchmarks ask for."""

import time

from queueing.registry import handles
from queueing.run import Run

WAITS_S = 8


@handles("benchmark-nothing")
def nothing(run: Run) -> None:
    """Start and be done."""


@handles("benchmark-waiting")
def waiting(run: Run) -> None:
    """Wait as for a model's answer: no connection held, the thread asleep."""
    run.once("answer", lambda: time.sleep(WAITS_S))
