"""An article's plan: bought before its text, read with care, stored as a step of its own.

What a model plans is made to fit the order here: lengths add up to what was ordered, the paid link
has one section, each other link one at most. So sections that are written at the same time, by
calls that know nothing of one another, come together as one article.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from articles import document
from articles.brief import Brief
from articles.writer import prompts
from articles.writer.client import Question, ask
from articles.writer.errors import WriterGarbled
from articles.writer.reading import read_object, storable
from articles.writer.shapes import OutlineReply, SectionPlan
from articles.writer.usage import Record
from articles.writer.wording import (
    LONGEST_META,
    LONGEST_TITLE,
    on_the_wire,
    references_on_the_wire,
)

OUTLINE_PROMPT: Final = "outline-2"
FEWEST_SECTIONS, MOST_SECTIONS = 2, 30
MOST_SUBHEADINGS: Final = 8
MOST_INTERNAL_LINKS: Final = 3
FEWEST_SECTION_WORDS: Final = 30
# A plan is told to every section's writer, so it must not outgrow what it plans.
LONGEST_HEADING, LONGEST_PURPOSE = 120, 600
# Where in the text the middle of the linked section should lie, as a share of its words.
_THIRDS: Final = {"early": (0.0, 1 / 3), "middle": (1 / 3, 2 / 3), "late": (2 / 3, 1.0)}


@dataclass(frozen=True, kw_only=True)
class Section:
    """One part of the article; `number` counts from 1, `heading` is "" for the introduction.

    `words` count its headings too. `links` are the addresses that it may link to beside the
    ordered one, which stands in it where `holds_link`.
    """

    number: int
    kind: str
    heading: str
    purpose: str
    words: int
    subheadings: tuple[str, ...]
    links: tuple[str, ...]
    holds_link: bool

    def on_the_wire(self) -> dict[str, Any]:
        """Return what the section's writer, and the others, are told of it."""
        told = {
            "section": self.number,
            "kind": self.kind,
            "heading": self.heading,
            "purpose": self.purpose,
            "words": self.words,
            "subheadings": list(self.subheadings),
            "links": list(self.links),
            "holds_link": self.holds_link,
        }
        return {name: value for name, value in told.items() if value not in ("", [], False)}


@dataclass(frozen=True, kw_only=True)
class Outline:
    """A plan that fits its brief."""

    title: str
    meta_description: str
    slug: str
    sections: tuple[Section, ...]

    def on_the_wire(self) -> dict[str, Any]:
        """Return the plan as it goes into a prompt, the same for every section."""
        return {
            "title": self.title,
            "sections": [section.on_the_wire() for section in self.sections],
        }


def buy_outline(brief: Brief, *, request_id: str, record: Record) -> dict[str, Any]:
    """Have the article planned; return the raw reply for `read_outline`, ready for JSON.

    :raises WriterError: one of its kinds, by who acts on it
    """
    prompt = prompts.load(OUTLINE_PROMPT)
    question = Question(
        purpose="outline",
        prompt_version=prompt.version,
        system=prompt.system,
        user=prompt.fill(
            brief=prompts.fence_json(on_the_wire(brief)),
            references=prompts.fence_json(references_on_the_wire(brief)),
        ),
        schema=OutlineReply.model_json_schema(),
    )
    return ask(
        question,
        request_id=request_id,
        record=record,
        read=lambda reply: read_outline(brief, reply),
    )


def read_outline(brief: Brief, reply: Mapping[str, Any]) -> Outline:
    """Return the plan in a raw reply, made to fit the brief.

    :raises WriterGarbled: there is no plan in it, or none that an article could follow
    """
    planned = read_object(reply["text"], OutlineReply)
    if not FEWEST_SECTIONS <= len(planned.sections) <= MOST_SECTIONS:
        raise WriterGarbled("bad-outline", f"{len(planned.sections)} sections")
    # It is the article's, and whatever is bought by this plan is of no use without one.
    title = _line(planned.title, LONGEST_TITLE)
    if not title:
        raise WriterGarbled("bad-outline", "no title")
    lengths = _lengths(brief, planned.sections)
    links = _links(brief, planned.sections)
    sections = [
        Section(
            number=number,
            kind=plan.kind,
            heading=_line(plan.heading, LONGEST_HEADING),
            purpose=_line(plan.purpose, LONGEST_PURPOSE),
            words=length,
            subheadings=tuple(_headings(plan.subheadings)),
            links=own,
            holds_link=False,
        )
        for number, (plan, length, own) in enumerate(
            zip(planned.sections, lengths, links, strict=True), 1
        )
    ]
    if any(not section.heading for section in sections[1:]):
        raise WriterGarbled("bad-outline", "a section without a heading")
    if sections[0].kind == "introduction":
        sections[0] = replace(sections[0], heading="", subheadings=())
    if brief.target_url:
        linked = _linked(brief, sections, wished=planned.link_section)
        sections[linked - 1] = replace(sections[linked - 1], holds_link=True)
    return Outline(
        title=title,
        meta_description=_line(planned.meta_description, LONGEST_META),
        slug=_line(planned.slug),
        sections=tuple(sections),
    )


def _lengths(brief: Brief, plans: Sequence[SectionPlan]) -> list[int]:
    """The planned lengths in proportion, so that with the disclosure they make the ordered one."""
    disclosure = document.words(document.parse(f"<p>{brief.disclosure or ''}</p>"))
    planned = [max(1, plan.words) for plan in plans]
    share = max(1, brief.words - disclosure) / sum(planned)
    return [max(FEWEST_SECTION_WORDS, round(words * share)) for words in planned]


def _links(brief: Brief, plans: Sequence[SectionPlan]) -> list[tuple[str, ...]]:
    """Each section's other links: only such as are allowed, each address in one section."""
    room = dict.fromkeys((link.url for link in brief.internal_links), "internal")
    room |= dict.fromkeys((reference.url for reference in brief.references), "reference")
    left = {"internal": MOST_INTERNAL_LINKS, "reference": max(0, brief.outbound_limit - 1)}
    found = []
    for plan in plans:
        own = []
        for url in plan.links:
            kind = room.get(url)
            if kind is not None and left[kind]:
                own.append(url)
                left[kind] -= 1
                del room[url]
        found.append(tuple(own))
    return found


def _linked(brief: Brief, sections: Sequence[Section], *, wished: int) -> int:
    """The number of the section that holds the paid link: the wished one where that may be."""
    able = [section for section in sections[1:] if section.kind != "faq"] or list(sections)
    # The last section's end is the article's: no place for an advertisement if there is another.
    able = able[:-1] if len(able) > 1 else able
    numbers = [section.number for section in able]
    if not brief.link_position:
        return wished if wished in numbers else numbers[len(numbers) // 2]
    whole, begun, far = sum(section.words for section in sections), 0, {}
    first, last = _THIRDS[brief.link_position]
    for section in sections:
        middle = (begun + section.words / 2) / whole
        far[section.number] = max(first - middle, middle - last, 0.0)
        begun += section.words
    return min(numbers, key=lambda number: (far[number], number != wished))


def _headings(given: Sequence[str]) -> list[str]:
    lines = [_line(heading, LONGEST_HEADING) for heading in given[:MOST_SUBHEADINGS]]
    return list(dict.fromkeys(filter(None, lines)))


def _line(text: str, longest: int = 1000) -> str:
    """Plain text on one line: a heading that brings tags along loses them."""
    line = " ".join(document.plain(storable(text)).split())
    return line if len(line) <= longest else line[:longest].rsplit(" ", 1)[0]
