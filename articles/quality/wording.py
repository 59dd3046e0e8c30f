"""Is it in the ordered language, and does it repeat itself or lean on stock phrases?"""

from __future__ import annotations

from collections.abc import Iterator

from articles.document import fold
from articles.document.text import words
from articles.language import NO_LANGUAGE, known, same, spoken
from articles.quality import dutch, english, french, german, spanish
from articles.quality.case import Case
from articles.quality.report import CannotTell, Finding, Level, Verdict
from articles.quality.said_again import paragraphs_nearly_twice, sentences_nearly_twice
from articles.quality.word_lists import any_of

SURE = 0.8
LIKELY = 0.5
ENOUGH_WORDS = 20
OWN_LANGUAGE_BLOCK_WORDS = 40

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


def language(case: Case) -> Verdict:
    """The text is in the ordered language; another blocks where that is sure.

    Sure is 80 %, as a whole or in a paragraph of 40 words and more; quotations may be in any.
    Source: own judgement.
    """
    ordered = same(case.brief.language)
    if not known(ordered):
        raise CannotTell(f"The language “{case.brief.language}” cannot be recognised.")
    blocks = [block for block in case.prose if block.kind != "quote"]
    text = "\n".join(block.text for block in blocks)
    if len(words(text)) < ENOUGH_WORDS:
        raise CannotTell("There is too little text to recognise its language.")
    whole = spoken(text)
    if whole.language != ordered and whole.certainty >= SURE:
        finding = _other_language(whole.language, ordered, None)
        return Verdict(findings=[finding], value=whole.language, threshold=ordered)
    findings = []
    for block in blocks:
        if len(block.words) >= OWN_LANGUAGE_BLOCK_WORDS:
            part = spoken(block.text)
            if part.language != ordered and part.certainty >= SURE:
                findings.append(_other_language(part.language, ordered, block.number))
    if not findings and (whole.language != ordered or whole.certainty < LIKELY):
        raise CannotTell(f"The text may not be in “{ordered}”, but that is not sure.")
    return Verdict(findings=findings, value=whole.language, threshold=ordered)


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


def _other_language(found: str, ordered: str, block: int | None) -> Finding:
    reads = "as no language at all" if found == NO_LANGUAGE else f"as “{found}”"
    where = "The text" if block is None else "This paragraph"
    return Finding(
        code="other-language",
        message=f"{where} reads {reads}; “{ordered}” was ordered.",
        value=found,
        threshold=ordered,
        block=block,
    )


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
