"""Active or passive? A rule for each language where one is honest.

Each looks for the passive's own verb (be, werden, worden, être, ser) with a participle in one
clause. What only looks alike is left out by lists, so some passives are missed rather than
actives blamed. States ("die Tür ist geschlossen", "está cerrado") count in no language.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from articles.document.text import words
from articles.quality import dutch, english, french, german, spanish
from articles.quality.word_lists import listed

_BE = r"(?:am|(?:is|are|was|were)(?:n['’]t)?|be|been|being|get|gets|got|gotten)"
_ENGLISH = re.compile(
    rf"\b{_BE}\s+(?:(?:not|never|always|often|also|then|still|only|just|even|\w+ly)\s+)*"
    r"(?P<participle>[a-z]+)\b",
    re.IGNORECASE,
)
_CLAUSES = re.compile(r"[,;:–—()]")
_WERDEN = listed("wird werden wurde wurden worden würde würden")
_WORDEN = listed("wordt worden word werd werden")
_GERMAN_PARTICIPLE = re.compile(
    r"(?:(?:ab|an|auf|aus|bei|dar|durch|ein|fest|her|hin|los|mit|nach|um|vor|weg|zu|zurück)?"
    r"ge\w{3,}(?:t|en)|(?:be|ver|ent|er|zer|miss|über|unter)\w{3,}t|\w{2,}iert)"
)
_DUTCH_PARTICIPLE = re.compile(
    r"(?:(?:aan|af|bij|door|in|mee|na|om|op|terug|toe|uit|vast|voor|weg|samen)?ge\w{2,}(?:d|t|en)"
    r"|(?:be|ver|ont|her|er)\w{2,}(?:d|t))"
)
_ETRE = (
    r"(?:suis|es|est|sommes|êtes|sont|étais|était|étions|étaient|fut|furent|sera|seront|serait"
    r"|seraient|soit|soient|été|être)"
)
_FRENCH = re.compile(
    rf"(?P<before>\w+['’]?\s+|\b[sm]['’])?\b{_ETRE}\s+(?:(?:pas|plus|jamais|souvent|toujours|très"
    r"|bien|mal|déjà|aussi|encore|ensuite|\w+ment)\s+)*(?P<participle>\w+)",
    re.IGNORECASE,
)
_REFLEXIVE = frozenset({"se", "s'", "s’", "me", "m'", "m’", "te", "t'", "nous", "vous"})
_SER = (
    r"(?:es|son|era|eran|fue|fueron|será|serán|sería|serían|sea|sean|fuera|fueran|ser|sido|siendo)"
)
_SPANISH = re.compile(
    rf"\b{_SER}\s+(?:(?:ya|no|muy|siempre|también|luego|\w+mente)\s+)*(?P<participle>\w+)",
    re.IGNORECASE,
)


def _is_english(sentence: str) -> bool:
    return any(
        _is_english_participle(match["participle"].lower()) for match in _ENGLISH.finditer(sentence)
    )


def _is_english_participle(word: str) -> bool:
    if word in english.NO_PARTICIPLES:
        return False
    return word in english.IRREGULAR_PARTICIPLES or (word.endswith("ed") and len(word) > 4)


def _is_german(sentence: str) -> bool:
    return _in_one_clause(
        sentence,
        verb=_WERDEN,
        participle=lambda word: (
            word in german.STRONG_PARTICIPLES
            or (word not in german.NO_PARTICIPLES and bool(_GERMAN_PARTICIPLE.fullmatch(word)))
        ),
    )


def _is_dutch(sentence: str) -> bool:
    return _in_one_clause(
        sentence,
        verb=_WORDEN,
        participle=lambda word: (
            word in dutch.STRONG_PARTICIPLES
            or (word not in dutch.NO_PARTICIPLES and bool(_DUTCH_PARTICIPLE.fullmatch(word)))
        ),
    )


def _in_one_clause(
    sentence: str, *, verb: frozenset[str], participle: Callable[[str], bool]
) -> bool:
    """Whether a clause holds both. Nouns are told by their capital, except at its beginning."""
    for clause in _CLAUSES.split(sentence):
        said = words(clause)
        if not verb.intersection(word.lower() for word in said):
            continue
        if any(participle(word) for word in said[:1] + [w for w in said[1:] if w.islower()]):
            return True
    return False


def _is_french(sentence: str) -> bool:
    for match in _FRENCH.finditer(sentence):
        if (match["before"] or "").strip().lower() in _REFLEXIVE:
            continue
        word = re.sub(r"(?<=[éiut])e?s?$|(?<=[st])es?$", "", match["participle"].lower())
        regular = word.endswith("é") and len(word) > 3
        if word not in french.NO_PARTICIPLES and (regular or word in french.IRREGULAR_PARTICIPLES):
            return True
    return False


def _is_spanish(sentence: str) -> bool:
    for match in _SPANISH.finditer(sentence):
        word = re.sub(r"[ao]s?$", "o", match["participle"].lower())
        regular = word.endswith(("ado", "ido", "ído")) and len(word) > 4
        if word not in spanish.NO_PARTICIPLES and (
            regular or word in spanish.IRREGULAR_PARTICIPLES
        ):
            return True
    return False


_RULES: Final[dict[str, Callable[[str], bool]]] = {
    "en": _is_english,
    "de": _is_german,
    "fr": _is_french,
    "es": _is_spanish,
    "nl": _is_dutch,
}
LANGUAGES: Final = frozenset(_RULES)


def is_passive(sentence: str, language: str = "en") -> bool:
    """Return whether a sentence is in the passive voice, as far as the rule can tell.

    :raises KeyError: there is no rule for the language
    """
    return _RULES[language](sentence)
