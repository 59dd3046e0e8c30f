"""Which language a text is in, found offline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import Protocol, cast

# The identifier's certainty is calibrated for a passage, so a longer text is read in several.
_PASSAGE_CHARS = 4000
NO_LANGUAGE = "zxx"
# One written standard under two codes.
_SAME = {"nb": "no", "nn": "no"}

_LOADING = Lock()


class _Identifier(Protocol):
    def rank(self, text: str) -> list[tuple[str, float]]: ...


@dataclass(frozen=True, slots=True)
class Spoken:
    """The likeliest language of a text (ISO 639-1; "zxx" for no language), and how sure: 0 to 1.

    `shares` are the certainties of all languages; they add up to 1.
    """

    language: str
    certainty: float
    shares: Mapping[str, float]

    def is_likely(self, language: str) -> float:
        """Return how likely the text is in `language`, 0 to 1."""
        return self.shares.get(same(language), 0.0)


def spoken(text: str) -> Spoken:
    """Return the likeliest language of `text`, all of it; a certainty under 0.8 is a guess."""
    shares: dict[str, float] = {}
    for start in range(0, max(len(text), 1), _PASSAGE_CHARS):
        passage = text[start : start + _PASSAGE_CHARS]
        weight = len(passage) / len(text) if text else 1.0
        for code, share in _identifier().rank(passage):
            shares[same(code)] = shares.get(same(code), 0.0) + share * weight
    language = max(shares, key=lambda code: shares[code])
    return Spoken(language, shares[language], shares)


def known(language: str) -> bool:
    """Return whether texts in `language` can be told from others."""
    return same(language) in _known()


def same(language: str) -> str:
    """Return one code for languages that this cannot and need not tell apart."""
    return _SAME.get(language, language)


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    return frozenset(same(code) for code, _ in _identifier().rank(""))


def _identifier() -> _Identifier:
    # One at a time: fifty threads that start together would each load their own 90 MB.
    with _LOADING:
        return _loaded()


@lru_cache(maxsize=1)
def _loaded() -> _Identifier:
    # Loaded at first use: it takes a second, and web processes never need it.
    from py3langid.langid import (  # type: ignore[import-untyped]
        MODEL_FILE,
        LanguageIdentifier,
    )

    loaded = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    return cast(_Identifier, loaded)
