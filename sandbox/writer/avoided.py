"""What a brief rules out: whole words in a row, in any number, that stand in no text."""

from __future__ import annotations

import re

from sandbox.writer.brief import Brief, visible

_OWNER = re.compile(r"['’]s\b")
_WORD = re.compile(r"[^\W_]+")
# Coarser than a reader is: a word too many is left out, none too few.
_ENDING = re.compile(r"(?<=\w{2})[es]+$")


class Avoided:
    """The words that one brief rules out. What it orders by name may hold them all the same."""

    def __init__(self, brief: Brief) -> None:
        ordered = (brief.keyword, brief.anchor_text, brief.disclosure or "", *brief.phrases)
        wins = "|".join(map(_run, ordered))
        runs = map(_run, brief.avoid)
        self._runs = tuple(run for run in runs if run.strip() and run not in wins)

    def stand_in(self, html: str) -> bool:
        """Whether a reader of this text or HTML sees one of them."""
        said = _run(visible(html)) if self._runs else ""
        return any(run in said for run in self._runs)


def _run(text: str) -> str:
    words = _WORD.findall(_OWNER.sub("", text.casefold()))
    return f" {' '.join(_ENDING.sub('', word) for word in words)} "
