"""E-mails: rows first, sent by a job, never more than twice."""

import contextlib
import json
import re
import socket

import pytest
from django.db import IntegrityError

from orders import access, mailer, notifications
from orders.models import OutgoingEmail
from queueing import registry, runner
from queueing.models import Job, Outcome
from queueing.process import Process
from tests.orders import factories
from tests.orders.factories import AT

pytestmark = pytest.mark.django_db

State = OutgoingEmail.State
ABOUT_MONEY = {
    "order-received",
    "admin-order-held",
    "refunded",
    "admin-refunded",
    "admin-refund-failed",
    "order-failed",
    "admin-order-failed",
}


def confirmation() -> OutgoingEmail:
    return factories.order_in_work().emails.get()


def run(email: OutgoingEmail) -> runner.Ended:
    job = Job.objects.get(key=f"email:{email.pk}")
    Job.objects.filter(pk=job.pk, state="waiting").update(run_at=job.created_at)
    ended = runner.run(job_id=job.pk, kind=registry.kind_named("email"), process=Process())
    email.refresh_from_db()
    return ended


def test_an_email_is_handed_over_once_with_text_and_html(sandbox):
    email = confirmation()

    run(email)

    (mail,) = sandbox.inbox(to=email.to)
    assert email.state == State.SENT
    assert email.message_id
    assert mail["subject"] == f"Order {email.order.code} received: we are writing"
    assert access.open_url(email.order) in mail["text"]
    assert access.open_url(email.order) in mail["html"].replace("&amp;", "&")
    (call,) = sandbox.calls(service="sendgrid")
    assert f'"email_id": "{email.pk}"' in call["body"]


def test_a_second_job_run_sends_nothing(sandbox):
    email = confirmation()
    run(email)
    Job.objects.filter(key=f"email:{email.pk}").update(state="waiting", finished_at=None)

    run(email)

    assert len(sandbox.inbox(to=email.to)) == 1


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_sendgrid_is_asked_again_and_the_mark_is_taken_back(sandbox, status):
    sandbox.knob(service="sendgrid", status=status, times=1)
    email = confirmation()

    ended = run(email)

    assert ended.retry_in_s == 2
    assert (email.state, email.sends) == (State.PENDING, 0)
    run(email)
    assert (email.state, email.sends) == (State.SENT, 1)
    assert len(sandbox.inbox(to=email.to)) == 1


@pytest.fixture
def unreachable_sendgrid(settings):
    """A host that answers no connection, as one behind a broken network does not."""
    with contextlib.ExitStack() as stack:
        full = stack.enter_context(socket.socket())
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(4):  # more than the kernel keeps waiting; the next is not answered
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        settings.SENDGRID_HOST = f"http://127.0.0.1:{full.getsockname()[1]}"
        settings.SENDGRID_TIMEOUT_S = 0.3
        mailer._client.cache_clear()
        yield
    mailer._client.cache_clear()


@pytest.mark.parametrize(("kind", "outage_h"), [("email", 3), ("refund", 23)])
def test_an_outage_of_hours_ends_before_the_tries_do(kind, outage_h):
    policy = registry.kind_named(kind).policy

    waits = [policy.backoff_s(nth=nth) for nth in range(1, policy.tries)]

    assert sum(waits) > outage_h * 3600


@pytest.mark.usefixtures("unreachable_sendgrid")
def test_what_could_not_be_handed_over_was_not_perhaps_sent():
    email = confirmation()

    for _ in range(mailer.SENDS_AT_MOST + 1):
        ended = run(email)

    assert ended.retry_in_s is not None
    assert (email.state, email.sends) == (State.PENDING, 0)


def test_addresses_in_emails_are_not_led_through_sendgrid(sandbox):
    run(confirmation())

    (call,) = sandbox.calls(service="sendgrid")
    tracking = json.loads(call["body"])["tracking_settings"]
    assert tracking["click_tracking"] == {"enable": False, "enable_text": False}
    assert tracking["open_tracking"] == {"enable": False}


def test_a_lost_reply_sends_it_once_more_and_says_so_meanwhile(sandbox):
    sandbox.knob(service="sendgrid", drop_reply=True, times=1)
    email = confirmation()

    run(email)

    assert (email.state, email.sends) == (State.UNKNOWN, 1)
    run(email)
    assert (email.state, email.sends) == (State.SENT, 2)
    assert len(sandbox.inbox(to=email.to)) == 2


def test_after_two_lost_replies_it_stays_unknown_for_an_operator(sandbox):
    sandbox.knob(service="sendgrid", drop_reply=True)
    email = confirmation()

    run(email)
    run(email)
    ended = run(email)

    assert ended.outcome is Outcome.FAILED
    assert ended.retry_in_s is None
    assert (email.state, email.sends) == (State.UNKNOWN, 2)
    assert len(sandbox.inbox(to=email.to)) == 2


def test_a_run_that_ends_before_its_call_counts_as_no_send(sandbox, settings):
    email = confirmation()
    settings.JOB_DEADLINE_S = 0

    run(email)
    run(email)

    assert sandbox.calls(service="sendgrid") == []
    assert (email.state, email.sends) == (State.PENDING, 0)


def test_a_refused_email_is_not_tried_again(sandbox):
    sandbox.knob(service="sendgrid", status=403)
    email = confirmation()

    ended = run(email)

    assert ended.retry_in_s is None
    assert (email.state, email.sends) == (State.FAILED, 0)
    job = Job.objects.get(key=f"email:{email.pk}")
    assert job.error_class == "EmailRefused"
    assert email.to not in job.error_reason


def test_only_one_of_two_senders_marks_the_email():
    email, same = confirmation(), OutgoingEmail.objects.get()

    mailer.begin(email)

    with pytest.raises(mailer.MarkedElsewhere):
        mailer.begin(same)
    same.refresh_from_db()
    assert (same.state, same.sends) == (State.SENDING, 1)


def test_jobs_carry_no_address(sandbox):
    email = confirmation()

    job = Job.objects.get(key=f"email:{email.pk}")

    assert job.arguments == {"email": email.pk}


@pytest.mark.parametrize("kind", OutgoingEmail.Kind.values)
def test_every_kind_has_a_subject_a_button_and_a_text_twin(kind):
    order = factories.failed_order()
    version = factories.version_of(order)
    email = OutgoingEmail(order=order, kind=kind, version=version, to="ada@example.com")

    message = notifications.message_for(email)

    assert order.code in message.subject
    assert access.access_key(order) not in message.subject
    assert len(re.findall(r'class="button"', message.html)) == 1
    href = re.search(r'class="button"[^>]*href="([^"]+)"', message.html)
    assert href is not None
    assert href[1].replace("&amp;", "&") in message.text
    assert "<" not in message.text
    assert "{{" not in message.html + message.text
    assert ("€120.00" in message.text) == (kind in ABOUT_MONEY)


def test_customer_text_is_escaped_in_html():
    order = factories.order_in_work()
    order.brief["topic"] = "Beds & <b>borders</b>"
    email = OutgoingEmail(order=order, kind="order-received", to="ada@example.com")

    message = notifications.message_for(email)

    assert "<b>borders</b>" not in message.html
    assert "Beds & <b>borders</b>" in message.text


def test_the_same_email_cannot_be_recorded_twice():
    order = factories.order_in_work()

    with pytest.raises(IntegrityError):
        notifications.record(order=order, kind="order-received", at=AT)
