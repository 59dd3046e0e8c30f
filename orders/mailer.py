"""Handing e-mails to SendGrid, so that a crash in the middle repeats at most one of them.

SendGrid has no idempotency key. A row is therefore marked before the call: whoever finds that
mark later knows that a sender died inside, or lost the reply, and that the e-mail was perhaps
sent. Such an e-mail is sent once more and never a third time.
"""

from datetime import datetime
from functools import lru_cache
from typing import Final
from urllib.error import URLError

from django.conf import settings
from django.db.models import F
from django.utils.html import escape
from python_http_client import Client
from python_http_client.exceptions import HTTPError
from sendgrid import SendGridAPIClient
from sendgrid.helpers.mail import (
    ClickTracking,
    Content,
    CustomArg,
    From,
    Mail,
    OpenTracking,
    To,
    TrackingSettings,
)

from orders import notifications
from orders.models import OutgoingEmail
from queueing.errors import Permanent, RetryLater

State = OutgoingEmail.State
SENDS_AT_MOST: Final = 2


class EmailRefused(Permanent):
    """SendGrid will not take this e-mail, now or later."""


class EmailUncertain(Permanent):
    """It was handed over twice and both replies were lost: an operator must look."""


class MarkedElsewhere(Exception):
    """Two senders took the same e-mail; this one keeps out of it for now."""


class ReplyLost(Exception):
    """The connection ended before SendGrid answered; the e-mail was perhaps sent."""


def unsent(*, email_id: int) -> OutgoingEmail | None:
    """Return the e-mail with all that its text needs, None when it was sent already.

    :raises EmailUncertain: it was perhaps sent `SENDS_AT_MOST` times already
    """
    email = OutgoingEmail.objects.select_related(
        "order__domain", "order__customer", "version", "review"
    ).get(pk=email_id)
    if email.state == State.SENT:
        return None
    if email.sends >= SENDS_AT_MOST:
        OutgoingEmail.objects.filter(pk=email.pk, sends=email.sends).update(state=State.UNKNOWN)
        raise EmailUncertain(f"e-mail {email.pk}: handed over {email.sends} times without a reply")
    return email


def begin(email: OutgoingEmail) -> None:
    """Mark the e-mail as being sent, in a write of its own before the call.

    :raises MarkedElsewhere: another sender marked it first
    """
    unchanged = OutgoingEmail.objects.filter(pk=email.pk, state=email.state, sends=email.sends)
    if not unchanged.update(state=State.SENDING, sends=email.sends + 1):
        raise MarkedElsewhere(f"e-mail {email.pk} is in another sender's hands")


def hand_over(email: OutgoingEmail, message: notifications.Message) -> str:
    """Send through SendGrid and return its message id.

    :raises EmailRefused: SendGrid says that the e-mail or the key is wrong
    :raises RetryLater: SendGrid is busy, failing, or was not reached; nothing was sent
    :raises ReplyLost: the e-mail was perhaps sent
    """
    return _send(message, to=email.to, named={"email_id": str(email.pk)})


def send_test(*, to: str) -> str:
    """Send one e-mail about nothing, now, without a row or a job; return SendGrid's message id.

    :raises EmailRefused: SendGrid says that the address, the sender or the key is wrong
    :raises RetryLater: SendGrid is busy, failing, or was not reached; nothing was sent
    :raises ReplyLost: it was perhaps sent
    """
    told = f"{settings.SITE_URL} can send e-mail. Nobody needs to do anything."
    message = notifications.Message(
        subject="Test e-mail from Byline", text=f"{told}\n", html=f"<p>{escape(told)}</p>"
    )
    return _send(message, to=to, named={})


def _send(message: notifications.Message, *, to: str, named: dict[str, str]) -> str:
    mail = Mail(From(*_address(settings.MAIL_FROM)), To(to), message.subject)
    # Plain text first: RFC 2046 puts the richest alternative last.
    mail.add_content(Content("text/plain", message.text))
    mail.add_content(Content("text/html", message.html))
    for name, value in named.items():
        mail.add_custom_arg(CustomArg(name, value))
    # Whatever the account is set to: the addresses in our e-mails open orders.
    mail.tracking_settings = TrackingSettings(ClickTracking(False, False), OpenTracking(False))
    try:
        response = _client().client.mail.send.post(request_body=mail.get())
    except HTTPError as refused:
        raise _understood(refused) from None
    except URLError as unreachable:
        # Raised while connecting and writing only, so SendGrid never had the whole of it.
        why = type(unreachable.reason).__name__
        raise RetryLater(f"SendGrid was not reached: {why}") from None
    except OSError as lost:  # time-outs and resets while waiting for the reply
        raise ReplyLost(f"no reply from SendGrid: {type(lost).__name__}") from None
    return str(response.headers.get("X-Message-Id", ""))


def was_sent(*, email_id: int, message_id: str, at: datetime) -> None:
    """Record SendGrid's acceptance."""
    OutgoingEmail.objects.filter(pk=email_id).update(
        state=State.SENT, message_id=message_id, sent_at=at
    )


def was_not_sent(*, email_id: int) -> None:
    """Take the mark back: SendGrid answered, and sent nothing."""
    OutgoingEmail.objects.filter(pk=email_id, state=State.SENDING).update(
        state=State.PENDING, sends=F("sends") - 1
    )


def was_perhaps_sent(*, email_id: int) -> None:
    """Say that the reply was lost."""
    OutgoingEmail.objects.filter(pk=email_id, state=State.SENDING).update(state=State.UNKNOWN)


def give_up(*, email_id: int) -> None:
    """Mark an e-mail that certainly nobody got; one that was perhaps sent stays unknown."""
    OutgoingEmail.objects.filter(pk=email_id, state=State.PENDING).update(state=State.FAILED)


def _understood(refused: HTTPError) -> Exception:
    status = refused.status_code
    if status == 429 or status >= 500:
        wait = str(refused.headers.get("Retry-After") or "") if refused.headers else ""
        return RetryLater(
            f"SendGrid answered {status}", retry_after_s=float(wait) if wait.isdigit() else None
        )
    # The body may quote the recipient; the status is enough for whoever can act.
    return EmailRefused(f"SendGrid answered {status}")


def _address(value: str) -> tuple[str, str | None]:
    """Split `Name <address>` into (address, name)."""
    name, _, rest = value.rpartition("<")
    return (rest.rstrip("> "), name.strip() or None)


@lru_cache(maxsize=1)
def _client() -> SendGridAPIClient:
    options = {"host": settings.SENDGRID_HOST} if settings.SENDGRID_HOST else {}
    client = SendGridAPIClient(settings.SENDGRID_API_KEY, **options)
    # The SDK takes no time-out of its own; its HTTP client does.
    client.client = Client(
        host=client.host,
        request_headers=client._default_headers,
        version=3,
        timeout=settings.SENDGRID_TIMEOUT_S,
    )
    return client
