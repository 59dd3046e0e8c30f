"""The parts of a running Byline, each a process that may be killed, frozen and started again.

Everything that a fault needs is said in settings or done by signal and by process id. Started
before Django is: the servers' addresses are settings.
"""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2

from local import embedded, parts
from local.ports import HOST, free_port
from local.processes import CannotStart, Process
from tests.faults.proxy import Proxy
from tests.faults.worker import Span, Worker

SETTINGS = "tests.faults.settings"
PATIENCE_S = 120
LOOK_S = 0.05
# Quick enough to see many recoveries; the ratios between them are production's.
QUICK = {
    "LEASE_S": "6",
    "HEARTBEAT_S": "1",
    "POLL_S": "0.2",
    "REDISPATCH_AFTER_S": "3",
    "WORKER_THREADS": "8",
    "STOP_GRACE_S": "20",
    "JOB_DEADLINE_S": "60",
    "WRITER_TIMEOUT_S": "5",
}


class Stuck(Exception):
    """What was waited for did not come; the message says what."""


@dataclass(frozen=True, kw_only=True)
class Wires:
    """The wires between web and workers on one side, and the servers on the other."""

    redis: Proxy
    postgres: Proxy


@dataclass
class Arena:
    """The parts, started or not. `env` is what each of them is given."""

    env: dict[str, str]
    postgres: Process
    redis: Process
    servers: embedded.Servers
    workers: list[Worker] = field(default_factory=list)
    _staff: list[Worker] = field(default_factory=list)  # of this round, the dead too
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        known = parts.parts(self.env)
        self.sandbox = known["sandbox"].process
        self._sandbox_ready = known["sandbox"].ready
        self._take_web()
        self._http = httpx2.Client(
            base_url=f"http://{HOST}:{self.env['SANDBOX_PORT']}", trust_env=False, timeout=30
        )

    # --- starting ----------------------------------------------------------------------------

    def start_servers(self) -> None:
        """Start PostgreSQL and Redis; return when both answer."""
        self.start_postgres()
        self.start_redis()

    def start_postgres(self) -> None:
        self.postgres.start()
        port = self.servers.postgres_port
        self.postgres.wait_until(lambda: embedded.made_database(port), timeout_s=PATIENCE_S)

    def restart_postgres(self) -> None:
        """Start PostgreSQL after it was stopped hard; return when it answers.

        :raises Stuck: it did not
        """

        def runs() -> bool:
            if self.postgres.running:
                return embedded.made_database(self.servers.postgres_port)
            # Sessions of the one that was killed notice it in a moment; until they have ended,
            # no other may open the data.
            self.postgres.start()
            return False

        self.until(runs, what="PostgreSQL is back")

    def start_redis(self) -> None:
        self.redis.start()
        port = self.servers.redis_port
        self.redis.wait_until(lambda: embedded.pongs(port), timeout_s=PATIENCE_S)

    def start_sandbox(self) -> None:
        self.sandbox.start()
        self.sandbox.wait_until(self._sandbox_ready, timeout_s=PATIENCE_S)

    def start_web(self, **changes: str) -> None:
        """Start the web server with these settings, this once."""
        self.web = parts.process("web", self.env | changes)
        self.web.start()
        self.web.wait_until(self._web_ready, timeout_s=PATIENCE_S)

    def stop_web(self) -> None:
        """Stop the web server, whichever it is now."""
        self.web.stop(grace_s=1)

    def _take_web(self) -> None:
        part = parts.parts(self.env)["web"]
        self.web, self._web_ready = part.process, part.ready

    @contextmanager
    def wires(self) -> Iterator[Wires]:
        """Put the web server, and the workers that start in here, behind proxies.

        It is started anew before and after; the workers are killed in the end. The harness itself
        talks to the servers straight.
        """
        wires = Wires(
            redis=Proxy(self.servers.redis_port), postgres=Proxy(self.servers.postgres_port)
        )
        straight = self.env
        with ExitStack() as end:
            for proxy in (wires.redis, wires.postgres):
                end.callback(proxy.start().stop)
            behind = replace(
                self.servers, redis_port=wires.redis.port, postgres_port=wires.postgres.port
            )
            end.callback(self._move_web, straight)
            self._move_web(straight | behind.addresses)
            end.callback(self.stop_workers)
            yield wires

    @contextmanager
    def given(self, **changes: str) -> Iterator[None]:
        """Give these settings to whatever is started in here."""
        straight = self.env
        self.env = straight | changes
        try:
            yield
        finally:
            self.env = straight

    def _move_web(self, env: dict[str, str]) -> None:
        self.stop_web()
        self.env = env
        self._take_web()
        self.start_web()

    @property
    def hit(self) -> dict[UUID, list[Span]]:
        """The ledger's ids of the round's workers that were killed or frozen, and when."""
        return {one.id: one.harm for one in self._staff if one.harm}

    @property
    def died(self) -> set[UUID]:
        """The ledger's ids of those among them that died of themselves."""
        return {one.id for one in self._staff if one.died_of_itself}

    def worker(self, *, ready: bool = True, quick: bool = True, **changes: str) -> Worker:
        """Start a worker with these settings; `ready`: return once it takes jobs.

        Not `quick`: it waits and gives up as production does.
        """
        env = self.env if quick else {k: v for k, v in self.env.items() if k not in QUICK}
        worker = Worker(f"worker-{next(self._numbers)}", env | changes)
        worker.start()
        self.workers.append(worker)
        self._staff.append(worker)
        if ready:
            self.wait_for(worker)
        return worker

    def wait_for(self, worker: Worker) -> None:
        """Return once the worker takes jobs, or has ended."""
        from queueing.models import Worker as Row

        # A worker that is told to die early may do so before anybody looked.
        self.until(
            lambda: not worker.running or Row.objects.filter(pid=worker.pid).exists(),
            what=f"{worker.name} takes jobs",
        )

    def stop_workers(self) -> None:
        """SIGKILL to every worker."""
        for worker in self.workers:
            worker.signal(signal.SIGCONT)
            worker.kill()
        self.workers.clear()

    # --- the sandbox -------------------------------------------------------------------------

    def control(self, path: str, body: object) -> Any:
        """Post a command to the sandbox (sandbox/README.md); return its answer."""
        response = self._http.post(f"/control/{path}", json=body)
        response.raise_for_status()
        return response.json()

    def knob(self, **knob: Any) -> str:
        """Turn a knob and return its name, for `used`."""
        return str(self.control("knobs", knob)["ids"][0])

    def used(self, name: str) -> int:
        """How many calls the knob has touched."""
        knobs = self.read("knobs")["knobs"]
        return int(next(knob["used"] for knob in knobs if knob["id"] == name))

    def clear_knobs(self) -> None:
        self._http.delete("/control/knobs").raise_for_status()

    def read(self, path: str, **filters: Any) -> Any:
        """Read something of the sandbox."""
        response = self._http.get(f"/control/{path}", params=filters)
        response.raise_for_status()
        return response.json()

    # --- a round -----------------------------------------------------------------------------

    def fresh(self) -> None:
        """Empty everything, keep the parts that run: a round begins."""
        from django.core.management import call_command

        self.stop_workers()
        self._staff.clear()
        self.redis.signal(signal.SIGCONT)  # a fault that broke off may have left it frozen
        for process, start in (
            (self.postgres, self.start_postgres),
            (self.redis, self.start_redis),
            (self.sandbox, self.start_sandbox),
            (self.web, self.start_web),
        ):
            if not process.running:
                start()
        call_command("flush", interactive=False, verbosity=0)
        self.flush_redis()
        self.control("reset", {"seed": 7})

    def flush_redis(self) -> None:
        """Wipe Redis, which has room again if a fault that broke off had left it none."""
        import redis

        with redis.Redis(host=HOST, port=self.servers.redis_port) as client:
            client.config_set("maxmemory", 0)
            client.flushall()

    def connect(self) -> None:
        """Return once this process has the database: right after a start, or on a busy machine, it
        may take longer than people are kept waiting.

        :raises Stuck: it has not
        """
        from django.db import connection

        self.until(lambda: connection.ensure_connection() is None, what="the harness is connected")

    def until(
        self, truth: Callable[[], bool], *, what: str, timeout_s: float = PATIENCE_S
    ) -> float:
        """Return the seconds until it was true; a database that is away is not true yet.

        :raises Stuck: it did not become true in time
        """
        from django.db import Error, connection

        began = time.monotonic()
        while True:
            try:
                if truth():
                    return time.monotonic() - began
            except Error:
                connection.close()
            if time.monotonic() - began > timeout_s:
                raise Stuck(f"{what}: not within {timeout_s:g} s")
            time.sleep(LOOK_S)


@contextmanager
def running(var_dir: Path) -> Iterator[Arena]:
    """Yield servers that answer, and the parts beside them; Django is set up and migrated.

    :raises CannotStart: a server could not be started
    """
    ports = {
        name: str(free_port())
        for name in (
            "WEB_PORT",
            "SANDBOX_PORT",
            "FLOWER_PORT",
            "EMBEDDED_POSTGRES_PORT",
            "EMBEDDED_REDIS_PORT",
        )
    }
    plain = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    wanted = embedded.Servers.from_environment(
        ports | {"VAR_DIR": str(var_dir)}, project=parts.PROJECT, durable=True
    )
    env = parts.environment(plain | ports, var_dir=var_dir) | wanted.addresses | QUICK
    env |= {"DJANGO_SETTINGS_MODULE": SETTINGS, "LOG_LEVEL": "INFO"}
    (var_dir / "log").mkdir(parents=True, exist_ok=True)
    arena = Arena(
        env=env,
        postgres=embedded.postgres_server(wanted),
        redis=embedded.redis_server(wanted),
        servers=wanted,
    )
    with ExitStack() as end:
        end.callback(arena.postgres.stop)
        end.callback(arena.redis.stop)
        arena.start_servers()
        set_up(env)
        arena.connect()
        _migrate()
        end.callback(arena.sandbox.stop)
        end.callback(arena.stop_web)
        end.callback(arena.stop_workers)
        arena.start_sandbox()
        arena.start_web()
        yield arena


def set_up(env: dict[str, str]) -> None:
    """Django in this process, on the same settings; its own guards stay."""
    import django
    from django.conf import settings

    os.environ.update(env)
    django.setup()
    # People take turns in this one process: none keeps the others while the database is away.
    settings.DATABASES["default"]["OPTIONS"]["pool"]["timeout"] = 1


def _migrate() -> None:
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


__all__ = ["Arena", "CannotStart", "Stuck", "Wires", "running"]
