"""Rounds of writing: buy a text, examine it, repair what the gate found, three times at most.

A round is one purchase and its examination, two stored steps: `text-1`, `examined-1`. A later
attempt of the job reads both, so neither a crash nor a parser bug buys a text twice. The first text
of a new article is bought before, in steps of its own (`orders/pipelines/writing.py`).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from articles import quality, writer
from articles.alike import most_alike
from articles.brief import Brief
from articles.draft import Draft
from articles.models import ArticleVersion
from articles.quality import Change, Check, Finding, Report
from orders.endings import pages_of_others
from orders.fulfilment import ROUNDS
from orders.models import Order
from orders.pipelines.calls import provider_errors, recorder
from queueing import connections
from queueing.errors import Permanent
from queueing.run import Run

COMPARED_VERSIONS: Final = 100  # the newest of the domain; bounds what the gate reads

Reply = dict[str, Any]


class GateBlocked(Permanent):
    """The last round's text still has blocking findings."""


@dataclass(frozen=True, kw_only=True)
class Passed:
    """A draft that the gate let through, with its report, after how many rounds, and all models and
    prompts that have a part in its text, in their order."""

    draft: Draft
    report: Report
    model: str
    prompt_version: str
    rounds: int
    edits: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Written:
    """A text that was bought and stored; `read` is how a draft comes of it."""

    read: Callable[[], Draft]
    models: tuple[str, ...]
    prompt_versions: tuple[str, ...]
    finish_reason: str | None = None
    edits: Callable[[], dict[str, Any]] | None = None


@dataclass(frozen=True, kw_only=True)
class Rounds:
    """What the rounds of one job are about.

    A new article is `written` and repaired in the later rounds. A change to the text `before` is
    bought by `buy`, of which `first_words` tell the customer, and bought anew with the `faults` of
    the last try, because no repair brings back a sentence that a change has lost. `change`, the
    words that `asked` for it of the whole text, all `notes` in their order, the `publishers` own
    text where it is their page, and `checks` tell the gate what to judge it by.
    """

    run: Run
    order: Order
    brief: Brief
    written: Written | None = None
    buy: Callable[..., Reply] | None = None
    first_words: str = ""
    before: Draft | None = None
    change: Change | None = None
    asked: str = ""
    notes: Sequence[str] = ()
    publishers: Draft | None = None
    checks: Sequence[Check] | None = None
    mark: str = ""  # before each step's name, where one job may have to begin anew

    def passing(self) -> Passed:
        """Return the first draft that the gate lets through, buying at most `ROUNDS` texts.

        :raises WriterError: no usable text was to be had; the next attempt asks again
        :raises GateBlocked: the last round is still blocked
        """
        findings: tuple[Finding, ...] = ()
        draft, origins = self.before, list[Written]()
        edits: list[dict[str, Any]] = []
        for number in range(1, ROUNDS + 1):
            bought = self._bought(number, draft, findings)
            # A repair goes on from the last text, a change begins anew on the same one.
            origins = [*(origins if self.before is None else ()), bought]
            examined = self.run.once(
                f"{self.mark}examined-{number}",
                partial(self._examine, bought),
                doing=f"Quality check, attempt {number} of {ROUNDS}",
            )
            draft = Draft.from_json(examined["draft"])
            if bought.edits is not None:
                edits = [*(edits if self.before is None else ()), bought.edits()]
            report = Report.from_json(examined["report"])
            if not report.blocked:
                return Passed(
                    draft=draft,
                    report=report,
                    model=_each_once(name for each in origins for name in each.models),
                    prompt_version=_each_once(
                        version for each in origins for version in each.prompt_versions
                    ),
                    rounds=number,
                    edits=tuple(edits),
                )
            findings = report.blocking
        blocking = sorted({finding.code for finding in findings})
        raise GateBlocked(f"still blocked after {ROUNDS} rounds: {', '.join(blocking)}")

    def _bought(self, number: int, draft: Draft | None, findings: tuple[Finding, ...]) -> Written:
        """This round's text: the first one, or edits of what there is."""
        if number == 1 and self.written is not None:
            return self.written
        ground = self.before or draft
        assert ground is not None  # noqa: S101  a change has its text, a repair its draft
        reply = self._edits(number, ground, findings)
        # A repair mends what the findings name; what a change is about is for its notes to say.
        asked = findings if self.buy is None else None
        return Written(
            read=partial(writer.apply_repair, ground, reply, asked),
            models=(reply["model"],),
            prompt_versions=(reply["prompt_version"],),
            finish_reason=reply.get("finish_reason"),
            edits=partial(writer.applied, reply, asked),
        )

    def _edits(self, number: int, ground: Draft, findings: tuple[Finding, ...]) -> Reply:
        """Buy this round's edits, unless they are stored: the wish itself, or a repair."""
        step = f"{self.mark}text-{number}"
        request_id = self.run.request_id(step)
        # The last text is the next model's, if there is one: this one had its chances.
        record = recorder(self.run, order=self.order, last=number == ROUNDS)

        def buy() -> Reply:
            with provider_errors():
                if self.buy is not None:
                    return self.buy(request_id=request_id, record=record, faults=findings)
                return writer.buy_repair(
                    self.brief, ground, findings, request_id=request_id, record=record
                )

        later = f"Improving it, attempt {number} of {ROUNDS}"
        reply: Reply = self.run.once(step, buy, doing=self.first_words if number == 1 else later)
        return reply

    def _examine(self, bought: Written) -> dict[str, Any]:
        """Read the text and judge it: a step of its own, as it may fail where buying did not."""
        draft = bought.read()
        compared = other_texts(self.order, draft.html)
        bought_by_others = pages_of_others(self.order)
        # The gate computes for up to a second; with all threads in it the pool would be empty,
        # and this worker's heartbeat would wait for a connection.
        connections.let_go(what="the gate")
        report = quality.check(
            draft,
            self.brief,
            others=compared,
            finish_reason=bought.finish_reason,
            before=self.before,
            change=self.change,
            asked=self.asked,
            notes=self.notes,
            checks=self.checks,
            bought=bought_by_others,
            publishers=self.publishers,
        )
        return {"draft": draft.to_json(), "report": report.to_json()}


def other_texts(order: Order, html: str) -> list[str]:
    """Return the texts that `html` must not resemble: the newest of the site, and those of any
    site that look alike, without those of this article or this order."""
    others = ArticleVersion.objects.exclude(order_key=order.subject)
    if order.article_id is not None:
        others = others.exclude(article_id=order.article_id)
    of_site = others.filter(article__domain_id=order.domain_id).order_by("-created_at", "-pk")
    newest = of_site.values_list("html", flat=True)[:COMPARED_VERSIONS]
    alike = most_alike(html, among=others).values_list("html", flat=True)
    return list(dict.fromkeys((*newest, *alike)))


def _each_once(names: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(names))
