"""Fault 23: a hundred thousand jobs wait for two workers, and revisions do not wait."""

import json
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from django.db import connection, transaction

from orders.models import Order, Status
from orders.revisions import JOB_KIND
from queueing import dispatcher, figures, plans, stats, sweeper
from queueing.models import Attempt, Job, State
from tests.faults.killed_workers import place
from tests.faults.kinds import CROWD, ORDERS_RANK
from tests.faults.matrix import Round, fault
from tests.faults.recovery import bound

WAITING = 100_000
OVERTAKES_S = 3.0
LOOK_MS, PAGE_MS = 50.0, 1000.0
# The quickest counts: what else the machine does only ever adds.
TRIES = 5
# For so long the crowd is worked on; then what is left of it is dropped, and that is said.
DRAINED_S, DRAINED_SHORT_S = 60.0, 15.0
_CROWD = """
INSERT INTO queueing_job (id, kind, subject, arguments, rank, priority, state, tries, run_at,
                          created_at, doing, attempts, failures, crashes, error_class,
                          error_reason, actor, has_detail)
SELECT gen_random_uuid(), %s, 'faults:' || n, '{}', %s, 5, 'waiting', 3, now(),
       now(), '', 0, 0, 0, '', '', '', true
FROM generate_series(1, %s) AS n
"""


@fault("23 100,000 jobs waiting, two workers")
def crowd(round_: Round) -> None:
    """Revisions overtake the crowd, the dispatcher's look and the pages stay quick."""
    arena = round_.arena
    for _ in range(2):
        arena.worker(quick=False)
    place(round_, [{"product": "article", "revise": True}] * (3 if round_.short else 8))
    _bring_before_the_customers(round_)
    with connection.cursor() as cursor:
        cursor.execute(_CROWD, [CROWD, ORDERS_RANK, WAITING])
    round_.injected += 1
    _overtakes(round_)
    _stays_quick(round_)
    _drains(round_)


def _bring_before_the_customers(round_: Round) -> None:
    def all_there() -> bool:
        for errand in round_.people.errands:
            if errand.order is None or not _is_ready(errand.order):
                round_.people.go_on(errand)
        return all(errand.order and _is_ready(errand.order) for errand in round_.people.errands)

    round_.arena.until(all_there, what="every order is before its customer")


def _is_ready(order: Order) -> bool:
    return Order.objects.filter(pk=order.pk, status=Status.QUALITY_CHECK).exists()


def _overtakes(round_: Round) -> None:
    """Everybody asks for a change; measure until the work on each begins."""
    round_.people.act()
    begun = Attempt.objects.filter(job__kind=JOB_KIND, number=1)
    asked = len(round_.people.errands)
    round_.arena.until(lambda: begun.count() == asked, what="the changes are being made")
    waited_s = [
        (started_at - asked_at).total_seconds()
        for started_at, asked_at in begun.values_list("started_at", "job__created_at")
    ]
    waiting = Job.objects.filter(kind=CROWD, state=State.WAITING).count()
    what = f"a revision before {waiting} waiting jobs → it runs"
    bound(round_, waited_s, at_most_s=OVERTAKES_S, what=what)


def _stays_quick(round_: Round) -> None:
    """What the ledger asks every second reads indexes, and the pages' figures come in time."""
    shares = {"kinds": [CROWD, JOB_KIND], "caps": [100, 100], "total": 100, "at": None}
    looks = {
        "the dispatcher's look": (dispatcher._STAMP, shares | {"lost_after_s": 10.0}),
        "the sweeper's look": (
            sweeper._LOOK,
            {"gone": [], "trusted_until": None, "at": None},
        ),
    }
    for name, (statement, values) in looks.items():
        plan, took_ms = min((_explained(statement, values) for _ in range(TRIES)), key=_took)
        scans = "Seq Scan on queueing_job " in plan
        what = f"{name}: {took_ms:.1f} ms, the quickest of {TRIES}, bound {LOOK_MS:g} ms"
        held = took_ms <= LOOK_MS and not scans
        round_.hold(promise="I9", held=held, what=what + (", reads all jobs" if scans else ""))
    pages: dict[str, Callable[[], object]] = {
        "queue statistics": stats.all_queue_stats,
        "the operators' page": figures.standing,
        "the time that the last in line is told": partial(stats.estimate, _last_in_line()),
    }
    for name, ask in pages.items():
        took_ms = min(_took_ms(ask) for _ in range(TRIES))
        what = f"{name}: {took_ms:.0f} ms, the quickest of {TRIES}, bound {PAGE_MS:g} ms"
        round_.hold(promise="I9", held=took_ms <= PAGE_MS, what=what)


def _last_in_line() -> Job:
    """The job of the crowd that all others go before."""
    waiting = Job.objects.filter(kind=CROWD, state=State.WAITING)
    return waiting.latest("rank", "priority", "run_at", "pk")


def _took_ms(ask: Callable[[], object]) -> float:
    began = time.monotonic()
    ask()
    return 1000 * (time.monotonic() - began)


def _took(explained: tuple[str, float]) -> float:
    return explained[1]


def _explained(statement: str, values: dict[str, Any]) -> tuple[str, float]:
    """Return the plan in words and what it took; nothing is changed."""
    with plans.by_order(), connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", values)
        found = cursor.fetchone()[0]
        transaction.set_rollback(True)
    plan = found if isinstance(found, list) else json.loads(found)
    nodes = list(_nodes(plan[0]["Plan"]))
    said = "".join(f"{node['Node Type']} on {node.get('Relation Name')} " for node in nodes)
    return said, float(plan[0]["Execution Time"])


def _nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for child in plan.get("Plans", []) for node in _nodes(child))]


def _drains(round_: Round) -> None:
    """Let the two workers work on it for a while."""
    waiting = Job.objects.filter(kind=CROWD, state=State.WAITING)
    began, had = time.monotonic(), waiting.count()
    until = began + (DRAINED_SHORT_S if round_.short else DRAINED_S)
    while time.monotonic() < until:
        round_.people.act()
    done, took_s = had - waiting.count(), time.monotonic() - began
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM queueing_job WHERE kind = %s AND state = 'waiting'", [CROWD])
        dropped = cursor.rowcount
    each_s = f"{done} of the crowd done in {took_s:.0f} s, {done / took_s:.0f} a second"
    round_.notes.append(each_s + (f"; the other {dropped} dropped" if dropped else ""))
