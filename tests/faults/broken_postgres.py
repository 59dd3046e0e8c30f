"""Faults 11 and 13: PostgreSQL stops hard under everybody, or takes no more connections."""

import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
from django.db.models.functions import Now

from local.ports import HOST
from queueing.models import Job, State
from tests.faults.arena import Arena, Stuck
from tests.faults.broken_redis import all_live
from tests.faults.killed_workers import EVERYTHING, place
from tests.faults.matrix import Round, fault
from tests.faults.people import Errand
from tests.faults.visitors import PATHS, Visitors, visiting

STOPS = (signal.SIGQUIT, signal.SIGKILL)
# From the moment that PostgreSQL takes connections again.
BACK_WITHIN_S = 25.0
# Long enough for whoever doubles the pauses between attempts to be caught asleep.
LONG_S = 45.0
Standing = tuple[str, int, datetime | None]
# What Stripe tells of a payment made just before the fault comes in the middle of it.
EVENTS_LATE_MS = 1500
# By which the connections of the hoard are told from everybody else's.
HOARD = "faults-hoard"
_END_ALL_OTHERS = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE backend_type = 'client backend' AND application_name <> %s
"""


@fault("11 PostgreSQL stopped hard every 5–40 s")
def stopped_hard(round_: Round) -> None:
    """Immediate stops and SIGKILLs while people buy and look, webhooks come and workers write."""
    round_.servers_away = True
    arena = round_.arena
    arena.knob(service="openai", latency_ms=[100, 600])
    arena.knob(service="webhooks", latency_ms=EVENTS_LATE_MS)
    arena.worker()
    arena.worker()
    with visiting(arena) as visitors:
        if round_.short:
            round_.notes.append("stopped after 2 s of work each, and away for 2 s")
        away_s = [2.0, 2.0] if round_.short else [*_some(round_, 9, 0, 8), LONG_S]
        for number, nobody_s in enumerate(away_s):
            keep_busy(round_, for_s=2 if round_.short else round_.random.uniform(5, 40))
            just_paid(round_)
            arena.postgres.signal(STOPS[number % len(STOPS)])
            round_.injected += 1
            time.sleep(nobody_s)
            arena.restart_postgres()
            came_back(round_, visitors)
        round_.people.finish()
    held_up(round_, visitors)


@fault("13 PostgreSQL's connections used up")
def connections_used_up(round_: Round) -> None:
    """Somebody takes every connection, or all but three, from those who had one, and keeps it."""
    round_.servers_away = True
    arena = round_.arena
    arena.knob(service="openai", latency_ms=[100, 600])
    arena.knob(service="webhooks", latency_ms=EVENTS_LATE_MS)
    arena.worker()
    arena.worker()
    with visiting(arena) as visitors:
        for number in range(2 if round_.short else 10):
            keep_busy(round_, for_s=1.5 if round_.short else round_.random.uniform(3, 10))
            just_paid(round_)
            leave = 3 * (number % 2)
            with _starving(round_), hoarding(arena, leave=leave):
                round_.injected += 1
                if not leave:
                    visitors.wait_for(503, "/readyz")
                keep_busy(round_, for_s=2 if round_.short else round_.random.uniform(5, 40))
            came_back(round_, visitors)
        round_.people.finish()
    held_up(round_, visitors)


@contextmanager
def _starving(round_: Round) -> Iterator[None]:
    """Note the time: who gets no connection for a lease is dead to who has one, and its replies
    come too late."""
    since = time.time()
    try:
        yield
    finally:
        round_.starved.append((since, time.time()))


def _some(round_: Round, count: int, least: float, most: float) -> list[float]:
    return [round_.random.uniform(least, most) for _ in range(count)]


@contextmanager
def hoarding(arena: Arena, *, leave: int) -> Iterator[None]:
    """End everybody's sessions and take all that `max_connections` allows but `leave`."""
    where: dict[str, Any] = {"host": HOST, "port": arena.servers.postgres_port}
    with ExitStack() as end:
        hoard: list[psycopg.Connection[Any]] = []
        patience = time.monotonic() + 60
        while not hoard or hoard[0].execute(_END_ALL_OTHERS, [HOARD]).fetchone() != (0,):
            if time.monotonic() > patience:
                raise Stuck("others have connections although all were taken from them")
            while (one := _one_more(where)) is not None:
                hoard.append(end.enter_context(one))
        for one in hoard[len(hoard) - leave :]:
            one.close()
        yield


def _one_more(where: dict[str, Any]) -> psycopg.Connection[Any] | None:
    try:
        return psycopg.connect(
            **where, user="postgres", dbname="postgres", autocommit=True, application_name=HOARD
        )
    except psycopg.OperationalError as full:
        if "too many clients" not in str(full):
            raise
        return None


def keep_busy(round_: Round, *, for_s: float) -> None:
    """Have people act for so long, with new orders whenever all others have ended."""
    enough = time.monotonic() + for_s
    while time.monotonic() < enough:
        if round_.people.act():
            place(round_, EVERYTHING)
        time.sleep(0.05)


def just_paid(round_: Round) -> None:
    """Have somebody pay at this moment."""
    errand = Errand()
    round_.people.want(errand)
    round_.arena.until(lambda: round_.people.act() or errand.paid, what="somebody has paid")


def came_back(round_: Round, visitors: Visitors | None = None) -> None:
    """Measure until every job that was due or in hand has gone on (a heartbeat, a run, an end) and
    the visitors' pages answer; hold that no worker ended over it."""
    before: dict[UUID, Standing] = {}
    began = time.monotonic()
    if visitors is not None:
        visitors.forget(*PATHS)
    round_.arena.until(lambda: before.update(_standing(due=True)) is None, what="the ledger")

    def gone_on() -> bool:
        round_.people.act()
        if visitors is not None and not visitors.were_told(200, *PATHS):
            return False
        now = _standing()
        return all(now.get(job) != stood for job, stood in before.items())

    round_.arena.until(gone_on, what="jobs that were due or in hand go on")
    round_.recoveries_s.append(time.monotonic() - began)
    if visitors is not None:
        all_live(round_)


def _standing(*, due: bool = False) -> dict[UUID, Standing]:
    """Return what of each open job changes when somebody works on it."""
    jobs = Job.objects.filter(state__in=[State.WAITING, State.ACTIVE])
    if due:
        jobs = jobs.filter(run_at__lte=Now())
    rows = jobs.values_list("pk", "state", "attempts", "lease_until")
    return {job: (state, attempts, lease) for job, state, attempts, lease in rows}


def held_up(round_: Round, visitors: Visitors) -> None:
    """Hold the bounds: every visit had an answer, and work went on soon."""
    slowest = max(round_.recoveries_s, default=0.0)
    what = f"PostgreSQL back → work goes on and pages answer: slowest {slowest:.1f} s"
    what += f" of {len(round_.recoveries_s)}, bound {BACK_WITHIN_S:g} s"
    round_.hold(promise="I9", held=slowest <= BACK_WITHIN_S, what=what)
    what = f"{visitors}; astray: {visitors.astray or 'none'}"
    round_.hold(promise="I9", held=not visitors.astray, what=what)
    refused = refused_events(round_)
    round_.notes.append(f"{refused} deliveries of Stripe's events were in vain, and repeated")


def refused_events(round_: Round) -> int:
    """Return how often Stripe told us something and was not told that we had it."""
    told = round_.arena.read("webhooks")["deliveries"]
    return sum(one["status"] is None or one["status"] >= 500 for one in told)
