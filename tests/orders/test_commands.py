"""Commands about orders."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

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


@pytest.mark.parametrize("wanted", ["NOPE", "0" * 32, "-" * 32])
def test_an_order_that_does_not_exist_is_said_so(wanted):
    with pytest.raises(CommandError):
        call_command("order_jobs", wanted)
