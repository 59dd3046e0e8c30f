"""Faults 21 and 22: workers and web restarted in turn, and the ledger's own threads killed."""

import signal
import time
from pathlib import Path

import psutil
from django.db import connection

from queueing.dispatcher import LEADERSHIP
from queueing.models import Attempt, Job, Outcome, State
from tests.faults.arena import Worker
from tests.faults.killed_workers import EVERYTHING, place
from tests.faults.matrix import Round, fault

TURN_S = 3.0
WEB_EVERY = 3  # turns
LED_AGAIN_S = 10.0  # a leader whose session is left may be silent for `dispatcher.SILENT_S`
_LEADER = """
SELECT client_port FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE locktype = 'advisory' AND granted AND objid = %s AND pg_locks.database = (
    SELECT oid FROM pg_database WHERE datname = current_database()
)
"""
END_DISPATCHERS = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE application_name = 'byline-dispatcher'
"""


@fault("21 rolling restart every 3 s")
def rolling_restart(round_: Round) -> None:
    """SIGTERM to the oldest of three workers, and to the web; nothing crashes."""
    arena = round_.arena
    workers = [arena.worker() for _ in range(3)]
    for turn in range(4 if round_.short else 20):
        place(round_, [EVERYTHING[turn % len(EVERYTHING)]])
        workers.pop(0).signal(signal.SIGTERM)
        workers.append(arena.worker(ready=False))
        round_.injected += 1
        if turn % WEB_EVERY == 1:
            _restart_web(round_)
        _act_for(round_, TURN_S)
    round_.people.finish()
    ended = Attempt.objects.exclude(outcome=Outcome.RUNNING)
    crashed = ended.filter(outcome=Outcome.CRASHED).count()
    handed_back = ended.filter(outcome=Outcome.HANDED_BACK).count()
    what = f"{handed_back} runs handed back, {crashed} crashed"
    round_.hold(promise="I9", held=crashed == 0, what=what)


def _restart_web(round_: Round) -> None:
    arena = round_.arena
    arena.web.stop()
    arena.start_web()
    round_.injected += 1


def _act_for(round_: Round, for_s: float) -> None:
    until = time.monotonic() + for_s
    while time.monotonic() < until:
        round_.people.act()


@fault("22 dispatcher and sweeper killed, three at once")
def stewards_killed(round_: Round) -> None:
    """The leaders' sessions are ended, the leaders killed, the threads' writes died at."""
    arena = round_.arena
    for _ in range(1 if round_.short else 5):
        workers = [arena.worker() for _ in range(3)]
        place(round_, EVERYTHING)
        _end_every_session(round_)
        _kill_the_leader(round_, workers)
        place(round_, EVERYTHING[:2])
        _act_for(round_, 1)
        for worker in workers:
            round_.injected += worker.running
            worker.signal(signal.SIGKILL)
        arena.worker()
        _led_again(round_)
        round_.people.finish()
        arena.stop_workers()
    slowest = max(round_.recoveries_s)
    what = f"somebody dispatches again {slowest:.1f} s after, bound {LED_AGAIN_S:g} s"
    round_.hold(promise="I9", held=slowest <= LED_AGAIN_S, what=what)
    _die_at_their_writes(round_)


def _end_every_session(round_: Round) -> None:
    with connection.cursor() as cursor:
        cursor.execute(END_DISPATCHERS)
        round_.injected += cursor.fetchone()[0]
    _led_again(round_)


def _kill_the_leader(round_: Round, workers: list[Worker]) -> None:
    port = _leaders_port()
    for worker in workers:
        if worker.running and port in _ports_of(worker.pid):
            worker.signal(signal.SIGKILL)
            round_.injected += 1
            _led_again(round_)
            return


def _led_again(round_: Round) -> None:
    took_s = round_.arena.until(lambda: _leaders_port() is not None, what="somebody dispatches")
    round_.recoveries_s.append(took_s)


def _leaders_port() -> int | None:
    with connection.cursor() as cursor:
        cursor.execute(_LEADER, [LEADERSHIP])
        row = cursor.fetchone()
    return int(row[0]) if row else None


def _ports_of(pid: int) -> set[int]:
    return {one.laddr.port for one in psutil.Process(pid).net_connections() if one.laddr}


def _die_at_their_writes(round_: Round) -> None:
    arena = round_.arena
    log = Path(arena.env["VAR_DIR"]) / "stewards.log"
    log.unlink(missing_ok=True)
    _dies_beside_a_death(round_, FAILPOINT_LOG=str(log))
    names = dict.fromkeys(log.read_text().splitlines())
    points = [name for name in names if name.startswith("queueing-")]
    wanted = round_.random.sample(points, 1) if round_.short else points
    died = sum(_dies_beside_a_death(round_, FAILPOINT=point) for point in wanted)
    round_.injected += died
    what = f"the threads' own crash points covered: {died} of {len(wanted)}"
    round_.hold(promise="I1", held=died == len(wanted), what=f"{what}; there are {len(points)}")


def _dies_beside_a_death(round_: Round, **changes: str) -> bool:
    """Start a worker with these settings, kill another that it has to sweep after, and let a
    third bring everything to its end; return whether the first died too."""
    arena = round_.arena
    arena.knob(service="openai", latency_ms=[300, 900])
    other = arena.worker()
    place(round_, EVERYTHING[:2])

    def busy() -> bool:
        round_.people.act()
        return Job.objects.filter(state=State.ACTIVE).exists()

    arena.until(busy, what="a worker is in the middle of a job")
    watched = arena.worker(**changes)
    other.signal(signal.SIGKILL)
    round_.injected += 1
    _act_for(round_, TURN_S)
    died = not watched.running
    arena.clear_knobs()
    arena.worker()
    round_.people.finish()
    arena.stop_workers()
    return died
