"""Could the text do harm by figures that nobody can trace?"""

from __future__ import annotations

import re
from collections.abc import Iterator

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
# Subjects in which a wrong figure costs health or savings.
_SENSITIVE = re.compile(
    r"health|medic|nutrition|diet|pharma|wellness|supplement|mental|fitness|cbd"
    r"|financ|money|invest|insur|bank|credit|loan|mortgage|crypto|trading|tax|pension|gambl|casino",
    re.IGNORECASE,
)


def unsourced_figures(case: Case) -> Verdict:
    """Shares, sums, years, large numbers and studies without an allowed source are listed.

    They block in subjects of health and money. What the brief or a reference's text says is not
    listed, nor what shares a block with a link to an allowed reference. Source: own judgement.
    """
    sensitive = bool(_SENSITIVE.search(case.brief.niche))
    # What a change brings in comes first: the list is short, and old figures are known.
    earlier = case.earlier.document.text if case.earlier else ""
    listed = sorted(_figures(case), key=lambda figure: figure[2] in earlier)
    findings = [
        Finding(
            code="unsourced-figure",
            message=f"“{figure}” has no source: “{sentence[:140]}”",
            level=Level.BLOCKS if sensitive else Level.WARNS,
            value=figure,
            block=block,
        )
        for block, figure, sentence in listed[:MOST_FIGURES_LISTED]
    ]
    return Verdict(findings=findings, value=len(listed), threshold=0)


def _figures(case: Case) -> Iterator[tuple[int, str, str]]:
    brief = case.brief
    ordered = (brief.topic, brief.keyword, brief.notes, brief.anchor_text, *brief.must_mention)
    # A page that the customer named is a source for what it says.
    given = " ".join((*ordered, *(page.text for page in brief.references))).casefold()
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
            figure = next((figure for figure in found if figure.casefold() not in given), None)
            if figure and sentence not in disclosure:
                yield block.number, figure, sentence
