"""Faults 2 to 5: workers that die or sleep, in the middle of calls."""

import signal
import time
from collections.abc import Sequence
from typing import Any

from local.processes import Process
from queueing.models import Job, State, Worker
from tests.faults.matrix import Round, fault
from tests.faults.people import Errand

# Both pipelines, a revision, a return, publication, a rejection and a failure: every kind of job,
# each way of settling one.
Wish = dict[str, Any]
EVERYTHING: tuple[Wish, ...] = (
    {"product": "article", "revise": True, "decision": "return"},
    {"product": "integration"},
    {"product": "article", "doomed": True},
)
WAKING_S = 2.0  # for the zombie's threads to try whatever they were about to write


@fault("2 worker killed during an AI call")
def killed_during_a_call(round_: Round) -> None:
    """One of two workers dies while the model writes; the other goes on."""
    arena = round_.arena
    arena.knob(service="openai", latency_ms=[300, 900])
    arena.worker()
    for _ in range(2 if round_.short else 12):
        victim = arena.worker()
        place(round_, EVERYTHING)
        jobs = in_the_hands_of(round_, victim)
        victim.signal(signal.SIGKILL)
        round_.injected += 1
        round_.lost_replies += len(jobs)
        _recovered(round_, jobs, since=time.monotonic())
        round_.people.finish()


@fault("3 every worker killed during an AI call")
def group_killed(round_: Round) -> None:
    """All workers die at once; new ones come after a while."""
    arena = round_.arena
    arena.knob(service="openai", latency_ms=[300, 900])
    for _ in range(1 if round_.short else 6):
        workers = [arena.worker(), arena.worker()]
        place(round_, EVERYTHING)
        jobs = in_the_hands_of(round_, *workers)
        for worker in workers:
            worker.signal(signal.SIGKILL)
        arena.worker()
        _recovered(round_, jobs, since=time.monotonic())  # from when somebody is there again
        round_.injected += len(workers)
        round_.lost_replies += len(jobs)
        round_.people.finish()
        arena.stop_workers()


@fault("4 message lost between pop and acknowledge")
def message_lost(round_: Round) -> None:
    """A frozen worker is sent messages and dies with what it popped."""
    arena = round_.arena
    for _ in range(1 if round_.short else 8):
        victim = arena.worker()
        victim.signal(signal.SIGSTOP)
        place(round_, EVERYTHING)
        enough = time.monotonic() + round_.random.uniform(0.3, 2)  # whatever moment that is
        while time.monotonic() < enough:
            round_.people.act()
        victim.signal(signal.SIGKILL)
        round_.injected += 1
        arena.worker()
        round_.people.finish()
        arena.stop_workers()


@fault("5 zombie: frozen past its lease, then awake")
def zombie(round_: Round) -> None:
    """A worker sleeps over its lease in the middle of a job that another one finishes."""
    arena = round_.arena
    arena.knob(service="openai", latency_ms=[300, 900])
    for _ in range(1 if round_.short else 6):
        victim = arena.worker()
        place(round_, EVERYTHING[:2])
        jobs = in_the_hands_of(round_, victim)
        victim.signal(signal.SIGSTOP)
        began = time.monotonic()
        arena.worker()
        arena.until(lambda jobs=jobs: not _open(jobs), what="another finishes")
        round_.recoveries_s.append(time.monotonic() - began)
        victim.signal(signal.SIGCONT)
        round_.injected += 1
        round_.lost_replies += len(jobs)
        round_.people.finish()
        time.sleep(WAKING_S)
        arena.stop_workers()


def place(round_: Round, wishes: Sequence[Wish]) -> None:
    """Have people order these; they do it with their next act."""
    round_.people.want(*(Errand(**wish) for wish in wishes))


def in_the_hands_of(round_: Round, *workers: Process) -> list[Job]:
    """Let people act until these workers are in the middle of buying; return the jobs."""
    found: list[Job] = []

    def busy() -> bool:
        if round_.people.act():  # other workers were quicker and did it all
            place(round_, EVERYTHING[:1])
        known = Worker.objects.filter(pid__in=[worker.pid for worker in workers])
        active = Job.objects.filter(state=State.ACTIVE, worker__in=known.values("id"))
        found[:] = active.exclude(kind="email")
        return bool(found)

    round_.arena.until(busy, what="a worker is in the middle of a job")
    return found


def _recovered(round_: Round, jobs: list[Job], *, since: float) -> None:
    """Measure until each job of the dead is running again or settled."""
    runs = {job.pk: job.attempts for job in jobs}

    def again() -> bool:
        now = Job.objects.in_bulk(list(runs))
        return all(
            job.attempts > runs[pk] or job.state not in (State.WAITING, State.ACTIVE)
            for pk, job in now.items()
        )

    round_.arena.until(again, what="the dead worker's jobs run again")
    round_.recoveries_s.append(time.monotonic() - since)


def _open(jobs: list[Job]) -> bool:
    is_open = Job.objects.filter(state__in=[State.WAITING, State.ACTIVE])
    return is_open.filter(pk__in=[job.pk for job in jobs]).exists()
