"""Words in a row, as they are or in another form, and where a text has them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import chain
from typing import Final
from unicodedata import normalize

import snowballstemmer

from articles.document.text import words

Run = tuple[str, ...]

# Of the languages that we sell.
_STEMMERS: Final = {
    "de": "german",
    "en": "english",
    "es": "spanish",
    "fr": "french",
    "nl": "dutch",
}
_PARTS: Final = re.compile(r"[^\W_]+")
# An apostrophe belongs to the word: the stemmers know "l'argent" and "child's".
_WITH_APOSTROPHES: Final = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_REMEMBERED = 1 << 15


def literal(text: str) -> Run:
    """Return the words of `text` as they are, but for case, hyphens and signs around them."""
    return tuple(chain.from_iterable(map(_PARTS.findall, words(_even(text)))))


def stems(text: str, language: str, *, ascii_only: bool = False) -> Run:
    """Return what all forms of each word of `text` share, by Snowball's stemmer of the language.

    In a language that we do not sell, a word has one form. `ascii_only`: in letters as a slug has
    them.
    """
    said = _even(text)
    if ascii_only:
        said = normalize("NFKD", said).encode("ascii", "ignore").decode()
    found = chain.from_iterable(map(_WITH_APOSTROPHES.findall, words(said)))
    return tuple(_stem(word, _STEMMERS.get(language, "")) for word in found)


def places(said: Sequence[str], run: Run) -> list[int]:
    """Return where `run` begins in `said`, in order; nowhere for an empty one."""
    if not run:
        return []
    return [
        at
        for at in range(len(said) - len(run) + 1)
        if said[at] == run[0] and tuple(said[at : at + len(run)]) == run
    ]


def stands_outside(said: Sequence[str], run: Run, others: Iterable[Run]) -> bool:
    """Return whether `said` has `run` in a place where it is no part of one of `others`."""
    found = places(said, run)
    if not found:
        return False
    spans = [(at, at + len(other)) for other in others for at in places(said, other)]
    return not all(
        any(start <= at and at + len(run) <= end for start, end in spans) for at in found
    )


def _even(text: str) -> str:
    """`text` with one way to write the same: case, full-width letters, apostrophes."""
    return normalize("NFKC", text).casefold().replace("’", "'")


@lru_cache(maxsize=_REMEMBERED)
def _stem(word: str, algorithm: str) -> str:
    if not algorithm:
        return word
    # A stemmer keeps the word that it is at, and threads share none: it is made in a microsecond.
    stem: str = snowballstemmer.stemmer(algorithm).stemWord(word)
    return stem
