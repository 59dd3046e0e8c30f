"""The parts of a brief that a customer may leave out: what each takes, and what goes together."""

import re
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any, Final, get_args

from articles.brief import LinkPosition
from articles.links import host_of
from articles.named_hosts import of_one_owner
from articles.quality.leaks import never_allowed
from articles.quality.word_runs import literal, places, stems
from orders import public_urls
from orders.typed import Wrong, line, lines

LONGEST: Final = {
    "audience": 120,
    "tone": 80,
    "must_mention": 100,
    "must_avoid": 80,
    "secondary_keywords": 80,
    "references": public_urls.LONGEST,
}
# How many of each may be named.
MOST: Final = {"must_mention": 8, "must_avoid": 12, "secondary_keywords": 6, "references": 5}
NAMES: Final = (
    "audience", "tone", "must_mention", "must_avoid", "secondary_keywords", "link_position",
    "references",
)  # fmt: skip
# A page that is published already takes a sentence with a link: these have nothing to change there.
OF_A_NEW_ARTICLE: Final = ("audience", "must_mention", "secondary_keywords", "references")
NONE: Final[dict[str, Any]] = {name: () if name in MOST else "" for name in NAMES}
_POSITIONS: Final = tuple(filter(None, get_args(LinkPosition)))
# The gate lets no address and no number through that is not the site's.
_CONTACT: Final = re.compile(r"@|://|www\.|(?:\d[ ()/.-]?){7}")


def contradictions(given: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return what of a brief rules out another part of it, as reasons by field."""
    return _avoided(given) or _cited(given)


def _cited(given: Mapping[str, Any]) -> dict[str, list[str]]:
    # One link to the customer's site is sold; a reference may become another.
    target = host_of(given.get("target_url") or "")
    for address in given["references"]:
        if target and of_one_owner(host_of(address), target):
            reason = f"{address} is on the site that your link leads to; name pages of other sites."
            return {"references": [reason]}
    return {}


def _avoided(given: Mapping[str, Any]) -> dict[str, list[str]]:
    wanted = {
        "keyword": (given.get("keyword"),),
        "anchor text": (given.get("anchor_text"),),
        "words to mention": given["must_mention"],
        "secondary keywords": given["secondary_keywords"],
    }
    as_stems = cache(partial(stems, language=given.get("language") or ""))
    for avoided in given["must_avoid"]:
        run = as_stems(avoided)
        for where, texts in wanted.items():
            for text in filter(None, texts):
                # As the gate compares: what it would find in the text is told of before it is paid.
                if places(as_stems(text), run):
                    form = "" if places(literal(text), literal(avoided)) else " in another form"
                    return {
                        "must_avoid": [f"“{avoided}” stands in your {where}{form}; choose one."]
                    }
    return {}


def public(address: str) -> str:
    """Return the address of a public page.

    :raises Wrong: it is none, by how it is written
    """
    try:
        return public_urls.public_url(address)
    except public_urls.NotPublic as refused:
        raise Wrong(str(refused)) from None


def sayable(words: str) -> str:
    """Return words that a text has to say as they are.

    :raises Wrong: the gate would let no text through that says them
    """
    if piece := never_allowed(words):
        raise Wrong(f"No article of ours may say “{piece}”; use other words.")
    return words


def _phrases(name: str, value: object) -> tuple[str, ...]:
    found = lines(value, most=MOST[name], longest=LONGEST[name])
    for phrase in found:
        if _CONTACT.search(phrase):
            raise Wrong("Articles name no addresses, web pages or telephone numbers.")
    return found


def _to_mention(value: object) -> tuple[str, ...]:
    return tuple(map(sayable, _phrases("must_mention", value)))


def _references(value: object) -> tuple[str, ...]:
    found = lines(value, most=MOST["references"], longest=LONGEST["references"])
    return tuple(dict.fromkeys(map(public, found)))


def _position(value: object) -> str:
    if value not in _POSITIONS:
        raise Wrong(f"Choose one of: {', '.join(_POSITIONS)}; or leave it out.")
    return str(value)


CHECKS: Final[dict[str, Callable[[object], Any]]] = {
    "audience": partial(line, longest=LONGEST["audience"]),
    "tone": partial(line, longest=LONGEST["tone"]),
    "must_mention": _to_mention,
    "must_avoid": partial(_phrases, "must_avoid"),
    "secondary_keywords": partial(_phrases, "secondary_keywords"),
    "references": _references,
    "link_position": _position,
}
