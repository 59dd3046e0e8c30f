"""An answer of no use is asked for once more in the same try, of the next model first."""

import pytest

from articles.models import CallOutcome, ModelCall
from queueing.models import Attempt, Outcome
from tests.orders import factories
from tests.orders.test_generation import job_of, run, run_until_settled, texts_bought
from tests.orders.test_model_chain import MAIN, SPARE, asked, short_order, two_models

__all__ = ["two_models"]
pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("bad", ["rubbish", "half_json", "other_schema", "empty"])
def test_the_next_model_is_asked_in_the_same_try(sandbox, two_models, bad):
    sandbox.knob(service="openai", bad_text=[bad], match=MAIN)
    order = short_order()

    assert run(order).outcome is Outcome.SUCCEEDED

    assert asked(sandbox) == [MAIN, SPARE] * 2
    assert texts_bought(sandbox, order) == ["outline", "outline@spare", "text-1", "text-1@spare"]


def test_the_only_model_is_asked_again(sandbox):
    sandbox.knob(service="openai", bad_text=["rubbish"], times=1)
    order = short_order()

    assert run(order).outcome is Outcome.SUCCEEDED

    assert texts_bought(sandbox, order) == ["outline", "outline", "text-1"]


def test_a_version_names_the_model_that_planned_it_too(sandbox, two_models):
    sandbox.knob(service="openai", bad_text=["rubbish"], match=MAIN, times=1)
    order = short_order()

    run(order)

    order.refresh_from_db()
    assert order.version.provenance["model"] == f"{SPARE}, {MAIN}"


def test_a_try_ends_with_the_second(sandbox, two_models):
    sandbox.knob(service="openai", bad_text=["rubbish"])
    order = short_order()

    assert [each.outcome for each in run_until_settled(order)] == [Outcome.FAILED] * 3

    assert asked(sandbox) == [MAIN, SPARE] * 3


def test_the_same_model_is_asked_again_while_no_other_answers(sandbox, two_models):
    sandbox.knob(service="openai", bad_text=["rubbish"], match=MAIN, times=1)
    sandbox.knob(service="openai", status=500, match=SPARE)
    order = short_order()

    assert run(order).outcome is Outcome.SUCCEEDED

    assert asked(sandbox) == [MAIN, SPARE, MAIN, MAIN]


@pytest.mark.parametrize(
    "trouble", [{"drop_reply": True}, {"status": 429, "retry_after_s": 7}], ids=str
)
def test_whatever_comes_of_the_second_a_useless_answer_costs_the_try(sandbox, two_models, trouble):
    """Else a job that waits for one model would buy rubbish of the other each time."""
    sandbox.knob(service="openai", bad_text=["rubbish"], match=MAIN)
    sandbox.knob(service="openai", match=SPARE, **trouble)
    order = short_order()

    assert run(order).outcome is Outcome.FAILED

    assert asked(sandbox) == [MAIN, SPARE]
    assert Attempt.objects.get(job=job_of(order)).error_class == "WriterGarbled"


@pytest.mark.parametrize("has_spare", [False, True], ids=["one model", "two models"])
def test_a_refusal_by_every_model_is_the_last_word(sandbox, request, has_spare):
    """What follows a useless answer is refused as any first answer is: a next try would only buy
    the same refusal again."""
    if has_spare:
        request.getfixturevalue("two_models")
    sandbox.knob(service="openai", bad_text=["refusal"])
    sandbox.knob(service="openai", bad_text=["rubbish"], match=MAIN, times=1)  # the newest first
    order = short_order()

    assert run(order).outcome is Outcome.FAILED

    assert asked(sandbox) == ([MAIN, SPARE, MAIN] if has_spare else [MAIN, MAIN])
    attempt = Attempt.objects.get(job=job_of(order))
    assert (attempt.error_class, attempt.retry_in_s) == ("WriterRefused", None)


def test_a_lost_answer_after_a_refusal_is_not_the_last_word(sandbox, two_models):
    sandbox.knob(service="openai", bad_text=["refusal"], match=MAIN, times=1)
    sandbox.knob(service="openai", bad_text=["rubbish"], match=SPARE, times=1)
    sandbox.knob(service="openai", drop_reply=True, match=SPARE, skip=1)
    order = short_order()

    assert run(order).outcome is Outcome.FAILED

    assert asked(sandbox) == [MAIN, SPARE, SPARE]
    attempt = Attempt.objects.get(job=job_of(order))
    assert (attempt.error_class, attempt.retry_in_s) == ("WriterGarbled", 2.0)


def test_a_useless_answer_here_and_there_costs_no_try(sandbox):
    for piece in ("outline", "section"):
        match = f'"name":"{piece}"'
        sandbox.knob(service="openai", bad_text=["rubbish"], match=match, times=1)
    order = factories.order_in_work()

    assert run(order).outcome is Outcome.SUCCEEDED

    assert ModelCall.objects.filter(outcome=CallOutcome.GARBLED).count() == 2
