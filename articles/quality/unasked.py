"""Numbers and handles that are contact data by the words around them alone.

"612 345 678" is a Spanish telephone number and a sum in groups of three, "@media" a rule of style
sheets: these count behind a word of contact. A wrong find may cost an order, so what is unclear is
none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

# Numbers of other kinds that begin with 0, named by the word before them.
_LABEL = re.compile(
    r"\b(?:isbn(?:-1[03])?|ean|gtin|upc|asin|oem|sku|imei|doi|vin|parts?|items?|article|model"
    r"|serial|batch|(?:order|invoice|product|account|patent|registration)(?= (?:number|no|code)\b)"
    r"|teile\w*|artikel\w*|bestellnummer|seriennummer|pièce|référence|pieza|referencia"
    r"|onderdeel\w*|bestelnummer|serienummer)"
    r"(?:\W{1,3}(?:numbers?|no|nr|code|is|numéro|número|nummer)\b)*\W{0,3}$",
    re.IGNORECASE,
)
_LABEL_CHARS = 40
_ONE_NUMBER = re.compile(r"(?<![\w+.,/#=-])0\d{8,11}(?!\w|[-.,/]\d)")
_ALL_DIGITS = "01234567890123"

_THINGS = r"""
euros? dollars? pounds? francs? tonn\w* tons? people persons? users? units? calls? times kilomet\w+
years? personn?\w* personas? menschen personen mensen habitant\w* einwohner millions?
"""
_IN_GROUPS = (
    r"(?P<number>[6-9]\d{2}(?: \d{3}){2}|[6-9]\d{2}(?: \d{2}){3})"
    rf"(?! ?[\d%€$£¥]| (?:{'|'.join(_THINGS.split())})\b)"
)
_CALLED = re.compile(
    r"\b(?:call|phone|tel|telephone|whatsapp|ring|dial|fax|mobile|sms|hotline|helpline|telefon|handy"
    r"|appelez|tél|téléphone|ll[aá]m[ae](?:nos)?|tel[ée]fono|tlf|m[óo]vil|bel|telefoon)\b"
    r"(?:[ .:-]{1,3}(?:us|me|now|today|on|at|under|is|the|number|uns|unter|nous|au|al|en|el|ons|op"
    rf"|nummer|numéro|número)\b){{0,4}}[ .:]{{1,3}}{_IN_GROUPS}",
    re.IGNORECASE,
)
_REACHED = re.compile(
    r"\b(?:reach|contact|answers?|available|erreich(?:en|st|t|bar)|joign(?:ez|able)|contactez"
    r"|contact(?:a|e|ar)(?:nos)?|bereik(?:en|t|baar)?)\b(?:[ -][^\W\d]+){0,5}?"
    r"(?: (?:at|on|under|via|unter|au|al|el|op|onder|number|nummer|numéro|número)|:)"
    rf" {_IN_GROUPS}",
    re.IGNORECASE,
)

_ASKED = re.compile(
    r"\b(?:dm|pm|follow|message|contact|(?:reach|find|text|write) (?:us|me|to)|folg(?:e|t|en)"
    r"|(?:schreib(?:e|t|en)?|find(?:e|et|en)?) (?:uns|mir)|kontaktier(?:e|t|en)|suivez|écrivez"
    r"|contactez|retrouvez|rejoignez|s[íi]gue(?:nos|me)?|escr[íi]be(?:nos|me)|contacta(?:nos)?"
    r"|encu[ée]ntranos|volg|(?:vind|stuur) ons|contacteer)\b"
    r"(?:[ ,:-]{1,3}(?:us|me|to|at|on|via|here|now|today|our|my|account|page|channel|profile|uns"
    r"|mir|unter|auf|nous|moi|sur|chez|notre|en|a|ons|op|as|als)\b){0,4}[ ,:(]{1,3}"
    # With a dot in it, the words around it read as an e-mail address and are found as one.
    r"(?P<handle>@[a-z0-9_]{2,30}+)(?![\w/({-]|\.\w)"
    r"(?! (?:rules?|quer(?:y|ies)|decorators?|annotations?|directives?|marks?|tags?|symbols?)\b)",
    re.IGNORECASE,
)
# Of programs and style sheets, of chats that call everybody, and of lessons on handles.
_NO_HANDLES = """
media import charset supports keyframes layer container property page namespace apply include mixin
extend override deprecated param return returns throws author see since test bean autowired
component service entity todo everyone here channel all team mention mentions user username name
handle brand someone friend friends
"""
_NOBODY = frozenset(_NO_HANDLES.split())


def in_prose(text: str) -> Iterator[str]:
    """Yield the numbers and handles of running text without code that are contact data by their
    words."""
    for match in _ONE_NUMBER.finditer(text):
        before = text[max(0, match.start() - _LABEL_CHARS) : match.start()]
        counts = set(match[0]) <= {"0", "1"} or match[0] in _ALL_DIGITS
        if not (counts or _LABEL.search(before)):
            yield match[0]
    for match in chain(_CALLED.finditer(text), _REACHED.finditer(text)):
        yield match["number"]
    for match in _ASKED.finditer(text):
        if names_somebody(match["handle"]):
            yield match["handle"]


def names_somebody(handle: str) -> bool:
    """Return whether a handle is neither of code nor of a lesson on handles."""
    name = handle.removeprefix("@").lower()
    return not (name in _NOBODY or name.startswith("your"))
