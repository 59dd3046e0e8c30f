"""Could the text do harm by figures that nobody can trace?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple

from articles.document.text import sentences
from articles.language import same
from articles.quality.case import Case
from articles.quality.contacts import EMAIL, PHONE
from articles.quality.figures import READ, comparable, figures, in_digits, plain
from articles.quality.quoted import prose_in_code
from articles.quality.report import Finding, Level, Verdict

MOST_FIGURES_LISTED = 10

_IN_NUMBERS = frozenset(".,")
# Subjects in which a wrong figure costs health or savings.
_SENSITIVE = re.compile(
    r"health|medic|nutrition|diet|pharma|wellness|supplement|mental|fitness|cbd"
    r"|financ|money|invest|insur|bank|credit|loan|mortgage|crypto|trading|tax|pension|gambl|casino"
    # The same in the other languages that are sold.
    r"|gesund|medizin|arznei|ern(?:ä|ae)hrung|geld|finanz|versicher|kredit|steuer|rente"
    r"|sant[ée]|m[ée]dic|argent(?!in)|[ée]pargne|assur|imp[ôo]t|retraite"
    r"|salud|dinero|ahorro|seguros|pr[ée]stamo|impuesto"
    r"|gezond|voeding|verzeker|lening|hypothe|belasting|pensioen",
    re.IGNORECASE,
)


def unsourced_figures(case: Case) -> Verdict:
    """Shares, sums, years, large numbers and studies without an allowed source are listed.

    They block on sites that write about health or money, and doses are listed there as well. What
    the brief, the notes for a change or a reference's text says is not listed, nor what shares a
    block with a link to an allowed reference. Source: own judgement.
    """
    niches = (case.brief.niche, *case.brief.site_niches)
    sensitive = any(_SENSITIVE.search(niche) for niche in niches)
    # Those that stood there first: of two that say the same, the later is the new one.
    earlier = "\n".join(text for _, _, text in _texts(case.earlier)) if case.earlier else ""
    found = _unsourced(case, doses=sensitive)
    listed = sorted(found, key=lambda each: each.sentence not in earlier)
    findings = [
        Finding(
            code="unsourced-figure",
            message=f"{each.where}“{each.figure}” has no source: “{each.sentence[:140]}”",
            level=Level.BLOCKS if sensitive else Level.WARNS,
            value=each.figure,
            block=each.block,
        )
        for each in listed
    ]
    return Verdict(findings=findings, value=len(listed), threshold=0)


class _Unsourced(NamedTuple):
    block: int | None
    where: str
    figure: str
    sentence: str


def _unsourced(case: Case, *, doses: bool) -> Iterator[_Unsourced]:
    brief = case.brief
    allowed = set(brief.allowed_references)
    sourced = {link.block for link in case.links if link.href in allowed}
    ordered = (brief.topic, brief.keyword, brief.notes, brief.anchor_text, *brief.must_mention)
    # A page that the customer named is a source for what it says.
    given = " | ".join((*ordered, *(page.text for page in brief.references)))
    # Title and description tell what the text says; where a link sources that, it does for them.
    beside_links = " | ".join(b.text for b in case.document.blocks if b.number in sourced)
    stands, stands_around = _standing(given), _standing(f"{given} | {beside_links}")
    disclosure = set(sentences(brief.disclosure or ""))
    for block, where, text in _texts(case):
        if block in sourced:
            continue
        is_sourced = stands_around if block is None else stands
        for sentence in sentences(text):
            # Digits of a phone number are another check's matter.
            bare = PHONE.sub("", EMAIL.sub("", plain(sentence)))
            found = figures(bare, language=same(brief.language), doses=doses)
            figure = next((figure for figure in found if not is_sourced(figure)), None)
            if figure and sentence not in disclosure:
                yield _Unsourced(block, where, figure, sentence)


def _texts(case: Case) -> Iterator[tuple[int | None, str, str]]:
    """Number, place and text of what a reader is told; the body's own text needs no place."""
    for told in case.told:
        if told.by == "code" and told.block:
            block = case.document.blocks[told.block - 1]
            yield told.block, "", "\n".join(prose_in_code(block))
        else:
            place = f"In {told.where}, " if told.by in {"field", "alt"} else ""
            yield told.block, place, told.text


def _standing(text: str) -> Callable[[str], bool]:
    """Return what tells whether `text` names a figure, in digits or in words of any language."""
    said = comparable(text)
    counted = cache(lambda: " | ".join(comparable(in_digits(plain(text), each)) for each in READ))

    @cache
    def stands(figure: str) -> bool:
        wanted = comparable(figure)
        return _stands_in(said, wanted) or _stands_in(counted(), wanted)

    return stands


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
