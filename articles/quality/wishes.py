"""The customer's optional wishes: what to mention, what to avoid, where the link stands."""

from __future__ import annotations

from collections.abc import Iterator

from articles.document.text import words
from articles.links import Link
from articles.quality.case import Case
from articles.quality.keyphrase import content, stems
from articles.quality.report import CannotTell, Finding, Level, NotApplicable, Verdict

_THIRDS = {"early": 0, "middle": 1, "late": 2}
_THIRD_WORDS = ("the first third", "the middle", "the last third")


def must_mention(case: Case) -> Verdict:
    """Each thing that the brief asks for is mentioned: one block holds all its words, in any form.

    Missing in a new article, it blocks: it was ordered, and one sentence mends it. In a revision it
    warns, because the customer may have asked to leave it out. Source: the order.
    """
    wanted = case.brief.must_mention
    if not wanted:
        raise NotApplicable("Nothing was named that must be mentioned.")
    held = [frozenset(stems(block.text)) for block in case.document.blocks]
    missing = [each for each in wanted if not _mentioned(each, held, case)]
    level = Level.WARNS if case.change == "revision" else Level.BLOCKS
    findings = [
        Finding(
            code="not-mentioned",
            message=f"The article does not mention “{each}”; the brief asks for it.",
            level=level,
            value=each,
        )
        for each in missing
    ]
    return Verdict(findings=findings, value=len(wanted) - len(missing), threshold=len(wanted))


def must_avoid(case: Case) -> Verdict:
    """What the brief rules out stands nowhere: not these words in this order, in any form.

    What was ordered otherwise (keyphrase, anchor, disclosure, what must be mentioned) may hold
    them. Words are compared, not what they mean. Source: the order.
    """
    brief = case.brief
    if not brief.must_avoid:
        raise NotApplicable("Nothing was named that must be avoided.")
    ordered = (brief.keyword, brief.anchor_text, brief.disclosure or "", *brief.must_mention)
    wins = " | ".join(_run(text) for text in ordered)
    avoided = [each for each in brief.must_avoid if _run(each).strip() and _run(each) not in wins]
    findings = [
        Finding(
            code="not-avoided",
            message=f"“{each}” stands in {where}; the brief asks to avoid it.",
            value=each,
            block=block,
        )
        for block, where, text in _texts(case)
        for each in avoided
        if _run(each) in _run(text)
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
        frozenset(stems(sentence)) for block in case.document.blocks for sentence in block.sentences
    ]
    missing = [each for each in wanted if not _mentioned(each, held, case)]
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


def _mentioned(wanted: str, held: list[frozenset[str]], case: Case) -> bool:
    needed = frozenset(content(wanted, case.brief.language))
    if not needed:
        raise CannotTell(f"“{wanted}” holds no words to look for.")
    return any(needed <= each for each in held)


def _run(text: str) -> str:
    return f" {' '.join(stems(text))} "


def _texts(case: Case) -> Iterator[tuple[int | None, str, str]]:
    yield from ((told.block, told.where, told.text) for told in case.told)
    # An address is read too, by people and by search engines.
    yield None, "the slug", case.draft.slug.replace("-", " ")
