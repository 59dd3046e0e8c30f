"""What a text shows instead of saying it: code and quotations, which other rules hold for.

Whatever stands in them is read by nobody who looks for faults of the text, so that they are a place
to hide some: their share is bounded, and sentences in code are read like sentences.
"""

from __future__ import annotations

import re
from collections import Counter

from articles.document import Block
from articles.document.text import words
from articles.quality.case import Case
from articles.quality.report import Finding

# Of all words. What is over half code or tables is an appendix, and over a quarter of quotations a
# collection: of 43 descriptions of Python packages that show code, 38 are under half of it.
MOST_SHOWN_PERCENT = 50
MOST_QUOTED_PERCENT = 25
# Shorter, and commands and names in code read like sentences.
SENTENCE_WORDS = 8
_WORDS_SHARE = 0.75

_SIGNS = re.compile(r"[{}\[\]()<>=;|\\#*/\"`@&^~+_]+|\s[-:.]+\s|(?<=\w)::(?=\w)")
_PLAIN_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*[.,:!?]*")


def prose_in_code(block: Block) -> list[str]:
    """Return the runs of 8 words and more in a block of code that read as sentences do.

    Of comments there may be some; a text that is shown as code is nothing else.
    """
    if block.kind != "code":
        return []
    runs = (run.strip() for run in _SIGNS.split(block.text))
    return [run for run in runs if _reads_as_prose(run)]


def _reads_as_prose(run: str) -> bool:
    tokens = run.split()
    if len(words(run)) < SENTENCE_WORDS:
        return False
    plain = sum(1 for token in tokens if _PLAIN_WORD.fullmatch(token))
    return plain >= _WORDS_SHARE * len(tokens)


def too_much_shown(case: Case) -> list[Finding]:
    """At most half of the words stand in code, tables, captions and quotations, at most a quarter
    in quotations."""
    counted = Counter[str]()
    for block in case.document.blocks:
        counted[block.kind] += len(block.words)
    shown = sum(counted[kind] for kind in ("quote", "code", "table", "image"))
    return [
        Finding(
            code="too-much-quoted",
            message=f"{what} make up {100 * count // case.words} % of the words; {most} % are the"
            " most, the rest must be the article's own.",
            value=100 * count // case.words,
            threshold=most,
        )
        for what, count, most in (
            ("Quotations", counted["quote"], MOST_QUOTED_PERCENT),
            ("Code, tables, captions and quotations", shown, MOST_SHOWN_PERCENT),
        )
        # In whole words, so that no float decides at the edge.
        if 100 * count > most * case.words
    ]
