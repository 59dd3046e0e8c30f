"""How much of the earlier text is left: what a change may touch, and what it must not lose."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple
from unicodedata import normalize

from articles.document import Document, fold, parse
from articles.document.markup import tokens
from articles.document.text import words
from articles.draft import Draft
from articles.links import Link, links, page_of
from articles.quality.case import Case
from articles.quality.ordered_link import marked
from articles.quality.report import CannotTell, Finding, Level, Verdict
from articles.quality.rewriting import asks_for_rewrite

KEPT_BY_INTEGRATION_PERCENT = 95
KEPT_BY_REVISION_PERCENT = 50
# Of a publisher's page: the paragraph around the link may be worded anew, its page may not.
KEPT_BY_REVISION_OF_A_LINK_PERCENT = 80
# A link takes a sentence, with a disclosure two; a long page may gain what it may lose.
ADDED_BY_INTEGRATION_WORDS = 100
ADDED_BY_INTEGRATION_PERCENT = 5


def kept_share(before_html: str, after_html: str) -> float:
    """Return the share of the sentences in `before_html` that still stand in `after_html`, 0 to 1.

    Sentences are compared as a reader reads them, headings and list items included; one that
    stood twice must stand twice. Of a text without words everything is kept.
    """
    kept, whole = _kept(parse(before_html), parse(after_html))
    return kept / whole if whole else 1.0


def untouched_text(case: Case) -> Verdict:
    """An integration keeps 95 % of the sentences, and all links, pictures and fields, and adds at
    most 100 words, or 5 % of the page's; the revision of a link keeps 80 %, by the publisher's own
    text or the one before, and the fields, and adds no more. A revision of an article
    that keeps under half, unless a new text was asked for, loses a link or picture, or changes
    nothing, is a warning. A link that another has paid for stays in any change.

    Source: protects the publisher; own judgement.
    """
    before = case.before
    if before is None:
        raise CannotTell("There is no earlier text to compare with.")
    kept, whole = _most_kept(case, before)
    integrates = case.change == "integration"
    is_publishers = integrates or case.publishers is not None
    least = _least(case)
    level = Level.BLOCKS if is_publishers else Level.WARNS
    # Where a link alone was sold, one that is gone may be of an order that has ended.
    findings = [*_lost(before, case, Level.BLOCKS if integrates else Level.WARNS)]
    # In whole percent of a sentence, so that no float decides at the edge.
    if kept * 100 < least * whole and (is_publishers or not asks_for_rewrite(case.asked)):
        findings.append(
            Finding(
                code="text-not-kept",
                message=f"{kept} of the earlier text's {whole} sentences were kept; "
                + (f"at least {least} % must be." if is_publishers else "most of it is new."),
                level=level,
                value=_percent(kept, whole),
                threshold=least,
            )
        )
    if is_publishers:
        findings += _fields_changed(before, case.draft)
        findings += _too_much_added(before, case)
    if case.change == "revision" and case.draft == before:
        findings.append(
            Finding(
                code="nothing-changed",
                message="The text is the same as before: nothing of what was asked was done.",
                level=Level.WARNS,
            )
        )
    return Verdict(findings=findings, value=_percent(kept, whole), threshold=least)


def _least(case: Case) -> int:
    if case.change == "integration":
        return KEPT_BY_INTEGRATION_PERCENT
    return (
        KEPT_BY_REVISION_PERCENT if case.publishers is None else KEPT_BY_REVISION_OF_A_LINK_PERCENT
    )


def _most_kept(case: Case, before: Draft) -> tuple[int, int]:
    """Return the sentences kept and those there were, of the earlier text that is kept better: what
    an editor or another order has changed since is no fault of this change, nor is giving back to
    the publisher what was theirs."""
    texts = (before, case.publishers or before)
    shares = [_kept(parse(text.html), case.document) for text in texts]
    return max(shares, key=lambda share: _percent(*share))


def _kept(before: Document, after: Document) -> tuple[int, int]:
    """Return how many of the earlier sentences are left, and how many there were."""
    were = _sentences(before)
    return (were & _sentences(after)).total(), were.total()


def _sentences(document: Document) -> Counter[str]:
    return Counter(
        fold(normalize("NFC", sentence))
        for block in document.blocks
        for sentence in block.sentences
    )


def _percent(kept: int, whole: int) -> float:
    return round(100 * kept / whole, 1) if whole else 100.0


def _lost(before: Draft, case: Case, level: Level) -> Iterator[Finding]:
    """Links and pictures are the publisher's as much as the words around them, and a link that
    somebody else has paid for is theirs."""
    yield from _lost_links(_standing(links(parse(before.html)), case), case, level)
    for source, described in _pictures(parse(before.html)) - _pictures(case.document):
        told = f" with the description “{described}”" if described else ""
        yield Finding(
            code="picture-lost",
            message=f"The picture {source}{told} stood in the earlier text and is gone.",
            level=level,
            value=source,
        )


class _Standing(NamedTuple):
    """A link as a reader and a search engine find it."""

    href: str
    text: str
    marks: frozenset[str]


def _standing(found: Iterable[Link], case: Case) -> Counter[_Standing]:
    """Return the links to other addresses than the ordered one, which has checks of its own."""
    return Counter(
        _Standing(link.href, fold(normalize("NFC", link.text)), link.marks)
        for link in found
        if link.href and link.href != case.brief.target_url
    )


def _lost_links(were: Counter[_Standing], case: Case, level: Level) -> Iterator[Finding]:
    """Tell of each link that stands no more as it stood, with what it takes to put it back."""
    are = _standing(case.links, case)
    marked_anew = Counter((link.href, link.text) for link in (are - were).elements())
    for link in were - are:
        bought = page_of(link.href) in case.bought
        told = f"The link “{link.text}” to {link.href}"
        if bought:
            told += ", which another customer has paid for,"
        if marked_anew[link.href, link.text]:
            code, message = "link-mark-changed", f"{told} is marked otherwise than it was"
        else:
            code, message = "link-lost", f"{told} stood in the earlier text and is gone"
        message += f". It must stay, and {marked(link.marks)}." if bought else "."
        yield Finding(
            code=code,
            message=message,
            level=Level.BLOCKS if bought else level,
            value=link.href,
        )


def _too_much_added(before: Draft, case: Case) -> Iterator[Finding]:
    """What is kept says nothing of what comes on top: a page is no place for another text."""
    were = parse(before.html)
    new = _sentences(case.document) - _sentences(were)
    added = sum(len(words(sentence)) * times for sentence, times in new.items())
    whole = sum(len(block.words) for block in were.blocks)
    most = max(ADDED_BY_INTEGRATION_WORDS, whole * ADDED_BY_INTEGRATION_PERCENT // 100)
    if added > most:
        yield Finding(
            code="too-much-added",
            message=f"{added} words are new; a link takes a sentence, and {most} are the most.",
            value=added,
            threshold=most,
        )


def _pictures(document: Document) -> Counter[tuple[str, str]]:
    return Counter(
        (token.attributes.get("src", ""), fold(token.attributes.get("alt", "")))
        for block in document.blocks
        for token in tokens(block.html)
        if token.name == "img"
    )


def _fields_changed(before: Draft, after: Draft) -> Iterator[Finding]:
    for name, was, now in (
        ("title", before.title, after.title),
        ("meta description", before.meta_description, after.meta_description),
        ("slug", before.slug, after.slug),
    ):
        if was != now:
            yield Finding(
                code="field-changed",
                message=f"The {name} of a published article must stay “{was}”.",
                value=name,
            )
