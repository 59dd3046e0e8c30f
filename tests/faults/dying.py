"""Processes that are told to die at a failpoint, and the proof that they did."""

import signal
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from local.processes import Process
from tests.faults.arena import Arena

_notes = count(1)


@dataclass(frozen=True)
class Mark:
    """Where a process leaves the name of the point that it dies at."""

    point: str
    file: Path

    @classmethod
    def of(cls, arena: Arena, point: str) -> "Mark":
        file = Path(arena.env["VAR_DIR"]) / f"died-{next(_notes)}"
        file.unlink(missing_ok=True)  # of an earlier run, which had counted from 1 too
        return cls(point, file)

    @property
    def settings(self) -> dict[str, str]:
        return {"FAILPOINT": self.point, "FAILPOINT_DIED": str(self.file)}

    def died_there(self, process: Process) -> bool:
        """Whether the process ended by SIGKILL at this very point, and not otherwise."""
        by_sigkill = process.exit_code == -signal.SIGKILL
        return by_sigkill and self.file.exists() and self.file.read_text() == self.point


def scope(point: str) -> str:
    """Return the first part of a point's name: the kind of the job, or what the process does."""
    return point.partition("|")[0]
