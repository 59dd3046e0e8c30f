"""Do a customer's notes rule a word out, or name it to have it in the text?

Only what plainly rules it out is taken for that: a clause that begins (or, in German and Dutch,
ends) with the wish and names no single place in the text. Customers write in their own language,
so the words of every language that is sold are tried.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import takewhile
from typing import Final

from articles.document.text import sentences, words
from articles.quality.word_lists import any_of, phrases
from articles.quality.word_runs import places, stems

_CLAUSE: Final = any_of(
    phrases("and; but; so; then; und; aber; dann; sondern; et; mais; puis; y; pero; en; maar; dan")
)
_STOPS: Final = re.compile(r"[,;:–—()]")
_BEFORE: Final = re.compile(
    r"^(?:\W|\b(?:please|kindly|also|still|again|really|better|just|you (?:should|must)|try to"
    r"|we (?:want|would like|prefer) (?:you )?to|can you|could you|bitte|auch|besser|doch"
    r"|s['’]il vous pla[iî]t|merci de|por favor|también|graag|alstublieft|ook)\b)*",
    re.IGNORECASE,
)
_AT_THE_BEGINNING: Final = any_of(
    phrases(
        r"""
        avoid; omit; remove; delete; drop; erase; cut; strike; leave out; take out; get rid of
        (?:leave|take) (?:\S+ ){1,6}out; stop (?:using|mentioning|saying|writing)
        (?:do not|don't|never) (?:ever )?(?:use|mention|say|write|include|name|add|repeat|put)
        vermeiden? sie; vermeidet?; streichen? sie; streicht?; entferne[nt]?(?: sie)?
        löschen? sie; verzichte[nt]?(?: sie)? auf
        (?:lass|lassen sie|lasst) (?:\S+ ){1,6}(?:weg|aus)
        (?:verwende|benutze|schreibe?|erwähne)[nt]?(?: sie)? (?:\S+ ){0,5}nicht
        évite[rz]; supprime[rz]; enleve[rz]; retire[rz]
        n'(?:utilisez|employez|écrivez) (?:pas|plus|jamais)
        ne (?:pas|plus|jamais) (?:utiliser|employer|mentionner|écrire|dire|mettre)
        ne (?:mentionnez|dites|mettez) (?:pas|plus|jamais)
        evit(?:e|en|ar); elimin(?:e|en|ar); quit(?:e|en|ar); borr(?:e|en|ar); omit(?:a|an|ir)
        (?:no|nunca) (?:use|usen|usar|mencionen?|mencionar|escriban?|escribir|digan?|decir|pongan?)
        vermijd; verwijder; schrap; laat (?:\S+ ){1,6}weg
        (?:gebruik|noem|schrijf|vermeld) (?:\S+ ){0,5}niet
        """
    )
)
_AT_THE_END: Final = re.compile(
    r"(?<!\w)(?:(?P<plain>vermeiden|weglassen|auslassen|streichen|entfernen|löschen"
    r"|(?:he)?rausnehmen|vermijden|weglaten|verwijderen|schrappen)"
    r"|(?:nicht|nie|niemals|kein\w*|niet|nooit|geen)\s(?:\S+\s){0,6}(?:verwenden|benutzen|nennen"
    r"|schreiben|erwähnen|sagen|nehmen|gebruiken|noemen|schrijven|vermelden))\W*$",
    re.IGNORECASE,
)
_NOT: Final = any_of(phrases("nicht; nie; niemals; kein; keine; niet; nooit; geen"))
# What gives way stands right behind these.
_INSTEAD_OF: Final = any_of(
    phrases(
        r"""
        instead of; rather than; in place of; anstatt; statt; anstelle von; au lieu de; plutôt que
        à la place de; en (?:vez|lugar) de; in plaats van
        """
    )
)
_REPLACES: Final = any_of(
    phrases(
        r"""
        replace; swap; ersetzen? sie; ersetzt?; ersetze; remplace[rz]; reemplace; reemplazar
        sustituya; sustituir; vervang
        """
    )
)
_BY: Final = frozenset({"with", "by", "for", "mit", "durch", "par", "con", "por", "door"})
_A_PLACE: Final = any_of(
    phrases(
        r"""
        titles?; headlines?; (?:sub)?headings?; intro(?:duction)?; opening; conclusion; paragraphs?
        sections?; sentences?; descriptions?; Titel; Überschrift(?:en)?; Einleitung; Abs[aä]tz\w*
        Abschnitt\w*; Satz; Sätze\w*; Fazit; Beschreibung; titres?; intertitres?; paragraphes?
        títulos?; introducción; párrafos?; secci(?:ón|ones); frases?; conclusión; descripción; kop
        koppen; inleiding; alinea'?s?; zin; zinnen; slot; beschrijving
        """
    )
)


def lets_in(phrase: str, notes: Sequence[str], *, language: str) -> bool:
    """Return whether the last of the notes that name the phrase does anything but rule it out.

    `notes` are in the order in which they were written. What none of them names is not let in; in
    what is unclear, or names it both ways, it is.
    """
    as_stems = partial(stems, language=language)
    run = as_stems(phrase)

    def names(text: str) -> bool:
        return bool(places(as_stems(text), run))

    last = next(filter(names, reversed(notes)), None)
    if last is None:
        return False
    naming = [clause for clause in _clauses(last) if names(clause)]
    return not naming or not all(_rules_out(clause, names, len(run)) for clause in naming)


def _clauses(note: str) -> Iterator[str]:
    for line in note.splitlines():
        for sentence in sentences(line):
            for piece in _STOPS.split(sentence):
                yield from _CLAUSE.split(piece)


def _rules_out(clause: str, names: Callable[[str], bool], length: int) -> bool:
    """Whether the clause, which names a phrase of so many words, wants it nowhere."""
    if _A_PLACE.search(clause):
        return False
    wish = _BEFORE.sub("", clause)
    if _AT_THE_BEGINNING.match(wish):
        return True
    if (end := _AT_THE_END.search(clause)) is not None:
        return not (end["plain"] and _NOT.search(clause))
    given_up = [*_INSTEAD_OF.finditer(wish), *filter(None, [_REPLACES.match(wish)])]
    return any(names(_next(wish[each.end() :], length)) for each in given_up)


def _next(text: str, length: int) -> str:
    """The next words, with an article before them; what comes by "with" takes their place."""
    found = words(text)[: length + 1]
    return " ".join(takewhile(lambda word: word.casefold() not in _BY, found))
