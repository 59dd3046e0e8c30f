"""All parts beside each other: started, watched, stopped in order, none left over.

Plain subprocesses and not honcho's manager: that one stops everything at once and kills after five
seconds, while a worker needs `STOP_GRACE_S` to hand back its jobs and the sandbox has to outlive
it; it also knows neither readiness nor log files, so nothing of it would remain in use.
"""

import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from local import embedded, parts
from local.interrupts import interrupts
from local.logins import logins
from local.processes import CannotStart, Process
from local.screen import step

READY_TIMEOUT_S = 90


class Stack:
    """The running parts."""

    def __init__(self, env: Mapping[str, str], *, logins: Mapping[str, str]) -> None:
        self.env = dict(env)
        self.logins = dict(logins)
        self.parts = parts.parts(self.env)

    @property
    def site(self) -> str:
        return self.env["SITE_URL"]

    @property
    def sandbox(self) -> str:
        return f"http://127.0.0.1:{self.env['SANDBOX_PORT']}"

    @property
    def flower(self) -> str:
        return f"http://127.0.0.1:{self.env['FLOWER_PORT']}"

    @property
    def processes(self) -> list[Process]:
        return [part.process for part in self.parts.values()]

    def start(self) -> None:
        """Start every part, and return when all are ready.

        :raises CannotStart: one did not get there; the message has the end of its log
        """
        for process in self.processes:  # at once: each spends its first seconds on imports
            process.start()
        for name, part in self.parts.items():
            with step(f"{name} is ready"):
                part.process.wait_until(part.ready, timeout_s=READY_TIMEOUT_S)

    def check(self) -> None:
        """:raises CannotStart: a part has ended by itself; the message has the end of its log"""
        for process in self.processes:
            if not process.running:
                raise CannotStart(
                    f"{process.name} ended by itself (exit code {process.exit_code}); its log is "
                    f"{process.log} and ends:\n{process.tail(15)}"
                )

    def stop(self) -> None:
        """Stop every part in its turn. An interrupt meanwhile kills what is left."""
        interrupts.stopping = True
        for name in parts.STOP_ORDER:
            process = self.parts[name].process
            was_running = process.running
            if process.stop() == -signal.SIGKILL and was_running:
                print(f"byline: {name} had to be killed; its log is {process.log}", flush=True)

    def kill(self) -> None:
        """SIGKILL to all; `stop`, which is under way, buries them."""
        for process in self.processes:
            process.signal(signal.SIGKILL)


@contextmanager
def servers(env: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Yield the environment for commands on this machine's databases, started when not running."""
    wanted = embedded.Servers.from_environment(env, project=parts.PROJECT)
    around = parts.environment(env, var_dir=wanted.var_dir)
    if embedded.in_use(wanted.var_dir):
        yield around | wanted.addresses
    else:
        with embedded.running(wanted) as addresses:
            yield around | addresses


@contextmanager
def running(env: Mapping[str, str]) -> Iterator[Stack]:
    """Yield everything, ready; stop all of it in the end, whatever happened.

    :raises CannotStart: a port is busy, another start holds `VAR_DIR`, or a part did not get ready
    """
    wanted = embedded.Servers.from_environment(env, project=parts.PROJECT)
    around = parts.environment(env, var_dir=wanted.var_dir)
    with ExitStack() as end:
        with step("databases answer"):
            addresses = end.enter_context(
                embedded.running(wanted, beside=parts.wanted_ports(around))
            )
        who = logins(env, var_dir=wanted.var_dir)
        around |= addresses | who
        with step("tables, demo publishers and logins are there"):
            _prepare(around, log=wanted.var_dir / "log" / "prepare.log")
        stack = Stack(around, logins=who)
        interrupts.hurry = stack.kill
        end.callback(stack.stop)
        stack.start()
        yield stack


def _prepare(env: Mapping[str, str], *, log: Path) -> None:
    with log.open("w") as output:
        done = subprocess.run(
            [sys.executable, "-m", "local.prepare"],
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if done.returncode:
        last = "\n".join(log.read_text().splitlines()[-5:])
        raise CannotStart(f"the database could not be made ready; {log} ends:\n{last}")
