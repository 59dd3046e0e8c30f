"""Faults 6 to 9: Redis is killed, wiped, frozen and full, and its connections are reset.

None of them excuses anything: Redis carries hints, so no reply of a provider is lost with it.
"""

import signal
import time
from uuid import UUID, uuid4

import redis
from django.db import transaction
from django.utils import timezone

from local.ports import HOST
from queueing import ledger, registry
from queueing.models import Job, State
from tests.faults import answering, many_waiting
from tests.faults.arena import LOOK_S
from tests.faults.killed_workers import EVERYTHING, place
from tests.faults.kinds import NOTHING
from tests.faults.matrix import Round, fault

RESETS = 1000
# From when Redis is itself again until all that was due is taken up, with the harness's quicker
# settings: a worker asks for Redis every few seconds, and what got lost with it is sent again after
# REDISPATCH_AFTER_S, 3 s.
BACK_S = 10.0
BURST = 80  # jobs of which some messages lie in Redis at a moment


@fault("6 Redis killed")
def killed(round_: Round) -> None:
    """Redis dies with what it holds, in the middle of work, and comes back empty after a while."""
    arena = round_.arena
    _staff(round_)
    for _ in range(1 if round_.short else 10):
        _work_for(round_, round_.random.uniform(0.3, 2))
        arena.redis.kill()
        round_.injected += 1
        act_for(round_, round_.random.uniform(0.5, 4))
        arena.start_redis()
        _goes_on(round_)
    _held_up(round_)


@fault("7 Redis wiped")
def wiped(round_: Round) -> None:
    """All of Redis is deleted, again and again while work goes on; then with 10,000 waiting."""
    _staff(round_)
    lost = 0
    for _ in range(1 if round_.short else 6):
        _work_for(round_, round_.random.uniform(0.2, 1))
        for _ in range(10):
            round_.arena.flush_redis()
            round_.injected += 1
            act_for(round_, round_.random.uniform(0, 0.3))
        with transaction.atomic():  # all at once, or they are done before anybody looks
            for _ in range(BURST):
                ledger.enqueue(kind=NOTHING, subject=f"faults:{uuid4()}")
        lost += many_waiting.wipe(round_.arena, *registry.queues(), times=1)
        round_.injected += 1
        _goes_on(round_)
    round_.met(lost > 0, f"{lost} messages lay in Redis when it was wiped")
    _held_up(round_)
    if not round_.short:
        round_.begin_again()
        many_waiting.wiped(round_)


@fault("8 Redis frozen 60 s")
def frozen(round_: Round) -> None:
    """Redis takes connections and answers none; people order, pay and ask for changes meanwhile."""
    round_.servers_away = True
    _staff(round_)
    spans_s = (4,) if round_.short else (60, 7, 1)
    for freeze_s in spans_s:
        _work_for(round_, 1)
        round_.arena.redis.signal(signal.SIGSTOP)
        round_.injected += 1
        place(round_, EVERYTHING)
        act_for(round_, freeze_s)
        round_.arena.redis.signal(signal.SIGCONT)
        _goes_on(round_)
    round_.notes.append(f"frozen for {' s, '.join(map(str, spans_s))} s")
    _held_up(round_)
    if not round_.short:
        round_.begin_again()
        answering.as_quickly_with_redis_frozen(round_)


@fault("9 Redis out of memory")
def full(round_: Round) -> None:
    """Redis refuses every write for want of memory, but still answers."""
    _staff(round_)
    refused = 0
    with redis.Redis(host=HOST, port=round_.arena.servers.redis_port) as client:
        for _ in range(1 if round_.short else 8):
            _work_for(round_, round_.random.uniform(0.2, 1))
            client.config_set("maxmemory", 1)
            round_.injected += 1
            refused += _refuses(client)
            act_for(round_, round_.random.uniform(2, 5))
            client.config_set("maxmemory", 0)
            _goes_on(round_)
    round_.met(refused == round_.injected, f"{refused} times full, and a SET refused with OOM")
    _held_up(round_)


def _refuses(client: redis.Redis) -> bool:
    """Whether Redis refuses to keep anything more."""
    try:
        client.set("faults", "anything")
    except redis.exceptions.OutOfMemoryError:
        return True
    return False


@fault("9 Redis' connections reset a thousand times")
def reset(round_: Round) -> None:
    """Every connection to Redis, of workers and web server, is reset several times a second."""
    wanted = 50 if round_.short else RESETS
    with round_.arena.wires() as wires:
        _staff(round_)
        while round_.injected < wanted and all_live(round_):
            if round_.people.act():
                place(round_, EVERYTHING)
            round_.injected += wires.redis.reset()
            time.sleep(round_.random.uniform(0, 0.3))
        what = f"{round_.injected} connections reset, at least {wanted} wanted"
        round_.met(round_.injected >= wanted, what)
        _goes_on(round_)
    _held_up(round_)


def act_for(round_: Round, span_s: float) -> None:
    """Let people act, whatever is broken."""
    enough = time.monotonic() + span_s
    while time.monotonic() < enough:
        round_.people.act()
        time.sleep(LOOK_S)


def _staff(round_: Round) -> None:
    for _ in range(2):
        round_.arena.worker()


def _work_for(round_: Round, span_s: float) -> None:
    """Let new orders be worked on until they are somewhere in the middle."""
    place(round_, EVERYTHING)
    act_for(round_, span_s)


def _goes_on(round_: Round) -> None:
    """Redis is itself again: measure until what was due is taken up, then let everything end."""
    due = _due()
    began = time.monotonic()
    round_.arena.until(lambda: not _untouched(due), what="what was due is taken up")
    round_.recoveries_s.append(time.monotonic() - began)
    round_.people.finish()
    all_live(round_)


def _held_up(round_: Round) -> None:
    """Hold the bound of what `_goes_on` measured so far."""
    slowest = max(round_.recoveries_s)
    what = f"Redis whole again → what was due is taken up: slowest {slowest:.1f} s"
    what += f" of {len(round_.recoveries_s)}, bound {BACK_S:g} s"
    round_.hold(promise="I9", held=slowest <= BACK_S, what=what)


def _due() -> dict[UUID, int]:
    """Return the runs of each job that should be running now."""
    waiting = Job.objects.filter(state=State.WAITING, run_at__lte=timezone.now())
    return dict(waiting.values_list("pk", "attempts"))


def _untouched(due: dict[UUID, int]) -> list[UUID]:
    now = Job.objects.filter(pk__in=due, state=State.WAITING).values_list("pk", "attempts")
    return [pk for pk, runs in now if runs == due[pk]]


def all_live(round_: Round) -> bool:
    """No fault of a broker's may end a worker; False, and held against the round, if one did."""
    dead = [worker.name for worker in round_.arena.workers if not worker.running]
    if dead:
        round_.hold(promise="I8", held=False, what=f"{dead} ended by themselves")
    return not dead
