"""A worker of the harness, which remembers what was done to it and when."""

import signal
import time
from pathlib import Path
from uuid import uuid4

from local import parts
from local.processes import Process

Span = tuple[float, float]
"""From and until when, in Unix seconds."""
FOR_EVER = float("inf")


class Worker(Process):
    """A worker, known to the ledger as `id`, that remembers when it was killed or frozen."""

    def __init__(self, name: str, env: dict[str, str]) -> None:
        self.id = uuid4()
        self._harm: list[Span] = []
        self._takes_pills = "PILLS" in env
        env = {"FAILPOINT_DIED": f"{env['VAR_DIR']}/{name}.died"} | env
        self._note_of_death = Path(env["FAILPOINT_DIED"])
        self._note_of_death.unlink(missing_ok=True)  # an earlier one's of that name
        super().__init__(
            name,
            ["/bin/sh", "-c", parts.procfile()["worker"]],
            log=Path(env["VAR_DIR"]) / "log" / f"{name}.log",
            env=env | {"WORKER_NAME": name, "FAULTS_WORKER": str(self.id)},
        )

    @property
    def harm(self) -> list[Span]:
        """From when until when it was frozen or dead, in Unix seconds; for one that died of itself
        from when it noted that. Without its note nobody knows when, and nothing is excused."""
        if not self.died_of_itself:
            return self._harm
        # The kernel's time, which the database goes by too, whatever the worker takes it for.
        return [*self._harm, (self._note_of_death.stat().st_mtime, FOR_EVER)]

    @property
    def died_of_itself(self) -> bool:
        """At a failpoint or of a pill, which it noted before. Of a pill in any way: one without
        memory may come to no better end."""
        killed = self.exit_code == -signal.SIGKILL or (self._takes_pills and bool(self.exit_code))
        return killed and not self._is_harmed and self._note_of_death.exists()

    @property
    def _is_harmed(self) -> bool:
        return bool(self._harm) and self._harm[-1][1] == FOR_EVER

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal if it still runs."""
        if number in (signal.SIGKILL, signal.SIGSTOP):
            self.remember_hit()
        elif number == signal.SIGCONT and self.running and self._is_harmed:
            self._harm[-1] = (self._harm[-1][0], time.time())
        super().signal(number)

    def kill(self) -> int | None:
        """SIGKILL; wait until it is gone."""
        self.remember_hit()
        return super().kill()

    def remember_hit(self) -> None:
        """Note that it is being harmed, by itself for one."""
        if self.running and not self._is_harmed:
            self._harm.append((time.time(), FOR_EVER))
