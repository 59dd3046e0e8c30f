"""Retrying an order's jobs: what would do nothing is refused and names what does."""

from functools import partial
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from queueing import service
from queueing.models import Job, JobNote, State
from tests.orders import factories
from tests.orders.test_resuming import (
    RESUMED,
    STILL_FAILED,
    WRITTEN,
    failed,
    resume,
    standing,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("again", [service.retry, partial(service.retry_from_step, step="outline")])
def test_the_writing_job_of_a_failed_order_is_not_retried_and_the_right_action_is_named(again):
    order = failed(factories.order_in_work())
    job = Job.objects.get(key=f"write:{order.pk}")

    with pytest.raises(service.Refused, match=f"run resume_order {order.code}"):
        again(job_id=job.pk, actor="mia")

    assert standing(order) == STILL_FAILED
    job.refresh_from_db()
    assert (job.error_class, job.stored_steps.count()) == ("GateBlocked", len(WRITTEN))
    assert not JobNote.objects.exists()

    resume(order)

    assert standing(order) == RESUMED
    assert [step.name for step in job.stored_steps.all()] == ["brief"]


def test_what_ran_in_vain_since_does_not_decide_whether_new_texts_are_bought():
    order = failed(factories.order_in_work())
    job = Job.objects.filter(key=f"write:{order.pk}")
    job.update(error_class="NotInWork")  # as a retry left it in an older release

    resume(order)

    assert [step.name for step in job.get().stored_steps.all()] == ["brief"]


def test_a_job_that_was_stopped_under_an_order_in_work_is_retried():
    order = factories.order_in_work()
    job = Job.objects.get(key=f"write:{order.pk}")
    service.cancel(job_id=job.pk, actor="mia")

    assert service.retry(job_id=job.pk, actor="mia").state == State.WAITING


def test_the_command_resumes_counts_and_can_only_count():
    order, other = failed(factories.order_in_work()), factories.order_in_work()
    output, errors = StringIO(), StringIO()
    said = {"reason": "better key", "actor": "mia", "stdout": output, "stderr": errors}

    call_command("resume_order", order.code, "--dry-run", **said)
    assert standing(order) == STILL_FAILED
    with pytest.raises(CommandError, match="1 refused"):
        call_command("resume_order", order.code, other.code, **said)

    assert output.getvalue().splitlines() == ["1 would be taken up again", "1 taken up again"]
    assert other.code in errors.getvalue()
    assert standing(order) == RESUMED
    assert JobNote.objects.get(action="retry").actor == "mia"
