"""Is a thing said twice in nearly the same words, as sections written apart may do?"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator

from articles.document import Block
from articles.document.text import words
from articles.quality.case import Case, Sentence
from articles.quality.keyphrase import stems
from articles.quality.report import Finding, Level

# Of telling words: under five, ordinary sentences are alike by chance.
ALIKE_SHARE = 0.7
FEWEST_TELLING = 5
SHORTEST_TELLING = 4
# Of runs of three words, in the shorter of two paragraphs. The most alike ones of good articles
# had 0.29 in common; two offers told alike ("The Pro plan ...", "The Team plan ...") have 0.6.
PARAGRAPH_SHARE = 0.5
SAME_PARAGRAPH_SHARE = 0.8
SHORTEST_PARAGRAPH_WORDS = 25
# Compared with a sentence at most: whoever says one thing a hundred times is found out by these.
_MOST_COMPARED = 20


def sentences_nearly_twice(case: Case) -> Iterator[Finding]:
    """Sentences that share 70 % of their telling words with an earlier one, word for word or not.

    What is the same word for word is another check's.
    """
    told = [(each, _telling(each.text)) for each in _different(case)]
    told = [(each, telling) for each, telling in told if len(telling) >= FEWEST_TELLING]
    often = Counter(stem for _, telling in told for stem in telling)
    earlier: dict[str, list[tuple[Sentence, frozenset[str]]]] = defaultdict(list)
    for sentence, telling in told:
        # Two that share 70 % share one of each one's rarest 30 %: only those are looked up.
        rarest = sorted(telling, key=lambda stem: (often[stem], stem))
        rarest = rarest[: len(telling) - math.ceil(ALIKE_SHARE * len(telling)) + 1]
        near = (one for stem in rarest for one in earlier[stem][:_MOST_COMPARED])
        like = next((one for one, has in near if _alike(has, telling)), None)
        if like is not None:
            yield _again(sentence, like)
        for stem in rarest:
            earlier[stem].append((sentence, telling))


def paragraphs_nearly_twice(case: Case) -> Iterator[Finding]:
    """Paragraphs of 25 words and more that share half of their runs of words with an earlier.

    They block from four fifths on. Steps, items and quotations are often told alike for a reason,
    so lists and quotes only warn.
    """
    first: dict[tuple[str, ...], int] = {}
    earlier: dict[int, Block] = {}
    runs_of: dict[int, int] = {}
    for block in case.prose:
        if len(block.words) < SHORTEST_PARAGRAPH_WORDS:
            continue
        said = stems(block.text)
        runs = set(zip(said, said[1:], said[2:], strict=False))
        shared = Counter(first[run] for run in runs if run in first)
        for number, count in shared.most_common(1):
            share = count / min(len(runs), runs_of[number])
            if share >= PARAGRAPH_SHARE:
                yield _paragraph_again(block, earlier[number], share)
        earlier[block.number] = block
        runs_of[block.number] = len(runs)
        for run in runs:
            first.setdefault(run, block.number)


def _paragraph_again(block: Block, like: Block, share: float) -> Finding:
    may_be_alike = {block.kind, like.kind} & {"list", "quote"}
    blocks = share >= SAME_PARAGRAPH_SHARE and not may_be_alike
    shown = block.text[:100]
    return Finding(
        code="paragraph-repeated",
        message=f"This paragraph says what block {like.number} says, in nearly the same words:"
        f" “{shown}…”.",
        level=Level.BLOCKS if blocks else Level.WARNS,
        # The message's number moves with every block that goes in above: this names the fault.
        value=shown,
        block=block.number,
    )


def _again(sentence: Sentence, like: Sentence) -> Finding:
    return Finding(
        code="sentence-nearly-repeated",
        message=f"“{sentence.text[:100]}” says again what “{like.text[:100]}” said.",
        level=Level.WARNS,
        block=sentence.block,
    )


def _different(case: Case) -> Iterator[Sentence]:
    """Each sentence the first time that it is said."""
    seen: set[tuple[str, ...]] = set()
    for sentence in case.sentences:
        plain = tuple(words(sentence.text.casefold()))
        if plain not in seen:
            seen.add(plain)
            yield sentence


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    return len(one & other) >= ALIKE_SHARE * len(one | other)


def _telling(sentence: str) -> frozenset[str]:
    return frozenset(stem for stem in stems(sentence) if len(stem) >= SHORTEST_TELLING)
