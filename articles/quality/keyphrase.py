"""Will those who search for the keyphrase find it: title, introduction, density?"""

from __future__ import annotations

import re

from articles.document.text import words
from articles.quality.case import Case
from articles.quality.english import FUNCTION_WORDS
from articles.quality.report import CannotTell, Finding, Level, Verdict

THINNEST_PERCENT = 0.5
THICKEST_PERCENT = 3.0
STUFFED_PERCENT = 4.0
FEWEST_IN_SUBHEADINGS = 0.3
MOST_IN_SUBHEADINGS = 0.75

# Endings that make another form of the same word, longest first.
_PLURAL = re.compile(r"(?:(?<=[xz])es|(?<=ch|sh|ss)es|['’]s|(?<=[a-z]{2})(?<![sui])s)$")


def keyphrase(case: Case) -> Verdict:
    """The keyphrase stands in title and introduction, makes up 0.5 to 3 % of the text (over 4 %
    blocks) and stands in 30 to 75 % of the subheadings. Source: Yoast.

    A sentence or heading holds the keyphrase when it holds all its content words, in any order
    and number; every 100 words holding it once are 1 %.
    """
    phrase = content(case.brief.keyword, case.brief.language)
    if not phrase:
        raise CannotTell("The brief names no keyphrase.")
    density = _density(phrase, case)
    findings = [
        *_where_it_must_stand(phrase, case),
        *_by_density(density, case),
        *_in_subheadings(phrase, case),
    ]
    return Verdict(findings=findings, value=round(density, 2), threshold="0.5–3 %")


def _where_it_must_stand(phrase: list[str], case: Case) -> list[Finding]:
    keyword = case.brief.keyword
    findings = []
    if not _holds(phrase, case.draft.title):
        findings.append(
            warning("keyphrase-not-in-title", f"The title lacks the keyphrase “{keyword}”.")
        )
    introduction = next((block for block in case.prose if block.kind == "paragraph"), None)
    if introduction and not _holds(phrase, introduction.text):
        findings.append(
            Finding(
                code="keyphrase-not-in-introduction",
                message=f"The first paragraph lacks the keyphrase “{keyword}”.",
                level=Level.WARNS,
                block=introduction.number,
            )
        )
    return findings


def _by_density(density: float, case: Case) -> list[Finding]:
    keyword = case.brief.keyword
    if density > STUFFED_PERCENT:
        return [
            Finding(
                code="keyphrase-stuffed",
                message=f"“{keyword}” makes up {density:.2f} % of the text; over"
                f" {STUFFED_PERCENT:.0f} % reads as stuffing.",
                value=round(density, 2),
                threshold=STUFFED_PERCENT,
            )
        ]
    if THINNEST_PERCENT <= density <= THICKEST_PERCENT:
        return []
    thin = density < THINNEST_PERCENT
    return [
        warning(
            "keyphrase-rare" if thin else "keyphrase-frequent",
            f"“{keyword}” makes up {density:.2f} % of the text; {THINNEST_PERCENT} to"
            f" {THICKEST_PERCENT:.0f} % serves readers who search for it.",
            round(density, 2),
            THINNEST_PERCENT if thin else THICKEST_PERCENT,
        )
    ]


def _in_subheadings(phrase: list[str], case: Case) -> list[Finding]:
    subheadings = [block for block in case.headings if block.level in {2, 3}]
    if len(subheadings) < 2:
        return []
    share = sum(_holds(phrase, block.text) for block in subheadings) / len(subheadings)
    if FEWEST_IN_SUBHEADINGS <= share <= MOST_IN_SUBHEADINGS:
        return []
    few = share < FEWEST_IN_SUBHEADINGS
    return [
        warning(
            "keyphrase-in-few-subheadings" if few else "keyphrase-in-most-subheadings",
            f"The keyphrase stands in {share:.0%} of the subheadings; 30 to 75 % is usual.",
            round(share, 2),
            FEWEST_IN_SUBHEADINGS if few else MOST_IN_SUBHEADINGS,
        )
    ]


def _density(phrase: list[str], case: Case) -> float:
    """Return how often the keyphrase stands in 100 words."""
    found = 0
    for block in case.document.blocks:
        for sentence in block.sentences:
            said = stems(sentence)
            found += min(said.count(word) for word in phrase)
    return 100 * found / max(case.words, 1)


def _holds(phrase: list[str], text: str) -> bool:
    return set(phrase) <= set(stems(text))


def content(keyword: str, language: str) -> list[str]:
    """Return the stems of a keyphrase's content words, or of all when it has no others."""
    all_words = words(keyword.casefold())
    telling = [word for word in all_words if language != "en" or word not in FUNCTION_WORDS]
    return stems(" ".join(telling or all_words))


def stems(text: str) -> list[str]:
    """Return the words of `text` in lower case without the endings of other forms."""
    parts = (part for word in words(text.casefold()) for part in word.split("-"))
    return [_PLURAL.sub("", part) for part in parts]


def warning(
    code: str, message: str, value: str | float | None = None, threshold: str | float | None = None
) -> Finding:
    """Return a finding of the text as a whole that warns."""
    return Finding(code=code, message=message, level=Level.WARNS, value=value, threshold=threshold)
