"""Does the text show all that it says: no hidden words, no letters that pose as others?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from articles.document.markup import tokens
from articles.document.text import hides
from articles.quality.case import Case
from articles.quality.given import holds
from articles.quality.report import Finding, Verdict
from articles.sanitise import visible

# Cyrillic letters that look like Latin ones. Greek ones are left out: they stand for quantities.
_CYRILLIC = re.compile(r"[\u0400-\u052f]")
_LATIN = re.compile(r"[A-Za-z\u00c0-\u024f]")
_LETTERS = re.compile(r"[^\W\d_]+")


def hidden_text(case: Case) -> Verdict:
    """No invisible or direction-changing character, no hidden element, no word of mixed alphabets.

    Source: prompt-injection echo; Google's spam policies (hidden text).
    """
    return Verdict(findings=[*_unseen(case), *_hidden(case), *_mixed(case)])


def _unseen(case: Case) -> Iterator[Finding]:
    for told in case.told:
        text, seen = told.text, visible(told.text)
        if seen == text:
            continue
        lost = next(
            (one for one, kept in zip(text, seen, strict=False) if one != kept), text[len(seen) :]
        )
        yield Finding(
            code="hidden-character",
            message=f"{told.named} holds the invisible character U+{ord(lost[0]):04X}.",
            value=f"U+{ord(lost[0]):04X}",
            block=told.block,
        )


def _hidden(case: Case) -> Iterator[Finding]:
    for block in case.document.blocks:
        for token in tokens(block.gap + block.html):
            if token.kind == "open" and hides(token.attributes):
                yield Finding(
                    code="hidden-text",
                    message=f"Words in <{token.name}> are hidden from readers.",
                    value=token.name,
                    block=block.number,
                )


def _mixed(case: Case) -> Iterator[Finding]:
    brief = case.brief
    ordered = " | ".join((brief.keyword, brief.anchor_text, *brief.must_mention))
    for told in case.told:
        for match in _LETTERS.finditer(told.text) if _CYRILLIC.search(told.text) else ():
            mixed = _CYRILLIC.search(match[0]) and _LATIN.search(match[0])
            if mixed and not holds(ordered, match[0]):
                yield Finding(
                    code="mixed-letters",
                    message=f"{told.named} writes “{match[0]}” with letters of two alphabets, which"
                    " makes one word pose as another.",
                    value=match[0][:80],
                    block=told.block,
                )
