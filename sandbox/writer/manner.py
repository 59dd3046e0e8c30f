"""For whom and in which tone a brief wants its article, and what its references are about."""

from __future__ import annotations

import re
from collections import Counter

from sandbox.writer.brief import Brief

MOST_AUDIENCE_WORDS = 14
MOST_TERMS = 3
FEWEST_TERM_LETTERS = 5
FEWEST_TIMES = 2

# Signs of a tone in the five languages; the first tone that shows one counts.
_TONES = {
    "playful": r"humou?r|witty|playful|funny|cheeky|locker|witzig|dr[ôo]le|l[ée]ger|divertid"
    r"|grappig",
    "plain": r"plain|factual|sober|formal|serious|professional|neutral|matter-of-fact|sachlich"
    r"|nüchtern|seriös|sobr|factuel|s[ée]rieu|neutre|serio|zakelijk|nuchter|feitelijk",
    "warm": r"warm|friend|calm|kind|gentle|neighbou?r|herzlich|freundlich|nett|chaleur|amical"
    r"|aimable|c[áa]lid|cercan|amable|vriendelijk|hartelijk",
}
_SHORT_FORMS = (
    ("do not", "don't"), ("does not", "doesn't"), ("will not", "won't"), ("cannot", "can't"),
    ("need not", "needn't"), ("is not", "isn't"), ("are not", "aren't"), ("you will", "you'll"),
)  # fmt: skip
_INFORMAL = frozenset({"warm", "playful"})
# Whoever writes these into a field that says for whom it is, wants something else.
_NO_AUDIENCE = re.compile(
    r"[<>{}\[\]@|:;\"“”]|https?|www\.|\w\.\w|\d{3}|\b(?:ignore|disregard|forget|instructions?|rules"
    r"|prompt|system|link|write|say)\b",
    re.IGNORECASE,
)
_COMMON_WORDS = """
    about after again because before between could every first other people their there these
    thing things those under where which while would should still until often
    aber alles andere dieser dieses diese durch einem einen einer etwas immer können machen nicht
    ohne sollte sondern wenn werden wieder zwischen
    alors aussi autres avant avec cette comme dans elles encore leurs mais même moins parce pendant
    plus pour quand sans sont toujours toute toutes
    antes cada como cuando desde donde entre esta este estos hasta mucho nunca otros para pero
    porque puede siempre sobre también todas todos
    andere alleen altijd dezer deze door elke geen iedere meer moeten onder omdat toch wanneer
    worden zonder
"""
_COMMON = frozenset(_COMMON_WORDS.split())


def tone(brief: Brief) -> str:
    """Return the tone that the brief asks for: playful, plain, warm, or "" for none we know."""
    return next((name for name, signs in _TONES.items() if re.search(signs, brief.tone, re.I)), "")


def in_tone(text: str, brief: Brief) -> str:
    """Return an English sentence in the short forms of speech where the tone is an informal one."""
    if brief.language != "en" or tone(brief) not in _INFORMAL:
        return text
    for long, short in _SHORT_FORMS:
        text = re.sub(rf"\b{long}\b", short, text)
        text = re.sub(rf"\b{long.capitalize()}\b", short.capitalize(), text)
    return text


def audience(brief: Brief) -> str:
    """Return whom the text is for, as it stands behind a colon; "" for what names no people."""
    said = brief.audience.strip(" .!?")
    if not said or _NO_AUDIENCE.search(said) or len(said.split()) > MOST_AUDIENCE_WORDS:
        return ""
    # German nouns stay large.
    return said if brief.language == "de" else said[:1].lower() + said[1:]


def terms(text: str) -> list[str]:
    """Return the words that a page comes back to, most frequent first: what it is about."""
    found = Counter(
        word
        for word in re.findall(r"(?<![\w@./-])[^\W\d_]+(?![\w@/-]|\.\w)", text)
        if len(word) >= FEWEST_TERM_LETTERS and word.lower() not in _COMMON
    )
    often = [word for word, count in found.most_common() if count >= FEWEST_TIMES]
    return often[:MOST_TERMS]
