"""Do a customer's notes ask for a new text, or for changes of the one that is there?

Notes are read clause by clause, in every language that is sold: customers write in their own, not
in the article's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from articles.document.text import sentences
from articles.quality.word_lists import any_of, phrases


@dataclass(frozen=True, slots=True)
class _Words:
    """How a language asks for a new text: `anew` asks, `part` names what alone is meant, `never`
    takes it back, `clause` begins another clause."""

    anew: re.Pattern[str]
    part: re.Pattern[str]
    never: re.Pattern[str]
    clause: re.Pattern[str]


def _words(anew: str, part: str, never: str, clause: str) -> _Words:
    return _Words(*(any_of(phrases(each)) for each in (anew, part, never, clause)))


_ENGLISH = _words(
    r"""
    re-?writ(?:e|es|ing|ten); redo; redone; start (?:over|again|afresh)
    (?:start|begin) (?:(?:it|this|all|the (?:article|text)) )?from scratch
    writ(?:e|ing|ten) (?:\w+ ){0,4}(?:again|anew|afresh|over|from scratch)
    (?:completely|entirely|totally|wholly) (?:new|different) (?:article|text|version|draft|piece)
    """,
    r"""
    sentences?; lines?; words?; phrases?; wording; paragraphs?; sections?; chapters?; passages?
    parts?; bits?; intro(?:duction)?; opening; beginning; ending; conclusions?; titles?; headlines?
    headings?; subheadings?; descriptions?; lists?; tables?; bullets?; points?; anchors?; links?
    """,
    r"do not; don't; not; never; no need; no; without; rather than; instead of; stop",
    r"and; but; except(?: for)?; apart from; so; then; only keep; keep",
)
_GERMAN = _words(
    r"""
    neu (?:zu )?(?:schreiben|schreibe|schreibt|verfassen|verfasst|formulieren|machen|aufsetzen)
    neu geschrieben; neuschreiben; umschreiben; umgeschrieben
    (?:ganz|völlig|komplett) (?:neuen?|neuer|andere[rn]?) (?:Text|Artikel|Beitrag|Fassung|Version)
    (?:schreib|schreiben|schreibt|verfassen|formulieren)(?: \w+){0,6} (?:neu|um)
    (?:fang|beginn)\w*(?: \w+){0,4} (?:von vorne?|von neuem|neu)
    """,
    r"""
    Sätze?n?; Satz(?:es)?; Zeilen?; Wort(?:es)?; Wörter; Wortlaut; Formulierung(?:en)?
    Absatz(?:es)?; Absätzen?; Abschnitt(?:e|en|s)?; Kapiteln?; Passagen?; Teil(?:e|en|s)?; Stellen?
    Einleitung; Einstieg; Anfang; Schluss; Ende; Fazit; Titel; Überschrift(?:en)?; Beschreibung
    Listen?; Tabellen?; Punkte?n?; Links?; Ankers?; Ankertext
    """,
    r"nicht; kein(?:e|en|er|em|es)?; ohne; statt; niemals; nie; unnötig",
    r"und; aber; außer; ausser; bis auf; dann; denn; sondern; behalten",
)
_FRENCH = _words(
    r"""
    réécri(?:re|vez|s|t|ve|ture); réécrite?; récri(?:re|vez|s|t); refai(?:re|tes|s|te?)
    (?:écri(?:re|vez|s)|rédige[rz])(?: \S+){0,4} (?:à|de) nouveau
    (?:repart|recommenc|repren)\w+(?: \S+){0,3} (?:de|à) zéro
    (?:article|texte|version) (?:complètement|totalement|entièrement) (?:différente?|nouve\w+)
    """,
    r"""
    phrases?; lignes?; mots?; formulations?; paragraphes?; sections?; chapitres?; passages?
    parties?; bouts?; introductions?; intro; débuts?; fins?; conclusions?; titres?; intertitres?
    descriptions?; listes?; tableaux?; points?; liens?; ancres?
    """,
    r"ne; n'\w+; pas; jamais; sans; inutile; plutôt que; au lieu",
    r"et; mais; sauf; hormis; excepté; à part; puis; car; gardez",
)
_SPANISH = _words(
    r"""
    reescri(?:bir|ba|ban|be|bid|birlo|birla|balo|bala|bas|tura|to); rehacer(?:lo|la)?
    reha(?:ga|z|gan|gas|galo|gala); volver a (?:escribir|redactar)(?:lo|la)?
    (?:escr[ií]b|redact)\w+(?: \w+){0,4} de nuevo
    (?:empe|empi|comien|comen|escr[ií]b|hac|hag)\w+(?: \w+){0,3} (?:de|desde) cero
    (?:artículo|texto) (?:completamente|totalmente) (?:nuevo|distinto)
    """,
    r"""
    frases?; oracion(?:es)?; oración; líneas?; palabras?; redacción; párrafos?; secci(?:ón|ones)
    capítulos?; pasajes?; partes?; trozos?; introducción; comienzo; principio; final; cierre
    conclusi(?:ón|ones); títulos?; subtítulos?; titular(?:es)?; descripci(?:ón|ones); listas?
    tablas?; puntos?; enlaces?; anclas?
    """,
    r"no; nunca; jamás; sin; en (?:vez|lugar) de; tampoco",
    r"y; e; pero; salvo; excepto; menos; luego; porque; mantenga; conserve",
)
_DUTCH = _words(
    r"""
    herschrijf; herschrijft; herschrijven; herschreven; overschrijven
    opnieuw (?:te )?(?:schrijven|geschreven|opstellen); schrijft?(?: \w+){0,6} opnieuw
    (?:begint?|beginnen|start)(?: \w+){0,3} (?:opnieuw|(?:van|vanaf) nul)
    (?:helemaal|volledig|compleet) (?:nieuwe?|andere?) (?:artikel|tekst|versie)
    """,
    r"""
    zin; zinnen; zinnetjes?; regels?; woord(?:en)?; formulering(?:en)?; alinea'?s?
    paragra(?:af|fen); secties?; hoofdstuk(?:ken)?; passages?; deel; delen; stuk; stukje
    inleiding; intro; het begin; einde; slot; conclusies?; titels?; kop; koppen; kopjes?
    beschrijving; lijst(?:en)?; tabel(?:len)?; punt(?:en)?; links?; anker(?:s|tekst)?
    """,
    r"niet; geen; nooit; zonder; hoeft; in plaats van",
    r"en; maar; behalve; uitgezonderd; dan; want; houd",
)
_LANGUAGES: Final = (_ENGLISH, _GERMAN, _FRENCH, _SPANISH, _DUTCH)
# Words that a customer quotes are a part of the text.
_QUOTED = re.compile(r"[\"“„«][^\"”“»]{1,}[\"”“»]")
_STOPS = re.compile(r"[,;:–—()]")


def asks_for_rewrite(notes: str) -> bool:
    """Return whether the notes ask for the text as a whole to be written anew.

    One clause asks for it, without "not" and without naming a part of the text.
    """
    return any(_asks(notes, words) for words in _LANGUAGES)


def _asks(notes: str, words: _Words) -> bool:
    clauses = [
        clause
        for sentence in sentences(_QUOTED.sub(" “ ", notes))
        for piece in _STOPS.split(sentence)
        for clause in words.clause.split(piece)
    ]
    return any(
        words.anew.search(clause)
        and "“" not in clause
        and not words.part.search(clause)
        and not words.never.search(clause)
        for clause in clauses
    )
