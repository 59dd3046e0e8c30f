"""The gate: every check in its order, run over one draft."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from articles.brief import Brief
from articles.draft import Draft
from articles.quality import (
    completeness,
    keyphrase,
    markup,
    ordered_link,
    originality,
    readability,
    safety,
    wording,
)
from articles.quality.case import Case
from articles.quality.report import CannotTell, CheckResult, Level, Report, State, Verdict

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Check:
    """One rule: `level` is the worst it can do ("B", "W" or "B/W"), `source` where its threshold
    comes from."""

    name: str
    label: str
    level: str
    source: str
    run: Callable[[Case], Verdict]


_ORDER, _OWN, _YOAST = "the order", "own judgement", "Yoast"

# In the order of the written gate.
NEW_ARTICLE: tuple[Check, ...] = (
    Check("target-link", "Ordered link", "B", _ORDER, ordered_link.target_link),
    Check("anchor", "Anchor text", "B", f"{_ORDER}; {_OWN}", ordered_link.anchor),
    Check(
        "link-policy",
        "Link policy",
        "B",
        "Google, qualify outbound links",
        ordered_link.link_policy,
    ),
    Check("disclosure", "Disclosure", "B", "FTC native-advertising guide", ordered_link.disclosure),
    Check("other-links", "Other links", "B", "the brief", ordered_link.other_links),
    Check("html", "HTML", "B/W", "WCAG 1.1.1, 1.3.1", markup.html),
    Check("length", "Length", "B/W", f"{_YOAST} (300); {_OWN}", completeness.length),
    Check("leakage", "Nothing left over", "B", _OWN, completeness.leakage),
    Check("language", "Language", "B", _OWN, wording.language),
    Check(
        "near-duplicate",
        "Unlike our other texts",
        "B/W",
        "common near-duplicate practice",
        originality.near_duplicate,
    ),
    Check("copied-run", "Nothing copied", "B/W", _OWN, originality.copied_run),
    Check("keyphrase", "Keyphrase", "B/W", _YOAST, keyphrase.keyphrase),
    Check("title-meta-slug", "Title, description, slug", "B/W", _YOAST, keyphrase.title_meta_slug),
    Check("sentences", "Sentence length", "W", _YOAST, readability.sentences),
    Check("paragraphs", "Paragraphs and sections", "W", _YOAST, readability.paragraphs),
    Check("passive", "Active voice", "W", _YOAST, readability.passive),
    Check("transitions", "Transitions", "W", _YOAST, readability.transitions),
    Check("reading-ease", "Reading ease", "W", _YOAST, readability.reading_ease),
    Check("repetition", "Repetition", "B/W", f"{_YOAST}; {_OWN}", wording.repetition),
    Check("stock-phrases", "Stock phrases", "B/W", _OWN, wording.stock_phrases),
    Check("unsourced-figures", "Sources of figures", "B/W", _OWN, safety.unsourced_figures),
    Check("contact-data", "Contact data", "B", "prompt-injection echo", safety.contact_data),
)


def check(
    draft: Draft,
    brief: Brief,
    *,
    others: Sequence[str] = (),
    references: Sequence[str] | None = None,
    finish_reason: str | None = None,
    checks: Sequence[Check] = NEW_ARTICLE,
) -> Report:
    """Return what the gate says of `draft`; deterministic, and never raises.

    `others` are texts (HTML or plain) of versions that this one must not resemble, `references`
    the texts of allowed references, `finish_reason` is how the model said it stopped. A check
    that cannot run, or breaks, is unknown: it neither passes nor blocks.
    """
    case = Case(
        draft=draft,
        brief=brief,
        others=others,
        references=references,
        finish_reason=finish_reason,
    )
    results = tuple(_result(each, case) for each in checks)
    return Report(checks=results, words=_words(case))


def _result(each: Check, case: Case) -> CheckResult:
    verdict, reason = Verdict(), ""
    try:
        verdict = each.run(case)
        state = _state(verdict)
    except CannotTell as nothing_to_go_by:
        state, reason = State.UNKNOWN, str(nothing_to_go_by)
    except Exception as error:  # a broken check must not cost the order
        logger.exception("the check %s broke", each.name)
        state, reason = State.UNKNOWN, f"The check broke ({type(error).__name__})."
    return CheckResult(
        name=each.name,
        label=each.label,
        level=each.level,
        source=each.source,
        state=state,
        value=verdict.value,
        threshold=verdict.threshold,
        findings=tuple(verdict.findings),
        reason=reason,
    )


def _state(verdict: Verdict) -> State:
    levels = {finding.level for finding in verdict.findings}
    if Level.BLOCKS in levels:
        return State.FAILED
    return State.WARNED if levels else State.PASSED


def _words(case: Case) -> int:
    try:
        return case.words
    except Exception:
        logger.exception("the words could not be counted")
        return 0
