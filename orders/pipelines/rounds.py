"""Rounds of writing: buy a text, examine it, repair what the gate found, three times at most.

A round is one purchase and its examination, two stored steps: `text-1`, `examined-1`. A later
attempt of the job reads both, so neither a crash nor a parser bug buys a text twice.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from articles import quality, writer
from articles.brief import Brief
from articles.draft import Draft
from articles.models import ArticleVersion
from articles.quality import Change, Check, Finding, Report
from orders.models import Order
from orders.pipelines.calls import provider_errors, recorder
from queueing import connections
from queueing.errors import Permanent
from queueing.run import Run

ROUNDS: Final = 3  # quality-gate.md, "Attempts": at most 3 per job
COMPARED_VERSIONS: Final = 100  # the newest of the domain; bounds what the gate reads

Reply = dict[str, Any]


class GateBlocked(Permanent):
    """The last round's text still has blocking findings."""


@dataclass(frozen=True, kw_only=True)
class Passed:
    """A draft that the gate let through, with its report, where its text came from, and after how
    many rounds."""

    draft: Draft
    report: Report
    model: str
    prompt_version: str
    rounds: int


@dataclass(frozen=True, kw_only=True)
class Rounds:
    """What the rounds of one job are about.

    `buy` gets the first text, and `first_words` tell the customer of it. A new article is repaired
    in the later rounds. A change to the text `before` is bought anew with the `faults` of the last
    try, because no repair brings back a sentence that a change has lost. `change` and `checks` tell
    the gate what to judge it by.
    """

    run: Run
    order: Order
    brief: Brief
    buy: Callable[..., Reply]
    first_words: str
    before: Draft | None = None
    change: Change | None = None
    checks: Sequence[Check] | None = None
    mark: str = ""  # before each step's name, where one job may have to begin anew

    def passing(self) -> Passed:
        """Return the first draft that the gate lets through, buying at most `ROUNDS` texts.

        :raises WriterError: no usable text was to be had; the next attempt asks again
        :raises GateBlocked: the last round is still blocked
        """
        draft: Draft | None = None
        findings: tuple[Finding, ...] = ()
        origin: Reply | None = None
        for number in range(1, ROUNDS + 1):
            reply = self._text(number, draft, findings)
            origin = origin or reply
            examined = self.run.once(
                f"{self.mark}examined-{number}",
                self._examination(self.before or draft, reply),
                doing=f"Quality check, attempt {number} of {ROUNDS}",
            )
            draft = Draft.from_json(examined["draft"])
            report = Report.from_json(examined["report"])
            if not report.blocked:
                return Passed(
                    draft=draft,
                    report=report,
                    model=reply["model"],
                    prompt_version=origin["prompt_version"],
                    rounds=number,
                )
            findings = report.blocking
        blocking = sorted({finding.code for finding in findings})
        raise GateBlocked(f"still blocked after {ROUNDS} rounds: {', '.join(blocking)}")

    def _text(self, number: int, draft: Draft | None, findings: tuple[Finding, ...]) -> Reply:
        """Buy this round's text, unless it is stored: the wish first, repairs of it later."""
        step = f"{self.mark}text-{number}"
        request_id = self.run.request_id(step)
        # The last text is the next model's, if there is one: this one had its chances.
        record = recorder(self.run, order=self.order, last=number == ROUNDS)

        def buy() -> Reply:
            with provider_errors():
                if draft is None:
                    return self.buy(request_id=request_id, record=record)
                if self.before is not None:
                    return self.buy(request_id=request_id, record=record, faults=findings)
                return writer.buy_repair(
                    self.brief, draft, findings, request_id=request_id, record=record
                )

        later = f"Improving it, attempt {number} of {ROUNDS}"
        reply: Reply = self.run.once(step, buy, doing=self.first_words if number == 1 else later)
        return reply

    def _examination(self, ground: Draft | None, reply: Reply) -> Callable[[], dict[str, Any]]:
        """Read the text and judge it: a step of its own, as it may fail where buying did not."""

        def examine() -> dict[str, Any]:
            read = (
                writer.parse_article(reply)
                if ground is None
                else writer.apply_repair(ground, reply)
            )
            compared = other_texts(self.order)
            # The gate computes for up to a second; with all threads in it the pool would be empty,
            # and this worker's heartbeat would wait for a connection.
            connections.let_go(what="the gate")
            report = quality.check(
                read,
                self.brief,
                others=compared,
                finish_reason=reply.get("finish_reason"),
                before=self.before,
                change=self.change,
                checks=self.checks,
            )
            return {"draft": read.to_json(), "report": report.to_json()}

        return examine


def other_texts(order: Order) -> list[str]:
    """Return the newest texts of the site that are not of this article or this order."""
    others = ArticleVersion.objects.filter(article__domain_id=order.domain_id)
    others = others.exclude(order_key=order.subject)
    if order.article_id is not None:
        others = others.exclude(article_id=order.article_id)
    newest = others.order_by("-created_at", "-pk").values_list("html", flat=True)
    return list(newest[:COMPARED_VERSIONS])
