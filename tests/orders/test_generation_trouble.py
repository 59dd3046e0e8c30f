"""Writing when something goes wrong: answers of no use, outages, and orders that moved on."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from articles.models import Article, ArticleVersion, ModelCall
from orders import endings
from orders.models import Refund, Status
from orders.pipelines import generation, rounds
from queueing.models import Attempt, Job, Line, Outcome, State
from tests.orders import factories
from tests.orders.factories import AT
from tests.orders.test_generation import first_text, job_of, run, run_until_settled, texts_bought
from tests.races import end_all_sessions, rival_before

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("bad", ["rubbish", "empty", "half_json", "other_schema", "cut_off"])
def test_an_unusable_answer_fails_the_try_with_class_and_reason_and_leaves_no_version(sandbox, bad):
    sandbox.knob(service="openai", bad_text=[bad], times=2)  # it is asked for once more
    order = factories.order_in_work()

    ended = run(order)

    assert ended.outcome is Outcome.FAILED
    attempt = Attempt.objects.get(job=job_of(order))
    assert attempt.error_class == "WriterGarbled"
    assert attempt.error_reason
    assert attempt.retry_in_s == 2
    assert not ArticleVersion.objects.filter(order_key=order.subject).exists()
    order.refresh_from_db()
    assert order.status == Status.PROCESSING

    run(order)

    order.refresh_from_db()
    assert order.status == Status.QUALITY_CHECK


@pytest.mark.parametrize("bad", ["rubbish", "empty", "half_json", "other_schema"])
def test_a_writer_that_only_talks_rubbish_fails_the_order_after_three_tries(sandbox, bad):
    sandbox.knob(service="openai", bad_text=[bad])
    order = factories.order_in_work()

    ended = run_until_settled(order)

    assert [each.retry_in_s for each in ended] == [2, 4, None]
    order.refresh_from_db()
    assert order.status == Status.FAILED
    assert Refund.objects.filter(payment__order=order).count() == 1


def test_a_refused_order_is_not_tried_again(sandbox):
    sandbox.knob(service="openai", bad_text=["refusal"])
    order = factories.order_in_work()

    ended = run_until_settled(order)

    assert len(ended) == 1
    assert job_of(order).state == State.FAILED
    order.refresh_from_db()
    assert order.status == Status.FAILED


def test_a_busy_provider_is_left_alone_for_as_long_as_it_asks_and_costs_no_try(sandbox):
    sandbox.knob(service="openai", status=429, retry_after_s=7, times=1)
    order = factories.order_in_work()

    assert run(order).retry_in_s == pytest.approx(7, abs=1)
    assert run(order).outcome is Outcome.PARKED  # not even this worker asks before that
    assert len(sandbox.calls(service="openai")) == 1
    assert job_of(order).failures == 0

    Line.objects.update(shut_until=AT)
    assert run(order).outcome is Outcome.SUCCEEDED


def test_a_stored_text_is_not_bought_again_by_the_next_try(sandbox):
    sandbox.knob(service="openai", bad_text=["too_short"])
    sandbox.knob(service="openai", match='"name":"repair"', status=500, times=1)
    order = factories.order_in_work()

    ended = run_until_settled(order)

    assert [each.outcome for each in ended] == [Outcome.FAILED, Outcome.SUCCEEDED]
    assert texts_bought(sandbox, order) == [*first_text(order), "text-2"]


@pytest.mark.django_db(transaction=True)
def test_an_outage_while_the_writer_answers_buys_no_second_text(sandbox):
    order = factories.order_in_work()

    with rival_before('INSERT INTO "articles_modelcall"', end_all_sessions):
        ended = run(order)

    connection.close()
    connection.close_pool()
    assert ended.outcome is Outcome.SUCCEEDED
    assert texts_bought(sandbox, order) == first_text(order)
    bought = ModelCall.objects.filter(order_key=order.subject).count()
    assert bought == len(first_text(order))


@pytest.mark.django_db(transaction=True)
def test_the_gate_holds_no_connection_while_it_computes(sandbox, monkeypatch):
    order, check, held = factories.order_in_work(), rounds.quality.check, []

    def watched(*given, **named):
        held.append(connection.connection)
        return check(*given, **named)

    monkeypatch.setattr(rounds.quality, "check", watched)
    run(order)

    assert held == [None]


def test_a_job_of_an_order_that_was_given_up_buys_nothing(sandbox):
    order = factories.failed_order()
    Job.objects.filter(pk=job_of(order).pk).update(run_at=AT)

    ended = run_until_settled(order)

    assert [each.retry_in_s for each in ended] == [None]
    assert job_of(order).error_class == "NotInWork"
    assert sandbox.calls(service="openai") == []
    order.refresh_from_db()
    assert order.status == Status.FAILED
    assert Refund.objects.filter(payment__order=order).count() == 1


def test_an_address_of_full_length_that_is_taken_still_gets_the_code(sandbox):
    order = factories.order_in_work()
    wished = "a" * 120
    Article.objects.create(domain=order.domain, slug=wished, title="Older")

    page = generation._page(order, slug=wished, title="Newer")

    assert len(page.slug) == len(wished)
    assert page.slug.endswith(f"a-{order.code.lower()}")


def test_an_order_that_was_settled_meanwhile_keeps_what_was_decided(sandbox):
    sandbox.knob(service="openai", bad_text=["refusal"])
    order = factories.order_in_review()
    Job.objects.filter(pk=job_of(order).pk).update(state=State.WAITING, finished_at=None)

    run(order)

    order.refresh_from_db()
    assert order.status == Status.QUALITY_CHECK
    assert not Refund.objects.exists()


def test_a_wished_address_that_the_site_has_gets_the_orders_code(sandbox):
    order = factories.order_in_work()
    taken = Article.objects.create(domain=order.domain, slug="raised-beds", title="Older")

    run(order)

    order.refresh_from_db()
    assert order.version.slug == f"{taken.slug}-{order.code.lower()}"


@pytest.mark.django_db(transaction=True)
def test_a_wished_address_that_another_order_takes_at_this_moment_costs_no_try(sandbox):
    order = factories.order_in_work()

    def deliver_there_first():
        Article.objects.create(domain=order.domain, slug="raised-beds", title="Quicker")

    with rival_before('INSERT INTO "articles_article" ', deliver_there_first):
        ended = run(order)

    assert ended.outcome is Outcome.SUCCEEDED
    order.refresh_from_db()
    assert order.version.slug == f"raised-beds-{order.code.lower()}"


@pytest.mark.django_db(transaction=True)
def test_an_order_that_ends_while_its_job_is_locked_buys_no_further_text(sandbox):
    order = factories.order_in_work()

    def end() -> None:
        endings.refund(order=order, actor="mia", reason="goodwill", at=AT)
        connection.close()

    def end_beside_the_lock() -> None:
        with transaction.atomic(), ThreadPoolExecutor(1) as pool:
            Job.objects.select_for_update(no_key=True).get(pk=job_of(order).pk)
            pool.submit(end).result(timeout=20)
        assert job_of(order).state == State.ACTIVE  # the refund could not cancel it

    with rival_before("INSERT INTO queueing_step", end_beside_the_lock):
        run(order)  # the brief is stored
    assert job_of(order).error_class == "NotInWork"
    assert texts_bought(sandbox, order) == []
    assert Refund.objects.filter(payment__order=order).count() == 1
