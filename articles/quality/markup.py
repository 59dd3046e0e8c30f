"""Is the HTML safe, well built and accessible?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from articles.document import Block
from articles.document.markup import Token, tokens
from articles.quality.case import Case
from articles.quality.report import Finding, Level, Verdict
from articles.sanitise import clean

_ACTS = frozenset({"script", "style", "iframe", "object", "embed", "form"})
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")


def html(case: Case) -> Verdict:
    """The body survives the sanitiser unchanged, has no H1 beside the title, skips no heading
    level, describes every picture and has no empty link, no empty heading and none without a text
    below it.

    Source: WCAG 2.2, criteria 1.1.1 (non-text content) and 1.3.1 (info and relationships).
    """
    return Verdict(
        findings=[
            *_unclean(case),
            *_headings(case),
            *_pictures(case),
            *_empty_links(case),
            *_loose_text(case),
            *_tags_in_plain_fields(case),
        ]
    )


def _unclean(case: Case) -> Iterator[Finding]:
    source = case.draft.html
    acting = {token.name for token in tokens(source) if token.kind == "open"} & _ACTS
    for name in sorted(acting):
        place = next((number for number, _ in _opened(case, name)), None)
        yield Finding(
            code="active-content",
            message=f"<{name}> may not stand in an article; take it out.",
            value=name,
            block=place,
        )
    if not acting and clean(source) != source:
        first = next(
            (block for block in case.document.blocks if clean(block.html) != block.html), None
        )
        yield Finding(
            code="not-clean",
            message="The HTML holds what an article may not: "
            + _difference(first.html if first else source),
            block=first.number if first else None,
        )


def _difference(source: str) -> str:
    had, kept = _inventory(source), _inventory(clean(source))
    gone = ", ".join(sorted(had - kept)[:5])
    return gone + "." if gone else "broken markup or hidden characters."


def _inventory(source: str) -> set[str]:
    found = set()
    for token in tokens(source):
        if token.kind == "comment":
            found.add("a comment")
        if token.kind == "open":
            found.add(f"<{token.name}>")
            found |= {f"{name} on <{token.name}>" for name in token.attributes}
    return found


def _headings(case: Case) -> Iterator[Finding]:
    above = 1  # the title
    for heading in case.headings:
        level = heading.level or above
        if level == 1:
            yield Finding(
                code="second-h1",
                message=f"“{heading.text}” is a second H1; the title is the page's only one.",
                block=heading.number,
            )
        elif level > above + 1:
            yield Finding(
                code="heading-level-skipped",
                message=f"“{heading.text}” is an H{level} right below an H{above}; an H{above + 1}"
                " belongs between them.",
                value=level,
                threshold=above + 1,
                block=heading.number,
            )
        if not heading.text:
            yield Finding(
                code="empty-heading",
                message="A heading has no words; give it some or take it out.",
                block=heading.number,
            )
        above = level
    yield from _over_nothing(case)


def _over_nothing(case: Case) -> Iterator[Finding]:
    """A heading without a text of its own or of headings below it: readers are promised one."""
    heading: Block | None = None
    for block in (*case.document.blocks, None):
        if block is not None and not _shows_something(block):
            continue
        ends = block is None or (block.kind == "heading" and _level(block) <= _level(heading))
        if heading is not None and ends:
            yield Finding(
                code="heading-without-text",
                message=f"Nothing stands below the heading “{heading.text[:60]}”; give it a text or"
                " take it out.",
                block=heading.number,
            )
        heading = block if block is not None and block.kind == "heading" else None


def _level(heading: Block | None) -> int:
    return (heading.level if heading else None) or 0


def _shows_something(block: Block) -> bool:
    return bool(block.text) or any(token.name == "img" for token in tokens(block.html))


def _pictures(case: Case) -> Iterator[Finding]:
    for number, token in _opened(case, "img"):
        if not token.attributes.get("alt", "").strip():
            yield Finding(
                code="picture-without-alt",
                message="A picture has no description (alt) for readers who cannot see it.",
                block=number,
            )


def _empty_links(case: Case) -> Iterator[Finding]:
    for link in case.links:
        if not link.href:
            yield Finding(
                code="empty-link",
                message=f"The link “{link.text}” leads nowhere.",
                block=link.block,
            )
    for block in case.document.blocks:
        for href in filter(None, _wordless(block)):
            yield Finding(
                code="empty-link",
                message=f"A link to {href} has no words.",
                block=block.number,
            )


def _wordless(block: Block) -> Iterator[str]:
    """Where the links of a block lead that show neither words nor a picture."""
    href: str | None = None
    for token in tokens(block.html):
        if token.name == "a":
            # As browsers do: a link that begins ends the one before.
            if href is not None:
                yield href
            href = token.attributes.get("href", "").strip() if token.kind == "open" else None
        elif token.name == "img" or (token.kind == "text" and token.text.strip()):
            href = None
    if href is not None:
        yield href


def _loose_text(case: Case) -> Iterator[Finding]:
    for block in case.document.blocks:
        if block.is_loose and block.text:
            yield Finding(
                code="loose-text",
                message=f"“{block.text[:60]}” stands outside any paragraph.",
                level=Level.WARNS,
                block=block.number,
            )


def _tags_in_plain_fields(case: Case) -> Iterator[Finding]:
    fields = {"title": case.draft.title, "meta description": case.draft.meta_description}
    for name, text in fields.items():
        if _TAG.search(text):
            yield Finding(
                code="tags-in-plain-text",
                message=f"The {name} holds HTML tags; it is plain text.",
                value=text[:200],
            )


def _opened(case: Case, name: str) -> Iterator[tuple[int, Token]]:
    for block in case.document.blocks:
        for token in tokens(block.html):
            if token.kind == "open" and token.name == name:
                yield block.number, token
