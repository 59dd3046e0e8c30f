"""Reads a customer's notes as wishes: what is asked, about what, and where."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

from sandbox.writer.brief import Prompt

LONGEST_PHRASE_WORDS = 30


def _quoted(name: str) -> str:
    return rf"(?<!\w)[\"“„«‘'](?P<{name}>[^\"“”„«»\n]+?)[\"”“»’'](?!\w)"


_PART = r"(?P<part>sentence|line|paragraph|section|chapter|part|passage|block|bit)s?"
_REMOVE = r"\b(?:remove|delete|drop|cut out|cut|take out|leave out|get rid of|omit|erase)"
_ADD = (
    r"\b(?:add|mention|include|insert|put in|talk about|write about|say something|cover|explain"
    r"|refer to)"
)
_REPLACE = r"\b(?:replace|change|swap|substitute|correct|fix|rename)\b"
_TITLE = r"\b(?:title|headline)\b"
_NEXT_WISH = r"(?:remove|delete|mention|add|make|replace|change|use|shorten|rewrite)\b"
_END = re.compile(
    rf"(?<=[.!?;])\s+(?=[A-Z\"“])|\n+|;\s+|,?\s+(?:and|then|and then)\s+(?={_NEXT_WISH})"
)
_POLITE = re.compile(r"(?i),?\s*\b(?:please|kindly|thanks|thank you)\b[.!]?\s*")
_QUOTES = "\"“”„«»‘’' "
# A link, an address or a phone number in a note is nothing that an article takes up.
_NO_TEXT = re.compile(
    r"\S*(?:https?://|www\.|@)\S*|\+?\d[\d ()/.-]{5,}\d"
    r"|[\w-]+\.(?:com|net|org|example|io)\S*|[<>{}\[\]|]"
)
_PLACES = (
    ("first", r"\b(?:introduction|intro|opening|beginning|first paragraph)\b"),
    ("second", r"\bsecond paragraph\b"),
    ("third", r"\bthird paragraph\b"),
    ("last", r"\b(?:conclusion|ending|closing|last paragraph|final paragraph)\b"),
)
# By what they ask for; the first that fits counts.
_ASKS: tuple[tuple[str, str], ...] = (
    ("title", rf"{_TITLE}.*?(?:\bto\b|\binto\b|:)\s*{_quoted('by')}"),
    ("title", rf"\b(?:make|change|set|rename)\s+(?:the\s+)?{_TITLE}\s+(?:to|into)\s+(?P<by>.+)"),
    ("meta", rf"\bdescription\b.*?(?:\bto\b|:)\s*{_quoted('by')}"),
    ("heading", rf"heading\b(?P<what>.*?)(?:\bto\b|\binto\b|\bwith\b|:)\s*{_quoted('by')}"),
    ("replace", rf"{_REPLACE}.*?{_quoted('what')}.*?{_quoted('by')}"),
    (
        "replace",
        rf"\b(?:use|write|say|put)\s+{_quoted('by')}\s+(?:instead of|rather than|not)\s+"
        rf"{_quoted('what')}",
    ),
    (
        "replace",
        rf"{_quoted('what')}\s+(?:should|must|has to|needs to)\s+(?:be|become|read|say)\s+"
        rf"{_quoted('by')}",
    ),
    (
        "replace",
        r"\b(?:replace|swap|substitute)\s+(?:the words?\s+)?(?P<what>.+?)\s+(?:with|by|for)\s+"
        r"(?P<by>.+)",
    ),
    (
        "replace",
        r"\b(?:use|write|say)\s+(?P<by>[\w -]+?)\s+(?:instead of|rather than)\s+(?P<what>[\w -]+)",
    ),
    ("remove", rf"{_REMOVE}\b.*?{_quoted('quoted')}"),
    (
        "remove",
        rf"{_REMOVE}\s+(?:the|this|that|these|any|every|all|a)?\s*(?:\w+\s+)?{_PART}\b"
        r"(?:\s+(?:about|on|of|regarding|that mentions?|which mentions?|that says|with|where))?"
        r"\s*(?P<what>.*)",
    ),
    (
        "shorten",
        r"\b(?:shorter|shorten|too long|trim|condense|tighten|wordy|more concise|cut down"
        r"|less text)\b",
    ),
    ("remove", rf"{_REMOVE}\s+(?:this|that|it)\b(?!\s+\w)"),
    (
        "remove",
        rf"{_REMOVE}\s+(?:everything|anything|all|any mention|all mentions)?\s*(?:about|on|of)?"
        r"\s*(?:the\s+)?(?P<what>.+)",
    ),
    (
        "title",
        rf"\b(?:new|other|different|better|shorter|catchier|change|improve)\b.*{_TITLE}"
        rf"|{_TITLE}.*\b(?:shorter|different|better|catchier|clearer|boring|too)\b",
    ),
    ("meta", r"\bmeta\b"),
    (
        "lengthen",
        r"\b(?:longer|lengthen|more details?|more depth|expand|elaborate|too short)\b"
        r"(?:\s+(?:on|about))?\s*(?P<what>.*)",
    ),
    ("rewrite", r"\b(?:rewrite|re-write|write .{0,20}anew|start over|completely different)\b"),
    (
        "plainer",
        r"\b(?:friendl\w+|simpler|simplif\w+|easier|warmer|less formal|casual|plainer|plain"
        r"|conversational|rephrase|reword|clearer|tone)\b",
    ),
    ("add", rf"{_ADD}\b.*?{_quoted('quoted')}"),
    (
        "add",
        rf"{_ADD}\s+(?:an?|one|some|another|the)?\s*(?:\w+\s+)?(?:{_PART}|words?|note|hint|tip)\s+"
        r"(?:about|on|of|that|saying that|saying|which says|explaining|for|with)\s+(?P<what>.+)",
    ),
    ("add", rf"{_ADD}\s+(?:about\s+|that\s+)?(?P<what>.+)"),
)
_WISHES = tuple((asks, re.compile(pattern, re.IGNORECASE)) for asks, pattern in _ASKS)

# Easier or friendlier words for the same.
PLAINER: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(rf"(?<!\w){stiff}(?!\w)", re.IGNORECASE), plain)
    for stiff, plain in (
        ("do not", "don't"),
        ("does not", "doesn't"),
        ("cannot", "can't"),
        ("is not", "isn't"),
        ("are not", "aren't"),
        ("it is", "it's"),
        ("you are", "you're"),
        ("you will", "you'll"),
        ("that is", "that's"),
        ("therefore,?", "so"),
        ("in addition", "also"),
        ("as a result,?", "so"),
        ("purchase", "buy"),
        ("utili[sz]e", "use"),
        ("require", "need"),
        ("requires", "needs"),
        ("approximately", "about"),
        ("moreover", "also"),
        ("for this reason,?", "so"),
    )
)


@dataclass(frozen=True, slots=True)
class Wish:
    """One thing that is asked. `block` was pointed at; `part` and `place` say what and where."""

    asks: str
    text: str
    block: int | None = None
    what: str = ""
    by: str = ""
    part: str = ""
    place: str = ""
    quoted: bool = False


def read_wishes(prompt: Prompt) -> list[Wish]:
    """Return the wishes in a prompt's notes, one at least."""
    found = re.search(r"(?s)<notes>\s*(.*?)\s*</notes>", prompt.text)
    try:
        raw = json.loads(found.group(1)) if found else {}
    except ValueError:
        raw = {}
    raw = raw if isinstance(raw, dict) else {}
    block = raw["block"] if isinstance(raw.get("block"), int) else None
    reasons = [str(one) for one in raw.get("reasons") or []]
    notes = [one.strip() for one in _END.split(str(raw.get("notes") or "")) if one.strip()]
    wishes = [_wish(one, block) for one in notes]
    # What was ticked says what kind of change is meant when the words do not.
    if not any(one.asks for one in wishes):
        wishes = [_wish(one, block) for one in reasons if _wish(one, block).asks] or wishes
    asked = [one for one in wishes if one.asks] or wishes[:1]
    return asked or [Wish("", " ".join(reasons), block)]


def _wish(text: str, block: int | None) -> Wish:
    place = next((name for name, sign in _PLACES if re.search(sign, text, re.IGNORECASE)), "")
    for asks, pattern in _WISHES:
        found = pattern.search(_POLITE.sub(" ", text).strip())
        if found:
            named = {key: (value or "").strip() for key, value in found.groupdict().items()}
            quoted = named.get("quoted", "")
            return Wish(
                asks,
                text,
                block,
                what=quoted or named.get("what", "").rstrip(".!?"),
                by=named.get("by", ""),
                part=_kind_of_part(named.get("part") or text if quoted else named.get("part", "")),
                place=place,
                quoted=bool(quoted),
            )
    return Wish("", text, block, place=place)


def _kind_of_part(said: str) -> str:
    for kind, words in (
        ("sentence", r"\b(?:sentence|line)"),
        ("section", r"\b(?:section|chapter)"),
        ("paragraph", r"\b(?:paragraph|part|passage|block|bit)"),
    ):
        if re.search(words, said, re.IGNORECASE):
            return kind
    return ""


def literal(text: str) -> str:
    """Return words of a note as they may stand in an article: no tags, addresses or numbers."""
    plain = _NO_TEXT.sub(" ", re.sub(r"<[^>]*>", " ", text))
    words = " ".join(plain.split()).strip(_QUOTES).rstrip(".").split()
    return " ".join(words[:LONGEST_PHRASE_WORDS])
