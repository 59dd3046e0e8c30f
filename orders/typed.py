"""What people type, made safe: one spelling, nothing unseen, no markup, within its limits."""

import re
import unicodedata
from typing import Final

from articles import sanitise

# Control, invisible and direction-changing characters, halves of pairs, private use: none of them
# can be seen, and each has been used to make a text say other than it shows.
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_TAG: Final = re.compile(r"<[a-zA-Z/!?]")


class Wrong(ValueError):
    """What is wrong with one field, in words for the customer."""


def text(value: object, *, longest: int) -> str:
    """Return the text in one spelling (NFC).

    :raises Wrong: it is too long, holds what cannot be seen, or markup
    """
    if not isinstance(value, str):
        raise Wrong("This must be text.")
    # Measured before anything else is done to it: normalising a huge text takes long.
    if len(value) > 4 * longest + 1000:
        raise Wrong(f"Use at most {longest} characters; these are {len(value)}.")
    typed = unicodedata.normalize("NFC", value.replace("\r\n", "\n").strip())
    unseen = _unseen(typed)
    if unseen is not None:
        raise Wrong(f"Remove the invisible or control character U+{ord(unseen):04X}.")
    if _TAG.search(typed):
        raise Wrong("Write plain text: HTML is not accepted. Put a space after “<” to mean less.")
    if len(typed) > longest:
        raise Wrong(f"Use at most {longest} characters; these are {len(typed)}.")
    return typed


def _unseen(typed: str) -> str | None:
    # Fillers and variations count as letters and accents to Unicode, so the kinds do not tell them.
    kinds = (c for c in typed if c not in "\n\t" and unicodedata.category(c) in _UNSEEN)
    return next(kinds, None) or sanitise.first_unseen(typed)


def line(value: object, *, longest: int) -> str:
    """Return one line of text, its spaces single.

    :raises Wrong: as `text` does, or it has several lines
    """
    typed = text(value, longest=longest)
    if "\n" in typed or "\t" in typed:
        raise Wrong("Use one line, without line breaks or tabs.")
    return " ".join(typed.split())


def lines(value: object, *, most: int, longest: int) -> tuple[str, ...]:
    """Return up to `most` lines, each once: a form sends them in one text, the API as a list.

    :raises Wrong: as `line` does, or there are more
    """
    given = value.replace("\r\n", "\n").split("\n") if isinstance(value, str) else value
    if not isinstance(given, list):
        raise Wrong("Send a list of texts.")
    if len(given) > 10 * most:
        raise Wrong(f"Name at most {most}; these are {len(given)}.")
    found = [line(each, longest=longest) for each in given]
    distinct = {each.casefold(): each for each in reversed(found) if each}
    if len(distinct) > most:
        raise Wrong(f"Name at most {most}; these are {len(distinct)}.")
    return tuple(reversed(distinct.values()))


def whole(value: object) -> int | None:
    """Read a whole number: a form sends digits, the API a number. True is one to Python alone."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and re.fullmatch(r"\s*[0-9]{1,18}\s*", value):
        return int(value)
    return None
