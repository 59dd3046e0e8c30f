"""Fault 10: Redis holds messages twice, in any order, and some that nobody of ours has sent."""

import base64
import json
from collections.abc import Iterator
from copy import deepcopy
from random import Random
from typing import Any
from uuid import uuid4

import redis

from local.ports import HOST
from queueing import registry
from queueing.dispatcher import Courier, Due
from queueing.models import Job
from tests.faults.broken_redis import act_for, all_live
from tests.faults.killed_workers import EVERYTHING, place
from tests.faults.matrix import Round, fault

# No kind of ours: what is sent to it lies there until the harness takes it.
TEMPLATES = "harness-template"
COPIES = 5
Message = dict[str, Any]
# What is no message at all: another program's, half of one, the bytes of an image.
RUBBISH = (
    b"", b"null", b"[]", b"{}", b'"text"', b"7", b'{"body": ', b"\xff\xd8\xff\xe0", b"PING\r\n",
    b'{"body": "", "headers": {}, "properties": {}}', b'{"headers": {"task": "email"}}',
)  # fmt: skip
STRANGE_IDS: tuple[object, ...] = (
    "",
    "7",
    "not-a-uuid",
    7,
    None,
    [],
    {"job_id": 1},
    "x" * 100_000,
    "\x00",
)


@fault("10 messages duplicated, shuffled, forged")
def confused(round_: Round) -> None:
    """Every job's message comes again and again, in any order, among others that nobody sent."""
    arena = round_.arena
    for _ in range(2):
        arena.worker()
    forger = Forger(round_)
    for _ in range(1 if round_.short else 8):
        place(round_, EVERYTHING)
        for _ in range(8):
            act_for(round_, round_.random.uniform(0.1, 0.5))
            round_.injected += forger.confuse()
        round_.people.finish()
        arena.until(forger.all_read, what="the queues are empty")
        all_live(round_)
    forger.close()


class Forger:
    """Writes to the queues what the dispatcher would not."""

    def __init__(self, round_: Round) -> None:
        self._random: Random = round_.random
        self._redis = redis.Redis(host=HOST, port=round_.arena.servers.redis_port)
        self._template = self._sent()

    def close(self) -> None:
        self._redis.close()

    def confuse(self) -> int:
        """Put copies and forgeries into the queues and shuffle each; return how many."""
        jobs = list(Job.objects.order_by("?")[:20])
        forged = [*self._copies(jobs), *self._of_other_kinds(jobs), *self._strange(jobs)]
        for queue, body in forged:
            self._redis.lpush(queue, body)
        for queue in registry.queues():
            self._shuffle(queue)
        return len(forged)

    def all_read(self) -> bool:
        """Whether the workers have taken everything."""
        return not any(self._redis.llen(queue) for queue in registry.queues())

    def _copies(self, jobs: list[Job]) -> Iterator[tuple[str, bytes]]:
        """The messages of jobs that wait, run and are settled."""
        for job in jobs:
            for _ in range(COPIES):
                yield job.kind, self._message(job.kind, job_id=str(job.pk))
        yield self._anywhere(), self._message(self._anywhere(), job_id=str(uuid4()))

    def _of_other_kinds(self, jobs: list[Job]) -> Iterator[tuple[str, bytes]]:
        """A job's id told to the task of another kind, and its own message in another's queue."""
        for job in jobs:
            other = self._anywhere()
            yield other, self._message(other, job_id=str(job.pk))
            yield self._anywhere(), self._message(job.kind, job_id=str(job.pk))

    def _strange(self, jobs: list[Job]) -> Iterator[tuple[str, bytes]]:
        kind, job_id = self._anywhere(), str(jobs[0].pk) if jobs else str(uuid4())
        for strange in STRANGE_IDS:
            yield kind, self._message(kind, job_id=strange)
        yield kind, self._message(kind)
        yield kind, self._message(kind, job_id=job_id, colour="green")
        yield kind, self._message("os.system", job_id=job_id)
        yield kind, self._message(kind, headers={"retries": 10**6}, job_id=job_id)
        yield kind, self._message(kind, headers={"expires": "2001-01-01"}, job_id=job_id)
        yield kind, self._message(kind, headers={"eta": "2099-01-01T00:00:00"}, job_id=job_id)
        yield kind, self._message(kind, headers={"eta": "tomorrow"}, job_id=job_id)
        yield kind, self._message(kind, headers={"task": None}, job_id=job_id)
        for body in (b"", b"{", b"[]", b"[1,2,3]", b'[[], {}, "?"]', b"\x80\x04."):
            yield kind, self._envelope(base64.b64encode(body).decode())
        yield kind, self._envelope("no base64!")
        pickled = base64.b64encode(b"\x80\x04N.").decode()
        yield kind, self._envelope(pickled, content_type="application/x-python-serialize")
        for rubbish in RUBBISH:
            yield kind, rubbish

    def _message(self, task: str, *, headers: Message | None = None, **kwargs: Any) -> bytes:
        """Return what Celery would send for that task with these arguments."""
        body = base64.b64encode(json.dumps([[], kwargs, {}]).encode()).decode()
        return self._envelope(body, headers={"task": task, "id": str(uuid4())} | (headers or {}))

    def _envelope(
        self, body: str, *, headers: Message | None = None, content_type: str = "application/json"
    ) -> bytes:
        message = deepcopy(self._template)
        message |= {"body": body, "content-type": content_type}
        message["headers"] |= headers or {"task": self._anywhere()}
        message["properties"]["delivery_tag"] = str(uuid4())
        return json.dumps(message).encode()

    def _sent(self) -> Message:
        """Return a message as the courier sends it."""
        from config.celery import app

        courier = Courier(app)
        unsent = courier([Due(job_id=uuid4(), kind=TEMPLATES, failures=0)])
        courier.close()
        lying = self._redis.rpop(TEMPLATES)
        if unsent or not isinstance(lying, bytes):
            raise RuntimeError("no message came to Redis")
        return dict(json.loads(lying))

    def _shuffle(self, queue: str) -> None:
        with self._redis.pipeline(transaction=True) as both:
            both.lrange(queue, 0, -1)
            both.delete(queue)
            lying = both.execute()[0]
        if lying:
            self._random.shuffle(lying)
            self._redis.lpush(queue, *lying)

    def _anywhere(self) -> str:
        return self._random.choice(registry.queues())
