"""What the oracle goes by beside the database: what the harness did to whom, and what the providers
noted of each call. Only these excuse a second call for the same thing, each its own."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Final
from uuid import UUID

from django.conf import settings

from articles.models import CallOutcome, ModelCall
from queueing.models import Attempt, JobNote, Outcome
from tests.faults.people import Errand
from tests.faults.worker import Span

Call = dict[str, Any]
Run = tuple[UUID, int]
"""A job and the number of one of its runs."""

MOST: Final = 200_000
# What the sandbox notes of a call whose work was done and whose answer it never sent whole.
LOST: Final = frozenset({"reply dropped", "half the body sent"})
# It noticed that nobody listened any more: the caller died, or had waited long enough.
LEFT: Final = "caller left before the reply"
# Calls that it was told to fail before their work.
FAILED: Final = frozenset({"failed by a knob", "dropped before the work"})
# A worker that woke may still be robbed by who had seen its lease run out: a lease of the harness's
# and the sweeps of a busy machine.
WOKEN_S: Final = 15.0


@dataclass(frozen=True)
class Evidence:
    """`read` asks the sandbox (`Arena.read`). `hit`: the ledger's ids of the workers that were
    killed or frozen, and when each was (`Worker.harm`). `died`: those among them that died of
    themselves. `errands`: what people wanted. `starved`: when all workers were kept from the
    database, which takes them for dead. `servers_away`: a server was gone for long, so that
    recovery counts from its return. `most_crashes`: the workers' MAX_CRASHES where it is not
    ours."""

    read: Callable[..., Any]
    hit: Mapping[UUID, Sequence[Span]] = field(default_factory=dict)
    died: Collection[UUID] = ()
    errands: Collection[Errand] = ()
    starved: Collection[Span] = ()
    servers_away: bool = False
    most_crashes: int | None = None

    @property
    def crashes_at_most(self) -> int:
        return self.most_crashes or int(settings.MAX_CRASHES)

    @cached_property
    def crashed(self) -> dict[Run, bool]:
        """The runs that the ledger took from their workers, and whether these were really hit
        or starved before: a worker that lived excuses nothing."""
        runs = Attempt.objects.filter(outcome=Outcome.CRASHED)
        return {
            (job, number): _since(self.starved, at) is not None
            or self._hit_since(worker, at) is not None
            for job, number, worker, at in runs.values_list(
                "job", "number", "worker", "finished_at"
            )
        }

    def _hit_since(self, worker: UUID, at: datetime) -> float | None:
        """Since when the worker was down at that moment, or had been until just before it."""
        return _since(self.hit.get(worker, ()), at)

    @cached_property
    def recoveries_s(self) -> dict[Run, float]:
        """For each run whose worker the harness hit: the seconds from then to its job's next run,
        without the wait that the ledger ordered; to its being given up where none was to follow.

        Who died of itself may have been alone: the bound counts from when somebody is there
        again, which nobody notes."""
        runs = {(run.job_id, run.number): run for run in Attempt.objects.all()}
        found = {}
        for (job, number), run in runs.items():
            if run.outcome != Outcome.CRASHED or run.finished_at is None:
                continue
            since = self._hit_since(run.worker, run.finished_at)
            if since is None or run.worker in self.died:
                continue
            after = runs.get((job, number + 1))
            over = run.finished_at if after is None else after.started_at
            ordered_s = 0.0 if after is None else run.retry_in_s or 0.0
            since = max(since, run.started_at.timestamp())
            found[job, number] = over.timestamp() - since - ordered_s
        return found

    def cut_off(self, run: Run) -> bool:
        """Whether the run's worker died under it, or had no memory left to take a reply in, so
        that one reply a step may be lost."""
        return self.crashed.get(run, False) or run in self._without_memory

    @cached_property
    def _without_memory(self) -> frozenset[Run]:
        runs = Attempt.objects.filter(error_class="MemoryError")
        return frozenset(runs.values_list("job", "number"))

    @cached_property
    def bought(self) -> list[Call]:
        """The paid calls to the model, oldest first."""
        wanted = {"service": "openai", "operation": "chat.completions", "work_done": 1}
        calls = self.read("calls", **wanted, limit=MOST)["calls"]
        return [call for call in calls if not call["replayed"]]

    @cached_property
    def sends(self) -> list[Call]:
        """The calls by which SendGrid took an e-mail."""
        calls: list[Call] = self.read(
            "calls", service="sendgrid", operation="mail.send", work_done=1, limit=MOST
        )["calls"]
        return calls

    @cached_property
    def useless(self) -> Counter[str]:
        """How often an answer under this id was paid for and was rubbish."""
        garbled = ModelCall.objects.filter(outcome=CallOutcome.GARBLED)
        return Counter(garbled.values_list("request_id", flat=True))

    @cached_property
    def asked_again(self) -> Counter[str]:
        """How often a person let each job run again."""
        retried = JobNote.objects.filter(action="retry")
        return Counter(map(str, retried.values_list("job", flat=True)))

    @cached_property
    def timed_out(self) -> frozenset[str]:
        """The ids of calls whose answer took too long for the caller."""
        late = ModelCall.objects.filter(outcome=CallOutcome.TIMEOUT)
        return frozenset(late.values_list("request_id", flat=True))

    @cached_property
    def runs_let_down(self) -> frozenset[Run]:
        """The runs for which a call to the model was made to fail, whatever it had done by then."""
        calls = self.read("calls", service="openai", limit=MOST)["calls"]
        ids = [call["x_client_request_id"] for call in calls if call["outcome"] in FAILED | LOST]
        ids += [*self.useless, *self.timed_out]
        return frozenset((UUID(job), run) for job, _, run in map(parts_of, filter(None, ids)))


def _since(spans: Collection[Span], at: datetime) -> float | None:
    """Return when the span began that this moment is in, or just after; None: it is in none."""
    for since, until in spans:
        if since <= at.timestamp() <= until + WOKEN_S:
            return since
    return None


def parts_of(request_id: str) -> tuple[str, str, int]:
    """Return a call's job, step and number of the run; a second model's purchase is another
    step's."""
    job, step, run = request_id.split("/")[:3]
    return job, step, int(run)
