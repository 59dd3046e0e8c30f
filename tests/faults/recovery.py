"""How long it takes until a dead worker's jobs run again, here and from another machine (fault 3).

With production's settings, not with the harness's quick ones.
"""

import math
import signal
import time
from datetime import datetime
from uuid import uuid4

from django.utils import timezone

from queueing import ledger
from queueing.models import Attempt, Job, State
from tests.faults.kinds import DELIVERED, HELD
from tests.faults.matrix import Round, fault
from tests.faults.oracle import ELSEWHERE_S
from tests.faults.worker import Worker

HERE_S = 3.0
HELD_EACH = 10
DEATHS_APART_S = 1.7  # so that they fall anywhere between two heartbeats


@fault("3 host vanishes; production's times")
def host_vanishes(round_: Round) -> None:
    """Workers vanish from other machines, one in the middle of a delivery, and some die here."""
    _vanish_delivering(round_)
    _die_here(round_)
    _vanish(round_)


def _die_here(round_: Round) -> None:
    """SIGKILL, and another worker of this machine notices; it is the next to die."""
    arena = round_.arena
    victim = arena.worker(quick=False)
    took_s: list[float] = []
    for _ in range(3 if round_.short else 12):
        jobs = _hold(round_, victim)[0]
        heir = arena.worker(quick=False)
        killed_at = timezone.now()
        victim.signal(signal.SIGKILL)
        took_s += _run_again_s(round_, jobs, since=killed_at)
        round_.injected += 1
        victim = heir
    bound(round_, took_s, at_most_s=HERE_S, what="killed here → its jobs run again")
    arena.stop_workers()


def _vanish(round_: Round) -> None:
    """SIGSTOP to all at other machines, in turn: sessions and sockets stay, nobody says a word."""
    arena = round_.arena
    took_s: list[float] = []
    for _ in range(1 if round_.short else 4):
        victims = [arena.worker(quick=False, FAULTS_HOST=f"machine-{n}") for n in range(3)]
        held = _hold(round_, *victims)
        arena.worker(quick=False)
        vanished_at: list[datetime] = []
        for victim in victims:
            time.sleep(DEATHS_APART_S)
            vanished_at.append(timezone.now())
            victim.signal(signal.SIGSTOP)
            round_.injected += 1
        for jobs, at in zip(held, vanished_at, strict=True):
            took_s += _run_again_s(round_, jobs, since=at)
        arena.stop_workers()
    bound(round_, took_s, at_most_s=ELSEWHERE_S, what="host vanished → its jobs run again")


def _vanish_delivering(round_: Round) -> None:
    """SIGSTOP when everything is written and nothing committed: the session holds the job's row."""
    arena = round_.arena
    point = f"{DELIVERED}|queueing/run.py:delivery|before-commit|1"
    frozen = {"FAILPOINT": point, "FAILPOINT_SIGNAL": "SIGSTOP"}
    victim = arena.worker(quick=False, FAULTS_HOST="machine-9", **frozen)
    job = ledger.enqueue(kind=DELIVERED, subject=f"faults:{uuid4()}")
    begun = Attempt.objects.filter(job=job, number=1)
    arena.until(begun.exists, what="the delivery begins")
    victim.remember_hit()
    arena.worker(quick=False)
    since = begun.get().started_at
    took_s = _run_again_s(round_, [job], since=since)
    round_.injected += 1
    what = "host vanished in a delivery → its job runs again"
    bound(round_, took_s, at_most_s=ELSEWHERE_S, what=what)
    arena.stop_workers()


def _hold(round_: Round, *victims: Worker) -> list[list[Job]]:
    """Have these workers, alone as they are, take up jobs that do not end; return each one's."""
    subjects = [f"faults:{uuid4()}" for _ in range(HELD_EACH * len(victims))]
    jobs = [ledger.enqueue(kind=HELD, subject=subject) for subject in subjects]
    mine = Job.objects.filter(pk__in=[job.pk for job in jobs], state=State.ACTIVE)
    round_.arena.until(lambda: mine.count() == len(jobs), what="the jobs are taken up")
    return [list(mine.filter(worker=victim.id)) for victim in victims]


def _run_again_s(round_: Round, jobs: list[Job], *, since: datetime) -> list[float]:
    """Return for each job how long after that moment its next run began."""
    runs = Attempt.objects.filter(job__in=jobs, number=2)
    round_.arena.until(lambda: runs.count() == len(jobs), what="the dead worker's jobs run again")
    return [(at - since).total_seconds() for at in runs.values_list("started_at", flat=True)]


def bound(round_: Round, took_s: list[float], *, at_most_s: float, what: str) -> None:
    """Note the 99th percentile, and that it is inside the bound."""
    took_s = sorted(took_s)
    p99_s = took_s[math.ceil(0.99 * len(took_s)) - 1]
    round_.recoveries_s += took_s
    said = f"{what}: p99 {p99_s:.1f} s of {len(took_s)}, bound {at_most_s:g} s"
    round_.hold(promise="I9", held=p99_s <= at_most_s or round_.unhurried, what=said)
