"""The refund job: a row of `Refund`, carried out at Stripe under one idempotency key."""

from typing import Final

from django.utils import timezone

from orders import refunds
from queueing.registry import FailedJob, Policy, handles
from queueing.run import Run


def refund_failed(failed: FailedJob) -> None:
    """Leave the row for an operator, with the reason."""
    refunds.give_up(
        refund_id=int(failed.arguments["refund"] or 0), reason=failed.reason, at=failed.at
    )


# Money is owed however long Stripe is away: waits double up to half an hour, for a day.
PATIENT: Final = Policy(tries=58, base_s=2, cap_s=1800)


@handles("refund", policy=PATIENT, rank=10, settled=refund_failed, no_retry=refunds.no_retry)
def refund(run: Run) -> None:
    """Give the money back; the same key makes a repeat harmless."""
    refunds.carry_out(refund_id=int(run.arguments["refund"]), at=timezone.now())
