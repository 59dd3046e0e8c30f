"""The ledger as a model: plain Python under a virtual clock, so that a schedule costs microseconds.

Each verb does what the statement of the same name does to the rows (`queueing/leases.py`,
`sweeper.py`, `dispatcher.py`, `service.py`); `test_model_is_true` holds it to that. What a guard
prevents is looked for by other means than the guard, so that a model without it is seen to be
wrong (`GUARDS`).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

LEASE_S: Final = 20
REDISPATCH_AFTER_S: Final = 10
MAX_CRASHES: Final = 3
OPEN: Final = ("waiting", "active")
STOPPED: Final = ("failed", "cancelled")
WRITE, REVISE, PUBLISH = "article-generation", "backlink-revision", "publication"
EMAIL, REFUND = "email", "refund"
WRITING: Final = (WRITE, REVISE)
# (tries, base_s, cap_s) of each kind
POLICIES: Final = {
    WRITE: (3, 2, 60),
    REVISE: (3, 2, 60),
    PUBLISH: (8, 2, 60),
    EMAIL: (30, 2, 600),
    REFUND: (58, 2, 1800),
}
GUARDS: Final = ("fencing", "claim", "once", "refund-key", "mark")


class Refused(Exception):
    """A verb that the product refuses: it changes nothing."""


class LeaseLost(Exception):
    """The run may write nothing more."""


class Failed(Exception):
    """The handler gives up: at once for good, or until the next try."""

    def __init__(self, *, permanent: bool) -> None:
        self.permanent = permanent


class Wrong(Exception):
    """A promise does not hold."""


@dataclass
class Job:
    """A row of the ledger; `about` is the row of the product that it is for."""

    pk: int
    kind: str
    about: int
    run_at: int
    made_at: int
    state: str = "waiting"
    attempts: int = 0
    failures: int = 0
    crashes: int = 0
    token: int | None = None
    lease_until: int = 0
    stamp: int | None = None
    steps: set[str] = field(default_factory=set)
    outcomes: dict[int, str] = field(default_factory=dict)  # by token, in the order of the runs


@dataclass
class Run:
    """A worker's hold on a job, as the worker believes it."""

    job: Job
    token: int
    steps: set[str]  # that were stored when it began
    stage: int = 0
    over: bool = False


class Ledger:
    """Jobs, the runs that workers have in hand, and the messages in the broker."""

    def __init__(self, *, without: frozenset[str] = frozenset()) -> None:
        self.now = 0
        self.without = without
        self.jobs: list[Job] = []
        self.runs: list[Run] = []
        self.messages: list[Job] = []
        self.settled: Callable[[Job], None] = lambda _: None

    # --- rows --------------------------------------------------------------------------------

    def enqueue(self, kind: str, about: int, *, run_at: int | None = None) -> Job:
        """Add a job; one of that kind about that row has a key, and stays the only one."""
        due = self.now if run_at is None else run_at
        job = Job(len(self.jobs), kind, about, due, self.now)
        self.jobs.append(job)
        return job

    def of(self, *kinds: str, states: tuple[str, ...]) -> list[Job]:
        return [job for job in self.jobs if job.kind in kinds and job.state in states]

    def claim(self, job: Job) -> Run | None:
        """Take the job if it waits and is due; the message was for nothing if not."""
        is_free = job.state == "waiting" and job.run_at <= self.now
        if not is_free and not ("claim" in self.without and job.state in OPEN):
            if job.state == "waiting" and job.run_at > self.now:
                job.stamp = None  # `release`
            return None
        if job.token is not None:
            raise Wrong("I6: a job was claimed that another run holds")
        job.attempts += 1
        job.state, job.token = "active", 1000 * job.pk + job.attempts
        job.lease_until = self.now + LEASE_S
        job.outcomes[job.token] = "running"
        run = Run(job, job.token, set(job.steps))
        self.runs.append(run)
        return run

    def fenced(self, run: Run) -> None:
        """Let a run write while the job is its own."""
        if run.job.token == run.token:
            return
        if "fencing" not in self.without:
            run.over = True
            raise LeaseLost
        raise Wrong(f"I6: a run that was given up on writes to job {run.job.kind}")

    def store(self, run: Run, step: str) -> None:
        self.fenced(run)
        run.job.steps.add(step)
        run.steps.add(step)

    def end(
        self, job: Job, state: str, outcome: str, *, delay_s: int = 0, follows: bool = False
    ) -> None:
        """Settle the run that holds the job, as `leases._END` does."""
        assert job.token is not None
        job.outcomes[job.token] = outcome
        job.state, job.token = state, None
        job.failures += outcome == "failed"
        job.crashes += outcome == "crashed"
        if state == "waiting":
            job.run_at = self.now + delay_s
        job.stamp = self.now + delay_s if follows else None
        if sum(how == "succeeded" for how in job.outcomes.values()) > 1:
            raise Wrong("I6: two runs of one job succeeded")
        if job.crashes > MAX_CRASHES:
            raise Wrong("I10: a job went on after its last crash")

    def complete(self, run: Run) -> None:
        self.fenced(run)
        self.end(run.job, "completed", "succeeded")
        run.over = True

    # --- what happens to runs ----------------------------------------------------------------

    def fail(self, run: Run, *, permanent: bool) -> None:
        """A try fails: it waits as its policy says, or the job has failed for good."""
        job = run.job
        self.fenced(run)
        tries, base_s, cap_s = POLICIES[job.kind]
        run.over = True
        nth = min(job.failures + 1, tries)
        if permanent or nth >= tries:
            self.end(job, "failed", "failed")
            self.settled(job)
            return
        delay_s = min(cap_s, base_s * 2 ** (nth - 1))
        follows = delay_s <= REDISPATCH_AFTER_S
        self.end(job, "waiting", "failed", delay_s=delay_s, follows=follows)
        if follows:
            self.messages.append(job)

    def hand_back(self, run: Run, *, delay_s: int = 0, outcome: str = "handed-back") -> None:
        """The worker stops, or what the job needs is away: no try is lost."""
        self.fenced(run)
        run.over = True
        self.end(run.job, "waiting", outcome, delay_s=delay_s)

    def beat(self, run: Run) -> None:
        """A sign of life extends the lease; a run that lost it is told to stop."""
        if run.job.token == run.token:
            run.job.lease_until = self.now + LEASE_S
        else:
            run.over = True

    def sweep(self) -> None:
        """Take the jobs away whose leases ran out."""
        for job in self.jobs:
            if job.state == "active" and job.lease_until < self.now:
                nth = job.crashes + 1
                if nth >= MAX_CRASHES:
                    self.end(job, "failed", "crashed")
                    self.settled(job)
                else:
                    delay_s = 0 if nth == 1 else min(60, 2 ** (nth - 1))
                    self.end(job, "waiting", "crashed", delay_s=delay_s)

    def dispatch(self) -> None:
        """Publish what is due, and again what was published long ago and not taken."""
        late = self.now - REDISPATCH_AFTER_S
        for job in self.jobs:
            is_due = job.state == "waiting" and job.run_at <= self.now
            if is_due and (job.stamp is None or job.stamp <= late):
                job.stamp = self.now
                self.messages.append(job)

    # --- operators ---------------------------------------------------------------------------

    def retry(self, job: Job) -> None:
        if job.state not in STOPPED or not self.may_retry(job):
            raise Refused
        job.state, job.failures, job.crashes = "waiting", 0, 0
        job.run_at, job.stamp = self.now, None
        self.retried(job)

    def may_retry(self, job: Job) -> bool:
        """Whether a stopped job would do its work if it ran again."""
        return True

    def retried(self, job: Job) -> None:
        """What it means for a job's order that it waits again."""

    def cancel(self, job: Job) -> None:
        if job.state == "waiting":
            job.state, job.stamp = "cancelled", None
        elif job.state == "active":
            self.end(job, "cancelled", "cancelled")
        else:
            raise Refused

    def promote(self, job: Job) -> None:
        if job.state != "waiting":
            raise Refused
        job.run_at, job.stamp = min(job.run_at, self.now), None
