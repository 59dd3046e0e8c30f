"""Plans an article, and writes what was planned: all of it, or one section."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from html import escape, unescape
from typing import Any

from sandbox.writer.article import Writer
from sandbox.writer.brief import Brief, Prompt, count_words
from sandbox.writer.letters import slug
from sandbox.writer.parts import Section, body

Json = dict[str, Any]

QUESTIONS = 4
ANSWER_WORDS = 42
FEWEST_WORDS_WITH_QUESTIONS = 600
# How often a plan has questions that nobody asked for.
QUESTIONS_SHARE = 0.3
_ASKED = re.compile(r"(?i)\b(faq|questions?|fragen|preguntas|vragen)\b")
_CLOSING = "closing"


def outline(brief: Brief, *, salt: str) -> Json:
    """Return a plan of an article of the ordered length; another salt gives another plan."""
    writer = Writer(brief, salt=f"outline {salt}")
    sections = writer.plan()
    linked = next((n for n, one in enumerate(sections, 1) if one.holds_link), 1)
    told = [_told(section) for section in sections]
    asked = _ASKED.search(f"{brief.topic} {brief.notes}")
    if brief.words >= FEWEST_WORDS_WITH_QUESTIONS and (
        asked or writer.rng.random() < QUESTIONS_SHARE
    ):
        if brief.link_position == "late":
            # They are long: behind the linked section they would move it out of the last third.
            told.insert(linked - 1, _questions(writer))
            linked += 1
        else:
            told.insert(-1, _questions(writer))
    return {
        "title": writer.title(),
        "meta_description": writer.meta(),
        "slug": slug(brief.keyword),
        "sections": told,
        "link_section": linked,
    }


def whole(brief: Brief, prompt: Prompt) -> Json:
    """Return the body of a planned article, without its disclosure."""
    parts = []
    for section in _written(brief, json.dumps(prompt.outline)):
        parts += [f"<h2>{section.heading}</h2>"] * bool(section.heading)
        parts.append(body(section))
    return {"html": "\n".join(parts)}


def one_section(brief: Brief, prompt: Prompt) -> Json:
    """Return the section that is wanted, as it stands in the article that the plan makes."""
    wanted = (prompt.assignment or {}).get("section")
    sections = _written(brief, json.dumps(prompt.outline))
    place = wanted - 1 if isinstance(wanted, int) and 0 < wanted <= len(sections) else 0
    return {"html": body(sections[place])}


@lru_cache(maxsize=256)
def _written(brief: Brief, plan: str) -> tuple[Section, ...]:
    """Every section's writer sees the whole of it, so none says what another says."""
    writer = Writer(brief, salt=plan)
    planned = [one for one in json.loads(plan).get("sections") or [] if isinstance(one, dict)]
    last = len(planned)
    sections = [_read(writer, one, is_last=at == last) for at, one in enumerate(planned, 1)]
    writer.fill(sections)
    return tuple(sections)


def _told(section: Section) -> Json:
    about = section.aspect.name if section.aspect else _CLOSING
    return {
        "kind": "introduction" if section.heading is None else "text",
        "heading": unescape(section.heading or ""),
        "purpose": f"On {about}: what the reader should know, and what to do about it.",
        "words": section.target,
        "subheadings": [],
        "links": list(section.links),
    }


def _questions(writer: Writer) -> Json:
    frames, voice = writer.words_of.frames, writer.voice
    pack = frames["questions"]
    asked = [
        writer.unavoided(lambda: voice.say(voice.deal("questions", pack))) for _ in range(QUESTIONS)
    ]
    heading = writer.unavoided(lambda: voice.say(writer.rng.choice(frames["question_headings"])))
    plain = [unescape(one[:1].upper() + one[1:]) for one in (heading, *asked)]
    return {
        "kind": "faq",
        "heading": plain[0],
        "purpose": "Short questions that are left, answered in a few sentences each.",
        "words": ANSWER_WORDS * QUESTIONS + count_words(" ".join(plain)),
        "subheadings": plain[1:],
        "links": [],
    }


def _read(writer: Writer, told: Json, *, is_last: bool) -> Section:
    purpose = set(re.findall(r"\w+", str(told.get("purpose", ""))))
    named = next((one for one in writer.aspects if one.name in purpose), None)
    heading = str(told.get("heading") or "")
    is_text = bool(heading) and told.get("kind") != "faq"
    if is_text and named is None and not is_last and _CLOSING not in purpose:
        named = writer.voice.deal("unnamed sections", writer.aspects)
    return Section(
        escape(heading, quote=False) or None,
        named if is_text else None,
        int(told.get("words") or 100),
        below=[(escape(str(one), quote=False), []) for one in told.get("subheadings") or []],
        links=tuple(map(str, told.get("links") or [])),
        holds_link=bool(told.get("holds_link")),
    )
