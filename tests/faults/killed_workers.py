"""Faults 2, 3 and 5: workers that die or sleep, in the middle of calls."""

import signal
import time
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import uuid4

from django.utils import timezone

from queueing import ledger
from queueing.models import Attempt, Job, Outcome, State
from tests.faults.arena import Arena
from tests.faults.evidence import LEFT
from tests.faults.kinds import WHOSE
from tests.faults.matrix import Round, fault
from tests.faults.people import Errand
from tests.faults.recovery import HERE_S, bound
from tests.faults.worker import Worker

# Both pipelines, a revision, a return, publication, a rejection and a failure: every kind of job,
# each way of settling one.
Wish = dict[str, Any]
EVERYTHING: tuple[Wish, ...] = (
    {"product": "article", "revise": True, "decision": "return"},
    {"product": "integration"},
    {"product": "article", "doomed": True},
)
REJECTED: Wish = {"product": "article", "decision": "reject"}
# Before the work and after it: a call that was not made, and one whose answer is paid for and lost.
ANSWERS: tuple[dict[str, Any], ...] = ({"latency_ms": [300, 900]}, {"reply_after_ms": [300, 900]})
CUT_OFF = frozenset({"caller left before the work", LEFT})
# Of the harness's lease of 6 s, where production's is 20 s and its bound 25 s.
ELSEWHERE_QUICKLY_S = 10.0
AT_ONCE = 60  # more calls than may be under way
WAKING_S = 2.0  # for the zombie's threads to try whatever they were about to write


@fault("2 worker killed during an AI call")
def killed_during_a_call(round_: Round) -> None:
    """One of two workers dies while the model writes, or while its answer is on the way."""
    arena = round_.arena
    arena.worker()
    took_s: list[float] = []
    for number in range(2 if round_.short else 12):
        _slow_down(arena, ANSWERS[number % len(ANSWERS)])
        victim = arena.worker()
        place(round_, EVERYTHING)
        took_s.append(_dies_and_is_replaced(round_, [victim]))
        round_.people.finish()
    round_.met(round_.injected > 0, f"{round_.injected} workers killed during a call")
    bound(round_, took_s, at_most_s=HERE_S, what="a worker killed → its jobs run again")


@fault("3 every worker killed during an AI call")
def group_killed(round_: Round) -> None:
    """All workers die at once; new ones come after a while."""
    arena = round_.arena
    took_s: list[float] = []
    for number in range(1 if round_.short else 6):
        _slow_down(arena, ANSWERS[(number + 1) % len(ANSWERS)])
        workers = [arena.worker(), arena.worker()]
        place(round_, EVERYTHING * 2)
        took_s.append(_dies_and_is_replaced(round_, workers, by_new=True))
        round_.people.finish()
        arena.stop_workers()
    round_.met(round_.injected > 0, f"{round_.injected} workers killed during a call")
    bound(round_, took_s, at_most_s=HERE_S, what="somebody there again → their jobs run again")


@fault("5 zombie: frozen past its lease, then awake")
def zombie(round_: Round) -> None:
    """A worker sleeps over its lease in the middle of a job that another one finishes; what it
    writes when it wakes must not land in the other's."""
    arena = round_.arena
    took_s: list[float] = []
    for _ in range(1 if round_.short else 6):
        _slow_down(arena, {"latency_ms": [300, 900]})
        victim = arena.worker()
        place(round_, EVERYTHING[:2])
        jobs = in_the_middle_of_a_call(round_, victim)
        jobs.append(_writing(round_))
        victim.signal(signal.SIGSTOP)
        round_.injected += 1
        arena.worker()
        since = timezone.now()  # from when somebody else is there
        arena.until(partial(_settled, jobs), what="another finishes")
        taken = Attempt.objects.filter(worker=victim.id, outcome=Outcome.CRASHED).count()
        round_.met(taken > 0, f"{taken} runs were taken from the frozen worker")
        took_s += again_s(jobs, since=since)
        victim.signal(signal.SIGCONT)
        round_.people.finish()
        time.sleep(WAKING_S)
        arena.stop_workers()
    what = "a worker frozen → its jobs run elsewhere"
    bound(round_, took_s, at_most_s=ELSEWHERE_QUICKLY_S, what=what)


def place(round_: Round, wishes: Sequence[Wish]) -> None:
    """Have people order these; they do it with their next act."""
    round_.people.want(*(Errand(**wish) for wish in wishes))


def in_the_hands_of(round_: Round, *workers: Worker) -> list[Job]:
    """Let people act until each of these workers is in the middle of jobs; return the jobs."""
    found: list[Job] = []
    ids = {worker.id for worker in workers}

    def busy() -> bool:
        if round_.people.act():  # other workers were quicker and did it all
            place(round_, EVERYTHING)
        active = Job.objects.filter(state=State.ACTIVE, worker__in=ids)
        found[:] = active.exclude(kind="email")
        return {job.worker for job in found} == ids

    round_.arena.until(busy, what="these workers are in the middle of jobs")
    return found


def in_the_middle_of_a_call(round_: Round, *workers: Worker) -> list[Job]:
    """Let people act until the model is writing for one of these workers at least, and all are in
    the middle of jobs; return these."""
    found: list[Job] = []

    def asking() -> bool:
        found[:] = in_the_hands_of(round_, *workers)
        return bool(_written_for(round_).intersection(str(job.pk) for job in found))

    round_.arena.until(asking, what="the model is writing for these workers")
    return found


def _written_for(round_: Round) -> set[str]:
    """Return the jobs for which the model is writing at this moment."""
    newest = round_.arena.read("calls", limit=1)["last"] - AT_ONCE
    calls = round_.arena.read("calls", service="openai", since=max(0, newest))["calls"]
    return {_job_of(call) for call in calls if call["took_ms"] is None}


def _dies_and_is_replaced(round_: Round, workers: list[Worker], *, by_new: bool = False) -> float:
    """Kill the workers in the middle of calls; return the seconds until their jobs run again."""
    arena = round_.arena
    began = arena.read("calls", limit=1)["last"]
    jobs = in_the_middle_of_a_call(round_, *workers)
    for worker in workers:
        worker.signal(signal.SIGKILL)
    since = timezone.now()
    if by_new:
        arena.worker()
        since = timezone.now()  # from when somebody is there again
    arena.until(lambda: not _untouched(jobs), what="the dead worker's jobs run again")
    ids = {str(job.pk) for job in jobs}
    calls = arena.read("calls", service="openai", since=began)["calls"]
    cut = sum(call["outcome"] in CUT_OFF and _job_of(call) in ids for call in calls)
    # On a busy machine the answer may be there before the signal: that kill does not count.
    round_.injected += len(workers) if cut else 0
    round_.notes.append(f"{len(workers)} killed, {cut} calls to the model cut off")
    return max(again_s(jobs, since=since))


def again_s(jobs: list[Job], *, since: datetime) -> list[float]:
    """Return for each job how long after that moment its next run began, 0 for one that had gone
    on before."""
    took_s = []
    for job in jobs:
        later = Attempt.objects.filter(job=job, number__gt=job.attempts).order_by("number").first()
        took_s.append(max(0.0, (later.started_at - since).total_seconds()) if later else 0.0)
    return took_s


def _untouched(jobs: list[Job]) -> bool:
    """Whether one of these waits, or is in the same hands, as when it was looked at."""
    now = Job.objects.in_bulk([job.pk for job in jobs])
    return any(
        now[job.pk].attempts == job.attempts and now[job.pk].state in (State.WAITING, State.ACTIVE)
        for job in jobs
    )


def _writing(round_: Round) -> Job:
    """Have the one worker in the middle of a step that says whose it is."""
    job = ledger.enqueue(kind=WHOSE, subject=f"faults:{uuid4()}")
    round_.arena.until(Attempt.objects.filter(job=job).exists, what="the step is being made")
    job.refresh_from_db()
    return job


def _slow_down(arena: Arena, how: dict[str, Any]) -> None:
    arena.clear_knobs()
    arena.knob(service="openai", **how)


def _job_of(call: dict[str, Any]) -> str:
    return str(call["x_client_request_id"] or "").partition("/")[0]


def _settled(jobs: list[Job]) -> bool:
    is_open = Job.objects.filter(state__in=[State.WAITING, State.ACTIVE])
    return not is_open.filter(pk__in=[job.pk for job in jobs]).exists()
