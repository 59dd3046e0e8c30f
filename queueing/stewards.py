"""The threads that every worker process runs beside its jobs, and how it stops.

`celery -A config worker` starts them as a bootstep: a heartbeat, a sweeper and a dispatcher.
"""

import os
import signal
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import FrameType
from typing import Any

import structlog
from celery import bootsteps
from django.conf import settings
from django.db import connection

from queueing import clock, registry, sweeper, workers
from queueing.checks import refuse_wrong_settings
from queueing.dispatcher import Courier, Dispatcher
from queueing.process import Process, here

log = structlog.get_logger(__name__)

SWEEP_EVERY_S = 1.0
PAUSE_AT_MOST_S = 2.0
# A terminal's Ctrl-C and its supervisor's SIGTERM come together and mean one thing.
ONE_WISH_S = 1.0
NEVER = datetime.min.replace(tzinfo=UTC)
STOPPED_HARD = 1


class Steward(threading.Thread):
    """Calls `work` every `every_s` seconds until stopped. Trouble is logged when it begins and
    when it is over, and the next try waits a little; it never ends the thread."""

    def __init__(self, name: str, work: Callable[[], object], *, every_s: float) -> None:
        super().__init__(name=f"queueing-{name}", daemon=True)
        self._work = work
        self._every_s = every_s
        self._stop_wanted = False
        self._wake = threading.Event()
        self.in_trouble = False

    def run(self) -> None:
        pause_s = self._every_s
        while not self._stop_wanted:
            try:
                self._work()
            except Exception as error:
                if not self.in_trouble:
                    log.warning("steward_in_trouble", steward=self.name, error=type(error).__name__)
                    log.debug("steward_in_trouble", steward=self.name, exc_info=True)
                self.in_trouble = True
                connection.close()
                pause_s = min(PAUSE_AT_MOST_S, max(0.1, pause_s * 2))
            else:
                if self.in_trouble:
                    log.info("steward_recovered", steward=self.name)
                self.in_trouble = False
                pause_s = self._every_s
            self._wake.wait(pause_s)
            self._wake.clear()
        connection.close()

    @property
    def stopping(self) -> bool:
        """Whether the thread was asked to end."""
        return self._stop_wanted

    def ask_to_stop(self) -> None:
        """End after the call in hand."""
        self._stop_wanted = True
        self._wake.set()

    def hurry(self) -> None:
        """Make the next call now."""
        self._wake.set()


class Sweeping:
    """Sweeps, but believes in no expired lease while this process was blind itself: after an
    outage every lease has run out, and its owner's next heartbeat is seconds away.

    The database's clock tells, at each statement: an outage may also begin, or a server freeze,
    when a sweep is half done. On a full disk the clock is read all the time: there a lease that is
    about to run out is one that this process can write, or it is blind."""

    def __init__(self, *, read_clock: Callable[[], datetime] = clock.read) -> None:
        self._read_clock = read_clock
        self._last: datetime | None = None
        self._blind_until: datetime | None = None

    def __call__(self) -> None:
        now = self._read_clock()
        # Sweeps a little late are no outage.
        late = timedelta(seconds=settings.HEARTBEAT_S + 2 * SWEEP_EVERY_S)
        next_beat_s = settings.HEARTBEAT_S + PAUSE_AT_MOST_S
        if self._last is None or now - self._last > late:
            self._blind_until = now + timedelta(seconds=next_beat_s)
        self._last = None  # unless this sweep comes to its end
        sweeper.rewrite_late(within_s=next_beat_s)
        if self._blind_until is not None and now < self._blind_until:
            sweeper.sweep(trusted_until=NEVER)
        else:
            self._blind_until = None
            sweeper.sweep(trusted_until=now + late)
        self._last = now


class Stewards(bootsteps.StartStopStep):  # type: ignore[misc]
    """Starts the threads before the worker takes messages, ends them after its last job."""

    requires = ("celery.worker.components:Pool",)  # stopped before it, while jobs still run

    def __init__(self, worker: Any, **options: Any) -> None:
        super().__init__(worker, **options)
        refuse_wrong_settings()
        self._process: Process = here
        self._threads: list[Steward] = []

    def start(self, worker: Any) -> None:
        """Begin to keep the ledger; the database need not be there yet."""
        kinds = served_by(set(worker.app.amqp.queues.consume_from))
        threads = worker.concurrency
        courier = Courier(worker.app)
        self._heartbeat = Steward(
            "heartbeat",
            lambda: workers.beat(self._process, threads=threads, kinds=kinds),
            every_s=settings.HEARTBEAT_S,
        )
        self._sweeper = Steward("sweeper", Sweeping(), every_s=SWEEP_EVERY_S)
        dispatcher = Dispatcher(publish=courier, stopping=lambda: self._dispatcher.stopping)
        self._dispatcher = Steward("dispatcher", dispatcher.serve, every_s=settings.POLL_S)
        self._threads = [self._heartbeat, self._sweeper, self._dispatcher]
        for steward in self._threads:
            steward.start()
        _stop_on_signals(self._process)
        log.info("worker_serves", worker=str(self._process.worker), kinds=kinds, threads=threads)

    def stop(self, worker: Any) -> None:
        """Let running jobs reach their next stored step and hand back, heartbeats going on."""
        self._process.stopping.set()
        self._heartbeat.hurry()  # this worker's threads are no longer on offer
        self._dispatcher.ask_to_stop()
        self._sweeper.ask_to_stop()
        if not self._process.wait_until_idle(timeout_s=settings.STOP_GRACE_S):
            log.error("stopped_with_jobs_running", jobs=len(self._process.in_hand()))
            _exit_now()
        self._heartbeat.ask_to_stop()
        for steward in self._threads:
            steward.join(timeout=PAUSE_AT_MOST_S)
        workers.leave(self._process)
        connection.close()
        log.info("worker_left", worker=str(self._process.worker))

    def terminate(self, worker: Any) -> None:
        """Leave at once: the ledger gives the jobs to others."""
        _exit_now()


def served_by(queues: set[str]) -> list[str]:
    """Return the kinds whose queue a worker consumes."""
    return [kind.name for kind in registry.kinds() if kind.queue in queues]


def _stop_on_signals(process: Process) -> None:
    """The first signal stops gracefully, jobs included; a second one, later, at once."""
    # Celery's answer to SIGTERM for both; its own to SIGINT ends in a failure.
    stop = _Stop(process, celerys=signal.getsignal(signal.SIGTERM))
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)


class _Stop:
    def __init__(self, process: Process, *, celerys: Any) -> None:
        self._process = process
        self._celerys = celerys

    def __call__(self, number: int, frame: FrameType | None) -> None:
        now = time.monotonic()
        asked_at = self._process.asked_to_stop_at
        if asked_at is None:
            self._process.asked_to_stop_at = now
            self._process.stopping.set()
            if callable(self._celerys):
                self._celerys(signal.SIGTERM, frame)
        elif now - asked_at > ONE_WISH_S:
            _exit_now()


def _exit_now() -> None:
    # Threads in the middle of a call would keep an ordinary exit waiting for them.
    os._exit(STOPPED_HARD)
