"""Kinds of jobs that only tests ask for."""

from collections.abc import Callable

from queueing.registry import FailedJob, Policy, handles
from queueing.run import Run

SCRIPTS: dict[str, Callable[[Run], None]] = {}
SETTLED: list[FailedJob] = []


@handles("scripted", policy=Policy(tries=3, base_s=2), rank=50, settled=SETTLED.append)
def scripted(run: Run) -> None:
    """Do what the test wrote down for the job's subject."""
    SCRIPTS.get(run.subject, lambda _: None)(run)


@handles("urgent", rank=10)
def urgent(run: Run) -> None:
    run.once("done", lambda: True)
