"""An answer that got lost: who is asked next, when, and for how much."""

from decimal import Decimal

import pytest
from django.conf import settings as configured

from articles.models import ModelCall
from orders.models import Refund, Status
from queueing.models import Line, Outcome
from tests.orders.test_generation import job_of, run, run_until_settled
from tests.orders.test_model_chain import MAIN, SPARE, asked, pause_over, short_order, two_models

__all__ = ["two_models"]
pytestmark = pytest.mark.django_db

FROZEN_S = 0.3


@pytest.fixture
def frozen(sandbox, settings):
    """Freezes the first model, or those named."""

    def freeze(*words):
        for word in words:
            settings.WRITER_MODELS[word] |= {"TIMEOUT_S": FROZEN_S}
            name = settings.WRITER_MODELS[word].get("NAME", MAIN)
            sandbox.knob(service="openai", latency_ms=3_000, match=f'"model":"{name}"')

    return freeze


def one_failure_short(word):
    """The line shuts with the next failure."""
    faults = configured.LINE_FAILURES_IN_A_ROW - 1
    Line.objects.update_or_create(name=f"model:{word}", defaults={"faults": faults})


def test_the_next_try_asks_the_next_model_and_stays_with_it(sandbox, two_models, frozen):
    frozen("main")
    order = short_order()

    ended = [run(order).outcome for _ in range(2)]

    assert ended == [Outcome.FAILED, Outcome.SUCCEEDED]
    assert asked(sandbox) == [MAIN, SPARE, SPARE]


def test_whoever_shuts_the_line_waits_for_no_pause_and_does_not_probe(sandbox, two_models, frozen):
    frozen("main")
    one_failure_short("main")
    order = short_order()

    parked = run(order)

    assert (parked.outcome, parked.retry_in_s) == (Outcome.PARKED, 0)
    assert (job_of(order).line, job_of(order).failures) == ("model:spare", 0)
    pause_over()  # whoever comes first to the main model now is its probe
    assert run(order).outcome is Outcome.SUCCEEDED
    assert asked(sandbox) == [MAIN, SPARE, SPARE]


def test_time_outs_between_others_good_answers_lead_to_the_next_model(sandbox, two_models, frozen):
    unlucky, ended = short_order(), []
    for _ in range(2):
        frozen("main")
        ended.append(run(unlucky).outcome)
        sandbox.clear_knobs()
        assert run(short_order()).outcome is Outcome.SUCCEEDED

    assert ended == [Outcome.FAILED, Outcome.SUCCEEDED]
    assert Line.objects.get(name="model:main").faults == 0


def test_another_order_still_asks_the_first_model(sandbox, two_models, frozen):
    frozen("main")
    run(short_order())
    sandbox.clear_knobs()

    assert run(short_order()).outcome is Outcome.SUCCEEDED

    assert asked(sandbox) == [MAIN] * 3


def test_when_all_have_lost_one_the_first_is_asked_again(sandbox, two_models, frozen):
    frozen("main", "spare")
    order = short_order()
    for _ in range(2):
        assert run(order).outcome is Outcome.FAILED
    sandbox.clear_knobs()

    assert run(order).outcome is Outcome.SUCCEEDED

    assert asked(sandbox) == [MAIN, SPARE, MAIN, MAIN]


def test_with_every_line_shut_the_job_waits_for_the_first_to_open(sandbox, two_models, frozen):
    frozen("main", "spare")
    order = short_order()
    for word in ("main", "spare"):
        one_failure_short(word)
        assert run(order).outcome is Outcome.PARKED

    parked = run(order)

    assert parked.outcome is Outcome.PARKED
    assert 0 < parked.retry_in_s <= configured.LINE_PAUSE_S
    assert asked(sandbox) == [MAIN, SPARE]
    assert job_of(order).failures == 0


def test_what_lost_answers_may_have_cost_spends_the_budget(sandbox, settings, frozen):
    settings.MAX_COST_PER_ORDER_USD = 0.05
    settings.WRITER_MODELS = {"main": {}}  # 16,000 tokens at 1.60 dollars a million: 0.0256
    frozen("main")
    order = short_order()

    while not run_once_more(order):
        assert len(asked(sandbox)) < 10

    assert len(asked(sandbox)) == 2
    assert ModelCall.objects.filter(cost_usd=None, outcome="timeout").count() == 2
    assert job_of(order).error_reason == (
        "$0.0000 and up to $0.0512 for lost answers spent, MAX_COST_PER_ORDER_USD is 0.05"
    )
    order.refresh_from_db()
    assert order.status == Status.FAILED
    assert Refund.objects.filter(payment__order=order).count() == 1


def run_once_more(order):
    pause_over()
    run(order)
    return job_of(order).error_class == "BudgetSpent"


def test_lost_answers_of_a_model_that_costs_nothing_spend_nothing(sandbox, settings, frozen):
    settings.MAX_COST_PER_ORDER_USD = 0.001
    free = {"INPUT_USD_PER_MILLION": Decimal(0), "OUTPUT_USD_PER_MILLION": Decimal(0)}
    settings.WRITER_MODELS = {"main": free}
    frozen("main")
    order = short_order()
    assert run(order).outcome is Outcome.FAILED
    sandbox.clear_knobs()

    assert run_until_settled(order)[-1].outcome is Outcome.SUCCEEDED
