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

    def begins(self, run: "Run") -> bool:
        """Put a run under the heartbeat's care; False if it must not share this process with one
        in hand: each would fail for good if the process died, and one of them for the other."""
        with self._change:
            if run.on_last_crash and any(other.on_last_crash for other in self.runs.values()):
                return False
            self.runs[run.lease.token] = run
            return True

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
