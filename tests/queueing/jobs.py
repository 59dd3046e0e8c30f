"""Kinds of jobs that only tests ask for."""

from collections.abc import Callable
from functools import partial

import redis
from django.conf import settings

from queueing.errors import RetryLater
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


@handles("gated", policy=Policy(tries=3, base_s=1))
def gated(run: Run) -> None:
    """Three steps that report when they begin and go on when the test says so."""
    gate = Gate(run.subject)
    for name in ("one", "two", "three"):
        run.once(name, partial(gate.pass_through, name), doing=f"Step {name}")
    with run.delivery():
        pass


@handles("flaky", policy=Policy(tries=3, base_s=1), outcomes_kept=True)
def flaky(run: Run) -> None:
    """Succeed at the third try; the second waits as long as a provider asks."""
    if run.attempt == 1:
        raise ValueError("a reply that nobody can read")
    if run.attempt == 2:
        raise RetryLater("busy", retry_after_s=1)


class Gate:
    """Lets a test follow and hold a job in another process, by way of Redis."""

    def __init__(self, subject: str) -> None:
        self._redis = redis.Redis.from_url(settings.REDIS_URL, socket_timeout=60)
        self._subject = subject

    def pass_through(self, step: str) -> str:
        """Called in the job: say that the step begins, wait to be let through."""
        self._redis.rpush(f"{self._subject}/begun", step)
        self._redis.blpop([f"{self._subject}/open/{step}"], timeout=50)
        return step

    def open(self, step: str) -> None:
        """Called in the test: let one passage through."""
        self._redis.rpush(f"{self._subject}/open/{step}", "go")

    def wait_for(self, step: str) -> None:
        """Called in the test: return once that step begins, next after those seen before."""
        begun = self._redis.blpop([f"{self._subject}/begun"], timeout=50)
        assert begun is not None, f"{step} did not begin"
        assert begun[1].decode() == step
