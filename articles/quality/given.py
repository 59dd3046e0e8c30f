"""What was ordered word for word, found again in a text: as whole words, never as a part of one.

"a.io" does not stand in "aria.io", nor "aria.io" in "shop.aria.io": a name goes on over its dots,
hyphens and signs. Full-width letters are read as plain ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from unicodedata import normalize

from articles.document.text import fold

# Written without spaces between words, so that no word tells where another ends.
_UNSPACED = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\u0e00-\u0eff"
_LETTER = rf"[^\W{_UNSPACED}]"
_JOINT = r"[.\-@/]"
_BEGINS = rf"(?<!{_LETTER})(?<!{_LETTER}{_JOINT})"
_ENDS = rf"(?!{_LETTER}|{_JOINT}{_LETTER})"
_FIRST_IS_LETTER = re.compile(_LETTER)


def holds(ordered: str, said: str) -> bool:
    """Return whether `ordered` holds the words of `said` as they are, in either case."""
    return bool(_finder((said,)).search(_plain(ordered)))


def without(text: str, ordered: Iterable[str]) -> str:
    """Return `text` in plain letters with a space for whatever of `ordered` stands in it."""
    plain = normalize("NFKC", text)
    return _finder(tuple(ordered)).sub(" ", plain)


@lru_cache(maxsize=64)
def _finder(ordered: tuple[str, ...]) -> re.Pattern[str]:
    wanted = sorted(filter(None, map(_plain, ordered)), key=len, reverse=True)
    return re.compile("|".join(map(_whole, wanted)) or r"(?!)", re.IGNORECASE)


def _whole(phrase: str) -> str:
    begins = _BEGINS if _FIRST_IS_LETTER.match(phrase[0]) else ""
    ends = _ENDS if _FIRST_IS_LETTER.match(phrase[-1]) else ""
    return begins + re.escape(phrase).replace(r"\ ", r"\s+") + ends


def _plain(text: str) -> str:
    return fold(normalize("NFKC", text))
