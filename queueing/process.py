"""This process as a worker: who it is, which runs it has in hand, whether it is stopping."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

if TYPE_CHECKING:
    from queueing.run import Run


@dataclass
class Process:
    """Shared by the threads of one process; each process has the one below."""

    worker: UUID = field(default_factory=uuid4)
    stopping: threading.Event = field(default_factory=threading.Event)
    asked_to_stop_at: float | None = None  # in `time.monotonic` seconds
    runs: dict[UUID, "Run"] = field(default_factory=dict)
    _at_work: int = 0
    _change: threading.Condition = field(default_factory=threading.Condition)
    _last_chance: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Count this thread among those that the process must not end under: from before it looks
        whether to stop, as from then on it may have a job that the ledger has already given it."""
        with self._change:
            self._at_work += 1
        try:
            yield
        finally:
            with self._change:
                self._at_work -= 1
                self._change.notify_all()

    @contextmanager
    def last_chance(self) -> Iterator[bool]:
        """Yield True to one thread at a time: it alone may claim a job that another crash would
        end. Two such jobs would both fail for good if the process died, one of them for the
        other."""
        ours = self._last_chance.acquire(blocking=False)
        try:
            yield ours
        finally:
            if ours:
                self._last_chance.release()

    def begins(self, run: "Run") -> None:
        """Put a run under the heartbeat's care."""
        with self._change:
            self.runs[run.lease.token] = run

    def ends(self, run: "Run") -> None:
        """Take it out again."""
        with self._change:
            self.runs.pop(run.lease.token, None)

    def in_hand(self) -> list["Run"]:
        """Return the runs of this moment."""
        with self._change:
            return list(self.runs.values())

    def wait_until_idle(self, *, timeout_s: float) -> bool:
        """Return True once no thread is at work, False if some still are after that time."""
        with self._change:
            return self._change.wait_for(lambda: not self._at_work, timeout=timeout_s)


here = Process()
