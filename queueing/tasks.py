"""Celery's side of the ledger: one thin task per kind, so that Flower names each pipeline."""

from dataclasses import asdict
from uuid import UUID

import structlog
from celery import Task, shared_task
from celery.exceptions import Ignore
from celery.utils.time import get_exponential_backoff_interval
from django.conf import settings

from queueing import retention, runner, stats
from queueing.models import Outcome
from queueing.registry import Kind

log = structlog.get_logger(__name__)


class Retryable(Exception):
    """A try failed and another is due after the policy's backoff, which Celery computes too."""


class JobFailed(Exception):
    """The job has failed for good; the ledger has the details."""


def celery_task_for(kind: Kind) -> Task:
    """Return the Celery task of that name; its message carries the job's id and nothing else.

    Keywords that a newer version of this program adds to its messages are accepted.
    """

    @shared_task(  # type: ignore[untyped-decorator]
        name=kind.name,
        bind=True,
        autoretry_for=(Retryable,),
        max_retries=kind.policy.tries - 1,
        retry_backoff=kind.policy.base_s,
        retry_backoff_max=kind.policy.cap_s,
        retry_jitter=False,
        throws=(JobFailed, Retryable),
        ignore_result=not kind.outcomes_kept,
    )
    def run(self: Task, *, job_id: str, **_newer_arguments: object) -> None:
        ended = runner.run(job_id=UUID(job_id), kind=kind)
        if ended.outcome is Outcome.FAILED:
            _pass_on(self, ended)
        elif ended.outcome is not Outcome.SUCCEEDED:
            raise Ignore

    return run


def _pass_on(task: Task, ended: runner.Ended) -> None:
    """Let Celery send the next message, or tell it that there is none."""
    # The class alone: Celery logs and stores this, and a reason may quote what a customer wrote.
    if ended.retry_in_s is None:
        raise JobFailed(ended.error_class)
    if ended.retry_in_s > settings.REDISPATCH_AFTER_S:
        raise Ignore  # too long to lie in a worker's memory: the dispatcher sends it when due
    again = Retryable(ended.error_class)
    if ended.retry_in_s == _celerys_backoff_s(task):
        raise again
    raise task.retry(exc=again, countdown=ended.retry_in_s)


def _celerys_backoff_s(task: Task) -> float:
    """What autoretry would wait now; `Retry-After` and an operator's retry differ from it."""
    return float(
        get_exponential_backoff_interval(
            factor=task.retry_backoff,
            retries=task.request.retries,
            maximum=task.retry_backoff_max,
        )
    )


@shared_task(name="queueing.statistics")  # type: ignore[untyped-decorator]
def log_statistics() -> None:
    """Write one line per kind to the log."""
    for kind, counts in stats.all_queue_stats().items():
        log.info("queue_statistics", kind=kind, **counts)


@shared_task(name="queueing.retention")  # type: ignore[untyped-decorator]
def drop_old_detail() -> None:
    """Drop the attempts and steps of jobs that settled long ago."""
    log.info("retention", **asdict(retention.clean_settled()))
