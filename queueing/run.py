"""What a handler gets: its job, its steps, and a delivery that happens once."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction

from queueing import connections, leases
from queueing.errors import DeadlinePassed, HandBack, LeaseLost
from queueing.outage import patiently
from queueing.process import Process

log = structlog.get_logger(__name__)


class Run:
    """One attempt at a job.

    `attempt` counts failed tries from 1 up to `tries`, as a customer understands it; `number`
    counts every run of the job, crashed and handed-back ones too.
    """

    def __init__(self, claimed: leases.Claimed, *, process: Process) -> None:
        job = claimed.job
        self.lease = claimed.lease
        self.job_id: UUID = job.id
        self.kind = job.kind
        self.subject = job.subject
        self.arguments: dict[str, Any] = job.arguments
        self.number = job.attempts
        self.attempt = job.try_number
        self.tries = job.tries
        self.parks = job.parks
        self.parked_since = job.parked_since
        self.steps: dict[str, Any] = claimed.steps
        self.progressed = False  # it has stored a step of its own
        self.delivered = False
        self.lost = False  # set by the heartbeat
        assert job.lease_until is not None  # noqa: S101  a claim sets it
        self.claimed_at: datetime = job.lease_until - timedelta(seconds=settings.LEASE_S)
        self.deadline_at: datetime = self.claimed_at + timedelta(seconds=settings.JOB_DEADLINE_S)
        # In `time.monotonic` seconds: this machine's clock need not agree with the database's.
        self.ends: float = time.monotonic() + settings.JOB_DEADLINE_S
        self._process = process

    def once(self, name: str, produce: Callable[[], Any], *, doing: str = "") -> Any:
        """Return the step's output as JSON gives it back, producing it unless it is stored.

        `produce` begins without a database connection, and none may be held: this must not be
        called inside a transaction. If it asks the database and then thinks for long, it lets go
        of the connection itself (`connections.let_go`).

        :raises RuntimeError: called inside a transaction
        :raises TypeError: the output is not JSON
        """
        if name in self.steps:
            return self.steps[name]
        self._go_on()
        if doing:
            self.doing(doing)
        connections.let_go(what=f"step {name!r}")
        began = time.monotonic()
        produced = produce()
        took_ms = round((time.monotonic() - began) * 1000)
        output_json = json.dumps(storable(produced), allow_nan=False)
        patiently(
            lambda: leases.store_step(
                self.lease, name=name, output_json=output_json, took_ms=took_ms
            ),
            until=self.ends,
        )
        self.steps[name] = json.loads(output_json)
        self.progressed, self.parked_since = True, None
        log.info("step_stored", step=name, took_ms=took_ms)
        self._go_on()
        return self.steps[name]

    def doing(self, text: str) -> None:
        """Say in up to 200 characters what is going on, in words for the customer."""
        leases.show(self.lease, doing=text)

    def confirm(self) -> None:
        """Ask the ledger whether the job is still this run's: inside a step, right before a call
        that would undo what a later run did. No connection is held afterwards.

        :raises LeaseLost: it is not
        """
        leases.confirm(self.lease)
        connections.let_go(what="a call")

    @contextmanager
    def delivery(self) -> Iterator[None]:
        """A transaction in which the handler writes its results; committing it settles the job.

        The job is fenced and settled first, and everything is rolled back together if the lease
        is lost or the block raises.
        """
        with transaction.atomic():
            # First, so that every flow locks the job before the rows it is about.
            leases.complete(self.lease)
            yield
        self.delivered = True

    def request_id(self, step: str) -> str:
        """Return what names this run's call to a provider: job, step and number of the run."""
        return f"{self.job_id}/{step}/{self.number}"

    @property
    def overdue(self) -> bool:
        """Whether the run has used up its time; its lease is not extended any more."""
        return time.monotonic() > self.ends

    def _go_on(self) -> None:
        if self.lost:
            raise LeaseLost(f"job {self.job_id}: taken over or cancelled")
        if self._process.stopping.is_set():
            raise HandBack(f"job {self.job_id}: this worker is stopping")
        if self.overdue:
            raise DeadlinePassed(f"not done within {settings.JOB_DEADLINE_S:g} s")


def storable(value: Any) -> Any:
    """Return `value` without what PostgreSQL's JSON refuses: NUL and half surrogate pairs.

    A model may write either, and text that was paid for must not be lost over them.
    """
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {storable(key): storable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [storable(item) for item in value]
    return value
