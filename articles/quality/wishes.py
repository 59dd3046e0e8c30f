"""The customer's optional wishes: what to mention, what to avoid, where the link stands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial

from articles.document.text import words
from articles.links import Link
from articles.quality.case import Case
from articles.quality.keyphrase import content
from articles.quality.keyphrase import stems as singular
from articles.quality.report import CannotTell, Finding, Level, NotApplicable, Verdict
from articles.quality.ruling_out import lets_in
from articles.quality.word_runs import Run, literal, places, stands_outside, stems

_THIRDS = {"early": 0, "middle": 1, "late": 2}
_THIRD_WORDS = ("the first third", "the middle", "the last third")


def must_mention(case: Case) -> Verdict:
    """Each thing that the brief asks for stands in a block word for word: all its words in a row.

    Missing in a new article, it blocks: it was ordered, and one sentence mends it. In a revision it
    warns, because the customer may have asked to leave it out. Source: the order.
    """
    wanted = case.brief.must_mention
    if not wanted:
        raise NotApplicable("Nothing was named that must be mentioned.")
    said = [literal(block.text) for block in case.document.blocks]
    missing = [each for each in wanted if not _said_word_for_word(each, said)]
    level = Level.WARNS if case.change == "revision" else Level.BLOCKS
    findings = [
        Finding(
            code="not-mentioned",
            message=f"The article does not mention “{each}” word for word; the brief asks for it.",
            level=level,
            value=each,
        )
        for each in missing
    ]
    return Verdict(findings=findings, value=len(wanted) - len(missing), threshold=len(wanted))


def must_avoid(case: Case) -> Verdict:
    """What the brief rules out stands nowhere: not these words in this order, in any form.

    What was ordered otherwise (keyphrase, anchor, disclosure, what must be mentioned) may hold
    them, itself alone. In a revision whose notes name them they warn, unless the last note to do
    so rules them out: the later word counts.
    Words are compared, not what they mean. Source: the order.
    """
    if not case.brief.must_avoid:
        raise NotApplicable("Nothing was named that must be avoided.")
    findings = [
        Finding(
            code="not-avoided",
            message=f"“{each}” stands in {text.where}; the brief asks to avoid it.",
            level=_level_of(each, case),
            value=each,
            block=text.block,
        )
        for text, each in _avoided(case)
    ]
    return Verdict(findings=findings, value=len(findings), threshold=0)


def secondary_keywords(case: Case) -> Verdict:
    """Each secondary keyword stands in a sentence or heading, in any order and form of its words.

    Source: the order; own judgement.
    """
    wanted = case.brief.secondary_keywords
    if not wanted:
        raise NotApplicable("No secondary keywords were ordered.")
    held = [
        frozenset(singular(sentence))
        for block in case.document.blocks
        for sentence in block.sentences
    ]
    missing = [each for each in wanted if not _held_by_one(each, held, case)]
    findings = [
        Finding(
            code="secondary-keyword-missing",
            message=f"No sentence holds the secondary keyword “{each}”.",
            level=Level.WARNS,
            value=each,
        )
        for each in missing
    ]
    return Verdict(findings=findings, value=len(wanted) - len(missing), threshold=len(wanted))


def link_position(case: Case) -> Verdict:
    """The ordered link stands in the third of the article that the brief names, by words.

    Source: the order; own judgement.
    """
    wanted = _THIRDS.get(case.brief.link_position)
    if wanted is None:
        raise NotApplicable("The brief leaves the link's place to the writer.")
    link = case.ordered_links()[0]
    before, whole = _words_before(link, case), max(case.words, 1)
    stands_in = min(2, 3 * before // whole)
    findings = []
    if stands_in != wanted:
        findings.append(
            Finding(
                code="link-position",
                message=f"The ordered link stands in {_THIRD_WORDS[stands_in]} of the article;"
                f" {_THIRD_WORDS[wanted]} was ordered.",
                level=Level.WARNS,
                value=round(before / whole, 2),
                threshold=case.brief.link_position,
                block=link.block,
            )
        )
    return Verdict(
        findings=findings,
        value=f"{100 * before // whole} %",
        threshold=_THIRD_WORDS[wanted],
    )


def _words_before(link: Link, case: Case) -> int:
    blocks = case.document.blocks
    block = blocks[link.block - 1]
    start = next(
        anchor.start
        for anchor in block.flat.anchors
        if anchor.attributes.get("href", "").strip() == link.href
    )
    return sum(len(each.words) for each in blocks[: link.block - 1]) + len(
        words(block.text[:start])
    )


def _said_word_for_word(wanted: str, said: list[Run]) -> bool:
    run = literal(wanted)
    if not run:
        raise CannotTell(f"“{wanted}” holds no words to look for.")
    return any(places(each, run) for each in said)


def _held_by_one(wanted: str, held: list[frozenset[str]], case: Case) -> bool:
    needed = frozenset(content(wanted, case.brief.language))
    if not needed:
        raise CannotTell(f"“{wanted}” holds no words to look for.")
    return any(needed <= each for each in held)


@dataclass(frozen=True, slots=True)
class _Text:
    """What may hold a word: its block (None: none), what it is called, and in which letters."""

    block: int | None
    where: str
    text: str
    is_slug: bool = False


def _texts(case: Case) -> Iterator[_Text]:
    yield from (_Text(told.block, told.where, told.text) for told in case.told)
    # An address is read too, by people and by search engines.
    yield _Text(None, "the slug", case.draft.slug, is_slug=True)


def _avoided(case: Case) -> Iterator[tuple[_Text, str]]:
    """Each text with each phrase that it must not hold and holds, but for what was ordered."""
    brief = case.brief
    ordered = (
        *(brief.keyword, brief.anchor_text, brief.disclosure or ""),
        *(*brief.must_mention, *brief.secondary_keywords),
    )
    # The order's own words are asked for with each text.
    known = cache(partial(stems, language=brief.language))
    for text in _texts(case):
        as_stems = partial(known, ascii_only=text.is_slug)
        said = stems(text.text, brief.language, ascii_only=text.is_slug)
        for avoided in brief.must_avoid:
            if stands_outside(said, as_stems(avoided), others=map(as_stems, ordered)):
                yield text, avoided


def _level_of(avoided: str, case: Case) -> Level:
    notes = case.notes or (case.brief.notes,)
    asked_for = case.change == "revision" and lets_in(avoided, notes, language=case.brief.language)
    return Level.WARNS if asked_for else Level.BLOCKS
