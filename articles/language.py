"""Which language a text is in, found offline."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import Protocol, cast

# The identifier's certainty is calibrated for a passage; much longer texts only cost time.
_READ_CHARS = 4000
NO_LANGUAGE = "zxx"
# One written standard under two codes.
_SAME = {"nb": "no", "nn": "no"}

_LOADING = Lock()


class _Identifier(Protocol):
    def rank(self, text: str) -> list[tuple[str, float]]: ...


@dataclass(frozen=True, slots=True)
class Spoken:
    """The likeliest language of a text (ISO 639-1; "zxx" for no language), and how sure: 0 to 1."""

    language: str
    certainty: float


def spoken(text: str) -> Spoken:
    """Return the likeliest language of `text`; a certainty under 0.8 is a guess."""
    merged: dict[str, float] = {}
    for code, share in _identifier().rank(text[:_READ_CHARS]):
        merged[same(code)] = merged.get(same(code), 0.0) + share
    language = max(merged, key=lambda code: merged[code])
    return Spoken(language, merged[language])


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
