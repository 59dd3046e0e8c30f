"""How much two texts say in the same words, and a sketch by which alike ones are found."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from hashlib import blake2b, shake_128
from html import unescape
from struct import Struct
from typing import Final

from articles.document.text import words

SHINGLE_WORDS: Final = 5
# Two texts with half of their shingles in common share a band with 87 %, with 0.8 nearly always.
BANDS: Final = 32
_ROWS: Final = 4

# A comparison costs what its words cost, so a huge text is compared by its beginning.
_MOST_WORDS: Final = 20_000
_MOST_CHARS: Final = 400_000
_TAG = re.compile(r"<[^<>]*>")
# Shingles at a time: each takes four kilobytes of numbers.
_AT_ONCE: Final = 1_000
_NUMBERS: Final = Struct(f"<{BANDS * _ROWS}I")

Shingles = frozenset[tuple[str, ...]]


def shingles(text: str) -> Shingles:
    """Return the runs of 5 words in `text` (HTML or plain), case folded."""
    return frozenset(runs(plain_words(text), SHINGLE_WORDS))


def held_by(one: Shingles, other: Shingles) -> float:
    """Return the share of `one` that stands in `other`, 0 to 1."""
    return len(one & other) / len(one) if one else 0.0


def similarity(one: Shingles, other: Shingles) -> float:
    """Return the Jaccard similarity of two sets of shingles: 0 nothing, 1 everything in common."""
    smaller, larger = sorted((len(one), len(other)))
    if not smaller:
        return 0.0
    shared = len(one & other)
    return shared / (smaller + larger - shared)


def sketch(text: str) -> list[int]:
    """Return up to 32 numbers (64 bits, signed) of which texts that are alike share some.

    They are the bands of a MinHash: the more of its shingles two texts share, the more of their
    numbers are the same. Of a text without shingles there are none.
    """
    # Stored sketches were made by these very steps: another way would find nothing of them.
    least: list[int] = []
    found = sorted(" ".join(each) for each in shingles(text))
    for start in range(0, len(found), _AT_ONCE):
        drawn = [_numbers(shingle) for shingle in found[start : start + _AT_ONCE]]
        least = [min(column) for column in zip(*drawn, *([least] if least else []), strict=True)]
    bands = (least[at : at + _ROWS] for at in range(0, len(least), _ROWS))
    return [_band(number, band) for number, band in enumerate(bands)]


def plain_words(text: str) -> list[str]:
    """Return the words of `text` (HTML or plain), case folded; of a huge one the first."""
    text = text[:_MOST_CHARS]
    if "<" in text:
        text = unescape(_TAG.sub(" ", text))
    return words(text.casefold())[:_MOST_WORDS]


def runs(all_words: Sequence[str], length: int) -> Iterator[tuple[str, ...]]:
    """Return each run of that many words."""
    return zip(*(all_words[start:] for start in range(length)), strict=False)


def _numbers(shingle: str) -> tuple[int, ...]:
    return _NUMBERS.unpack(shake_128(shingle.encode()).digest(_NUMBERS.size))


def _band(number: int, least: Sequence[int]) -> int:
    digest = blake2b(f"{number} {least}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
