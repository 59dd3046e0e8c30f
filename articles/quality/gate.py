"""The gate: every check in its order, run over one draft."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from articles.brief import Brief
from articles.draft import Draft
from articles.links import Page
from articles.quality import (
    completeness,
    contacts,
    foreign,
    hidden,
    keyphrase,
    markup,
    ordered_link,
    originality,
    readability,
    safety,
    titles,
    untouched,
    wishes,
    wording,
)
from articles.quality.case import Case, Change
from articles.quality.report import (
    CannotTell,
    CheckResult,
    Finding,
    Level,
    NotApplicable,
    Report,
    State,
    Verdict,
    told_apart,
)

logger = logging.getLogger(__name__)

# Of one check: more are read neither by people nor by the writer.
MOST_FINDINGS = 50


@dataclass(frozen=True, slots=True)
class Check:
    """One rule: `level` is the worst it can do ("B", "W" or "B/W"), `source` where its threshold
    comes from.

    In a text that was changed, faults that stood there before are warnings, unless the rule is
    `strict`: what was ordered must be right whatever the text was, or the rule tells old faults
    from new ones by itself. `most` findings are told.
    """

    name: str
    label: str
    level: str
    source: str
    run: Callable[[Case], Verdict]
    strict: bool = False
    most: int = MOST_FINDINGS


_ORDER, _OWN, _YOAST = "the order", "own judgement", "Yoast"
_TOO_LARGE = "The text is too large to be judged."
_NOTHING = Verdict()

SIZE = Check("size", "Size", "B", _OWN, completeness.size, strict=True)
# In the order of the written gate.
_AS_ORDERED: tuple[Check, ...] = tuple(
    Check(name, label, "B", source, run, strict=True)
    for name, label, source, run in (
        ("target-link", "Ordered link", _ORDER, ordered_link.target_link),
        ("anchor", "Anchor text", f"{_ORDER}; {_OWN}", ordered_link.anchor),
        (
            "link-policy",
            "Link policy",
            "Google, qualify outbound links",
            ordered_link.link_policy,
        ),
        ("disclosure", "Disclosure", "FTC native-advertising guide", ordered_link.disclosure),
        ("other-links", "Other links", "the brief", ordered_link.other_links),
    )
)
_WISHES: tuple[Check, ...] = (
    Check("must-mention", "Must be mentioned", "B/W", _ORDER, wishes.must_mention),
    Check("must-avoid", "Must be avoided", "B/W", _ORDER, wishes.must_avoid),
    Check(
        "secondary-keywords",
        "Secondary keywords",
        "W",
        f"{_ORDER}; {_OWN}",
        wishes.secondary_keywords,
    ),
    Check("link-position", "Place of the link", "W", f"{_ORDER}; {_OWN}", wishes.link_position),
)
_TEXT: tuple[Check, ...] = (
    Check("html", "HTML", "B/W", "WCAG 1.1.1, 1.3.1", markup.html),
    Check("length", "Length", "B/W", f"{_YOAST} (300); {_OWN}", completeness.length),
    Check("leakage", "Nothing left over", "B/W", _OWN, completeness.leakage),
    Check("language", "Language", "B/W", _OWN, foreign.language, strict=True),
    Check(
        "near-duplicate",
        "Unlike our other texts",
        "B/W",
        "common near-duplicate practice",
        originality.near_duplicate,
    ),
    Check("copied-run", "Nothing copied", "B/W", _OWN, originality.copied_run),
    Check("keyphrase", "Keyphrase", "B/W", _YOAST, keyphrase.keyphrase),
    Check("title-meta-slug", "Title, description, slug", "B/W", _YOAST, titles.title_meta_slug),
    Check("sentences", "Sentence length", "W", _YOAST, readability.sentences),
    Check("paragraphs", "Paragraphs and sections", "W", _YOAST, readability.paragraphs),
    Check("passive", "Active voice", "W", _YOAST, readability.passive),
    Check("transitions", "Transitions", "W", _YOAST, readability.transitions),
    Check("reading-ease", "Reading ease", "W", _YOAST, readability.reading_ease),
    Check("repetition", "Repetition", "B/W", f"{_YOAST}; {_OWN}", wording.repetition),
    Check("stock-phrases", "Stock phrases", "B/W", _OWN, wording.stock_phrases),
    Check(
        "unsourced-figures",
        "Sources of figures",
        "B/W",
        _OWN,
        safety.unsourced_figures,
        most=safety.MOST_FIGURES_LISTED,
    ),
    Check("contact-data", "Contact data", "B", "prompt-injection echo", contacts.contact_data),
    Check(
        "hidden-text",
        "Nothing hidden",
        "B",
        "prompt-injection echo; Google, spam policies",
        hidden.hidden_text,
    ),
)
_UNTOUCHED = Check(
    "untouched-text",
    "Untouched text",
    "B/W",
    f"protects the publisher; {_OWN}",
    untouched.untouched_text,
    strict=True,
)
# What the publisher wrote is not ours to judge: length, keyphrase and style stay out of it.
_OF_ANY_PAGE = frozenset(
    {
        *("html", "leakage", "language", "must-avoid", "repetition", "unsourced-figures"),
        *("contact-data", "hidden-text", "link-position"),
    }
)

NEW_ARTICLE: tuple[Check, ...] = (SIZE, *_AS_ORDERED, *_WISHES, *_TEXT)
REVISION: tuple[Check, ...] = (*NEW_ARTICLE, _UNTOUCHED)
# A page that stands for itself: nobody's order says what should be in it.
PAGE: tuple[Check, ...] = (
    SIZE,
    *(each for each in (*_WISHES, *_TEXT) if each.name in _OF_ANY_PAGE),
    _UNTOUCHED,
)
# An integration, and the revision of one.
INTEGRATION: tuple[Check, ...] = (SIZE, *_AS_ORDERED, *PAGE[1:])
_CHECKS: dict[Change | None, tuple[Check, ...]] = {
    None: NEW_ARTICLE,
    "revision": REVISION,
    "integration": INTEGRATION,
}


def check(
    draft: Draft,
    brief: Brief,
    *,
    others: Sequence[str] = (),
    references: Sequence[str] | None = None,
    finish_reason: str | None = None,
    before: Draft | None = None,
    change: Change | None = None,
    asked: str = "",
    notes: Sequence[str] = (),
    checks: Sequence[Check] | None = None,
    bought: Collection[Page] = (),
    publishers: Draft | None = None,
) -> Report:
    """Return what the gate says of `draft`; deterministic, and never raises.

    `others` are texts (HTML or plain) of versions that this one must not resemble, `references`
    the texts of allowed references, `finish_reason` is how the model said it stopped. `before` is
    the text that a `change` was made to; faults of its own do not block. `asked` are the words
    that asked for the change of the whole text, `notes` all that the customer wrote, the order's
    first and the newest last; none: those of the brief. `bought` are the pages whose links in it
    others have paid for: those must stay. `publishers` is the publisher's own text, where a link
    alone was sold in it: a revision may change no more of it than the link did. A text that is too
    large is blocked for its size and judged by nothing else. `checks` are those of the change,
    unless others are named. A check that cannot run, or breaks, is unknown: it neither passes nor
    blocks. Time grows with the size of the text, not faster.
    """
    case = Case(
        draft=draft,
        brief=brief,
        others=others,
        references=references,
        finish_reason=finish_reason,
        before=before,
        change=change,
        asked=asked,
        notes=notes,
        bought=bought,
        publishers=publishers,
    )
    run = _CHECKS[change] if checks is None else checks
    size = _result(SIZE, case)
    if size.state is State.FAILED:
        rest = tuple(_told(each, State.UNKNOWN, reason=_TOO_LARGE) for each in run if each != SIZE)
        return Report(checks=(size, *rest))
    results = tuple(size if each == SIZE else _result(each, case) for each in run)
    return Report(checks=results, words=_words(case))


def _result(each: Check, case: Case) -> CheckResult:
    verdict, reason = Verdict(), ""
    try:
        verdict = _without_old_faults(each.run(case), each, case)
        state = _state(verdict)
    except CannotTell as nothing_to_go_by:
        state, reason = State.UNKNOWN, str(nothing_to_go_by)
    except NotApplicable as nothing_ordered:
        state, reason = State.NOT_APPLICABLE, str(nothing_ordered)
    except Exception as error:  # a broken check must not cost the order
        logger.exception("the check %s broke", each.name)
        state, reason = State.UNKNOWN, f"The check broke ({type(error).__name__})."
    return _told(each, state, verdict, reason=reason)


def _told(each: Check, state: State, verdict: Verdict = _NOTHING, *, reason: str) -> CheckResult:
    """Return the result, with as many findings as anybody reads, those that block first."""
    found = sorted(verdict.findings, key=lambda finding: finding.level is Level.WARNS)
    return CheckResult(
        name=each.name,
        label=each.label,
        level=each.level,
        source=each.source,
        state=state,
        value=verdict.value,
        threshold=verdict.threshold,
        findings=tuple(found[: each.most]),
        reason=reason,
    )


def _without_old_faults(verdict: Verdict, each: Check, case: Case) -> Verdict:
    """Return the verdict with the faults last, as warnings, that stood in the text before its
    change."""
    if each.strict or case.earlier is None or not verdict.findings:
        return verdict
    try:
        earlier = each.run(case.earlier).findings
    except (CannotTell, NotApplicable):
        return verdict
    findings: list[Finding] = []
    known: list[Finding] = []
    for level in Level:
        of_level = [finding for finding in verdict.findings if finding.level is level]
        before = [finding for finding in earlier if finding.level is level]
        new, old = told_apart(of_level, before)
        findings += new
        known += old
    return replace(verdict, findings=[*findings, *map(_excused, known)])


def _excused(finding: Finding) -> Finding:
    if finding.level is Level.WARNS:
        return finding
    message = f"{finding.message} It was so before the change."
    return replace(finding, level=Level.WARNS, message=message)


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
