"""Could the text do harm by figures that nobody can trace?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from articles.document.text import sentences
from articles.quality.case import Case
from articles.quality.contacts import EMAIL, PHONE
from articles.quality.report import Finding, Level, Verdict

MOST_FIGURES_LISTED = 10

_NUMBER = r"(?<![\d.,])\d[\d.,\u00a0]{0,20}"
_SCALE = r"(?:thousand|million|billion|trillion|millionen|milliarden|millions?|milliards?)"
_FIGURE = re.compile(
    rf"{_NUMBER}\s?(?:%|percent\b|per cent\b|prozent\b|pour cent\b|por ciento\b)"
    rf"|[$€£¥]\s?{_NUMBER}|{_NUMBER}\s?(?:[$€£¥]|(?:dollars|euros?|pounds|usd|eur|gbp)\b)"
    rf"|\b{_NUMBER}\s{_SCALE}\b"
    r"|\b\d+ (?:out of|in every|of every) (?:\d+|ten|hundred)\b|\b\d+ times (?:more|less|as)\b"
    r"|\b\d{4,}\b|\b\d{1,3}(?:[,.\u00a0]\d{3})+\b"
    r"|\b(?:recent )?(?:studies|surveys|research|a study|a survey|data|statistics|experts"
    r"|scientists|researchers) (?:\w+ ){0,2}(?:show|shows|showed|shown|find|finds|found"
    r"|suggest|suggests|prove"
    r"|proves|proven|confirm|confirms|reveal|reveals|say|agree)\b"
    r"|\baccording to (?:an? |the |recent |new )*(?:study|studies|survey|research|report|poll"
    r"|scientists|researchers)\b",
    re.IGNORECASE,
)
_SHARE = re.compile(r"\s*(?:%|\b(?:percent|per cent|prozent|pour cent|por ciento)\b)")
_IN_NUMBERS = frozenset(".,")
# Subjects in which a wrong figure costs health or savings.
_SENSITIVE = re.compile(
    r"health|medic|nutrition|diet|pharma|wellness|supplement|mental|fitness|cbd"
    r"|financ|money|invest|insur|bank|credit|loan|mortgage|crypto|trading|tax|pension|gambl|casino",
    re.IGNORECASE,
)


def unsourced_figures(case: Case) -> Verdict:
    """Shares, sums, years, large numbers and studies without an allowed source are listed.

    They block on sites that write about health or money. What the brief, the notes for a change or
    a reference's text says is not listed, nor what shares a block with a link to an allowed
    reference. Source: own judgement.
    """
    niches = (case.brief.niche, *case.brief.site_niches)
    sensitive = any(_SENSITIVE.search(niche) for niche in niches)
    # Those that stood there first: of two that say the same, the later is the new one.
    earlier = case.earlier.document.text if case.earlier else ""
    listed = sorted(_figures(case), key=lambda figure: figure[2] not in earlier)
    findings = [
        Finding(
            code="unsourced-figure",
            message=f"“{figure}” has no source: “{sentence[:140]}”",
            level=Level.BLOCKS if sensitive else Level.WARNS,
            value=figure,
            block=block,
        )
        for block, figure, sentence in listed
    ]
    return Verdict(findings=findings, value=len(listed), threshold=0)


def _figures(case: Case) -> Iterator[tuple[int, str, str]]:
    brief = case.brief
    ordered = (brief.topic, brief.keyword, brief.notes, brief.anchor_text, *brief.must_mention)
    # A page that the customer named is a source for what it says.
    given = _comparable(" | ".join((*ordered, *(page.text for page in brief.references))))
    stands = cache(lambda figure: _stands_in(given, _comparable(figure)))
    sources = set(brief.allowed_references)
    sourced = {link.block for link in case.links if link.href in sources}
    disclosure = set(sentences(brief.disclosure or ""))
    for block in case.document.blocks:
        if block.number in sourced or block.kind == "code":
            continue
        for sentence in block.sentences:
            # Digits of a phone number are another check's matter.
            bare = PHONE.sub("", EMAIL.sub("", sentence))
            found = (match[0].strip() for match in _FIGURE.finditer(bare))
            figure = next((figure for figure in found if not stands(figure)), None)
            if figure and sentence not in disclosure:
                yield block.number, figure, sentence


def _comparable(text: str) -> str:
    """The text in lower case, with one way to write a share: "42 percent" is "42%"."""
    return _SHARE.sub("%", text.casefold().replace("\u00a0", " "))


def _stands_in(text: str, figure: str) -> bool:
    """Whether `text` names the figure, and not only another one that holds its digits."""
    at = text.find(figure)
    while at >= 0:
        before, after = text[max(0, at - 2) : at], text[at + len(figure) :][:2]
        if not (_goes_on(figure[:1], before[::-1]) or _goes_on(figure[-1:], after)):
            return True
        at = text.find(figure, at + 1)
    return False


def _goes_on(edge: str, beyond: str) -> bool:
    """Whether a number or word that ends in `edge` goes on with what is `beyond`."""
    if edge.isdigit():
        return beyond[:1].isdigit() or (beyond[:1] in _IN_NUMBERS and beyond[1:].isdigit())
    return edge.isalpha() and beyond[:1].isalpha()
