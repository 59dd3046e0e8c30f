"""Is it a whole article and nothing but the article?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from articles.document.markup import depth
from articles.quality import prompt_text
from articles.quality.case import Case
from articles.quality.prompt_text import Echo
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

# What must not reach a reader: (code, what it is, how it looks).
_LEAKS: tuple[tuple[str, str, re.Pattern[str]], ...] = tuple(
    (code, label, re.compile(pattern, re.IGNORECASE | re.MULTILINE))
    for code, label, pattern in (
        (
            "placeholder",
            "a placeholder",
            r"\[(?:insert|your|add|enter|placeholder|link|url|name|company|brand|todo|tbd|date"
            r"|number|source|citation|image|x{2,})\b[^\]]{0,80}\]"
            r"|\{\{.{0,80}?\}\}|\blorem ipsum\b|\b(?-i:TODO|TBD|XXX+)\b|_{5,}"
            r"|<(?:insert|your)\b[^>]{0,60}>",
        ),
        (
            "machine-speaks",
            "the writer speaking of itself",
            r"(?:^|[.!?]\s+)as an? (?:ai\b|artificial intelligence\b)"
            r"|\bas an? (?:ai |large )?language model\b"
            r"|\bI(?:'m|’m| am) an? (?:ai|language model)\b"
            r"|\bI (?:cannot|can(?:'|’)?t|am unable to|won(?:'|’)t) (?:help|assist|fulfil|comply"
            r"|provide|write|create|generate)\b|\bmy (?:training data|knowledge cut-?off)\b",
        ),
        (
            "writer-chatter",
            "the writer talking to its client",
            r"^(?:sure|certainly|of course|absolutely)[,!.]? (?:here|i)\b"
            r"|\bhere(?:'s|’s| is) (?:the|your|an?) (?:\w+ )?(?:article|blog post|draft|rewrite)\b"
            r"|\bI hope this (?:helps|article)\b"
            r"|\blet me know if you(?:'d|’d| would)? (?:like|need)"
            r"|^(?:title|meta description|slug|word count):\s",
        ),
        ("code-fence", "a code fence", r"```|~~~"),
        (
            "prompt-text",
            "a piece of the instructions",
            rf"</?(?:{'|'.join(prompt_text.fences())})>"
            rf"|\b(?:{'|'.join(prompt_text.fields())})\b"
            r"|\bignore (?:all |any |the )*(?:previous|above|prior|earlier) (?:instructions|rules)"
            r"|\b(?:my|the) system prompt\b|\bmy instructions\b",
        ),
        (
            "encoded-text",
            "a run of characters that is no word",
            r"(?<![\w+/=-])[A-Za-z0-9+/_-]{80,}={0,2}",
        ),
        (
            "markdown",
            "Markdown instead of HTML",
            r"\*\*[^*\n]{1,200}\*\*|^#{1,6} \S|\[[^\]\n]{1,200}\]\(https?://",
        ),
    )
)
# However it was asked for, an article holds none of these.
_NEVER_ORDERED = frozenset({"prompt-text", "markdown", "code-fence"})


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

    A revision under the ordered words is a warning as long as it has 300. Source: Yoast (300
    words); the tolerance is our judgement.
    """
    count, ordered = case.words, case.brief.words
    # In whole percent of a word, so that no float decides at the edge.
    fewest = max(SHORTEST_WORDS, -(-ordered * (100 - TOLERANCE_PERCENT) // 100))
    most = max(fewest, ordered * (100 + TOLERANCE_PERCENT) // 100)
    findings = []
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
    # Words that were ordered are no leak, be it a keyphrase such as "as an AI engineer".
    given = f"{case.brief.topic} | {case.brief.keyword} | {case.brief.anchor_text}".casefold()
    texts: list[tuple[int | None, str, str]] = [
        (None, "The title", case.draft.title),
        (None, "The meta description", case.draft.meta_description),
        *(
            (block.number, "The text", block.text)
            for block in case.document.blocks
            if block.kind != "code"
        ),
    ]
    echoes = [prompt_text.echoes(text) for _, _, text in texts]
    recited = _is_recital(case, echoes)
    for (block, where, text), echoed in zip(texts, echoes, strict=True):
        for code, label, pattern in _LEAKS:
            match = pattern.search(text)
            if match and (code in _NEVER_ORDERED or match[0].strip().casefold() not in given):
                shown = match[0].strip()[:80]
                yield Finding(
                    code=code,
                    message=f"{where} holds {label}: “{shown}”.",
                    value=shown,
                    block=block,
                )
        yield from _instructions(where, text, echoed, block=block, recited=recited)


def _instructions(
    where: str, text: str, echoes: list[Echo], *, block: int | None, recited: bool
) -> Iterator[Finding]:
    told = prompt_text.copied(text)
    ours = [echo.sentence for echo in echoes if echo.is_ours or recited]
    for said in [told] if told else ours[:1]:
        yield Finding(
            code="prompt-text",
            message=f"{where} holds a piece of the instructions: “{said[:200]}”.",
            value=said[:200],
            block=block,
        )
    if echoes and not (told or ours):
        said = echoes[0].sentence[:200]
        yield Finding(
            code="prompt-echo",
            message=f"{where} says what the writer's instructions say, in other words: “{said}”.",
            level=Level.WARNS,
            value=said,
            block=block,
        )


def _is_recital(case: Case, echoes: list[list[Echo]]) -> bool:
    told = sum(len(block.sentences) for block in case.document.blocks if block.kind != "code")
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
