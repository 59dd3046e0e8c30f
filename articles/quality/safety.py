"""Could the text do harm: strangers' contact data, or figures that nobody can trace?"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from unicodedata import normalize
from urllib.parse import unquote

from articles.document.text import sentences
from articles.quality.case import Case
from articles.quality.report import Finding, Level, Verdict

FEWEST_PHONE_DIGITS = 7
MOST_FIGURES_LISTED = 10

_EMAIL = re.compile(
    # Bounded and anchored, so that a long run of letters is read once and not from each letter.
    r"(?<![\w.+-])[\w.+-]{1,64}\s?(?:@|\[at\]|\(at\)|\{at\})\s?[\w-]{1,63}"
    r"(?:\s?(?:\.|\[dot\]|\(dot\))\s?[\w-]{1,63}){1,5}",
    re.IGNORECASE,
)
_PHONE = re.compile(
    r"(?<![\w+])(?:"
    r"\+\d[\d\s().\-/\u2010-\u2013]{5,18}\d"  # international
    r"|\(?0\d{1,5}\)?[\s/\-]\s?\d[\d\s\-/]{3,12}\d"  # with an area code
    r"|(?:1[-. ])?\(?\d{3}\)?[-. ]\d{3}[-. ]\d{4}"  # North American
    r")(?!\w)"
)
_DATE = re.compile(r"\d{1,2}[-/. ]\d{1,2}[-/. ]\d{2,4}|\d{4}[-/. ]\d{1,2}[-/. ]\d{1,2}")

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


def contact_data(case: Case) -> Verdict:
    """No e-mail address or phone number but those that the brief allows.

    Source: what instructions hidden in customer text make a model write.
    """
    allowed = {_same_contact(contact) for contact in case.brief.allowed_contacts}
    findings = [
        Finding(
            code="contact-data",
            message=f"The text names the contact “{contact}”, which nobody ordered.",
            value=contact,
            block=block,
        )
        for block, contact in _contacts(case)
        if _same_contact(contact) not in allowed and contact not in case.brief.anchor_text
    ]
    return Verdict(findings=findings, value=len(findings), threshold=0)


def unsourced_figures(case: Case) -> Verdict:
    """Shares, sums, years, large numbers and studies without an allowed source are listed.

    They block in subjects of health and money. What the brief itself says is not listed, nor
    what shares a block with a link to an allowed reference. Source: own judgement.
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


def _contacts(case: Case) -> Iterator[tuple[int | None, str]]:
    texts: list[tuple[int | None, str]] = [
        (None, case.draft.title),
        (None, case.draft.meta_description),
        *((block.number, block.text) for block in case.document.blocks),
    ]
    for number, shown in texts:
        text = normalize("NFKC", shown)  # full-width signs and digits are read like plain ones
        for match in chain(_EMAIL.finditer(text), _PHONE.finditer(text)):
            if _is_contact(match[0]):
                yield number, match[0].strip()
    for link in case.links:
        if link.href.lower().startswith(("mailto:", "tel:")):
            yield link.block, unquote(link.href.split(":", 1)[1].split("?")[0])


def _is_contact(text: str) -> bool:
    if any(letter.isalpha() for letter in text):
        return True
    digits = sum(letter.isdigit() for letter in text)
    return digits >= FEWEST_PHONE_DIGITS and not _DATE.fullmatch(text)


def _same_contact(contact: str) -> str:
    if any(letter.isalpha() for letter in contact):
        return contact.casefold().strip()
    return "".join(letter for letter in contact if letter.isdigit())


def _figures(case: Case) -> Iterator[tuple[int, str, str]]:
    brief = case.brief
    given = f"{brief.topic} {brief.keyword} {brief.notes} {brief.anchor_text}".casefold()
    sources = set(brief.allowed_references)
    sourced = {link.block for link in case.links if link.href in sources}
    disclosure = set(sentences(brief.disclosure or ""))
    for block in case.document.blocks:
        if block.number in sourced or block.kind == "code":
            continue
        for sentence in block.sentences:
            # Digits of a phone number are another check's matter.
            bare = _PHONE.sub("", _EMAIL.sub("", sentence))
            found = (match[0].strip() for match in _FIGURE.finditer(bare))
            figure = next((figure for figure in found if figure.casefold() not in given), None)
            if figure and sentence not in disclosure:
                yield block.number, figure, sentence
