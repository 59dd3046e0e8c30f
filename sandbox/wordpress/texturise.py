"""What an unmodified WordPress does to a text on its way to readers: typographic signs.

The rules are those of `wptexturize` and `capital_P_dangit`, both on by default for every content:
https://developer.wordpress.org/reference/functions/wptexturize/ and
https://developer.wordpress.org/reference/functions/capital_p_dangit/. What is stored stays as it
was; only the page differs. Left out: abbreviated years and the words of `wp_cockneyreplace`.
"""

from __future__ import annotations

import re

_PIECES = re.compile(r"(<!--.*?-->|<[^>]*>)", re.DOTALL)
_TAG = re.compile(r"<(/?)([a-z0-9]+)", re.IGNORECASE)
_LEFT_ALONE = frozenset({"pre", "code", "kbd", "style", "script", "tt"})
# In this order: what a rule has changed, none below it sees.
_RULES = [
    (re.compile(pattern), sign)
    for pattern, sign in (
        (r"\.\.\.", "&#8230;"),
        (r"``", "&#8220;"),
        (r"''", "&#8221;"),
        (r" \(tm\)", " &#8482;"),
        (r"(?:(?<=^)|(?<=[\s(\[{\"-]))'", "&#8216;"),
        (r"(?<=\d)'(?!\w)", "&#8242;"),
        (r"'", "&#8217;"),
        (r"(?:(?<=^)|(?<=[\s(\[{-]))\"(?!\s)", "&#8220;"),
        (r"(?<=\d)\"", "&#8243;"),
        (r"\"", "&#8221;"),
        (r"---", "&#8212;"),
        (r"(?:(?<=^)|(?<=\s))--(?=\s|$)", "&#8212;"),
        (r"(?<!xn)--", "&#8211;"),
        (r"(?:(?<=^)|(?<=\s))-(?=\s|$)", "&#8211;"),
        (r"\b(\d[\d.,]*)x(\d[\d.,]*)\b", r"\1&#215;\2"),
    )
]
_MISSPELT = re.compile(r"(?<=[ >(])Wordpress|(?<=&#8216;)Wordpress|(?<=&#8220;)Wordpress")


def texturised(html: str) -> str:
    """Return the content as the page shows it."""
    pieces, inside = [], 0
    for piece in _PIECES.split(html):
        tag = _TAG.match(piece)
        if tag is not None and tag[2].lower() in _LEFT_ALONE:
            inside += -1 if tag[1] else 1
        pieces.append(piece if piece.startswith("<") or inside > 0 else _signs(piece))
    return _MISSPELT.sub("WordPress", "".join(pieces))


def _signs(text: str) -> str:
    for pattern, sign in _RULES:
        text = pattern.sub(sign, text)
    return text
