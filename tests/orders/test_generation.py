"""The article pipeline, run in this process against the sandbox's writer."""

import json
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from articles import references
from articles.brief import Brief, Reference
from articles.models import ArticleVersion, ModelCall
from orders.models import Order, OutgoingEmail, Refund, Status
from orders.pipelines.rounds import other_texts
from queueing import registry, runner
from queueing.models import Job, Outcome, State, Step
from queueing.process import Process
from queueing.run import Run
from tests.orders import factories

pytestmark = pytest.mark.django_db

# What a job does once, and what it does around each call to the model: say what it is doing, look
# at its order, take its turn (three), keep the call's usage, keep the step.
STATEMENTS_AT_MOST = 25
STATEMENTS_A_CALL = 8


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


def first_text(order: Order) -> list[str]:
    """The steps that the first text of an order of 800 words is bought in."""
    outline = job_of(order).stored_steps.get(name="outline").output
    count = len(json.loads(outline["text"])["sections"])
    assert count > 3
    return ["outline", *(f"section-{number}" for number in range(1, count + 1))]


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

    calls = ModelCall.objects.filter(order_key=order.subject, job_key=str(job_of(order).pk))
    sections = len(first_text(order)) - 1
    assert sorted(call.purpose for call in calls) == ["outline", *["section"] * sections]
    for call in calls:
        assert call.outcome == "ok"
        assert call.input_tokens > 0
        assert call.output_tokens > 0
        assert call.cost_usd > 0
    # Rules, brief and outline come first in every section's call, and are paid for once.
    assert all(call.cached_tokens > 1500 for call in calls if call.purpose == "section")


def test_a_job_needs_few_statements_beside_its_calls(sandbox):
    order = factories.order_in_work()

    with CaptureQueriesContext(connection) as queries:
        run(order)

    bound = STATEMENTS_AT_MOST + STATEMENTS_A_CALL * len(first_text(order))
    assert len(queries) <= bound, "\n".join(q["sql"][:90] for q in queries)


@pytest.mark.parametrize("bad", ["too_short", "no_link", "wrong_anchor", "foreign_link"])
def test_a_blocked_text_is_repaired_and_not_written_again(sandbox, bad):
    sandbox.knob(service="openai", bad_text=[bad])
    order = factories.order_in_work()

    run(order)

    order.refresh_from_db()
    assert order.status == Status.QUALITY_CHECK
    assert texts_bought(sandbox, order) == [*first_text(order), "text-2"]
    assert ModelCall.objects.order_by("pk").last().purpose == "repair"
    assert order.version.number == 1


def test_a_short_article_is_written_in_one_call_after_its_outline(sandbox):
    order = factories.order_in_work(domain=factories.active_domain(words_default=500))

    run(order)

    order.refresh_from_db()
    assert order.status == Status.QUALITY_CHECK
    assert texts_bought(sandbox, order) == ["outline", "text-1"]
    assert 450 <= order.version.words <= 550
    assert order.version.provenance["prompt_version"] == "outline-2, article-3"


def test_sections_are_bought_once_each_stored_as_they_come_and_said_as_they_come(
    sandbox, monkeypatch
):
    order, said = factories.order_in_work(), []
    monkeypatch.setattr(Run, "doing", lambda self, text: said.append(text))

    run(order)

    first = first_text(order)
    assert texts_bought(sandbox, order) == first
    sections = len(first) - 1
    assert said[:2] == ["Reading your brief", "Outline"]
    assert said[2:-1] == [f"Section {n} of {sections}" for n in range(1, sections + 1)]
    assert said[-1] == "Quality check, attempt 1 of 3"


@pytest.mark.django_db(transaction=True)
def test_sections_are_written_at_the_same_time(sandbox, settings):
    settings.WRITER_SECTIONS_AT_ONCE = 3
    # All three are under way before the first is answered, or the fourth would be the third.
    sandbox.knob(service="openai", match='"name":"section"', latency_ms=300)
    order = factories.order_in_work()

    run(order)

    order.refresh_from_db()
    assert order.status == Status.QUALITY_CHECK
    calls = [c for c in sandbox.calls(service="openai") if "/section-" in c["x_client_request_id"]]
    ends = [call["at"] + call["took_ms"] / 1000 for call in calls]
    assert max(call["at"] for call in calls[:3]) < min(ends)
    assert sorted(texts_bought(sandbox, order)) == sorted(first_text(order))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("at_once", [1, 3])
def test_a_section_that_fails_loses_none_of_the_others(sandbox, settings, at_once):
    settings.WRITER_SECTIONS_AT_ONCE = at_once
    sandbox.knob(service="openai", match='"name":"section"', status=500, skip=1, times=1)
    order = factories.order_in_work()

    ended = run_until_settled(order)

    assert [each.outcome for each in ended] == [Outcome.FAILED, Outcome.SUCCEEDED]
    assert sorted(texts_bought(sandbox, order)) == sorted(first_text(order))
    order.refresh_from_db()
    assert order.status == Status.QUALITY_CHECK


@pytest.mark.django_db(transaction=True)
def test_a_refused_section_fails_the_order_and_begins_no_other(sandbox, settings):
    settings.WRITER_SECTIONS_AT_ONCE = 3
    sandbox.knob(service="openai", match='"name":"section"', bad_text=["refusal"])
    order = factories.order_in_work()

    run_until_settled(order)

    order.refresh_from_db()
    assert order.status == Status.FAILED
    assert ModelCall.objects.filter(purpose="section").count() <= 3


def test_the_same_brief_ordered_twice_gives_two_texts(sandbox):
    domain = factories.active_domain()
    orders = [factories.order_in_work(domain=domain) for _ in range(3)]

    for order in orders:
        run(order)

    texts = {order.version.html for order in Order.objects.select_related("version")}
    assert len(texts) == 3
    assert set(Order.objects.values_list("status", flat=True)) == {Status.QUALITY_CHECK}


def test_three_blocked_rounds_fail_the_order_refund_it_and_tell_everyone(sandbox):
    sandbox.knob(service="openai", bad_text=["too_short", "useless_repair"])
    order = factories.order_in_work()

    ended = run_until_settled(order)

    assert [each.outcome for each in ended] == [Outcome.FAILED]
    order.refresh_from_db()
    assert order.status == Status.FAILED
    assert job_of(order).error_class == "GateBlocked"
    assert texts_bought(sandbox, order) == [*first_text(order), "text-2", "text-3"]
    assert not ArticleVersion.objects.filter(order_key=order.subject).exists()
    refund = Refund.objects.get(payment__order=order)
    assert refund.amount_cents == order.amount_cents
    kinds = OutgoingEmail.objects.filter(order=order).values_list("kind", flat=True)
    assert sorted(kinds) == ["admin-order-failed", "order-failed", "order-received"]
    assert Job.objects.filter(kind="refund", subject=order.subject).count() == 1


WISHES = {
    "must_mention": ("drainage holes", "untreated oak"),
    "must_avoid": ("plan",),
    "secondary_keywords": ("planter box",),
    "link_position": "late",
    "audience": "people with a small yard",
}


def test_wishes_of_the_brief_are_in_the_article_that_the_customer_gets(sandbox):
    domain = factories.active_domain()
    order = factories.order_in_work(domain=domain, brief=factories.brief_of(domain, **WISHES))

    run(order)

    order.refresh_from_db()
    assert order.status == Status.QUALITY_CHECK
    # At the first attempt: no repair was bought.
    examined = Step.objects.filter(job=job_of(order), name__startswith="examined")
    assert [step.name for step in examined] == ["examined-1"]
    text = order.version.html.lower()
    assert all(text.count(phrase) for phrase in ("drainage holes", "untreated oak", "planter box"))
    assert not re.search(r"\bplan\b", text)
    assert text.index(order.brief["target_url"]) > len(text) / 2


def test_references_are_read_once_told_to_the_writer_and_a_missing_one_to_the_customer(
    sandbox, monkeypatch
):
    asked = []

    def read(url):
        asked.append(url)
        if "gone" in url:
            raise references.Unreadable("It answered with 404.")
        return Reference(url=url, text="Oak lasts for years.")

    monkeypatch.setattr(references, "read", read)
    sandbox.knob(service="openai", match='"name":"outline"', status=500, times=1)
    domain = factories.active_domain()
    urls = ("https://oak.example/", "https://gone.example/")
    wished = factories.brief_of(domain, references=tuple(Reference(url=url) for url in urls))
    order = factories.order_in_work(domain=domain, brief=wished)

    run_until_settled(order)

    order.refresh_from_db()
    assert order.status == Status.QUALITY_CHECK
    assert asked == list(urls)
    calls = sandbox.calls(service="openai", work_done="true")
    assert all("Oak lasts for years." in call["body"] for call in calls)
    told = [event.what for event in order.events.all() if "reference" in event.what]
    assert told == ["Written without the reference https://gone.example/: It answered with 404."]
    # Changes and judgements of this text have them too, when the job is long forgotten.
    kept = Brief.from_json(order.brief).references
    assert kept == (Reference(url=urls[0], text="Oak lasts for years."), Reference(url=urls[1]))


def test_a_text_that_was_sold_to_another_site_is_not_sold_again(sandbox):
    order = factories.order_in_work()
    elsewhere = factories.open_article(factories.active_domain(niches=["travel"]))
    run_until_settled(order)
    order.refresh_from_db()
    html = order.version.html
    stranger = factories.text_of_article(elsewhere, html, number=2)
    other = factories.order_in_work(domain=factories.active_domain())

    with CaptureQueriesContext(connection) as asked:
        compared = other_texts(other, html)

    assert html in compared
    assert len(asked) == 2
    assert stranger.html not in other_texts(order, "<p>Nothing that is like it at all here.</p>")
