"""What a brief rules out: whole words in a row, in any form, that stand in no text."""

from __future__ import annotations

import re
from functools import lru_cache

import snowballstemmer

from sandbox.writer.brief import Brief, visible

_STEMMERS = {"de": "german", "en": "english", "es": "spanish", "fr": "french", "nl": "dutch"}
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
# Coarser than a reader is: a word too many is left out, none too few.
_ENDING = re.compile(r"(?<=\w{2})[es]+$")


class Avoided:
    """The words that one brief rules out. What it orders by name may hold them, itself alone."""

    def __init__(self, brief: Brief) -> None:
        self._language = brief.language
        ordered = (brief.keyword, brief.anchor_text, brief.disclosure or "", *brief.phrases)
        self._ordered = [run for run in map(self._run, ordered) if run.strip()]
        self._runs = [run for run in map(self._run, brief.avoid) if run.strip()]

    def stand_in(self, html: str) -> bool:
        """Whether a reader of this text or HTML sees one of them beside what was ordered."""
        if not self._runs:
            return False
        said = self._run(visible(html))
        for run in self._ordered:
            said = said.replace(run, " | ")
        return any(run in said for run in self._runs)

    def _run(self, text: str) -> str:
        words = _WORD.findall(text.casefold())
        return f" {' '.join(_stem(word, self._language) for word in words)} "


@lru_cache(maxsize=1 << 14)
def _stem(word: str, language: str) -> str:
    algorithm = _STEMMERS.get(language)
    # Made anew: a stemmer keeps the word that it is at, and threads share none.
    stem = (
        snowballstemmer.stemmer(algorithm).stemWord(word.replace("’", "'")) if algorithm else word
    )
    return _ENDING.sub("", stem)
