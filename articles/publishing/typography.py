"""Reads a live text as its readers do, whatever signs the site sets instead of the typed ones.

An unmodified WordPress shows curly quotes, primes, dashes, an ellipsis, a multiplication or a
trademark sign for what was typed, in the manner of the site's language, and writes its own name its
own way: https://developer.wordpress.org/reference/functions/wptexturize/ and
https://developer.wordpress.org/reference/functions/capital_p_dangit/.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from articles.document import fold

_AS_TYPED: Final = str.maketrans(
    dict.fromkeys("‘’‚‛′‹›`", "'")
    | dict.fromkeys("“”„‟″«»", '"')
    | dict.fromkeys("‐‑‒–—−", "-")
    | {"…": "...", "×": "x", "™": "(tm)"}
)
_HYPHENS: Final = re.compile(r"-+")
# French guillemets stand off from the words that they enclose.
_QUOTE: Final = re.compile(r" ?(?:\"|'') ?")


def as_typed(text: str) -> str:
    """Return the text as it is compared: with typed signs, in one case, white space folded."""
    return typed(text).casefold()


def typed(text: str) -> str:
    """Return the text with typed signs, white space folded."""
    plain = fold(unicodedata.normalize("NFC", text)).translate(_AS_TYPED)
    return _QUOTE.sub('"', _HYPHENS.sub("-", plain))
