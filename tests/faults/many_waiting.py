"""Redis is wiped while 10,000 jobs wait: how long until none of its losses is felt.

The ledger keeps what waits; Redis holds a message for each free thread and no more. So a wipe can
lose those messages only, and "dispatched again" is: each job whose message was lost has been taken
up, and as many jobs a second are settled as before.
"""

import time

import redis
from django.db import transaction
from django.utils import timezone

from local.ports import HOST
from queueing import ledger
from queueing.models import Job, State
from tests.faults import kinds
from tests.faults.arena import Arena, Stuck
from tests.faults.matrix import Round

WAITING = 10_000
ON_THE_WAY = 3_000  # more, which are done by then
WIPES = 20
BOUND_S = 15
FULL_RATE = 0.8  # of what it was before; the machine is not ours alone
BEFORE_S = 5
LOOK_S = 0.5
# Deletes everything at a moment when messages lie there, and tells how many.
_WIPE = """
local lost = 0
for _, queue in ipairs(ARGV) do lost = lost + redis.call('LLEN', queue) end
if lost > 0 then redis.call('FLUSHALL') end
return lost
"""


def wiped(round_: Round) -> None:
    """Hold that what the wipes lost is dispatched again within 15 s, as production waits."""
    arena = round_.arena
    with transaction.atomic():
        for number in range(WAITING + ON_THE_WAY):
            ledger.enqueue(kind=kinds.NOTHING, subject=f"harness-{number}")
    for _ in range(2):
        arena.worker(REDISPATCH_AFTER_S="10")
    time.sleep(1)
    before = _rate(BEFORE_S)
    waiting = _open()
    lost = wipe(arena, kinds.NOTHING, times=WIPES)
    round_.injected += WIPES
    began = time.monotonic()
    taken_s, full_s = None, None
    at = timezone.now()
    while taken_s is None or full_s is None:
        rate = _rate(LOOK_S)
        if full_s is None and rate >= FULL_RATE * before:
            full_s = time.monotonic() - began
        if taken_s is None and not _lost_still(at):
            taken_s = time.monotonic() - began
        if time.monotonic() - began > 4 * BOUND_S:
            raise Stuck(f"{len(_lost_still(at))} jobs dispatched before the wipe are not taken up")
    round_.recoveries_s.append(max(taken_s, full_s))
    what = (
        f"Redis wiped {WIPES} times with {waiting} jobs waiting, {lost} messages lost: "
        f"all taken up in {taken_s:.1f} s, again {FULL_RATE:.0%} of {before:.0f} jobs a second "
        f"in {full_s:.1f} s (bound {BOUND_S} s)"
    )
    round_.hold(promise="I9", held=max(taken_s, full_s) <= BOUND_S, what=what)
    round_.people.quiet(timeout_s=600)


def wipe(arena: Arena, *queues: str, times: int) -> int:
    """Wipe Redis so many times, each time when messages lie in these queues; return how many
    messages that were.

    :raises Stuck: too seldom did any lie there
    """
    lost, wipes = 0, 0
    with redis.Redis(host=HOST, port=arena.servers.redis_port) as client:
        script = client.register_script(_WIPE)
        until = time.monotonic() + 60
        while wipes < times:
            found = int(script(args=[*queues]))
            lost += found
            wipes += found > 0
            if time.monotonic() > until:
                raise Stuck(f"{wipes} times in 60 s a message lay in Redis")
    return lost


def _rate(span_s: float) -> float:
    """Return the jobs settled a second during this time from now."""
    before, began = _open(), time.monotonic()
    time.sleep(span_s)
    return (before - _open()) / (time.monotonic() - began)


def _open() -> int:
    return Job.objects.filter(state__in=[State.WAITING, State.ACTIVE]).count()


def _lost_still(at: object) -> list[object]:
    """Jobs that were dispatched before that moment, and neither taken up nor sent again."""
    waiting = Job.objects.filter(state=State.WAITING, dispatched_at__lte=at)
    return list(waiting.values_list("pk", flat=True))
