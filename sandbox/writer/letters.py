"""Letters and words of a sentence: how it begins, what it says, what an address makes of it."""

from __future__ import annotations

import re
import unicodedata

# Plurals, doings, and what has a word of its own or asks a question.
_BARE = re.compile(
    r"(?i)^(?:the|an?|my|your|our|how|what|why|when|where|which|who|is|are|do|can)\b|(?:s|ing)$"
)
_LONG = re.compile(r"[^\W\d_]{4,}")


def slug(keyword: str) -> str:
    """Return a keyword as part of an address; letters beyond ASCII stay if nothing else would."""
    # "l'assurance" is one word in an address: "lassurance".
    whole = re.sub("['’]", "", keyword.lower())
    plain = unicodedata.normalize("NFKD", whole).encode("ascii", "ignore").decode()
    return _hyphened(plain) or _hyphened(whole) or "article"


def _hyphened(text: str) -> str:
    return re.sub(r"[\W_]+", "-", text).strip("-")[:100].strip("-")


def owned(keyword: str, *, language: str) -> str:
    """Return an English keyword as it stands in a sentence: a thing of which one is meant needs a
    word before it, and "your" fits a night train as well as bread."""
    stands_alone = _BARE.search(keyword) or keyword.rsplit(maxsplit=1)[-1][:1].isupper()
    return keyword if language != "en" or stands_alone else f"your {keyword}"


def label(text: str, keyword: str, *, always: bool = False) -> str:
    """Return a heading without the word before a keyword that stands first as a label: before a
    colon or, if `always`, before anything."""
    begins = f"your {keyword}"
    stands_first = text.lower().startswith(begins.lower())
    if not stands_first or not (always or text[len(begins) :][:1] in (":", ",")):
        return text
    return upper_first(text[len("your ") :])


def times(keyword: str, html: str) -> int:
    """Return how often a keyword stands in some HTML."""
    return len(re.findall(re.escape(keyword), html, re.IGNORECASE))


def stands_in(phrase: str, text: str) -> bool:
    """Return whether a text holds a phrase word for word: "cars" is no "car"."""
    return bool(re.search(rf"(?<!\w){re.escape(phrase)}(?!\w)", text, re.IGNORECASE))


def saying(text: str) -> frozenset[str]:
    """Return the longer words of a text: two that share most of them say the same."""
    return frozenset(word.lower() for word in _LONG.findall(text))


def beginning(html: str) -> str:
    """Return the first word, as it sounds."""
    return html.split(" ", 1)[0].strip(",").lower()


def upper_first(text: str) -> str:
    """Return a text that begins large."""
    return text[:1].upper() + text[1:]


def lower_first(text: str) -> str:
    """Return a text that goes on small behind another."""
    return text if text.startswith(("I ", "I'")) else text[:1].lower() + text[1:]


def cut(text: str, longest: int) -> str:
    """Return the first words of a text that is too long."""
    return text if len(text) <= longest else text[: longest + 1].rsplit(" ", 1)[0][:longest]
