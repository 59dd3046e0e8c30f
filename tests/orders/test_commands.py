"""Commands about orders."""

import json
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from orders.jobs import order_job_status
from orders.models import Order, OutgoingEmail
from tests.orders import factories

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("named_by", ["id", "code", "lower-case code"])
def test_order_jobs_shows_every_job_of_the_order(named_by):
    order = factories.order_in_work()
    factories.order_in_work()
    wanted = {"id": str(order.pk), "code": order.code, "lower-case code": order.code.lower()}
    output = StringIO()

    call_command("order_jobs", wanted[named_by], stdout=output)

    shown = json.loads(output.getvalue())
    assert shown["orderId"] == str(order.pk)
    assert sorted(job["kind"] for job in shown["jobs"]) == ["article-generation", "email"]
    assert shown["hasActiveJob"] is True


def test_the_job_status_of_an_order_has_the_names_of_the_api():
    order = factories.order_in_work()

    status = order_job_status(order.pk)

    names = {"orderId", "jobs", "hasActiveJob", "hasFailedJob", "latestJob"}
    assert set(status) == names
    assert status["latestJob"] == status["jobs"][0]
    with pytest.raises(Order.DoesNotExist):
        order_job_status(uuid4())


@pytest.mark.parametrize("wanted", ["NOPE", "0" * 32, "-" * 32])
def test_an_order_that_does_not_exist_is_said_so(wanted):
    with pytest.raises(CommandError):
        call_command("order_jobs", wanted)


def test_send_test_email_sends_one_now_and_says_what_sendgrid_answered(sandbox):
    output = StringIO()

    call_command("send_test_email", "ops@example.com", stdout=output)

    (sent,) = sandbox.inbox()
    assert sent["to"] == ["ops@example.com"]
    assert "accepted" in output.getvalue()
    assert not OutgoingEmail.objects.exists()


def test_send_test_email_dry_run_sends_nothing(sandbox):
    output = StringIO()

    call_command("send_test_email", "ops@example.com", "--dry-run", stdout=output)

    assert sandbox.inbox() == []
    assert output.getvalue().startswith("0 sent")


@pytest.mark.parametrize("status", [401, 503])
def test_send_test_email_fails_with_sendgrids_answer(sandbox, status):
    sandbox.knob(service="sendgrid", status=status)

    with pytest.raises(CommandError, match=f"SendGrid answered {status}"):
        call_command("send_test_email", "ops@example.com")


def test_send_test_email_refuses_what_is_no_address():
    with pytest.raises(CommandError, match="no e-mail address"):
        call_command("send_test_email", "ops")
