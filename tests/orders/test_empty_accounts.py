"""A provider that serves nobody until our account with it is filled."""

import pytest
from structlog.testing import capture_logs

from orders.models import Refund
from queueing.models import Line, Outcome
from tests.orders.test_generation import job_of, run
from tests.orders.test_model_chain import MAIN, SPARE, asked, pause_over, short_order, two_models

__all__ = ["two_models"]
pytestmark = pytest.mark.django_db

NO_QUOTA = {"status": 429, "code": "insufficient_quota"}


def test_orders_are_parked_at_once_and_the_operator_is_told(sandbox):
    sandbox.knob(service="openai", **NO_QUOTA)
    orders = [short_order() for _ in range(4)]

    with capture_logs() as logs:
        assert [run(order).outcome for order in orders] == [Outcome.PARKED] * 4

    assert len(asked(sandbox)) == 3  # shut for all by then
    assert {(job_of(order).failures, job_of(order).line) for order in orders} == {(0, "model:main")}
    told = [entry for entry in logs if entry["event"] == "model_account_empty"]
    assert [(entry["model"], entry["log_level"]) for entry in told] == [("main", "error")] * 3
    assert Line.objects.get().reason == "no-quota: HTTP 429, insufficient_quota"

    sandbox.clear_knobs()
    pause_over()
    assert [run(order).outcome for order in orders] == [Outcome.SUCCEEDED] * 4
    assert Refund.objects.count() == 0


def test_the_next_model_writes_meanwhile(sandbox, two_models):
    sandbox.knob(service="openai", match=MAIN, **NO_QUOTA)

    assert run(short_order()).outcome is Outcome.SUCCEEDED

    assert asked(sandbox) == [MAIN, SPARE] * 2


def test_a_bad_key_still_ends_the_order(sandbox):
    sandbox.knob(service="openai", status=401, code="invalid_api_key")
    order = short_order()

    assert run(order).outcome is Outcome.FAILED

    assert job_of(order).error_class == "WriterRefused"
