"""Which model a job asks, when it waits, and what it may cost: on the sandbox, in this process."""

import json
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection

from articles.models import CallOutcome, ModelCall
from articles.writer.client import LONG_WAIT_S
from orders.models import OutgoingEmail, Refund, Status
from orders.progress import progress
from queueing.models import Attempt, Job, Line, Outcome, Place, State
from tests.orders import factories
from tests.orders.factories import AT
from tests.orders.test_generation import first_text, job_of, run, run_until_settled, texts_bought

pytestmark = pytest.mark.django_db

SPARE = "spare-model"  # in a call's body: a knob that matches it is for that model alone
MAIN = "gpt-4.1-mini"


@pytest.fixture
def two_models(settings):
    settings.WRITER_MODELS = {"main": {}, "spare": {"NAME": SPARE}}


def short_order():
    """An order that takes two calls: the outline, and all of the text."""
    return factories.order_in_work(domain=factories.active_domain(words_default=500))


def asked(sandbox):
    """The model of each call, in order."""
    return [json.loads(call["body"])["model"] for call in sandbox.calls(service="openai")]


def pause_over():
    Line.objects.filter(shut_until__isnull=False).update(shut_until=AT)


def stand_in_line(count):
    """So many other jobs wait for a place at the main model."""
    other = job_of(factories.order_in_work())
    ahead = {"line": "model:main", "run_at": other.created_at + timedelta(days=1)}
    for number in range(count):
        values = {field.attname: getattr(other, field.attname) for field in Job._meta.fields}
        Job.objects.create(**values | ahead | {"id": uuid4(), "key": f"in-line:{number}"})


def hold_the_only_place():
    holder = job_of(factories.order_in_work())
    held = {"lease_token": holder.pk, "worker": holder.pk, "lease_until": "2100-01-01T00:00Z"}
    Job.objects.filter(pk=holder.pk).update(state=State.ACTIVE, **held)
    Line.objects.create(name="model:main")
    Place.objects.create(line_id="model:main", job=holder, token=holder.pk, since=AT)


def test_content_that_one_model_refuses_is_asked_of_the_next(sandbox, two_models):
    sandbox.knob(service="openai", bad_text="refusal", match=MAIN)
    order = short_order()

    assert run(order).outcome is Outcome.SUCCEEDED

    assert asked(sandbox) == [MAIN, SPARE] * 2
    bought = ["outline", "outline@spare", "text-1", "text-1@spare"]
    assert texts_bought(sandbox, order) == bought
    outcomes = ModelCall.objects.order_by("pk").values_list("model", "outcome")
    assert list(outcomes) == [(MAIN, "refused"), (SPARE, "ok")] * 2
    order.refresh_from_db()
    assert order.version.provenance["model"] == SPARE


def test_what_every_model_refuses_fails_for_good_and_is_refunded(sandbox, two_models):
    sandbox.knob(service="openai", bad_text="refusal")
    order = short_order()

    ended = run_until_settled(order)

    assert [each.outcome for each in ended] == [Outcome.FAILED]
    assert asked(sandbox) == [MAIN, SPARE]
    order.refresh_from_db()
    assert order.status == Status.FAILED
    assert Refund.objects.filter(payment__order=order).count() == 1


@pytest.mark.parametrize("trouble", [{"status": 500}, {"status": 401}], ids=str)
def test_a_model_that_certainly_did_nothing_is_followed_by_the_next(sandbox, two_models, trouble):
    sandbox.knob(service="openai", match=MAIN, **trouble)
    order = short_order()

    assert run(order).outcome is Outcome.SUCCEEDED

    assert asked(sandbox) == [MAIN, SPARE] * 2


def test_nobody_at_the_first_address_leads_to_the_next(sandbox, settings, free_port):
    nobody = {"BASE_URL": f"http://127.0.0.1:{free_port}/v1"}
    settings.WRITER_MODELS = {"main": nobody, "spare": {"NAME": SPARE}}
    order = short_order()

    assert run(order).outcome is Outcome.SUCCEEDED

    assert asked(sandbox) == [SPARE] * 2
    assert Line.objects.get(name="model:main").faults == 2


@pytest.mark.parametrize("lost", [{"drop_reply": True}, {"half_body": True}], ids=str)
def test_an_answer_that_got_lost_is_not_bought_elsewhere_in_the_same_try(sandbox, two_models, lost):
    sandbox.knob(service="openai", match=MAIN, times=1, **lost)
    order = short_order()

    assert run(order).outcome is Outcome.FAILED
    assert asked(sandbox) == [MAIN]

    assert run(order).outcome is Outcome.SUCCEEDED
    assert texts_bought(sandbox, order) == ["outline", "outline@spare", "text-1@spare"]
    assert ModelCall.objects.earliest("pk").outcome == CallOutcome.LOST


def test_the_last_round_at_the_gate_is_the_next_models(sandbox, two_models):
    sandbox.knob(service="openai", bad_text=["too_short", "useless_repair"], match=MAIN)
    order = short_order()

    assert run(order).outcome is Outcome.SUCCEEDED

    assert asked(sandbox) == [MAIN, MAIN, MAIN, SPARE]
    assert texts_bought(sandbox, order) == ["outline", "text-1", "text-2", "text-3@spare"]
    order.refresh_from_db()
    origin = order.version.provenance
    assert origin["model"] == f"{MAIN}, {SPARE}"
    assert origin["prompt_version"] == "outline-2, article-3, repair-5"


def test_a_provider_that_is_down_parks_the_job_instead_of_failing_it(sandbox):
    sandbox.knob(service="openai", status=500)
    order = factories.order_in_work()

    ended = [run(order).outcome for _ in range(3)]
    assert ended == [Outcome.FAILED, Outcome.FAILED, Outcome.PARKED]
    assert run(order).outcome is Outcome.PARKED  # shut: nobody is asked
    assert len(asked(sandbox)) == 3
    for _ in range(4):
        pause_over()
        assert run(order).outcome is Outcome.PARKED  # the probes cost no try either
    assert len(asked(sandbox)) == 7
    job = job_of(order)
    assert (job.state, job.failures, job.parks) == (State.WAITING, 2, 6)

    sandbox.clear_knobs()
    pause_over()

    assert run(order).outcome is Outcome.SUCCEEDED
    assert Line.objects.get().faults == 0
    order.refresh_from_db()
    assert order.status == Status.QUALITY_CHECK


def test_one_jobs_failures_spare_the_others_the_asking(sandbox):
    sandbox.knob(service="openai", status=500)
    unlucky, others = factories.order_in_work(), [factories.order_in_work() for _ in range(3)]
    for _ in range(3):
        run(unlucky)

    assert [run(order).outcome for order in others] == [Outcome.PARKED] * 3

    assert len(asked(sandbox)) == 3
    assert {job_of(order).failures for order in others} == {0}


def test_a_job_that_waited_too_long_for_its_provider_fails_and_is_refunded(sandbox, settings):
    settings.PARKED_AT_MOST_S = 3600
    sandbox.knob(service="openai", status=500)
    order = factories.order_in_work()
    for _ in range(3):
        run(order)
    Job.objects.filter(pk=job_of(order).pk).update(parked_since=AT)

    assert run(order).outcome is Outcome.FAILED

    order.refresh_from_db()
    assert order.status == Status.FAILED
    assert job_of(order).error_class == "Parked"
    assert Refund.objects.filter(payment__order=order).count() == 1


def test_the_customer_of_a_parked_job_is_told_of_the_next_try_and_not_of_attempts(sandbox):
    sandbox.knob(service="openai", status=500)
    order = factories.order_in_work()
    for _ in range(3):
        run(order)

    told = progress(order, at=AT)

    assert told.heading == "Taking longer than usual"
    assert told.next_try_at == job_of(order).run_at
    assert "Nothing is lost" in told.detail


def test_a_model_with_all_places_taken_lets_the_job_stand_in_line(sandbox, settings):
    settings.WRITER_MODELS = {"main": {"CONCURRENCY": 1}, "spare": {"NAME": SPARE}}
    # Somebody who will not let go before this test does.
    hold_the_only_place()
    waiting = factories.order_in_work()

    assert run(waiting).outcome is Outcome.PARKED

    assert asked(sandbox) == []  # the spare is for trouble, not for a long line
    job = job_of(waiting)
    assert (job.error_class, job.line, job.failures) == ("InLine", "model:main", 0)
    assert progress(waiting, at=AT).heading.startswith(("You are next", "You are number"))

    Place.objects.all().delete()
    assert run(waiting).outcome is Outcome.SUCCEEDED
    assert Place.objects.count() == 0


def test_a_line_of_any_length_waits_for_the_first_model(sandbox, settings):
    settings.WRITER_MODELS = {"main": {"CONCURRENCY": 1}, "spare": {"NAME": SPARE}}
    hold_the_only_place()
    stand_in_line(round(LONG_WAIT_S) + 10)
    order = short_order()

    ended = run(order)

    assert ended.outcome is Outcome.PARKED
    assert ended.retry_in_s > LONG_WAIT_S
    assert asked(sandbox) == []
    assert job_of(order).line == "model:main"


def test_a_short_wish_for_time_behind_a_long_line_leads_to_no_other_model(sandbox, two_models):
    sandbox.knob(service="openai", status=429, retry_after_s=7, match=MAIN)
    stand_in_line(round(LONG_WAIT_S) + 10)
    order = short_order()

    assert [run(order).outcome for _ in range(2)] == [Outcome.PARKED] * 2

    assert asked(sandbox) == [MAIN]


def test_a_model_that_asks_for_more_than_a_minute_is_followed_by_the_next(sandbox, two_models):
    sandbox.knob(service="openai", status=429, retry_after_s=LONG_WAIT_S + 30, match=MAIN)
    order = short_order()

    assert run(order).outcome is Outcome.SUCCEEDED

    assert asked(sandbox) == [MAIN, SPARE, SPARE]  # after the first, its line is shut


@pytest.mark.parametrize(
    ("trouble", "outcome"),
    [
        ({}, Outcome.SUCCEEDED),
        ({"status": 500}, Outcome.FAILED),
        ({"bad_text": "rubbish"}, Outcome.FAILED),
        ({"bad_text": "refusal"}, Outcome.FAILED),
        ({"status": 429, "retry_after_s": 2}, Outcome.PARKED),
    ],
    ids=str,
)
def test_a_place_is_given_back_however_the_call_ends(sandbox, settings, trouble, outcome):
    settings.WRITER_CONCURRENCY = 1
    if trouble:
        sandbox.knob(service="openai", **trouble)

    assert run(factories.order_in_work()).outcome is outcome

    assert Place.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_no_connection_is_held_while_the_model_answers(sandbox, settings, monkeypatch):
    from articles.writer import client

    settings.WRITER_CONCURRENCY = 5
    order, send, held = short_order(), client.Call._send, []

    def watched(call):
        held.append(connection.connection)
        return send(call)

    monkeypatch.setattr(client.Call, "_send", watched)
    run(order)

    assert held == [None, None]


@pytest.mark.django_db(transaction=True)
def test_sections_that_find_no_place_beside_their_own_are_written_one_after_another(
    sandbox, settings
):
    settings.WRITER_SECTIONS_AT_ONCE, settings.WRITER_CONCURRENCY = 3, 1
    order = factories.order_in_work()

    assert run(order).outcome is Outcome.SUCCEEDED

    assert sorted(texts_bought(sandbox, order)) == sorted(first_text(order))
    assert Place.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_a_section_whose_answer_got_lost_ends_the_try_though_another_found_no_place(
    sandbox, settings
):
    settings.WRITER_SECTIONS_AT_ONCE, settings.WRITER_CONCURRENCY = 3, 2
    # The third thread finds no place before either of the two hears from the model.
    sandbox.knob(service="openai", match='"name":"section"', latency_ms=400)
    sandbox.knob(service="openai", match='"name":"section"', drop_reply=True, times=1)
    order = factories.order_in_work()

    assert run(order).outcome is Outcome.FAILED

    assert Attempt.objects.get(job=job_of(order)).error_class == "WriterUnavailable"
    assert len(texts_bought(sandbox, order)) == 3  # the outline, and the two that had a place
    assert run(order).outcome is Outcome.SUCCEEDED
    bought = texts_bought(sandbox, order)
    assert len(bought) == len(first_text(order)) + 1
    assert set(bought) == set(first_text(order))


def test_a_budget_that_is_spent_ends_the_buying_refunds_and_alerts(sandbox, settings):
    settings.MAX_COST_PER_ORDER_USD = 0.001
    sandbox.knob(service="openai", bad_text=["too_short"])
    order = short_order()

    run_until_settled(order)

    assert texts_bought(sandbox, order) == ["outline"]
    job = job_of(order)
    assert job.error_class == "BudgetSpent"
    assert job.error_reason.endswith("spent, MAX_COST_PER_ORDER_USD is 0.001")
    order.refresh_from_db()
    assert order.status == Status.FAILED
    assert Refund.objects.filter(payment__order=order).count() == 1
    kinds = OutgoingEmail.objects.filter(order=order).values_list("kind", flat=True)
    assert "admin-order-failed" in kinds


def test_calls_of_unknown_price_do_not_spend_the_budget(sandbox, settings):
    settings.MAX_COST_PER_ORDER_USD = 0.001
    settings.WRITER_MODELS = {"main": {"PRICE_URL": "none"}}
    sandbox.knob(service="openai", bad_text=["too_short"])
    order = short_order()

    assert run(order).outcome is Outcome.SUCCEEDED

    costs = ModelCall.objects.filter(order_key=order.subject).values_list("cost_usd", "outcome")
    assert list(costs) == [(None, CallOutcome.OK)] * 3


def test_a_price_of_the_operators_own_spends_the_budget(sandbox, settings):
    settings.MAX_COST_PER_ORDER_USD = 0.001
    price = {"INPUT_USD_PER_MILLION": Decimal(1), "OUTPUT_USD_PER_MILLION": Decimal(1)}
    settings.WRITER_MODELS = {"main": {"PRICE_URL": "none", **price}}
    order = short_order()

    assert run(order).outcome is Outcome.FAILED

    assert job_of(order).error_class == "BudgetSpent"
    assert texts_bought(sandbox, order) == ["outline"]


def test_what_one_order_spent_is_not_anothers(sandbox, settings):
    settings.MAX_COST_PER_ORDER_USD = 0.05
    rich, order = factories.order_in_work(), factories.order_in_work()
    ModelCall.objects.create(
        job_key="j", order_key=rich.subject, request_id="r", purpose="article", model=MAIN,
        prompt_version="article-1", cost_usd=Decimal(9), took_ms=1, outcome=CallOutcome.OK,
    )  # fmt: skip

    assert run(order).outcome is Outcome.SUCCEEDED
    assert run(rich).outcome is Outcome.FAILED


def test_a_run_without_time_for_another_call_hands_over_to_the_next(sandbox, settings):
    settings.JOB_DEADLINE_S = 100  # less than twice the time-out: enough for nothing but the first
    settings.WRITER_TIMEOUT_S = 60
    order = short_order()

    assert run(order).outcome is Outcome.PARKED  # the brief is stored, the rest is the next runs'
    assert run(order).outcome is Outcome.PARKED
    assert run(order).outcome is Outcome.SUCCEEDED

    assert texts_bought(sandbox, order) == ["outline", "text-1"]
    assert Attempt.objects.get(job=job_of(order), number=1).error_class == "InLine"
