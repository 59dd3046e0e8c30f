"""Byline's own processes beside the suite: the sandbox, workers, the web server.

They are the ones that `make run` starts, told to use the suite's database, Redis and ports.
"""

import itertools
import os
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

from django.db import connection

from local import parts
from local.processes import Process

START_TIMEOUT_S = 60
_numbers = itertools.count(1)


class Running:
    """One of our processes. Killed or stopped, it can be started again."""

    def __init__(self, process: Process, *, ready: Callable[[], bool]) -> None:
        self.process = process
        self._ready = ready

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def running(self) -> bool:
        return self.process.running

    def start(self) -> None:
        """Return once it is ready; raises with the end of its log when it does not get there."""
        self.process.start()
        self.process.wait_until(self._ready, timeout_s=START_TIMEOUT_S)

    def stop(self) -> int | None:
        """SIGTERM, wait until it has ended by itself, return the exit code."""
        return self.process.stop()

    def kill(self) -> None:
        """SIGKILL: no goodbye, no clean-up."""
        self.process.kill()

    def log(self) -> str:
        """Return everything that it wrote."""
        return self.process.log.read_text()


def environment(**changes: str) -> dict[str, str]:
    """Return the environment of a process that works on the suite's database."""
    env = parts.environment(os.environ, var_dir=Path(os.environ["VAR_DIR"]))
    url = urlsplit(os.environ["DATABASE_URL"])
    database = str(connection.settings_dict["NAME"])  # pytest-django made it: test_…
    return env | {"DATABASE_URL": url._replace(path=f"/{database}").geturl()} | changes


def sandbox() -> Running:
    """Return the sandbox, not started; its port is the one that the settings name."""
    return _part("sandbox", environment())


def web() -> Running:
    """Return the web server, not started; its address is `settings.SITE_URL`."""
    return _part("web", environment())


def web_at(port: int, **changes: str) -> Running:
    """Return a web server of one test's own, not started. `changes` are settings."""
    site = f"http://127.0.0.1:{port}"
    env = environment(WEB_PORT=str(port), SITE_URL=site, **changes)
    process = parts.process("web", env, log_name=f"web-{next(_numbers)}")
    return Running(process, ready=parts.parts(env)["web"].ready)


def worker(**changes: str) -> Running:
    """Return a worker, not started. `changes` are settings: `LEASE_S="2"`."""
    from queueing.models import Worker

    name = f"worker-{next(_numbers)}"
    quick = {"WORKER_THREADS": "8", "HEARTBEAT_S": "0.5", "POLL_S": "0.2", "WORKER_NAME": name}
    process = parts.process("worker", environment(**(quick | changes)), log_name=name)
    return Running(process, ready=lambda: Worker.objects.filter(pid=process.pid).exists())


def _part(name: str, env: dict[str, str]) -> Running:
    part = parts.parts(env)[name]
    return Running(part.process, ready=part.ready)
