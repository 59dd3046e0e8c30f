"""Fault 4: Redis hands a message to a worker that is frozen, and dies with it in its hands.

The harness leads the dispatchers: it stamps what is due and sends it by the product's own courier
in the moment after the worker froze. Redis gives a message to whoever asked first and keeps none;
a worker asks once a second, and sleeps in between.
"""

import base64
import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from uuid import UUID

import psycopg
import redis
from django.db import connection
from django.utils import timezone

from config.celery import app
from local.ports import HOST
from queueing import dispatcher, registry
from queueing.dispatcher import Courier, Due
from queueing.models import Job, State
from queueing.models import Worker as Row
from tests.faults.arena import QUICK
from tests.faults.killed_workers import EVERYTHING, again_s, place
from tests.faults.matrix import Round, fault
from tests.faults.recovery import HERE_S, bound
from tests.faults.worker import Worker

Session = psycopg.Connection[Any]
TRIES = 10
AGAIN_S = float(QUICK["REDISPATCH_AFTER_S"]) + HERE_S


@fault("4 message lost between pop and acknowledge")
def message_lost(round_: Round) -> None:
    """A frozen worker is handed a message by Redis and dies with it."""
    arena = round_.arena
    took_s: list[float] = []
    for _ in range(1 if round_.short else 8):
        with _leading(round_) as session:
            victim = arena.worker(ready=False)
            place(round_, EVERYTHING)
            lost = _lose(round_, session, victim)
            victim.signal(signal.SIGKILL)
        round_.injected += len(lost)
        round_.met(bool(lost), f"{len(lost)} messages were popped and lost")
        arena.worker()
        since = timezone.now()
        round_.people.finish()
        took_s += again_s(lost, since=since)
        arena.stop_workers()
    if took_s:
        bound(round_, took_s, at_most_s=AGAIN_S, what="a message lost → its job runs")


@contextmanager
def _leading(round_: Round) -> Iterator[Session]:
    """Be the dispatchers' leader, so that nobody publishes but the harness."""
    with psycopg.connect(**connection.get_connection_params(), autocommit=True) as session:
        lock = "SELECT pg_try_advisory_lock(%s)"
        round_.arena.until(
            lambda: session.execute(lock, [dispatcher.LEADERSHIP]).fetchone() == (True,),
            what="the harness leads",
        )
        yield session


def _lose(round_: Round, session: Session, victim: Worker) -> list[Job]:
    """Freeze the worker while it asks Redis, and send what is due; return the jobs whose messages
    Redis gave it. One that Redis was slow to answer goes on, and is frozen again."""
    for _ in range(TRIES):
        due = partial(_is_due, round_, session, victim)
        round_.arena.until(due, what="there is a message to be lost, and a worker asks for it")
        victim.signal(signal.SIGSTOP)
        lost = _handed_over(round_, session)
        if lost:
            return lost
        victim.signal(signal.SIGCONT)
    return []


def _is_due(round_: Round, session: Session, victim: Worker) -> bool:
    """Let people act until a job waits for the worker, and it asks Redis; the leader says something
    meanwhile, or it is put out."""
    session.execute("SELECT 1")
    if not Row.objects.filter(pk=victim.id).exists():
        return False
    if round_.people.act():
        place(round_, EVERYTHING)
    with _redis(round_) as client:
        asks = any(one["cmd"] == "brpop" and "b" in one["flags"] for one in client.client_list())
    return asks and Job.objects.filter(state=State.WAITING, dispatched_at=None).exists()


def _handed_over(round_: Round, session: Session) -> list[Job]:
    """Publish what is due; return the jobs whose messages Redis has given away."""
    sent: list[Due] = []
    courier = Courier(app)

    def publish(due: list[Due]) -> list[Due]:
        sent.extend(due)
        return courier(due)

    dispatcher.dispatch(session, publish=publish)
    courier.close()
    lying = _lying(round_)
    gone = [due.job_id for due in sent if due.job_id not in lying]
    return list(Job.objects.filter(pk__in=gone, state=State.WAITING, attempts=0))


def _lying(round_: Round) -> set[UUID]:
    """Return the jobs whose messages lie in a queue."""
    with _redis(round_) as client:
        found = [
            json.loads(one) for name in registry.queues() for one in client.lrange(name, 0, -1)
        ]
    return {UUID(json.loads(base64.b64decode(one["body"]))[1]["job_id"]) for one in found}


def _redis(round_: Round) -> redis.Redis:
    return redis.Redis(host=HOST, port=round_.arena.servers.redis_port)
