"""Figures and appeals to studies in a text, in every language that is sold, in digits or words.

Numbers in words are read by `text2num`; how a language says "out of", "times" and "a study found"
is lists of our own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final
from unicodedata import normalize

from text_to_num import alpha2digit  # type: ignore[import-untyped]

from articles.quality.word_lists import any_of, phrases

READ: Final = ("en", "de", "fr", "es", "nl")

_NUMBER = r"(?<![\d.,])\d[\d.,'’]{0,20}(?: \d{3}(?!\d)[.,\d]{0,6}){0,5}"
_PERCENT = (
    r"(?:%|‰|(?:percent(?:age points?)?|per cent|pct|procent(?:punten)?|prozent(?:punkten?)?"
    r"|prozentige[nrs]?|pour ?cent|por ciento|por cien|p(?:ou|o)r 100)\b)"
)
_CURRENCY = (
    r"(?:[$€£¥]|(?:d['’]|de )?(?:dollars?|d[óo]lares|euros?|pounds|pfund|libras|franken|francs?"
    r"|pesos|usd|eur|gbp|chf)\b)"
)
_SCALE = (
    r"(?:thousand|million|billion|trillion|tausend|millionen|milliarden|mio|mrd|millions?|milliers"
    r"|milliards?|mil|millones|millón|duizend|miljoen|miljard)"
)
# Every second week is a plan and no share.
_TIME = (
    r"(?:seconds?|minutes?|hours?|days?|weeks?|months?|years?|nights?|times|sekunden?|minuten?"
    r"|stunden?|tage?n?|wochen?|monate?n?|jahre?n?|nächten?|mal|secondes?|heures?|jours?|semaines?"
    r"|mois|ans?|années?|nuits?|fois|segundos?|minutos?|horas?|días?|semanas?|mes(?:es)?|años?"
    r"|noches?|veces|seconden?|uur|uren|dag(?:en)?|week|weken|maand(?:en)?|jaar|jaren|keer)\b"
)
# "Un guide sur dix plantes" is about ten plants.
_PLURAL = r"(?!(?:dans|sous|mais|sans|plus|moins|puis|vers|pas)\b)[^\W\d_]+[sx]\b"
_SHARE = (
    r"(?P<share>\b"
    r"(?:\d+ (?:out of|in every|of every|of each|in|von|van de|op de|op|auf) (?:every )?"
    r"|\d+ of (?=1000?\b)|eine[rs]? von (?=\d*0\b)|[eé][eé]n op (?:de )?"
    rf"|(?:\d+|une?)(?: (?!{_TIME})[^\W\d_]+){{0,2}} sur (?!\d+ {_PLURAL})"
    r"|(?:\d+|un[oa]?)(?: [^\W\d_]+)? de cada )"
    rf"\d+\b(?![.,]\d)(?! {_TIME})(?!-))"
)
_FRACTION = (
    r"\b(?:(?:two|three|four|[2-4])[ -](?:thirds|quarters|fifths|tenths) of(?! an? hour)"
    r"|(?:zwei|drei|vier|[2-4]) (?:drittel|viertel|fünftel|zehntel)n? (?:aller|der|des|von)"
    r"|(?:deux|trois|quatre|[2-4])[ -](?:tiers|quarts|cinquièmes|dixièmes) d(?:es?|u)"
    r"|(?:dos|tres|cuatro|[2-4]) (?:tercios|cuartos|quintos|(?:terceras|cuartas|quintas) partes)"
    r" de(?! hora)"
    r"|(?:(?:twee|drie|vier|[2-4]) ?(?:derde|kwart|vijfde|tiende)|driekwart) van)\b"
    r"|\b(?-i:[Jj]eder? (?:Zweite|Dritte|Vierte|Fünfte|Sechste|Siebte|Achte|Zehnte|Zwanzigste))\b"
)
_TIMES = (
    r"\b(?:\d+ times (?:more|less|as|higher|lower)"
    r"|(?:\d+[ -]?|drei|vier|fünf|sechs|zehn)mal (?:so|mehr|weniger|höher|häufiger)"
    r"|\d+ fois (?:plus|moins)|\d+ veces (?:más|menos)|\d+ keer (?:zo|meer|minder|vaker))\b"
)
# A decade is no date: "the 1990s", "die 1990er", "les années 1990", "los años 1990".
_YEAR = r"(?<!années )(?<!años )(?<!jaren )\b\d{4,}\b(?!['’]s\b|-er)"
_MOST_OF = 1000
_LARGE = r"\b\d{1,3}(?:[,. '’]\d{3})+\b"

# Who finds things out, how that is said, how a sentence leans on them, on what else it may lean
# (a credit report shows things of its own), and what needs no name at all.
_STUDIES = (
    (
        "study; studies; surveys?; research; data; statistics; experts; scientists; researchers",
        "show; shows; showed; shown; find; finds; found; suggest; suggests; prove; proves; proven"
        "; confirm; confirms; reveal; reveals; say; agree",
        "according to",
        "reports?; polls?",
        "(?:clinically|scientifically) (?:proven|shown)",
    ),
    (
        "studien?; umfragen?; untersuchungen; erhebung(?:en)?; forschung(?:en)?; statistiken?"
        "; forscher(?:innen|n)?; wissenschaftler(?:innen|n)?; expert(?:en|innen)",
        "zeigt?; zeigen; gezeigt; belegt; belegen; beweis(?:t|en); bewiesen; ergab(?:en)?; ergeben"
        "; heraus; bestätig(?:t|en); sagen; zufolge",
        "laut; gemäß",
        "untersuchung; bericht(?:en)?",
        "(?:wissenschaftlich|klinisch) (?:bewiesen|erwiesen|belegt)",
    ),
    (
        "études?; enquêtes?; recherches?; sondages?; experts?; chercheurs; scientifiques"
        "; statistiques",
        "montrent?; montré; révèlent?; révélé; prouvent?; prouvé; suggèrent?; confirment?; confirmé"
        "; indiquent?; démontrent?; démontré; affirment",
        "selon; d'après",
        "rapports?",
        "(?:scientifiquement|cliniquement) (?:prouvé|démontré)e?s?",
    ),
    (
        "estudios?; encuestas?; investigaci(?:ón|ones); sondeos?; expertos; científicos"
        "; investigadores; estadísticas",
        "demuestran?; demostrado; muestran?; mostrado; revelan?; revelado; sugieren?; confirman?"
        "; indican?; afirman; prueban",
        "según",
        "informes?",
        "(?:científica|clínica)mente (?:probad|demostrad|comprobad)[oa]s?",
    ),
    (
        "onderzoek(?:en|ers)?; studies?; enquêtes?; peiling(?:en)?; wetenschappers; deskundigen"
        "; experts",
        "toont; tonen; toonden; aangetoond; laat zien; laten zien; bewijs(?:t|en); wijst uit"
        "; wijzen uit; bevestig(?:t|en); zeggen; blijkt; bleek",
        "volgens; uit",
        "rapport(?:en)?",
        "(?:wetenschappelijk|klinisch) (?:bewezen|aangetoond)",
    ),
)


def _leaning(*words: str) -> Iterator[str]:
    sources, say, by, others, proven = ("|".join(phrases(each)) for each in words)
    yield rf"(?:{sources}) (?:\w+ ){{0,2}}(?:{say})"
    yield rf"(?:{by}) (?:\w+ ){{0,3}}(?:{sources}|{others})"
    yield proven


_STUDY = any_of(each for words in _STUDIES for each in _leaning(*words)).pattern


_FIGURE = re.compile(
    "|".join(
        (
            rf"{_NUMBER}[ -]?{_PERCENT}",
            rf"[$€£¥] ?{_NUMBER}|{_NUMBER} ?{_CURRENCY}",
            rf"\b{_NUMBER} {_SCALE}\b",
            _SHARE,
            rf"(?P<times>{_TIMES})",
            rf"(?P<written>{_FRACTION}|{_YEAR}|{_LARGE})",
            rf"(?P<study>{_STUDY})",
        )
    ),
    re.IGNORECASE,
)
# A dose that nobody can trace does harm; how much flour goes into a bread does not.
_DOSE = re.compile(
    rf"{_NUMBER} ?(?:mg|mcg|µg|μg|kg|lbs?|(?-i:IU|IE|UI)|kcal|kj|mmol|mmhg|bpm"
    r"|mill?igram(?:me?|o)?s?|mi[ck]rogram(?:me?|o)?s?|kilo(?:gram(?:me?|o)?)?s?"
    r"|(?:kilo)?calories?|(?:kilo)?kalorien|calor[íi]as|calorieën|kilojoules?)\b",
    re.IGNORECASE,
)
_LEAST_LARGE = 2_000_000
# All of a text at once takes the square of its numbers; no number goes on behind a comma.
_PART = re.compile(r".{1,1000}(?:[.,;:!?\n]\s|$)|.{1,1000}(?:\s|$)|.{1,1000}", re.DOTALL)
_EDGES = " .,'’"
_WHOLE = re.compile(r"(?<![\d.,])\d+(?![.,]?\d)")
_PERCENT_SIGN = re.compile(rf"[ -]?{_PERCENT}", re.IGNORECASE)
_OUT_OF = re.compile(
    r"\b(\d+)(?: [^\W\d_]+){0,2}"
    r" (?:out of|in every|of every|of each|in|of|von|sur|de cada|van de|op de|op) (\d+)\b"
)
_THOUSANDS = re.compile(r"(?<=\d)[., '’](?=\d{3}(?!\d))")
_DECIMAL = re.compile(r"(?<=\d),(?=\d)")


def plain(text: str) -> str:
    """Return `text` with full-width digits and signs, and every kind of space, as plain ones."""
    return normalize("NFKC", text)


def figures(text: str, *, language: str, doses: bool = False) -> list[str]:
    """Return shares, sums, years, large numbers and appeals to studies in `text`, and doses if
    asked for: first what stands in digits, then, as digits, what stands in words."""
    text = plain(text)
    counted = in_digits(text, language)
    found = [match[0] for match in _FIGURE.finditer(text) if _is_meant(match)]
    if doses:
        found += [match[0] for match in _DOSE.finditer(counted)]
    # A thousand thanks, and the years of a song, are no claims.
    if counted != text:
        found += [
            match[0]
            for match in _FIGURE.finditer(counted)
            if _is_meant(match) and not (match["written"] or match["study"] or _is_spoken(match))
        ]
        found += [one for one in _WHOLE.findall(counted) if int(one) >= _LEAST_LARGE]
    return list(dict.fromkeys(figure.strip(_EDGES) for figure in found))


def in_digits(text: str, language: str) -> str:
    """Return `text` with numbers in words as digits, if `language` is one that is sold."""
    if language not in READ:
        return text
    return "".join(str(alpha2digit(part, language, 0)) for part in _PART.findall(text))


def comparable(text: str) -> str:
    """Return `text` with one way to write a figure: "42 percent" is "42%", "9 in 10" is "9/10",
    "1,200.50" and "1.200,50" are "1200.50"."""
    one = _PERCENT_SIGN.sub("%", plain(text).casefold())
    one = _OUT_OF.sub(r"\1/\2", one)
    return _DECIMAL.sub(".", _THOUSANDS.sub("", one))


def _is_meant(match: re.Match[str]) -> bool:
    """Whether "a in b" is a share of b and neither all of it nor a year."""
    if not match["share"]:
        return True
    numbers = [int(number) for number in _WHOLE.findall(match[0])]
    some, of = (numbers if len(numbers) > 1 else [1, *numbers])[:2]
    said = match[0].casefold()
    # "Cut one in two", and "een van de tien tips": one of ten.
    told_otherwise = (of == 2 and " in " in said) or (some == 1 and " van de " in said)
    return some < of <= _MOST_OF and not told_otherwise


def _is_spoken(match: re.Match[str]) -> bool:
    # "ein Euro", "one dollar" and "deux fois plus" are ways to speak.
    fewest = 3 if match["times"] else 2
    return not match["share"] and any(int(n) < fewest for n in _WHOLE.findall(match[0])[:1])
