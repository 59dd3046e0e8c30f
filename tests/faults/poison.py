"""Fault 18: orders that kill their worker, or eat its memory, each time they are written."""

from queueing.models import Attempt, Job, Outcome
from tests.faults import pills
from tests.faults.killed_workers import EVERYTHING
from tests.faults.matrix import Round, fault
from tests.faults.people import Errand

WORKERS = 2
MEMORY_MB = 3000


@fault("18 poison: kills its worker, eats its memory")
def poison(round_: Round) -> None:
    """Supervised workers take poison between other orders, which must be delivered all the same:
    the oracle expects each errand at its own end."""
    arena = round_.arena
    arena.knob(service="openai", latency_ms=[100, 600])
    for _ in range(1 if round_.short else 8):
        bad = [Errand(pill=pills.KILL), Errand(pill=pills.EAT)]
        good = [Errand(**wish) for wish in (EVERYTHING[:2] * (1 if round_.short else 3))]
        round_.people.want(*good, *bad)
        arena.until(lambda: _keep_workers(round_) and round_.people.act(), what="all have ended")
        round_.people.quiet()
    _was_swallowed(round_)


def _keep_workers(round_: Round) -> bool:
    """Do what a supervisor does: start a worker for each that has died."""
    arena = round_.arena
    for worker in [one for one in arena.workers if not one.running]:
        arena.workers.remove(worker)
    while len(arena.workers) < WORKERS:
        arena.worker(ready=False, PILLS=str(MEMORY_MB))
    return True


def _was_swallowed(round_: Round) -> None:
    """Make sure that the pills worked, and count."""
    crashed = Attempt.objects.filter(outcome=Outcome.CRASHED)
    eaten = Attempt.objects.filter(error_class="MemoryError")
    deaths = crashed.values("worker").distinct().count()
    round_.injected += deaths + eaten.count()
    most = max(Job.objects.values_list("crashes", flat=True))
    what = (
        f"{deaths} workers died with {crashed.count()} runs, {eaten.count()} runs had no memory; "
        f"a job crashed {most} times at most"
    )
    round_.hold(promise="I10", held=deaths > 0 and eaten.exists(), what=what)
