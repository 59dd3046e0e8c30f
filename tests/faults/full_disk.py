"""Fault 20: PostgreSQL's disk is full, until somebody makes room.

As root its data moves to a small disk in memory, which a ballast fills up. Elsewhere nobody may
mount: there its processes are forbidden to write large files, which stops the log of writes alike.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import psutil
import psycopg
from django.db import connection

from local.ports import HOST
from local.processes import CannotStart
from tests.faults.arena import Arena
from tests.faults.broken_postgres import (
    EVENTS_LATE_MS,
    came_back,
    held_up,
    just_paid,
    keep_busy,
    refused_events,
)
from tests.faults.matrix import Round, fault
from tests.faults.visitors import visiting

ROOM_MB = 120  # beside what the data takes
FULL = ("No space left on device", "File too large")
_PAGE = 64 * 1024
# Less than a piece of the log of writes, more than the log in which PostgreSQL complains.
_MEGABYTE = str(2**20)


@fault("20 PostgreSQL's disk full")
def disk_full(round_: Round) -> None:
    """Tables cannot grow, and every other time the log of writes cannot either: a crash."""
    round_.servers_away = True
    arena = round_.arena
    with _small_disk(round_) as (fill, make_room):
        log = arena.postgres.log
        since = log.stat().st_size
        arena.knob(service="openai", latency_ms=[100, 600])
        arena.knob(service="webhooks", latency_ms=EVENTS_LATE_MS)
        arena.worker()
        arena.worker()
        with visiting(arena) as visitors:
            for number in range(1 if round_.short else 8):
                keep_busy(round_, for_s=2 if round_.short else round_.random.uniform(3, 10))
                just_paid(round_)
                fill()
                round_.injected += 1
                if number % 2:
                    _use_up_the_log(arena)
                keep_busy(round_, for_s=4 if round_.short else round_.random.uniform(5, 30))
                make_room()
                arena.restart_postgres()
                came_back(round_, visitors)
            round_.people.finish()
        held_up(round_, visitors)
        arena.stop_workers()
    refused = _complaints(log, since=since)
    what = f"PostgreSQL said {refused} times that it could not write"
    # Where a table has room inside its file an event is stored all the same, and few rounds may
    # meet no other.
    met = refused if round_.short else min(refused, refused_events(round_))
    round_.hold(promise="I9", held=met > 0, what=what)


def _complaints(log: Path, *, since: int) -> int:
    """Return how often the log says that there was no room, from that byte on: it is appended to
    over all runs."""
    with log.open("rb") as file:
        file.seek(since)
        said = file.read().decode(errors="replace")
    return sum(said.count(words) for words in FULL)


@contextmanager
def _small_disk(round_: Round) -> Iterator[tuple[Callable[[], None], Callable[[], None]]]:
    """Yield what fills the disk and what makes room on it again."""
    data = Path(round_.arena.env["VAR_DIR"]) / "postgres"
    if os.geteuid() != 0 or not _may_mount(data.parent / "mount-try"):
        round_.notes.append("NO DISK WAS FULL: nobody may mount here. Instead PostgreSQL was")
        round_.notes.append("forbidden to write files, which it reports as “File too large”.")
        _set_aside(round_.arena.postgres.log)
        limit = partial(_forbid, round_.arena, data.stat().st_uid)
        yield partial(limit, _MEGABYTE), partial(limit, "unlimited")
        return
    ballast = data / "ballast"
    with _on_small_disk(round_.arena, data):
        yield lambda: _fill(ballast), lambda: ballast.unlink(missing_ok=True)


def _set_aside(log: Path) -> None:
    """Begin the log anew and keep what it held beside it: no file may be written beyond the limit,
    the log neither, and a server that cannot say that it has no room says nothing."""
    with log.open("rb") as old, log.with_name("postgres-before.log").open("ab") as kept:
        shutil.copyfileobj(old, kept)
    os.truncate(log, 0)  # it is written at its end, wherever that is


def _may_mount(folder: Path) -> bool:
    folder.mkdir(exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "byline-faults", folder]
    mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    if mounted:
        subprocess.run(["umount", folder], check=True)
    return mounted


@contextmanager
def _on_small_disk(arena: Arena, data: Path) -> Iterator[None]:
    """Move the data to a disk of its own while PostgreSQL is down, and back in the end."""
    arena.postgres.stop()
    aside = data.with_name("postgres-aside")
    size_mb = sum(f.stat().st_size for f in data.rglob("*") if f.is_file()) // 2**20 + ROOM_MB
    owner = data.stat().st_uid
    options = f"size={size_mb}m,mode=700,uid={owner},gid={owner}"
    _copy(data, aside)
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "byline-faults", data], check=True)
    try:
        _copy(aside, data)
        arena.start_postgres()
        yield
    finally:
        arena.postgres.stop()
        _copy(data, aside)
        subprocess.run(["umount", data], check=True)
        _copy(aside, data)
        shutil.rmtree(aside)
        arena.start_postgres()
        connection.close()  # of the server that was stopped


def _copy(source: Path, target: Path) -> None:
    """Make the target's content the source's, owners and times included."""
    target.mkdir(exist_ok=True)
    for inside in target.iterdir():
        shutil.rmtree(inside) if inside.is_dir() else inside.unlink()
    subprocess.run(["cp", "-a", f"{source}/.", target], check=True)


def _fill(ballast: Path) -> None:
    with ballast.open("wb") as file:
        disk = os.statvfs(ballast.parent)
        os.posix_fallocate(file.fileno(), 0, max(1, disk.f_bavail * disk.f_bsize - _PAGE))


def _forbid(arena: Arena, owner: int, most: str) -> None:
    """Limit how large a file the running PostgreSQL may write; its children inherit it."""
    account = owner if os.geteuid() == 0 else None  # for its own processes anybody may do that
    server = psutil.Process(arena.postgres.pid) if arena.postgres.running else None
    for process in [server, *server.children()] if server else []:
        command = ["prlimit", "--pid", str(process.pid), f"--fsize={most}:"]
        done = subprocess.run(
            command,
            user=account,
            group=account,
            extra_groups=None if account is None else [],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode and process.is_running():
            raise CannotStart(f"PostgreSQL's files could not be limited: {done.stderr.strip()}")


def _use_up_the_log(arena: Arena) -> None:
    """Write until PostgreSQL cannot log another write, which ends all its sessions."""
    address = f"postgresql://postgres@{HOST}:{arena.servers.postgres_port}/byline"
    ask = "SELECT pg_logical_emit_message(false, 'faults', repeat('x', 4000000), true)"
    until = time.monotonic() + 20
    try:
        with psycopg.connect(address, autocommit=True) as session:
            while time.monotonic() < until:
                session.execute(ask)
    except psycopg.Error:
        pass  # as it was meant to
