"""The e-mail job: one row, handed to SendGrid, at most once more after a lost reply."""

from django.utils import timezone

from orders import mailer, notifications
from queueing.errors import HandBack, RetryLater
from queueing.registry import FailedJob, Policy, handles
from queueing.run import Run


def email_failed(failed: FailedJob) -> None:
    """Mark the row, so that staff see which e-mail nobody got."""
    mailer.was_not_sent(email_id=int(failed.arguments["email"] or 0), for_good=True)


@handles("email", policy=Policy(tries=8, base_s=2, cap_s=60), rank=10, settled=email_failed)
def send(run: Run) -> None:
    """Send one e-mail."""
    email_id = int(run.arguments["email"])
    if "sent" not in run.steps:
        email = mailer.begin(email_id=email_id)
        if email is None:
            return
        message = notifications.message_for(email)
        try:
            message_id = run.once("sent", lambda: mailer.hand_over(email, message))
        except mailer.ReplyLost:
            mailer.was_perhaps_sent(email_id=email_id)
            raise
        except (RetryLater, mailer.EmailRefused):
            mailer.was_not_sent(email_id=email_id, for_good=False)
            raise
        except HandBack:
            if "sent" not in run.steps:  # the worker was stopping before the call was made
                mailer.was_not_sent(email_id=email_id, for_good=False)
            raise
    else:
        message_id = run.steps["sent"]
    with run.delivery():
        mailer.was_sent(email_id=email_id, message_id=message_id, at=timezone.now())
