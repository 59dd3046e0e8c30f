"""The e-mail job: one row, handed to SendGrid, at most once more after a lost reply."""

from typing import Final

from django.utils import timezone

from orders import mailer, notifications
from orders.models import OutgoingEmail
from queueing import connections
from queueing.errors import RetryLater
from queueing.registry import FailedJob, Policy, handles
from queueing.run import Run


def email_failed(failed: FailedJob) -> None:
    """Mark the row, so that staff see which e-mail nobody got."""
    mailer.give_up(email_id=int(failed.arguments["email"] or 0))


# Waits that double up to ten minutes: an outage of three hours loses no e-mail.
PATIENT: Final = Policy(tries=30, base_s=2, cap_s=600)


@handles("email", policy=PATIENT, rank=10, settled=email_failed)
def send(run: Run) -> None:
    """Send one e-mail."""
    email_id = int(run.arguments["email"])
    if "sent" not in run.steps:
        email = mailer.unsent(email_id=email_id)
        if email is None:
            return
        _hand_over(run, email)
    with run.delivery():
        mailer.was_sent(email_id=email_id, message_id=run.steps["sent"], at=timezone.now())


def _hand_over(run: Run, email: OutgoingEmail) -> None:
    # Written before the mark is set: a template that fails has sent nothing.
    message = notifications.message_for(email)

    def hand_over() -> str:
        # Right before the call: whatever keeps a run from coming here has sent nothing.
        mailer.begin(email)
        connections.let_go(what="a call to SendGrid")
        return mailer.hand_over(email, message)

    try:
        run.once("sent", hand_over)
    except mailer.ReplyLost:
        mailer.was_perhaps_sent(email_id=email.pk)
        raise
    except (RetryLater, mailer.EmailRefused):
        mailer.was_not_sent(email_id=email.pk)
        raise
