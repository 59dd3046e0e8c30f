"""Is the text its own: neither one of our other versions again nor copied from its references?"""

from __future__ import annotations

from articles.document import Block
from articles.likeness import held_by, plain_words, runs, shingles, similarity
from articles.quality.case import Case
from articles.quality.quoted import prose_in_code
from articles.quality.report import CannotTell, Finding, Level, NotApplicable, Verdict

SAME_TEXT = 0.8
SIMILAR_TEXT = 0.5
# Of two texts of one length with so much in common, 0.82 is common to both.
PART_OF_A_TEXT = 0.9
COPIED_RUN_WORDS = 30
COPIED_SHARE_BLOCKS = 0.2


def near_duplicate(case: Case) -> Verdict:
    """Share of 5-word shingles in common with the most similar other version (Jaccard): under
    0.5 passes, 0.8 and over blocks; so does a text of which 0.9 stands in a longer one.

    Source: common practice for near-duplicates, 0.8 to 0.85; the part is our judgement.
    """
    if not case.others:
        return Verdict(value=0.0, threshold=SIMILAR_TEXT)
    mine = shingles(case.document.text)
    if not mine:
        raise CannotTell("There is too little text to compare.")
    theirs = [shingles(other) for other in case.others]
    closest = max(similarity(mine, other) for other in theirs)
    part = max(held_by(mine, other) for other in theirs)
    findings = []
    if closest >= SIMILAR_TEXT or part >= PART_OF_A_TEXT:
        blocks = closest >= SAME_TEXT or part >= PART_OF_A_TEXT
        findings.append(
            Finding(
                code="near-duplicate",
                message=f"{part:.0%} of the text's phrases stand in another article of ours.",
                level=Level.BLOCKS if blocks else Level.WARNS,
                value=round(closest, 3),
                threshold=SAME_TEXT if blocks else SIMILAR_TEXT,
            )
        )
    return Verdict(findings=findings, value=round(closest, 3), threshold=SIMILAR_TEXT)


def copied_run(case: Case) -> Verdict:
    """No run of 30 words from a reference outside quotations; such runs making up over 20 % of
    the text block. Source: own judgement.

    Unknown when a reference's text is not at hand and none of the others was copied.
    """
    pages = case.brief.references
    texts = [*(case.references or ()), *(page.text for page in pages if page.text)]
    read = {page.url for page in pages if page.text}
    unread = [] if case.references else [u for u in case.brief.allowed_references if u not in read]
    if not texts and not unread:
        raise NotApplicable("No references were given.")
    known = {run for text in texts for run in runs(plain_words(text), COPIED_RUN_WORDS)}
    copied, found = 0, []
    code = (block for block in case.document.blocks if block.kind == "code")
    for block in (*case.prose, *code):
        count = _covered(plain_words(_own_words(block)), known)
        if count:
            copied += count
            found.append((block.number, count))
    if unread and not found:
        raise CannotTell(f"The texts of {len(unread)} references were not at hand.")
    share = copied / max(case.words, 1)
    blocks = share > COPIED_SHARE_BLOCKS
    findings = [
        Finding(
            code="copied-run",
            message=f"{count} words in a row stand in a reference; quote them or put it in other"
            " words.",
            level=Level.BLOCKS if blocks else Level.WARNS,
            value=count,
            threshold=COPIED_RUN_WORDS,
            block=number,
        )
        for number, count in found
    ]
    return Verdict(findings=findings, value=round(share, 3), threshold=COPIED_SHARE_BLOCKS)


def _own_words(block: Block) -> str:
    """What a block says for itself: no quotation, and of code what reads as sentences."""
    if block.kind == "quote":
        return ""
    return "\n".join(prose_in_code(block)) if block.kind == "code" else block.text


def _covered(text: list[str], known: set[tuple[str, ...]]) -> int:
    """Return how many words of `text` stand in a known run."""
    covered, until = 0, 0
    for start, run in enumerate(runs(text, COPIED_RUN_WORDS)):
        if run in known:
            end = start + COPIED_RUN_WORDS
            covered += end - max(start, until)
            until = end
    return covered
