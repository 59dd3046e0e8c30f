"""Fault 25: a seeded mix of orders and faults (`schedule.WEIGHTS`), judged at the end of each leg.

What happens is decided beforehand (`schedule`) and written to `VAR_DIR/soak.jsonl`; when a
process gets to run is the machine's, so a repeated run meets the same faults at other instructions.
"""

import json
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import redis
from django.db import Error, connection

from config.celery import app
from local.ports import HOST
from orders.stripe_client import NETWORK_RETRIES
from queueing.dispatcher import Courier, Due
from queueing.models import Job
from tests.faults import schedule
from tests.faults.crash_points import MANY
from tests.faults.failing_providers import CALLS, MODEL_FAULTS
from tests.faults.matrix import Round, fault
from tests.faults.people import Errand
from tests.faults.restarts import END_DISPATCHERS
from tests.faults.schedule import Act
from tests.faults.worker import Worker

LEG_S, SHORT_LEG_S = 60.0, 20.0
LEGS = 5
WORKERS = 3
_END_SESSIONS = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@fault("25 soak: a seeded mix of faults")
def soak(round_: Round) -> None:
    """Workers, servers and providers broken by chance under orders, each leg judged at its end."""
    began, seed = time.monotonic(), round_.random.getrandbits(32)
    file = Path(round_.arena.env["VAR_DIR"]) / "soak.jsonl"
    file.unlink(missing_ok=True)
    counted: Counter[str] = Counter()
    legs = 0
    leg_s = SHORT_LEG_S if round_.short and round_.for_s is None else LEG_S
    try:
        while legs == 0 or _goes_on(round_, legs, took_s=time.monotonic() - began):
            if legs:
                round_.begin_again()
            acts = schedule.leg(seed=seed, number=legs, for_s=leg_s)
            _write_down(file, legs, acts)
            legs += 1
            _Leg(round_, counted).play(acts)
            round_.judge()
    finally:
        round_.injected = counted.total()
        round_.notes.append(f"{legs} legs; what happens when: {file}")
        round_.notes.append(", ".join(f"{n} {name}" for name, n in counted.most_common()))


def _write_down(file: Path, number: int, acts: list[Act]) -> None:
    with file.open("a") as written:
        written.writelines(json.dumps({"leg": number, **act.as_json()}) + "\n" for act in acts)


def _goes_on(round_: Round, legs: int, *, took_s: float) -> bool:
    if round_.wrong:
        return False  # what the last leg left behind shows what happened
    if round_.for_s is None:
        return legs < (1 if round_.short else LEGS)
    return took_s * (legs + 1) / legs < round_.for_s


@dataclass
class _Leg:
    """One leg on an empty arena; `counted` adds up the faults by name."""

    round_: Round
    counted: Counter[str]
    frozen: list[tuple[float, Worker]] = field(default_factory=list)
    told_to_end: list[Worker] = field(default_factory=list)
    redis_ill_until: float | None = None

    def play(self, acts: list[Act]) -> None:
        """Do everything when it is due, then let all come to its end.

        :raises Stuck: it does not
        """
        began = time.monotonic()
        for act in acts:
            while time.monotonic() - began < act.at_s:
                self._live()
            self._do(act)
        self._end()

    def _live(self) -> None:
        """A moment of everyday life: people act, who is frozen wakes, who died is replaced."""
        arena = self.round_.arena
        for waking in [one for one in self.frozen if one[0] <= time.monotonic()]:
            waking[1].signal(signal.SIGCONT)
            self.frozen.remove(waking)
        if self.redis_ill_until is not None and self.redis_ill_until <= time.monotonic():
            self._cure_redis()
        arena.workers = [worker for worker in arena.workers if worker.running]
        while len(arena.workers) < WORKERS:
            arena.worker(ready=False, MAX_CRASHES=str(MANY))
        self.round_.people.act()

    def _do(self, act: Act) -> None:
        acts: dict[str, Callable[..., int]] = {
            "copies": self._copies,
            "order": self._order,
            "kill": self._kill,
            "kill-all": self._kill_all,
            "freeze": self._freeze,
            "term": self._term,
            "wipe-redis": self._wipe_redis,
            "restart-redis": self._restart_redis,
            "freeze-redis": self._freeze_redis,
            "fill-redis": self._fill_redis,
            "cut-off-redis": self._cut_off_redis,
            "restart-postgres": self._restart_postgres,
            "end-sessions": partial(self._sql, _END_SESSIONS),
            "end-dispatchers": partial(self._sql, END_DISPATCHERS),
            "model": self._model,
            "send-reply-lost": self._send_reply_lost,
            "refund-reply-lost": self._refund_reply_lost,
            "messages-again": self._messages_again,
            "events-again": self._events_again,
        }
        try:
            done = acts[act.name](**act.values)
        except Error:
            connection.close()  # the database is away already: that is no fault more
            return
        if done:
            self.counted[act.name] += done

    def _end(self) -> None:
        arena = self.round_.arena
        for _, sleeper in self.frozen:
            sleeper.signal(signal.SIGCONT)
        self.frozen.clear()
        self._cure_redis()
        arena.until(self._all_done, what="every order has ended")
        self.round_.people.quiet()
        self._count_calls()
        arena.clear_knobs()
        self.round_.most_crashes = MANY

    def _count_calls(self) -> None:
        """Count the calls that a knob touched."""
        for knob in self.round_.arena.read("knobs")["knobs"]:
            touched, copies = knob["used"], knob.get("copies")
            if copies:
                self.counted["events copied"] += touched * (copies - 1)
            elif knob.get("times"):
                self.counted[f"{knob['service']} calls"] += touched

    def _all_done(self) -> bool:
        self._live()
        return self.round_.people.act()

    # --- what happens; each returns how many faults that was, knobs none ----------------------

    def _copies(self, copies: int) -> int:
        self.round_.arena.knob(service="webhooks", copies=copies)
        return 0

    def _order(self, **wish: Any) -> int:
        self.round_.people.want(Errand(**wish))
        return 0

    def _worker(self, which: int) -> Worker | None:
        awake = [w for w in self.round_.arena.workers if w not in [one for _, one in self.frozen]]
        return awake[which % len(awake)] if awake else None

    def _kill(self, which: int) -> int:
        worker = self._worker(which)
        if worker is not None:
            worker.signal(signal.SIGKILL)
        return int(worker is not None)

    def _term(self, which: int) -> int:
        worker = self._worker(which)
        if worker is not None:
            if worker in self.told_to_end:
                worker.remember_hit()  # told twice, it leaves at once, whatever it has in hand
            self.told_to_end.append(worker)
            worker.signal(signal.SIGTERM)
        return int(worker is not None)

    def _freeze(self, which: int, for_s: float) -> int:
        worker = self._worker(which)
        if worker is not None:
            worker.signal(signal.SIGSTOP)
            self.frozen.append((time.monotonic() + for_s, worker))
        return int(worker is not None)

    def _kill_all(self) -> int:
        workers = [worker for worker in self.round_.arena.workers if worker.running]
        for worker in workers:
            worker.signal(signal.SIGKILL)
        self.frozen.clear()
        return len(workers)

    def _wipe_redis(self) -> int:
        self._cure_redis()
        self.round_.arena.flush_redis()
        return 1

    def _freeze_redis(self, for_s: float) -> int:
        self._cure_redis()
        self.round_.arena.redis.signal(signal.SIGSTOP)
        self.redis_ill_until = time.monotonic() + for_s
        return 1

    def _fill_redis(self, for_s: float) -> int:
        self._cure_redis()
        self._tell_redis("CONFIG SET", "maxmemory", 1)
        self.redis_ill_until = time.monotonic() + for_s
        return 1

    def _cut_off_redis(self) -> int:
        """End the connections of everybody else."""
        self._cure_redis()
        return int(self._tell_redis("CLIENT KILL", "TYPE", "normal", "SKIPME", "yes") > 0)

    def _cure_redis(self) -> None:
        if self.redis_ill_until is None:
            return
        self.redis_ill_until = None
        self.round_.arena.redis.signal(signal.SIGCONT)
        self._tell_redis("CONFIG SET", "maxmemory", 0)

    def _tell_redis(self, *command: str | int) -> Any:
        with redis.Redis(host=HOST, port=self.round_.arena.servers.redis_port) as client:
            return client.execute_command(*command)

    def _restart_redis(self) -> int:
        self._cure_redis()
        self.round_.arena.redis.kill()
        self.round_.arena.start_redis()
        return 1

    def _restart_postgres(self) -> int:
        arena = self.round_.arena
        connection.close()
        arena.postgres.signal(signal.SIGQUIT)  # at once, as if the power failed
        arena.until(lambda: not arena.postgres.running, what="PostgreSQL stops")
        arena.start_postgres()
        return 1

    def _sql(self, statement: str) -> int:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            ended: int = cursor.fetchone()[0]
        return int(ended > 0)  # one blow, however many sessions it ends

    def _model(self, which: int) -> int:
        self.round_.arena.knob(**CALLS, **MODEL_FAULTS[which % len(MODEL_FAULTS)], times=1)
        return 0

    def _send_reply_lost(self) -> int:
        self.round_.arena.knob(service="sendgrid", drop_reply=True, times=1)
        return 0

    def _refund_reply_lost(self) -> int:
        knob = {"service": "stripe", "operation": "refunds.create", "drop_reply": True}
        self.round_.arena.knob(**knob, times=NETWORK_RETRIES + 1)
        return 0

    def _messages_again(self, times: int, which: int) -> int:
        """Publish messages about any jobs, settled ones too, in any order."""
        # By their ids, which are chance themselves, the seed would decide nothing.
        jobs = list(Job.objects.order_by("created_at").values_list("id", "kind")[:1000])
        chosen = Random(which).choices(jobs, k=times * 5) if jobs else []
        due = [Due(job_id=job_id, kind=kind, failures=0) for job_id, kind in chosen]
        courier = Courier(app)
        unsent = courier(due)
        courier.close()
        return len(due) - len(unsent)

    def _events_again(self, times: int, which: int) -> int:
        arena = self.round_.arena
        events = arena.read("stripe/events")["events"]
        Random(which).shuffle(events)
        for event in events[:10]:
            arena.control(f"stripe/events/{event['id']}/deliver", {"times": times})
        return times * len(events[:10])
