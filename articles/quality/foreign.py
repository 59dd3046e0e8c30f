"""Is it in the ordered language, all of it?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from unicodedata import normalize

from articles import disclosures
from articles.document import Block, fold
from articles.document.text import sentences, words
from articles.language import NO_LANGUAGE, Spoken, known, same, spoken
from articles.quality.case import Case
from articles.quality.given import without
from articles.quality.quoted import prose_in_code
from articles.quality.report import CannotTell, Finding, Level, Verdict

SURE = 0.95
SURE_OF_NO_LANGUAGE = 0.8
LIKELIEST = 0.3
LIKELY = 0.5
ENOUGH_WORDS = 20
# Shorter, and names, dishes and titles read as whatever language they are from.
SENTENCE_WORDS = 8
# Most titles are shorter. Of 116 of the demo's with 4 to 7 words, 80 are so sure, none of them
# wrong; those full of foreign names ("Tarte Tatin, ratatouille: ...") came to 0.6 at most.
TITLE_WORDS = 4
SURE_OF_TITLE = 0.8
# Cells and items are names more often than sentences.
LISTED_WORDS = 40
# A saying or a line of a poem in another language is no fault, an article made of them is.
FOREIGN_QUOTED_WORDS = 60
FOREIGN_QUOTED_PERCENT = 15

_LISTS = frozenset({"list", "table"})
# Quotations may be in any language, those inside a sentence too.
_QUOTED = re.compile(r"[“„«\"][^“”„«»\"\n]{1,400}[”“»\"]")
# A sentence without an end is cut, so that one language cannot outvote another in it.
_PASSAGE = re.compile(r".{1,300}(?:\s+|$)|.{1,300}", re.DOTALL)
_TITLE, _DESCRIPTION = "title", "meta description"


@dataclass(frozen=True)
class _Said:
    """A sentence, where it stands (a block's number, or a field's name), and whether it is new."""

    text: str
    where: int | str
    listed: bool
    new: bool
    ordered: str

    @cached_property
    def words(self) -> int:
        return len(words(self.text))

    @cached_property
    def spoken(self) -> Spoken:
        return spoken(self.text)

    @property
    def is_sentence(self) -> bool:
        if self.where == _TITLE and self.words >= TITLE_WORDS:
            return self.words >= SENTENCE_WORDS or self.spoken.certainty >= SURE_OF_TITLE
        return self.words >= SENTENCE_WORDS

    @property
    def is_foreign(self) -> bool:
        """Surely so for a sentence; for fewer words no more than a hint."""
        if self.words == 0 or self.spoken.language == self.ordered:
            return False
        return not self.is_sentence or _is_sure(self.spoken, self.ordered)


@dataclass(frozen=True)
class _Run:
    """Sentences in a row that are in another language."""

    said: Sequence[_Said]
    language: str

    @property
    def words(self) -> int:
        return sum(each.words for each in self.said)


def language(case: Case) -> Verdict:
    """All of the text is in the ordered language: what surely is not blocks.

    Sure is 95 %, of a sentence of 8 words (a title of 4 that is to 80 % in another), or of shorter
    ones in a row that have 20 (40 in lists and tables). Quotations may be in any language, up to
    15 % of the words and 60 at least, and what was ordered word for word. In a changed text the new
    sentences block, in another language than it had before too. Source: own judgement.
    """
    ordered = same(case.brief.language)
    if not known(ordered):
        raise CannotTell(f"The language “{case.brief.language}” cannot be recognised.")
    said = list(_said(case, ordered))
    body = [each for each in said if isinstance(each.where, int)]
    count = sum(each.words for each in body)
    if count < ENOUGH_WORDS:
        raise CannotTell("There is too little text to recognise its language.")
    runs = list(_runs(said))
    whole = _mostly(runs, count)
    findings = []
    if whole:
        findings.append(_of_whole(case, whole, ordered, runs))
    findings += _of_parts([run for run in runs if run.language != whole], ordered)
    findings += _of_quotations(list(_quoted(case, ordered)), case.words)
    reads = spoken("\n".join(each.text for each in body))
    if not findings and (reads.language != ordered or reads.certainty < LIKELY):
        raise CannotTell(f"The text may not be in “{ordered}”, but that is not sure.")
    return Verdict(findings=findings, value=whole or reads.language, threshold=ordered)


def _said(case: Case, ordered: str) -> Iterator[_Said]:
    """Every sentence of the text, its title and its description, without what may be foreign."""
    before = _sentences_before(case)
    given = _given(case)
    for where, listed, texts in _places(case):
        for text in texts:
            new = fold(normalize("NFC", text)) not in before
            for passage in _PASSAGE.findall(without(text, given)):
                yield _Said(passage, where, listed, new, ordered)


def _places(case: Case) -> Iterator[tuple[int | str, bool, Sequence[str]]]:
    yield _TITLE, False, [_unquoted(case.draft.title)]
    yield _DESCRIPTION, False, sentences(_unquoted(case.draft.meta_description))
    for block in _own_words(case):
        yield block.number, block.kind in _LISTS, sentences(_unquoted(block.text))


def _unquoted(text: str) -> str:
    # Before sentences are cut: a quotation may hold several.
    return _QUOTED.sub(" ", text)


def _own_words(case: Case) -> Iterator[Block]:
    disclosing = {fold(each) for each in (case.brief.disclosure or "", *disclosures.KNOWN)}
    for block in case.document.blocks:
        if block.kind not in {"quote", "code"} and fold(block.text) not in disclosing:
            yield block


def _sentences_before(case: Case) -> frozenset[str]:
    if case.earlier is None:
        return frozenset()
    return frozenset(
        fold(normalize("NFC", text)) for _, _, texts in _places(case.earlier) for text in texts
    )


def _given(case: Case) -> tuple[str, ...]:
    """What was ordered word for word, in whatever language."""
    brief = case.brief
    return (
        *(brief.anchor_text, brief.keyword, *brief.must_mention, *brief.secondary_keywords),
        *(candidate.title for candidate in brief.internal_links),
    )


def _quoted(case: Case, ordered: str) -> Iterator[_Said]:
    """What is quoted, or shown as code and reads as sentences, in another language than ordered."""
    before = [text for _, texts in _quotations(case.earlier) for text in texts]
    known = frozenset(fold(normalize("NFC", text)) for text in before)
    given = _given(case)
    for number, texts in _quotations(case):
        for text in texts:
            new = fold(normalize("NFC", text)) not in known
            for passage in _PASSAGE.findall(without(text, given)):
                said = _Said(passage, number, listed=False, new=new, ordered=ordered)
                if said.is_sentence and said.is_foreign:
                    yield said


def _quotations(case: Case | None) -> Iterator[tuple[int, Sequence[str]]]:
    for block in case.document.blocks if case else ():
        if block.kind == "quote":
            # Not sentence by sentence: short ones in a row would be nobody's.
            yield block.number, [block.text]
        elif block.kind == "code":
            yield block.number, prose_in_code(block)
        else:
            yield block.number, _QUOTED.findall(block.text)


def _of_quotations(foreign: Sequence[_Said], count: int) -> Iterator[Finding]:
    """Quotations may be in other languages as long as they are few."""
    most = max(FOREIGN_QUOTED_WORDS, FOREIGN_QUOTED_PERCENT * count // 100)
    spoken_words = sum(each.words for each in foreign)
    if spoken_words <= most:
        return
    new = [each for each in foreign if each.new]
    first = (new or foreign)[0]
    yield Finding(
        code="other-language",
        message=f"{spoken_words} words of quotations or code are in another language; {most} are"
        f" the most in this text in “{first.ordered}”."
        + ("" if new else " It was so before the change."),
        level=Level.BLOCKS if new else Level.WARNS,
        value=first.spoken.language,
        threshold=most,
        block=first.where if isinstance(first.where, int) else None,
    )


def _runs(said: Sequence[_Said]) -> Iterator[_Run]:
    """Longest rows of foreign sentences, old ones and new ones apart, that are sure together."""
    row: list[_Said] = []
    for each in (*said, None):
        if row and (each is None or not each.is_foreign or _parts(row[-1], each)):
            yield from _judged(row)
            row = []
        if each is not None and each.is_foreign:
            row.append(each)


def _parts(one: _Said, other: _Said) -> bool:
    fields = isinstance(one.where, str) or isinstance(other.where, str)
    return one.new != other.new or (fields and one.where != other.where)


def _judged(row: list[_Said]) -> Iterator[_Run]:
    whole = spoken("\n".join(each.text for each in row))
    ordered = row[0].ordered
    if whole.language == ordered or not _is_sure(whole, ordered):
        return
    run = _Run(row, whole.language)
    fewest = LISTED_WORDS if all(each.listed for each in row) else ENOUGH_WORDS
    told_by_one = any(each.is_sentence for each in row) and whole.language != NO_LANGUAGE
    if told_by_one or run.words >= fewest:
        yield run


def _is_sure(heard: Spoken, ordered: str) -> bool:
    if heard.language == NO_LANGUAGE:
        return heard.certainty >= SURE_OF_NO_LANGUAGE
    # Numbers and signs are as little of any language as of the ordered one.
    return heard.certainty >= LIKELIEST and heard.is_likely(ordered) <= 1 - SURE


def _mostly(runs: Sequence[_Run], count: int) -> str | None:
    """The other language that over half of the body's words are in."""
    in_language: Counter[str] = Counter()
    for run in runs:
        in_language[run.language] += sum(e.words for e in run.said if isinstance(e.where, int))
    for language, spoken_words in in_language.most_common(1):
        if 2 * spoken_words > count:
            return language
    return None


def _of_whole(case: Case, language: str, ordered: str, runs: Sequence[_Run]) -> Finding:
    # A page that stood in another language than its site says may go on in it.
    was_so = any(run.language == language and not run.said[0].new for run in runs)
    return _finding(language, ordered, None, "The text", old=case.earlier is not None and was_so)


def _of_parts(runs: Sequence[_Run], ordered: str) -> Iterator[Finding]:
    told: set[tuple[int | str, bool]] = set()
    for run in runs:
        for each in run.said:
            if (each.where, each.new) not in told:
                told.add((each.where, each.new))
                yield _of_part(each, run.language, ordered)


def _of_part(said: _Said, language: str, ordered: str) -> Finding:
    block = said.where if isinstance(said.where, int) else None
    shown = f"“{' '.join(said.text.split())[:100]}”"
    where = f"The {said.where}" if block is None else f"This paragraph, from {shown} on,"
    return _finding(language, ordered, block, where, old=not said.new)


def _finding(found: str, ordered: str, block: int | None, where: str, *, old: bool) -> Finding:
    reads = "as no language at all" if found == NO_LANGUAGE else f"as “{found}”"
    fault = Finding(
        code="other-language",
        message=f"{where} reads {reads}; “{ordered}” was ordered.",
        value=found,
        threshold=ordered,
        block=block,
    )
    if not old:
        return fault
    message = f"{fault.message} It was so before the change."
    return replace(fault, level=Level.WARNS, message=message)
