"""Is it a whole article and nothing but the article?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from articles.document.markup import depth
from articles.quality import prompt_text
from articles.quality.case import Case, Told
from articles.quality.given import holds
from articles.quality.leaks import LEAKS, NEVER_ORDERED, readable
from articles.quality.prompt_text import Echo
from articles.quality.quoted import too_much_shown
from articles.quality.report import Finding, Level, Verdict

# Ten times the longest article that we sell, and deeper than any page nests.
LARGEST_CHARS = 200_000
DEEPEST = 100
SHORTEST_WORDS = 300
TOLERANCE_PERCENT = 10

_CUT_OFF_BY = {
    "length": "the writer ran out of room",
    "content_filter": "the writer's provider stopped it",
}
_ENDED = re.compile(r"[.!?…。！？।؟։።][\"'”’»«“)\]」』）*\s]*$|[\U0001f300-\U0001faff]$")
_WITHOUT_FULL_STOPS = frozenset({"th", "lo"})

# In code, placeholders, marks, long runs and the names of fields are what it is about.
_IN_CODE = frozenset({"machine-speaks", "instruction"})
# One such name is a field of many a program; so many are an answer of ours.
_FIELDS_IN_CODE = 3
# Signs before a leak that are found with it, to tell that a sentence begins.
_BEFORE = ".!? \n\t"


def size(case: Case) -> Verdict:
    """At most 200,000 characters of HTML, nested at most 100 deep: more is judged by nothing else.

    Source: own judgement.
    """
    return size_of(case.draft.html)


def size_of(html: str) -> Verdict:
    """Return what `size` says of an article's HTML."""
    if len(html) > LARGEST_CHARS:
        message = f"The text has {len(html)} characters of HTML; {LARGEST_CHARS} are the most."
        fault = Finding(code="too-large", message=message, value=len(html), threshold=LARGEST_CHARS)
        return Verdict(findings=[fault], value=len(html), threshold=LARGEST_CHARS)
    deep = depth(html)
    if deep > DEEPEST:
        message = f"The HTML nests {deep} tags deep; {DEEPEST} are the most."
        fault = Finding(code="too-deep", message=message, value=deep, threshold=DEEPEST)
        return Verdict(findings=[fault], value=deep, threshold=DEEPEST)
    return Verdict(value=len(html), threshold=LARGEST_CHARS)


def length(case: Case) -> Verdict:
    """At least the ordered words less 10 %, and never under 300; over 10 % more is a warning.

    Of them at most a quarter is quoted, and at most half code or quoted. A revision under the
    ordered words is a warning as long as it has 300. Source: Yoast (300 words); the tolerance and
    the shares are our judgement.
    """
    count, ordered = case.words, case.brief.words
    # In whole percent of a word, so that no float decides at the edge.
    fewest = max(SHORTEST_WORDS, -(-ordered * (100 - TOLERANCE_PERCENT) // 100))
    most = max(fewest, ordered * (100 + TOLERANCE_PERCENT) // 100)
    findings = too_much_shown(case)
    if count < fewest:
        # A customer who asks for less gets less, and is told what was ordered.
        asked_for = case.change == "revision" and count >= SHORTEST_WORDS
        findings.append(
            Finding(
                code="too-short",
                message=f"The article has {count} words; {ordered} were ordered and at least"
                f" {fewest} are due.",
                level=Level.WARNS if asked_for else Level.BLOCKS,
                value=count,
                threshold=fewest,
            )
        )
    elif count > most:
        findings.append(
            Finding(
                code="too-long",
                message=f"The article has {count} words; {ordered} were ordered.",
                level=Level.WARNS,
                value=count,
                threshold=most,
            )
        )
    return Verdict(findings=findings, value=count, threshold=ordered)


def leakage(case: Case) -> Verdict:
    """No placeholder, no talk of the writer, no code fence, no instructions, no cut-off end.

    Advice that our instructions give as well is a warning, as long as it is not the text.
    Source: own judgement.
    """
    return Verdict(findings=[*_leaks(case), *_cut_off(case)])


def _leaks(case: Case) -> Iterator[Finding]:
    given = _given(case)
    texts = [readable(each.text) for each in case.told]
    echoes = [prompt_text.echoes(text) for text in texts]
    recited = _is_recital(case, echoes)
    for told, text, echoed in zip(case.told, texts, echoes, strict=True):
        for code, label, pattern in LEAKS:
            skipped = told.by == "code" and code not in _IN_CODE
            excused = "" if code in NEVER_ORDERED else given
            read = readable(case.without_code(told)) if code == "placeholder" else text
            said = "" if skipped else _first(pattern, read, excused)
            if said:
                yield _leak(code, label, told, said)
        if told.by == "code" and len(fields := prompt_text.fields_in(text)) >= _FIELDS_IN_CODE:
            yield _leak("prompt-text", "fields of our own", told, ", ".join(fields))
        yield from _instructions(told, text, echoed, recited=recited)


def _given(case: Case) -> str:
    """Words that were ordered are no leak, be it a keyphrase such as "as an AI engineer"."""
    brief = case.brief
    ordered = (brief.topic, brief.keyword, brief.anchor_text)
    return " | ".join((*ordered, *brief.must_mention, *brief.secondary_keywords))


def _first(pattern: re.Pattern[str], text: str, excused: str) -> str:
    """The first piece of `text` that `pattern` finds and `excused` does not hold."""
    found = (match[0].lstrip(_BEFORE) for match in pattern.finditer(text))
    return next((said for said in found if not (excused and holds(excused, said))), "")


def _leak(code: str, label: str, told: Told, said: str) -> Finding:
    shown = said.strip()[:80]
    return Finding(
        code="prompt-text" if code == "instruction" else code,
        message=f"{told.named} holds {label}: “{shown}”.",
        value=shown,
        block=told.block,
    )


def _instructions(told: Told, text: str, echoes: list[Echo], *, recited: bool) -> Iterator[Finding]:
    copied = prompt_text.copied(text)
    ours = [echo.sentence for echo in echoes if echo.is_ours or recited]
    for said in [copied] if copied else ours[:1]:
        yield Finding(
            code="prompt-text",
            message=f"{told.named} holds a piece of the instructions: “{said[:200]}”.",
            value=said[:200],
            block=told.block,
        )
    if echoes and not (copied or ours):
        said = echoes[0].sentence[:200]
        yield Finding(
            code="prompt-echo",
            message=f"{told.named} says what the writer's instructions say, in other words:"
            f" “{said}”.",
            level=Level.WARNS,
            value=said,
            block=told.block,
        )


def _is_recital(case: Case, echoes: list[list[Echo]]) -> bool:
    told = sum(len(block.sentences) for block in case.document.blocks)
    return prompt_text.is_recital([each for found in echoes for each in found], sentences=told)


def _cut_off(case: Case) -> Iterator[Finding]:
    why = _CUT_OFF_BY.get(case.finish_reason or "")
    last = next((block for block in reversed(case.document.blocks) if block.text), None)
    if why:
        yield Finding(
            code="cut-off",
            message=f"The article is not finished: {why}.",
            value=case.finish_reason,
            block=last.number if last else None,
        )
    elif last is None:
        yield Finding(code="no-text", message="There is no text.")
    elif last.kind == "heading":
        yield Finding(
            code="cut-off",
            message=f"The article ends with the heading “{last.text}” and nothing below it.",
            block=last.number,
        )
    elif last.kind in {"paragraph", "quote", "other"} and not _is_ended(last.text, case):
        yield Finding(
            code="cut-off",
            message=f"The last sentence breaks off: “…{last.text[-60:]}”.",
            block=last.number,
        )


def _is_ended(text: str, case: Case) -> bool:
    return case.brief.language in _WITHOUT_FULL_STOPS or bool(_ENDED.search(text))
