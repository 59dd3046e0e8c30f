"""One run of one job: claim, handle, settle. What a Celery task calls."""

import time
import traceback
from dataclasses import dataclass, replace
from uuid import UUID, uuid4

import structlog
from django.conf import settings

from queueing import leases
from queueing.errors import HandBack, LeaseLost, Parked, Permanent, RetryLater
from queueing.leases import Claimed, Fault
from queueing.models import Outcome
from queueing.outage import is_outage, patiently
from queueing.process import Process, here
from queueing.registry import Kind
from queueing.run import Run, storable

log = structlog.get_logger(__name__)

REASON_LENGTH, TRACEBACK_LENGTH, CLASS_LENGTH = 500, 8000, 100
# An outage costs a job no try, but one that always comes with this very job does in the end.
OUTAGES_FORGIVEN_UNTIL_RUN = 20


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a run ended. `outcome` None: there was nothing to do. `retry_in_s`: when a failed job
    is due again, None if never."""

    outcome: Outcome | None
    retry_in_s: float | None = None
    error_class: str = ""


NOTHING = Ended(outcome=None)


def run(*, job_id: UUID, kind: Kind, process: Process = here) -> Ended:
    """Run the job if it is waiting and due; a message about any other is dropped silently.

    Nothing that the handler raises leaves here: it is in the ledger.
    """
    with process.at_work():
        return _run(job_id, kind, process)


def _run(job_id: UUID, kind: Kind, process: Process) -> Ended:
    if process.stopping.is_set():
        leases.release(job_id=job_id, due_too=True)
        return NOTHING
    token = uuid4()
    if claimed := _claim(job_id, kind, process, token=token, last_chance=False):
        return _handle(claimed, kind, process)
    # Asked for only now: most jobs need nobody's leave.
    with process.last_chance() as ours:
        if ours and (claimed := _claim(job_id, kind, process, token=token, last_chance=True)):
            return _handle(claimed, kind, process)
    # Duplicates end here by design. So does a retry that a fast clock delivered early.
    leases.release(job_id=job_id, due_too=False)
    log.debug("message_dropped", job_id=str(job_id), kind=kind.name)
    return NOTHING


def _claim(
    job_id: UUID, kind: Kind, process: Process, *, token: UUID, last_chance: bool
) -> Claimed | None:
    # A claim whose reply was lost is ours all the same, and nobody extends its lease until we know.
    return patiently(
        lambda: leases.claim(
            job_id=job_id,
            token=token,
            worker=process.worker,
            kind=kind.name,
            last_chance=last_chance,
        ),
        until=time.monotonic() + settings.LEASE_S,
    )


def _handle(claimed: Claimed, kind: Kind, process: Process) -> Ended:
    run_ = Run(claimed, process=process)
    with structlog.contextvars.bound_contextvars(
        job_id=str(run_.job_id), subject=run_.subject, kind=kind.name, run=run_.number
    ):
        process.begins(run_)
        try:
            return _attempt(run_, kind)
        except LeaseLost as lost:
            log.warning("lease_lost", reason=str(lost))
            return NOTHING
        finally:
            process.ends(run_)


def _attempt(run_: Run, kind: Kind) -> Ended:
    try:
        kind.handler(run_)
        if not run_.delivered:
            patiently(lambda: leases.complete(run_.lease), until=run_.ends)
    except HandBack:
        patiently(lambda: leases.hand_back(run_.lease), until=run_.ends)
        log.info("job_handed_back")
        return Ended(outcome=Outcome.HANDED_BACK)
    except Exception as error:
        return _failed(run_, kind, error)
    log.info("job_completed")
    return Ended(outcome=Outcome.SUCCEEDED)


def _failed(run_: Run, kind: Kind, error: Exception) -> Ended:
    fault = fault_of(error)
    if run_.delivered:
        log.error("failed_after_delivery", error=fault.error_class)
        return Ended(outcome=Outcome.SUCCEEDED)
    if isinstance(error, Parked) and not _parked_too_long(run_, error):
        return _parked(run_, error)
    if is_outage(error) and run_.number - run_.parks < OUTAGES_FORGIVEN_UNTIL_RUN:
        delay_s = float(kind.policy.base_s)
        patiently(
            lambda: leases.hand_back(run_.lease, fault=fault, delay_s=delay_s), until=run_.ends
        )
        log.warning("job_interrupted", error=fault.error_class, retry_in_s=delay_s)
        return Ended(outcome=Outcome.HANDED_BACK)
    retry_in_s = _delay_s(run_, kind, error)
    by_celery = retry_in_s is not None and retry_in_s <= settings.REDISPATCH_AFTER_S
    try:
        patiently(
            lambda: leases.give_up_attempt(
                run_.lease,
                kind=kind.name,
                outcome=Outcome.FAILED,
                fault=fault,
                retry_in_s=retry_in_s,
                message_follows=by_celery,
            ),
            until=run_.ends,
        )
    except Exception:
        # The job's owner could not be told. The lease runs out, and the sweeper tries again.
        log.exception("settling_failed")
        return NOTHING
    log.warning("attempt_failed", error=fault.error_class, retry_in_s=retry_in_s)
    return Ended(outcome=Outcome.FAILED, retry_in_s=retry_in_s, error_class=fault.error_class)


def _parked(run_: Run, parked: Parked) -> Ended:
    delay_s = max(0.0, parked.retry_after_s)
    fault = replace(fault_of(parked), traceback="")  # it tells nothing, and there may be many
    patiently(
        lambda: leases.park(
            run_.lease,
            fault=fault,
            delay_s=delay_s,
            line=parked.line,
            bounded=parked.bounded,
        ),
        until=run_.ends,
    )
    log.info("job_parked", line=parked.line, retry_in_s=delay_s)
    return Ended(outcome=Outcome.PARKED, retry_in_s=delay_s)


def _parked_too_long(run_: Run, parked: Parked) -> bool:
    if not parked.bounded or run_.parked_since is None:
        return False
    waited_s = (run_.claimed_at - run_.parked_since).total_seconds()
    return waited_s > float(settings.PARKED_AT_MOST_S)


def _delay_s(run_: Run, kind: Kind, error: Exception) -> float | None:
    # The row knows its tries; an operator may have given it more than the policy does.
    policy = replace(kind.policy, tries=run_.tries)
    return policy.delay_s(attempt=run_.attempt, error=error)


def fault_of(error: BaseException) -> Fault:
    """Return the error in lengths that fit the ledger; the traceback keeps its end.

    An error that only says what to do about another has that one's class: operators count causes.
    """
    cause = error.__cause__
    named = cause if cause is not None and type(error) in (Permanent, RetryLater) else error
    lines = "".join(traceback.format_exception(error))
    return Fault(
        error_class=type(named).__name__[:CLASS_LENGTH],
        reason=storable(str(error))[:REASON_LENGTH],
        traceback=storable(lines)[-TRACEBACK_LENGTH:],
    )
