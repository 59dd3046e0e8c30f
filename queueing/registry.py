"""The kinds of work this installation knows, each registered by the module that does it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

from queueing.retry import Policy

if TYPE_CHECKING:
    from queueing.models import Job
    from queueing.run import Run

__all__ = [
    "PROMOTED",
    "FailedJob",
    "Kind",
    "Policy",
    "RetriedJob",
    "UnknownKind",
    "handles",
    "kind_named",
    "kinds",
    "queues",
]


PROMOTED: Final = -1
"""The rank of a job that a person has put before all others; kinds count theirs from 0."""


class UnknownKind(LookupError):
    """Nothing in this process handles that kind of job."""


@dataclass(frozen=True, kw_only=True)
class FailedJob:
    """A job that has failed for good, as its kind's `settled` callback gets it."""

    job_id: UUID
    subject: str
    arguments: dict[str, str | int | None]
    error_class: str
    error_reason: str
    at: datetime

    @property
    def reason(self) -> str:
        """The error in one line an operator can read."""
        return f"{self.error_class}: {self.error_reason}"


@dataclass(frozen=True, kw_only=True)
class RetriedJob:
    """A stopped job that a person lets run again, as its kind's `retried` callback gets it."""

    subject: str
    arguments: dict[str, str | int | None]
    actor: str
    at: datetime


Handler = Callable[["Run"], None]
Settled = Callable[[FailedJob], None]
# Why a job may not be retried by hand, None if it may.
NoRetry = Callable[["Job"], str | None]
Retried = Callable[[RetriedJob], None]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of job. `rank` orders kinds against each other, lower first; `expect_s` is the
    guess at its duration until real jobs have shown it; `outcomes_kept` also stores each outcome
    in django-celery-results; `retries_anew`: a person's retry forgets its stored steps."""

    name: str
    handler: Handler
    policy: Policy
    queue: str
    rank: int = 50
    expect_s: float = 60
    outcomes_kept: bool = False
    settled: Settled | None = None
    no_retry: NoRetry | None = None
    retried: Retried | None = None
    retries_anew: bool = False


@dataclass
class _Register:
    kinds: dict[str, Kind] = field(default_factory=dict)


_register = _Register()


def handles(
    name: str,
    *,
    policy: Policy | None = None,
    queue: str | None = None,
    rank: int = 50,
    expect_s: float = 60,
    outcomes_kept: bool = False,
    settled: Settled | None = None,
    no_retry: NoRetry | None = None,
    retried: Retried | None = None,
    retries_anew: bool = False,
) -> Callable[[Handler], Handler]:
    """Register the decorated function as the handler of the kind `name`, with a Celery task.

    `settled` is called inside the transaction that fails a job for good, by whoever does that;
    it must write to the database and nothing else. `no_retry` is asked before a person lets a
    stopped job run again; what it says is what they are told instead. It is asked before the job
    is locked, so that it may lock what the job is about. `retried` is called in the same
    transaction once the job waits again. `retries_anew`: what its steps did outside may have been
    undone since, so a retry forgets them.

    :raises ValueError: another function already handles that kind, or its rank is below 0
    """

    def register(handler: Handler) -> Handler:
        known = _register.kinds.get(name)
        if known is not None and known.handler.__qualname__ != handler.__qualname__:
            raise ValueError(f"{name} is already handled by {known.handler.__qualname__}")
        if rank <= PROMOTED:
            raise ValueError(f"the rank of {name} is {rank}; those below 0 are of promoted jobs")
        kind = Kind(
            name=name,
            handler=handler,
            policy=policy or Policy(),
            queue=queue or name,
            rank=rank,
            expect_s=expect_s,
            outcomes_kept=outcomes_kept,
            settled=settled,
            no_retry=no_retry,
            retried=retried,
            retries_anew=retries_anew,
        )
        _register.kinds[name] = kind
        # Here, because the task needs the runner and the runner needs this register.
        from queueing.tasks import celery_task_for

        celery_task_for(kind)
        return handler

    return register


def kinds() -> Iterable[Kind]:
    """Return every registered kind, the first to be dispatched first."""
    return sorted(_register.kinds.values(), key=lambda kind: (kind.rank, kind.name))


def kind_named(name: str) -> Kind:
    """Return the kind of that name.

    :raises UnknownKind: no module of this process handles it
    """
    try:
        return _register.kinds[name]
    except KeyError:
        known = ", ".join(sorted(_register.kinds)) or "none"
        raise UnknownKind(f"no handler for jobs of kind {name!r} (known: {known})") from None


def queues() -> list[str]:
    """Return the names of all queues, in the order of their kinds."""
    return list(dict.fromkeys(kind.queue for kind in kinds()))
