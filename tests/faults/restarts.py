"""Faults 21 and 22: workers and web restarted in turn, and the ledger's own threads killed."""

import signal
import time
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import psutil
from django.db import connection

from queueing import ledger
from queueing.dispatcher import LEADERSHIP
from queueing.models import Attempt, Job, Outcome, State
from tests.faults.killed_workers import EVERYTHING, in_the_middle_of_a_call, place
from tests.faults.kinds import NOTHING
from tests.faults.matrix import Round, fault
from tests.faults.worker import Worker

TURN_S = 3.0
# Of each call to the model: long enough for a worker to be told to end in the middle of a run.
CALL_MS = [300, 900]
WEB_EVERY = 3  # turns
LED_AGAIN_S = 10.0  # a leader whose session is left may be silent for `dispatcher.SILENT_S`
_LEADER = """
SELECT pid, client_port FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE locktype = 'advisory' AND granted AND objid = %s AND pg_locks.database = (
    SELECT oid FROM pg_database WHERE datname = current_database()
)
"""
END_DISPATCHERS = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE application_name = 'byline-dispatcher'
"""


class Leader(NamedTuple):
    """The session that dispatches: its process in PostgreSQL and its port at the worker's end."""

    pid: int
    port: int


@fault("21 rolling restart every 3 s")
def rolling_restart(round_: Round) -> None:
    """SIGTERM to the oldest of three workers in the middle of runs, and to the web; nothing
    crashes."""
    arena = round_.arena
    arena.knob(service="openai", latency_ms=CALL_MS)
    workers = [arena.worker() for _ in range(3)]
    for turn in range(4 if round_.short else 20):
        place(round_, EVERYTHING)
        oldest = workers.pop(0)
        in_the_middle_of_a_call(round_, oldest)
        oldest.signal(signal.SIGTERM)
        workers.append(arena.worker(ready=False))
        round_.injected += 1
        if turn % WEB_EVERY == 1:
            _restart_web(round_)
        _act_for(round_, TURN_S)
    round_.people.finish()
    ended = Attempt.objects.exclude(outcome=Outcome.RUNNING)
    crashed = ended.filter(outcome=Outcome.CRASHED).count()
    handed_back = ended.filter(outcome=Outcome.HANDED_BACK).count()
    round_.met(handed_back > 0, f"{handed_back} runs handed back")
    round_.hold(promise="I9", held=crashed == 0, what=f"{crashed} runs crashed")


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
    killed = 0
    for _ in range(1 if round_.short else 5):
        workers = [arena.worker() for _ in range(3)]
        place(round_, EVERYTHING)
        _end_every_session(round_)
        killed += _kill_the_leader(round_, workers)
        place(round_, EVERYTHING[:2])
        _act_for(round_, 1)
        dead = _leader()
        for worker in workers:
            round_.injected += worker.running
            worker.signal(signal.SIGKILL)
        arena.worker()
        _led_again(round_, but=dead)
        round_.people.finish()
        arena.stop_workers()
    round_.met(killed > 0, f"{killed} leaders killed")
    slowest = max(round_.recoveries_s)
    what = f"somebody else dispatches, and it is taken up, {slowest:.1f} s after"
    round_.hold(promise="I9", held=slowest <= LED_AGAIN_S, what=f"{what}, bound {LED_AGAIN_S:g} s")
    _die_at_their_writes(round_)


def _end_every_session(round_: Round) -> None:
    old = _leader()
    with connection.cursor() as cursor:
        cursor.execute(END_DISPATCHERS)
        round_.injected += cursor.fetchone()[0] > 0  # one blow, however many sessions it ends
    _led_again(round_, but=old)


def _kill_the_leader(round_: Round, workers: list[Worker]) -> bool:
    """Kill the worker whose session leads; False: it is none of these."""
    leader = _leader()
    for worker in workers:
        if leader and worker.running and leader.port in _ports_of(worker.pid):
            worker.signal(signal.SIGKILL)
            round_.injected += 1
            _led_again(round_, but=leader)
            return True
    return False


def _led_again(round_: Round, *, but: Leader | None) -> None:
    """Measure until another session leads than that one, which PostgreSQL may still hold for the
    dead, and a job that is asked for now has been run."""
    began = time.monotonic()
    job = ledger.enqueue(kind=NOTHING, subject=f"faults:{uuid4()}")
    ours = Job.objects.filter(pk=job.pk, state=State.COMPLETED)
    round_.arena.until(lambda: _leader() not in (None, but), what="another leads")
    round_.arena.until(ours.exists, what="what is due is dispatched")
    round_.recoveries_s.append(time.monotonic() - began)


def _leader() -> Leader | None:
    with connection.cursor() as cursor:
        cursor.execute(_LEADER, [LEADERSHIP])
        row = cursor.fetchone()
    return Leader(*row) if row else None


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
    arena.knob(service="openai", latency_ms=CALL_MS)
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
