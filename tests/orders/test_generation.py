"""The article pipeline, run in this process against the sandbox's writer."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from articles.models import Article, ArticleVersion, ModelCall
from orders.models import Order, OutgoingEmail, Refund, Status
from orders.pipelines import generation, rounds
from queueing import registry, runner
from queueing.models import Attempt, Job, Line, Outcome, State
from queueing.process import Process
from tests.orders import factories
from tests.orders.factories import AT
from tests.races import end_all_sessions, rival_before

pytestmark = pytest.mark.django_db

STATEMENTS_AT_MOST = 28  # three around each call to a model among them


def job_of(order: Order) -> Job:
    return Job.objects.get(key=f"write:{order.pk}")


def run(order: Order, *, kind: str = "article-generation") -> runner.Ended:
    """One attempt, due now whatever the policy said."""
    job = job_of(order)
    Job.objects.filter(pk=job.pk, state=State.WAITING).update(run_at=job.created_at)
    return runner.run(job_id=job.pk, kind=registry.kind_named(kind), process=Process())


def run_until_settled(order: Order) -> list[runner.Ended]:
    ended = []
    while job_of(order).state == State.WAITING:
        ended.append(run(order))
    return ended


def texts_bought(sandbox, order: Order) -> list[str]:
    """The steps whose text the sandbox's writer handed out, in order."""
    calls = sandbox.calls(service="openai", work_done="true")
    job = str(job_of(order).pk)
    return [
        call["x_client_request_id"].split("/")[1]
        for call in calls
        if (call["x_client_request_id"] or "").startswith(job)
    ]


def test_an_article_is_written_judged_and_put_before_the_customer(sandbox):
    order = factories.order_in_work()

    run(order)

    order.refresh_from_db()
    assert order.status == Status.QUALITY_CHECK
    version = ArticleVersion.objects.get(order_key=order.subject)
    assert order.version == version
    assert version.report["blocked"] is False
    assert version.job_key == str(job_of(order).pk)
    assert order.brief["target_url"] in version.html
    assert 720 <= version.words <= 880
    assert version.backlink_metadata == {
        "targetUrl": order.brief["target_url"],
        "anchorText": order.brief["anchor_text"],
        "revisionNotes": None,
    }
    kinds = OutgoingEmail.objects.filter(order=order).values_list("kind", flat=True)
    assert sorted(kinds) == ["article-ready", "order-received"]
    assert job_of(order).state == State.COMPLETED


def test_usage_and_cost_of_every_call_are_kept(sandbox):
    order = factories.order_in_work()

    run(order)

    call = ModelCall.objects.get(order_key=order.subject)
    assert call.job_key == str(job_of(order).pk)
    assert (call.purpose, call.outcome) == ("article", "ok")
    assert call.input_tokens > 0
    assert call.output_tokens > 0
    assert call.cost_usd > 0


def test_a_job_needs_few_statements_beside_its_calls(sandbox):
    order = factories.order_in_work()

    with CaptureQueriesContext(connection) as queries:
        run(order)

    assert len(queries) <= STATEMENTS_AT_MOST, "\n".join(q["sql"][:90] for q in queries)


@pytest.mark.parametrize("bad", ["too_short", "no_link", "wrong_anchor", "foreign_link"])
def test_a_blocked_text_is_repaired_and_not_written_again(sandbox, bad):
    sandbox.knob(service="openai", bad_text=[bad], times=1)
    order = factories.order_in_work()

    run(order)

    order.refresh_from_db()
    assert order.status == Status.QUALITY_CHECK
    assert texts_bought(sandbox, order) == ["text-1", "text-2"]
    assert [call.purpose for call in ModelCall.objects.order_by("pk")] == ["article", "repair"]
    assert order.version.number == 1


def test_three_blocked_rounds_fail_the_order_refund_it_and_tell_everyone(sandbox):
    # The sandbox's writer answers one brief with one text, and its repairs cannot make the second
    # article of the same brief another one: a near-duplicate stays one.
    domain = factories.active_domain()
    run(factories.order_in_work(domain=domain))
    order = factories.order_in_work(domain=domain)

    ended = run_until_settled(order)

    assert [each.outcome for each in ended] == [Outcome.FAILED]
    order.refresh_from_db()
    assert order.status == Status.FAILED
    assert job_of(order).error_class == "GateBlocked"
    assert texts_bought(sandbox, order) == ["text-1", "text-2", "text-3"]
    assert not ArticleVersion.objects.filter(order_key=order.subject).exists()
    refund = Refund.objects.get(payment__order=order)
    assert refund.amount_cents == order.amount_cents
    kinds = OutgoingEmail.objects.filter(order=order).values_list("kind", flat=True)
    assert sorted(kinds) == ["admin-order-failed", "order-failed", "order-received"]
    assert Job.objects.filter(kind="refund", subject=order.subject).count() == 1


@pytest.mark.parametrize("bad", ["rubbish", "empty", "half_json", "other_schema", "cut_off"])
def test_an_unusable_answer_fails_the_try_with_class_and_reason_and_leaves_no_version(sandbox, bad):
    sandbox.knob(service="openai", bad_text=[bad], times=1)
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
    sandbox.knob(service="openai", bad_text=["too_short"], times=1)
    sandbox.knob(service="openai", status=500, skip=1, times=1)
    order = factories.order_in_work()

    ended = run_until_settled(order)

    assert [each.outcome for each in ended] == [Outcome.FAILED, Outcome.SUCCEEDED]
    assert texts_bought(sandbox, order) == ["text-1", "text-2"]


@pytest.mark.django_db(transaction=True)
def test_an_outage_while_the_writer_answers_buys_no_second_text(sandbox):
    order = factories.order_in_work()

    with rival_before('INSERT INTO "articles_modelcall"', end_all_sessions):
        ended = run(order)

    connection.close()
    connection.close_pool()
    assert ended.outcome is Outcome.SUCCEEDED
    assert texts_bought(sandbox, order) == ["text-1"]
    assert ModelCall.objects.filter(order_key=order.subject).count() == 1


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

    slug = generation._free_slug(order.domain, wished, code=order.code)

    Article.objects.create(domain=order.domain, slug=slug, title="Newer")
    assert slug.endswith(f"a-{order.code.lower()}")


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
