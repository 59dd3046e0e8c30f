"""Fault 19: processes whose clocks are an hour apart. The ledger goes by the database's."""

import signal
import time
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from uuid import UUID

import httpx2
from django.db.models import F
from django.utils import timezone

from articles.models import ModelCall
from local.ports import HOST
from queueing.models import Attempt, Job
from tests.faults.arena import Arena
from tests.faults.broken_postgres import came_back
from tests.faults.killed_workers import EVERYTHING, in_the_hands_of, place
from tests.faults.matrix import Round, fault
from tests.faults.wrong import Wrong

HOUR_S = 3600
# With its failures and a death, and waits of seconds: whoever took another's clock for his own
# would wait for an hour.
ENDED_WITHIN_S = 90.0
PROCESSES_OFF = 3  # the web server and two workers
NEAR = timedelta(minutes=30)


@fault("19 clocks of web and workers an hour off")
def clocks_off(round_: Round) -> None:
    """The web server and a worker are an hour ahead or behind, another worker the other way, and
    what is tried again goes from one to another. The first worker dies."""
    arena = round_.arena
    for off_s in [HOUR_S] if round_.short else [HOUR_S, -HOUR_S] * 4:
        arena.stop_web()
        arena.start_web(CLOCK_OFF_S=str(off_s))
        arena.worker(CLOCK_OFF_S=str(-off_s))
        victim = arena.worker(CLOCK_OFF_S=str(off_s))
        arena.knob(service="openai", latency_ms=[100, 400])
        failing = [
            arena.knob(service="openai", status=500, times=2, skip=3),
            arena.knob(service="sendgrid", status=503, times=2),
        ]
        round_.injected += PROCESSES_OFF
        place(round_, EVERYTHING)
        in_the_hands_of(round_, victim)
        _is_off(round_, off_s)
        victim.signal(signal.SIGKILL)
        died_at = time.monotonic()
        round_.injected += 1
        came_back(round_)
        round_.people.finish()
        took_s = time.monotonic() - died_at
        round_.injected += sum(map(arena.used, failing))
        arena.clear_knobs()
        what = f"every order ended {took_s:.0f} s after the death, the web server {off_s:+} s off"
        round_.hold(promise="I9", held=took_s <= ENDED_WITHIN_S, what=what)
        arena.stop_workers()
    arena.stop_web()
    arena.start_web()
    _nothing_went_by_them(round_)


def _is_off(round_: Round, off_s: int) -> None:
    """Make sure that the fault is there: the web server's answers bear its own time."""
    told = _time_told(round_.arena) - timezone.now()
    if abs(told - timedelta(seconds=off_s)) > NEAR:
        what = f"the web server's clock is {told} off, not {off_s} s"
        round_.wrong.append(Wrong(promise="I9", how="illegal", what=what))


def _time_told(arena: Arena) -> datetime:
    address = f"http://{HOST}:{arena.env['WEB_PORT']}/livez"
    return parsedate_to_datetime(httpx2.get(address, trust_env=False, timeout=30).headers["Date"])


def _nothing_went_by_them(round_: Round) -> None:
    """Workers wrote by their own clocks what they tell, and by the database's what counts."""
    begun = dict(Attempt.objects.values_list("job", "started_at"))
    calls = ModelCall.objects.exclude(job_key="").values_list("job_key", "created_at")
    off = sum(abs(at - begun[UUID(job)]) > NEAR for job, at in calls)
    what = f"{off} calls to the model were noted by workers an hour off"
    round_.hold(promise="I9", held=off > 0, what=what)
    strange = Job.objects.exclude(run_at__range=(F("created_at"), F("created_at") + NEAR))
    for job in strange:
        what = f"{job.kind} {job.pk} of {job.created_at} was due at {job.run_at}"
        round_.wrong.append(Wrong(promise="I9", how="illegal", what=what))
