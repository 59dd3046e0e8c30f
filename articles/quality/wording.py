"""Does it repeat itself or lean on stock phrases?"""

from __future__ import annotations

from collections.abc import Iterator

from articles.document import fold
from articles.document.text import words
from articles.quality import dutch, english, french, german, spanish
from articles.quality.case import Case
from articles.quality.report import CannotTell, Finding, Level, Verdict
from articles.quality.said_again import paragraphs_nearly_twice, sentences_nearly_twice
from articles.quality.word_lists import any_of

SHORTEST_REPEATED_WORDS = 4
ALIKE_IN_A_ROW = 3
STOCK_WARNS_PER_1000 = 3
STOCK_BLOCKS_PER_1000 = 10

_STOCK = {
    "en": any_of(english.STOCK_PHRASES),
    "de": any_of(german.STOCK_PHRASES),
    "fr": any_of(french.STOCK_PHRASES),
    "es": any_of(spanish.STOCK_PHRASES),
    "nl": any_of(dutch.STOCK_PHRASES),
}


def repetition(case: Case) -> Verdict:
    """No sentence of 4 words and more twice, no heading twice, no paragraph in nearly the words of
    another; sentences that nearly repeat another, or begin alike three in a row, are warnings.

    Source: Yoast (consecutive sentences); own judgement.
    """
    findings = [
        *_sentences_twice(case),
        *_headings_twice(case),
        *paragraphs_nearly_twice(case),
        *sentences_nearly_twice(case),
        *_alike_in_a_row(case),
    ]
    return Verdict(findings=findings)


def stock_phrases(case: Case) -> Verdict:
    """Fewer than 3 stock phrases in 1,000 words; 10 and more block. Source: own judgement.

    Judged from the second phrase on: one in a short text is no habit. English, German, French,
    Spanish, Dutch.
    """
    known = _STOCK.get(case.brief.language)
    if known is None:
        raise CannotTell(f"There is no list of stock phrases for “{case.brief.language}”.")
    found = [
        (block.number, match[0]) for block in case.prose for match in known.finditer(block.text)
    ]
    rate = 1000 * len(found) / max(case.words, 1)
    if len(found) < 2 or rate < STOCK_WARNS_PER_1000:
        return Verdict(value=round(rate, 1), threshold=STOCK_WARNS_PER_1000)
    blocks = rate >= STOCK_BLOCKS_PER_1000
    threshold = STOCK_BLOCKS_PER_1000 if blocks else STOCK_WARNS_PER_1000
    findings = [
        Finding(
            code="stock-phrase",
            message=f"“{phrase}” is a stock phrase; there are {rate:.1f} in 1,000 words.",
            level=Level.BLOCKS if blocks else Level.WARNS,
            value=round(rate, 1),
            threshold=threshold,
            block=block,
        )
        for block, phrase in found
    ]
    return Verdict(findings=findings, value=round(rate, 1), threshold=STOCK_WARNS_PER_1000)


def _sentences_twice(case: Case) -> Iterator[Finding]:
    seen: set[str] = set()
    named: set[tuple[str, int]] = set()
    for sentence in case.sentences:
        if sentence.words < SHORTEST_REPEATED_WORDS:
            continue
        plain = " ".join(words(sentence.text.casefold()))
        if plain in seen and (plain, sentence.block) not in named:
            named.add((plain, sentence.block))
            yield Finding(
                code="sentence-repeated",
                message=f"“{sentence.text[:120]}” stands in the text more than once.",
                block=sentence.block,
            )
        seen.add(plain)


def _headings_twice(case: Case) -> Iterator[Finding]:
    seen: set[str] = set()
    for heading in case.headings:
        plain = fold(heading.text).casefold()
        if plain and plain in seen:
            yield Finding(
                code="heading-repeated",
                message=f"The heading “{heading.text}” appears twice.",
                block=heading.number,
            )
        seen.add(plain)


def _alike_in_a_row(case: Case) -> Iterator[Finding]:
    lists = {block.number for block in case.prose if block.kind == "list"}
    last, row = "", 0
    for sentence in case.sentences:
        first = words(sentence.text.casefold())[0]
        if sentence.block in lists:  # items of a list may well begin alike
            last, row = "", 0
            continue
        row = row + 1 if first == last else 1
        last = first
        if row == ALIKE_IN_A_ROW:
            yield Finding(
                code="sentences-begin-alike",
                message=f"{ALIKE_IN_A_ROW} sentences in a row begin with “{first}”.",
                level=Level.WARNS,
                value=row,
                threshold=ALIKE_IN_A_ROW - 1,
                block=sentence.block,
            )
