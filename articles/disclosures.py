"""The sentences that tell a reader of a paid link, one for each language that is sold.

The Federal Trade Commission asks for plain words where the reader begins, and in the language that
the reader reads.
"""

from __future__ import annotations

from typing import Final

from articles.document import fold, parse

_SENTENCES: Final = {
    "en": "Sponsored: this article contains a paid link.",
    "de": "Anzeige: Dieser Artikel enthält einen bezahlten Link.",
    "fr": "Publicité : cet article contient un lien payant.",
    "es": "Publicidad: este artículo contiene un enlace pagado.",
    "nl": "Advertentie: dit artikel bevat een betaalde link.",
}
KNOWN: Final = frozenset(_SENTENCES.values())


def disclosure(language: str) -> str:
    """Return the sentence that a text with a paid link begins with, in English for want of one."""
    return _SENTENCES.get(language, _SENTENCES["en"])


def standing(html: str, *, wanted: str | None) -> str | None:
    """Return the one of our sentences that `html` begins with, else `wanted`.

    A page sold before there were languages discloses in English; it needs no second sentence.
    """
    first = next((block for block in parse(html).blocks if block.text), None)
    if wanted is None or first is None or first.kind == "heading":
        return wanted
    said = fold(first.text)
    return next((each for each in KNOWN if said.startswith(fold(each))), wanted)
