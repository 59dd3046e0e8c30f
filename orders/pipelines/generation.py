"""Article generation: brief, write, gate, repair, deliver.

A round is one purchase of text and its examination, two stored steps: `text-1`, `examined-1`.
A later attempt of the job reads both, so neither a crash nor a parser bug buys a text twice.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import structlog
from django.db import transaction
from django.utils import timezone

from articles import catalogue, quality, writer
from articles.brief import Brief
from articles.document import parse, words
from articles.draft import Draft
from articles.models import Article, ArticleVersion, Domain
from articles.quality import Finding, Report
from orders import fulfilment, lifecycle, notifications
from orders.models import Order, Status
from orders.pipelines.calls import provider_errors, recorder
from queueing import connections
from queueing.errors import Permanent
from queueing.registry import FailedJob, Policy, handles
from queueing.run import Run

log = structlog.get_logger(__name__)

ROUNDS: Final = 3  # quality-gate.md, "Attempts": at most 3 per job
COMPARED_VERSIONS: Final = 100  # the newest of the domain; bounds what the gate reads


class NotInWork(Permanent):
    """The order is not being worked on, so no text is bought for it."""


class GateBlocked(Permanent):
    """The last round's text still has blocking findings."""


def order_failed(failed: FailedJob) -> None:
    """Settle the order of a job that failed for good, in the job's own transaction."""
    order = Order.objects.select_related("customer").get(pk=failed.subject.partition(":")[2])
    try:
        with transaction.atomic():
            fulfilment.give_up(order=order, reason=failed.reason, at=failed.at)
    except lifecycle.TransitionRefused as refused:
        # Somebody settled the order already; the job's own record keeps the error.
        log.warning("order_stays", order=str(order.pk), why=str(refused))


@handles(
    "article-generation",
    policy=Policy(tries=3, base_s=2, cap_s=60),
    rank=20,
    expect_s=90,
    outcomes_kept=True,
    settled=order_failed,
)
def generate(run: Run) -> None:
    """Write the ordered article and put it before the customer.

    :raises NotInWork: the order was settled meanwhile, by its refund for one
    """
    order = Order.objects.select_related("domain", "customer").get(pk=run.subject.partition(":")[2])
    if order.status != Status.PROCESSING:
        raise NotInWork(f"the order is at {order.status}")
    brief = Brief.from_json(
        run.once("brief", lambda: _brief(order).to_json(), doing="Reading your brief")
    )
    draft, report, model = _passing_draft(run, order=order, brief=brief)
    at = timezone.now()
    with run.delivery():  # version, move, e-mail and the settled job land together
        version = _store(run, order=order, brief=brief, draft=draft, report=report, model=model)
        lifecycle.deliver(order=order, version=version, at=at)
        notifications.record(
            order=order, kind=notifications.Kind.ARTICLE_READY, version=version, at=at
        )


def _brief(order: Order) -> Brief:
    """The brief as ordered, with the pages of the site that the article may link to."""
    brief = Brief.from_json(order.brief)
    candidates = catalogue.internal_candidates(order.domain, f"{brief.topic} {brief.keyword}")
    return replace(brief, internal_links=tuple(candidates))


def _passing_draft(run: Run, *, order: Order, brief: Brief) -> tuple[Draft, Report, str]:
    """Return the first draft that the gate lets through, buying at most `ROUNDS` texts.

    :raises WriterError: no usable text was to be had; the next attempt asks again
    :raises GateBlocked: the last round is still blocked
    """
    draft: Draft | None = None
    findings: tuple[Finding, ...] = ()
    for number in range(1, ROUNDS + 1):
        buy = _purchase(
            run, order=order, brief=brief, draft=draft, findings=findings, number=number
        )
        reply = run.once(f"text-{number}", buy, doing=_doing(number))
        examined = run.once(
            f"examined-{number}",
            _examination(order=order, brief=brief, draft=draft, reply=reply),
            doing=f"Quality check, attempt {number} of {ROUNDS}",
        )
        draft = Draft.from_json(examined["draft"])
        report = Report.from_json(examined["report"])
        if not report.blocked:
            return draft, report, reply["model"]
        findings = report.blocking
    blocking = sorted({finding.code for finding in findings})
    raise GateBlocked(f"still blocked after {ROUNDS} rounds: {', '.join(blocking)}")


def _doing(number: int) -> str:
    return "Writing your article" if number == 1 else f"Improving it, attempt {number} of {ROUNDS}"


def _purchase(
    run: Run,
    *,
    order: Order,
    brief: Brief,
    draft: Draft | None,
    findings: tuple[Finding, ...],
    number: int,
) -> Callable[[], dict[str, Any]]:
    """A new text in the first round, a repair of the last one later."""
    request_id = run.request_id(f"text-{number}")
    record = recorder(run, order=order)

    def buy() -> dict[str, Any]:
        with provider_errors():
            if draft is None:
                return writer.buy_article(brief, request_id=request_id, record=record)
            return writer.buy_repair(brief, draft, findings, request_id=request_id, record=record)

    return buy


def _examination(
    *, order: Order, brief: Brief, draft: Draft | None, reply: dict[str, Any]
) -> Callable[[], dict[str, Any]]:
    """Read the text and judge it: a step of its own, because it may fail where buying did not."""

    def examine() -> dict[str, Any]:
        read = writer.parse_article(reply) if draft is None else writer.apply_repair(draft, reply)
        others = ArticleVersion.objects.filter(article__domain_id=order.domain_id)
        others = others.exclude(order_key=order.subject).order_by("-created_at", "-pk")
        compared = list(others.values_list("html", flat=True)[:COMPARED_VERSIONS])
        # The gate computes for up to a second; with all threads in it the pool would be empty, and
        # this worker's heartbeat would wait for a connection.
        connections.let_go(what="the gate")
        report = quality.check(
            read, brief, others=compared, finish_reason=reply.get("finish_reason")
        )
        return {"draft": read.to_json(), "report": report.to_json()}

    return examine


def _store(
    run: Run, *, order: Order, brief: Brief, draft: Draft, report: Report, model: str
) -> ArticleVersion:
    article = Article.objects.create(
        domain=order.domain,
        slug=_free_slug(order.domain, draft.slug, code=order.code),
        title=draft.title,
    )
    return ArticleVersion.objects.create(
        article=article,
        number=1,
        title=draft.title,
        meta_description=draft.meta_description,
        slug=article.slug,
        html=draft.html,
        words=words(parse(draft.html)),
        report=report.to_json(),
        provenance={
            "model": model,
            "prompt_version": writer.PROMPT_VERSION,
            "gate_version": report.gate,
            "who": [],
        },
        order_key=order.subject,
        job_key=str(run.job_id),
        backlink_metadata={
            "targetUrl": brief.target_url,
            "anchorText": brief.anchor_text,
            "revisionNotes": None,
        },
    )


def _free_slug(domain: Domain, slug: str, *, code: str) -> str:
    """The wished slug, or with the order's code where the site has that page already."""
    if not Article.objects.filter(domain=domain, slug=slug).exists():
        return slug
    longest = Article._meta.get_field("slug").max_length or 0
    return f"{slug[: longest - len(code) - 1]}-{code.lower()}"
