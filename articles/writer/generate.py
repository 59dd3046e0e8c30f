"""Buys an article's text by its outline, and puts what was bought together."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Final

from articles import document, sanitise
from articles.brief import Brief
from articles.draft import Draft
from articles.writer import prompts
from articles.writer.client import Question, ask
from articles.writer.errors import WriterGarbled
from articles.writer.outline import Outline, Section
from articles.writer.reading import read_object, storable
from articles.writer.shapes import BodyReply
from articles.writer.usage import Record
from articles.writer.wording import on_the_wire, references_on_the_wire, stored_draft

ARTICLE_PROMPT: Final = "article-3"
SECTION_PROMPT: Final = "section-2"
# Up to here one call writes all sections: it knows what it has said, and its answer comes in time
# from a slow model too. Beyond, each section is a call of its own (ADR 0093).
WHOLE_UP_TO_WORDS: Final = 600


def written_whole(brief: Brief) -> bool:
    """Return whether one call writes all of it, rather than one for each section."""
    return brief.words <= WHOLE_UP_TO_WORDS


def buy_article(
    brief: Brief, outline: Outline, *, request_id: str, record: Record
) -> dict[str, Any]:
    """Have all sections written in one call; return the raw reply for `assemble`.

    :raises WriterError: one of its kinds, by who acts on it
    """
    return _buy(ARTICLE_PROMPT, brief, outline, None, request_id=request_id, record=record)


def buy_section(
    brief: Brief, outline: Outline, number: int, *, request_id: str, record: Record
) -> dict[str, Any]:
    """Have the section of that number written; return the raw reply for `assemble`.

    :raises WriterError: one of its kinds, by who acts on it
    """
    section = outline.sections[number - 1]
    return _buy(
        SECTION_PROMPT,
        brief,
        outline,
        section,
        request_id=request_id,
        record=record,
        assignment=prompts.fence_json(section.on_the_wire()),
    )


def assemble(brief: Brief, outline: Outline, replies: Sequence[Mapping[str, Any]]) -> Draft:
    """Return the draft of what was bought: one reply with all sections, or one for each.

    The disclosure stands first. Headings are the outline's, which every section's writer knew.

    :raises WriterGarbled: a piece holds no text, or the whole could not be stored
    """
    parts = [f"<p>{escape(brief.disclosure, quote=False)}</p>"] if brief.disclosure else []
    if len(replies) == 1:
        parts.append(_piece(brief, None, replies[0]))
    else:
        for section, reply in zip(outline.sections, replies, strict=True):
            if section.heading:
                parts.append(f"<h2>{escape(section.heading, quote=False)}</h2>")
            parts.append(_piece(brief, section, reply))
    return stored_draft(
        title=outline.title,
        meta_description=outline.meta_description,
        slug=outline.slug,
        html=sanitise.clean("\n".join(parts)),
    )


def _buy(
    name: str,
    brief: Brief,
    outline: Outline,
    section: Section | None,
    *,
    request_id: str,
    record: Record,
    **fenced: str,
) -> dict[str, Any]:
    prompt = prompts.load(name)
    question = Question(
        purpose=name.partition("-")[0],
        prompt_version=prompt.version,
        system=prompt.system,
        # The same beginning in every call of an order, so that the provider may cache it.
        user=prompt.fill(
            brief=prompts.fence_json(on_the_wire(brief)),
            references=prompts.fence_json(references_on_the_wire(brief)),
            outline=prompts.fence_json(outline.on_the_wire()),
            **fenced,
        ),
        schema=BodyReply.model_json_schema(),
    )

    def read(reply: dict[str, Any]) -> None:
        """Judge what will be left of it: what is kept is not bought again."""
        left = document.parse(_piece(brief, section, reply)).blocks
        if all(block.kind == "heading" for block in left):
            raise WriterGarbled("empty", "a piece holds no text beside headings and disclosure")

    return ask(question, request_id=request_id, record=record, read=read)


def _piece(brief: Brief, section: Section | None, reply: Mapping[str, Any]) -> str:
    """What a reply adds to the article: the text of one section, None for all of them."""
    html = sanitise.clean(storable(read_object(reply["text"], BodyReply).html)).strip()
    if not document.parse(html).blocks:
        raise WriterGarbled("empty", "a piece holds no text once sanitised")
    html = _without_disclosure(brief, html)
    return html if section is None else _below_heading(section, html)


def _without_disclosure(brief: Brief, html: str) -> str:
    """The piece without a disclosure of its own: it was told to leave it out, and it stands."""
    first = document.parse(html).blocks[0]
    if brief.disclosure and first.text == " ".join(brief.disclosure.split()):
        return _from_second_block(html)
    return html


def _below_heading(section: Section, html: str) -> str:
    """The piece without the section's own heading, which models like to say again."""
    first = document.parse(html).blocks[0] if html else None
    if first is None or first.kind != "heading":
        return html
    again = _folded(first.text) == _folded(section.heading)
    return _from_second_block(html) if again else html


def _from_second_block(html: str) -> str:
    first = document.parse(html).blocks[0]
    return html[html.index(first.html) + len(first.html) :].lstrip()


def _folded(text: str) -> str:
    return re.sub(r"\W+", " ", text).strip().casefold()
