"""One operating-system process of ours: started, waited for, read, stopped by its own id."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

import psutil


class CannotStart(Exception):
    """A part could not be started; the message is the one line that its user reads."""


class Process:
    """A child process whose output goes to a file; a note beside that file holds its identity.

    It leads a session of its own: a Ctrl-C on the terminal reaches only us, so that the parts stop
    in our order, and its own children can be ended with it.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        log: Path,
        env: Mapping[str, str] | None = None,
        user: int | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        stop_grace_s: float = 10,
    ) -> None:
        """`user`: the account's number that the process runs as, None for our own."""
        self.name = name
        self.log = log
        self._command = [str(part) for part in command]
        self._env = dict(os.environ if env is None else env)
        self._user = user
        self._stop_signal = stop_signal
        self._stop_grace_s = stop_grace_s
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """:raises RuntimeError: it was never started"""
        if self._child is None:
            raise RuntimeError(f"{self.name} was not started")
        return self._child.pid

    @property
    def running(self) -> bool:
        return self._child is not None and self._child.poll() is None

    @property
    def exit_code(self) -> int | None:
        """Return the exit code, negative for a signal, None while it runs or before its start."""
        return self._child.poll() if self._child else None

    def start(self) -> Self:
        """Start it, again too after it has ended; the log of an earlier run is kept above."""
        if self.running:
            raise RuntimeError(f"{self.name} runs already")
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            self._child = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=self._env,
                user=self._user,
                group=self._user,
                extra_groups=None if self._user is None else [],
                start_new_session=True,
            )
        # The moment of birth with the number: numbers are given out again.
        birth = psutil.Process(self._child.pid).create_time()
        self._note.write_text(f"{self._child.pid} {birth}")
        return self

    def wait_until(self, ready: Callable[[], bool], *, timeout_s: float) -> None:
        """Return once `ready()` holds.

        :raises CannotStart: it ended before, or was not ready in time; with the log's last lines
        """
        until = time.monotonic() + timeout_s
        while not ready():
            if not self.running:
                raise CannotStart(f"{self.name} ended (exit code {self.exit_code}){self._why()}")
            if time.monotonic() > until:
                raise CannotStart(
                    f"{self.name} did not answer within {timeout_s:.0f} s{self._why()}"
                )
            time.sleep(0.05)

    def stop(self, *, grace_s: float | None = None) -> int | None:
        """Ask it to end, kill it after `grace_s`; its children end with it.

        Return the exit code, None if it was never started.
        """
        if self._child is None:
            return None
        if self.running:
            self._child.send_signal(self._stop_signal)
            try:
                self._child.wait(self._stop_grace_s if grace_s is None else grace_s)
            except subprocess.TimeoutExpired:
                self._child.kill()
        return self._bury()

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal if it still runs."""
        if self._child is not None:
            self._child.send_signal(number)

    def kill(self) -> int | None:
        """SIGKILL, as when the machine's memory runs out; wait until it is gone."""
        if self._child is None:
            return None
        self._child.kill()
        return self._bury()

    def tail(self, lines: int = 5) -> str:
        """Return the last lines of its log."""
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    @property
    def _note(self) -> Path:
        return self.log.with_suffix(".pid")

    def _why(self) -> str:
        return f"; its log is {self.log}" + (f" and ends:\n{tail}" if (tail := self.tail()) else "")

    def _bury(self) -> int:
        assert self._child is not None  # noqa: S101 (callers have checked)
        code = self._child.wait()
        # The session outlives its leader when children are left: they are ours as well.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._child.pid, signal.SIGKILL)
        self._note.unlink(missing_ok=True)
        return code


def stop_orphans(logs: Path, *, grace_s: float = 10) -> list[str]:
    """Stop what a start that was itself killed has left running; return the names.

    `logs`: the folder that holds the processes' logs and the notes beside them.
    """
    stopped = []
    for note in sorted(logs.glob("*.pid")):
        if (orphan := _noted(note)) is not None:
            orphan.send_signal(signal.SIGINT)  # every part, PostgreSQL included, ends on it
            try:
                orphan.wait(grace_s)
            except psutil.TimeoutExpired:
                orphan.kill()
            stopped.append(note.stem)
        note.unlink(missing_ok=True)
    return stopped


def _noted(note: Path) -> psutil.Process | None:
    try:
        pid, birth = note.read_text().split()
        process = psutil.Process(int(pid))
        return process if process.create_time() == float(birth) else None
    except (psutil.NoSuchProcess, ValueError):
        return None
