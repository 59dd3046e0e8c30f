"""How word lists are written down: words by spaces, phrases by lines or semicolons."""

from __future__ import annotations

import re
from collections.abc import Iterable


def listed(text: str) -> frozenset[str]:
    """Return the words of `text`."""
    return frozenset(text.split())


def phrases(text: str) -> tuple[str, ...]:
    """Return the phrases of `text`, longest first so that it is found first."""
    lines = (" ".join(line.split()) for line in re.split(r"[\n;]", text))
    return tuple(sorted(filter(None, lines), key=len, reverse=True))


def any_of(expressions: Iterable[str]) -> re.Pattern[str]:
    """Return what finds any of these regular expressions as whole words, in either case.

    A space in one stands for any white space, an apostrophe for a curly one too.
    """
    either = "|".join(each.replace(" ", r"\s+").replace("'", "['’]") for each in expressions)
    return re.compile(rf"(?<!\w)(?:{either})(?!\w)", re.IGNORECASE)
