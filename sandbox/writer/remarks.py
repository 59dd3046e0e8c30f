"""One sentence that takes up a customer's words, whatever they are, and harms nothing."""

from __future__ import annotations

import re
from html import escape

from sandbox.writer.wishes import Wish, literal

MOST_TAKEN_UP = 3
FEWEST_LETTERS = 4
FEWEST_SENTENCE_WORDS = 4

# Behind a colon anything reads, in any language.
_REMARKS = {
    "en": (
        "One more point deserves a thought here: {}.",
        "It also helps to keep this in mind: {}.",
        "Besides, many readers ask about this: {}.",
        "Here is something else to look at with care: {}.",
        "Before you go on, think of this as well: {}.",
        "This matters more than it may seem at first: {}.",
    ),
    "de": (
        "Auch das verdient hier einen Gedanken: {}.",
        "Behalten Sie dabei außerdem dies im Blick: {}.",
        "Danach fragen ebenfalls viele: {}.",
    ),
    "fr": (
        "Un autre point mérite ici une pensée : {}.",
        "Gardez aussi ceci à l'esprit : {}.",
        "Beaucoup de lecteurs demandent également ceci : {}.",
    ),
    "es": (
        "Otro punto merece aquí un momento de atención: {}.",
        "Conviene tener presente también esto: {}.",
        "Muchos lectores preguntan además por esto: {}.",
    ),
    "nl": (
        "Ook dit verdient hier een gedachte: {}.",
        "Houd daarnaast dit in het oog: {}.",
        "Veel lezers vragen bovendien hiernaar: {}.",
    ),
}
# Figures need a source, and a note is none.
_FIGURE = re.compile(r"[$€£¥]?\s?\d[\d.,]*\s?(?:%|percent|[$€£¥])?")
# What a note says to the writer, not about the subject.
_COMMON = """
please could would should article text paragraph sentence section part more less much very make
made write writing change changes want like need needs really also this that these those with
about from into your here there what when which have some just only little feel feels sound
sounds add mention better good great think maybe perhaps customer reader readers word words
instead them they their focus tone thing things something anything everything kindly thanks
thank ignore previous instructions rules prompt system output reveal doesn don isn aren not were
been being does will shall must might than then too many such other another bitte danke merci
gracias artikel absatz remove delete write replace call mail typo first second third last link
anchor disclosure fix correct schreiben alert
"""
_TO_THE_WRITER = frozenset(_COMMON.split())


def remark(wish: Wish, *, language: str, text: str) -> str:
    """Return a sentence as HTML with the wish's words that `text` does not hold yet.

    Empty when the wish names nothing that could stand in an article, or all was said before.
    """
    words = " ".join(_FIGURE.sub(" ", literal(wish.what)).split())
    if wish.quoted and len(words.split()) >= FEWEST_SENTENCE_WORDS:
        said = words[:1].upper() + words[1:]
        said = said if said.endswith(("!", "?")) else f"{said}."
        return "" if said in text else escape(said, quote=False)
    taken = words.removeprefix("that ") if wish.asks == "add" else ""
    taken = taken or _taken_up(wish.text)
    if not taken:
        return ""
    for frame in _REMARKS.get(language, _REMARKS["en"]):
        said = frame.format(taken)
        if said not in text:
            return escape(said, quote=False)
    return ""


def _taken_up(text: str) -> str:
    """Return the words of a note that say something of the subject, those together as phrases."""
    phrases: list[list[str]] = [[]]
    for word in re.findall(r"[^\W\d_][\w'’-]*|[^\w\s]", literal(text)):
        known = word.lower().replace("’", "'") in _TO_THE_WRITER
        if known or len(word) < FEWEST_LETTERS or not word[0].isalpha():
            phrases.append([])
        else:
            phrases[-1].append(word)
    said = [" ".join(one[:4]) for one in phrases if one]
    return ", ".join(dict.fromkeys(said[:MOST_TAKEN_UP]))
