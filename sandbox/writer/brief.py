"""Reads what a prompt asks for: the fenced brief, document, findings and notes."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from html import unescape
from typing import Any

DEFAULT_WORDS = 800
FEWEST_WORDS, MOST_WORDS = 60, 12_000
# As in "Return `title`, `sections` and …": an article has none of that name.
_PLAN_WANTED = re.compile(r"(?m)^Return [^\n]*`sections`")

# A line of the prompt's own: what is fenced begins otherwise.
_REWORDING = re.compile(r"(?m)^- `reword` ")


@dataclass(frozen=True, kw_only=True)
class Brief:
    """What is to be written. `link_rel` of "dofollow" means no rel attribute.

    `phrases` are to stand in the text beside the keyword, `avoid` nowhere. `references` are pages
    to know, address and text; `reference_links` of them may be linked to.
    """

    topic: str
    niche: str
    keyword: str
    target_url: str
    anchor_text: str
    link_rel: str
    language: str
    words: int
    disclosure: str | None
    internal_links: tuple[tuple[str, str], ...]
    notes: str
    seed: str
    phrases: tuple[str, ...] = ()
    avoid: tuple[str, ...] = ()
    link_position: str = ""
    audience: str = ""
    tone: str = ""
    references: tuple[tuple[str, str], ...] = ()
    reference_links: int = 0

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Brief:
        """Return the brief of a JSON object; what is missing gets a sensible value."""
        topic = _line(raw.get("topic")) or _line(raw.get("keyword")) or "everyday choices"
        links = raw.get("internal_links") or []
        wanted = raw.get("words")
        words = int(wanted) if isinstance(wanted, int | float) else DEFAULT_WORDS
        return cls(
            topic=topic,
            niche=_line(raw.get("niche")),
            # Title and description are plain text: a phrase that brings tags along loses them.
            keyword=_line(re.sub(r"<[^>]*>", "", _line(raw.get("keyword")))) or topic.lower(),
            target_url=_line(raw.get("target_url")),
            anchor_text=_line(raw.get("anchor_text")),
            link_rel=_line(raw.get("link_rel")) or "dofollow",
            language=(_line(raw.get("language")) or "en").lower()[:2],
            words=min(MOST_WORDS, max(FEWEST_WORDS, words)),
            disclosure=_line(raw.get("disclosure")) or None,
            internal_links=tuple(
                (str(one["url"]), _line(one["title"]))
                for one in links
                if isinstance(one, dict) and one.get("url") and _line(one.get("title"))
            ),
            notes=_line(raw.get("notes")),
            seed=json.dumps(raw, sort_keys=True),
            phrases=(*_lines(raw.get("must_mention")), *_lines(raw.get("secondary_keywords"))),
            avoid=_lines(raw.get("must_avoid")),
            link_position=_line(raw.get("link_position")),
            audience=_line(raw.get("audience")),
            tone=_line(raw.get("tone")),
            reference_links=_count(raw.get("reference_links")),
        )


@dataclass(frozen=True, slots=True)
class Block:
    """One block of the document to mend, numbered from 1."""

    number: int
    html: str

    @property
    def text(self) -> str:
        """What a reader sees of it."""
        return visible(self.html)


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault that a check found; `block` is None when it is about the whole."""

    code: str
    message: str
    block: int | None


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """What a user message asks. `blocks` are None when nothing is there to be mended.

    `faults` are what an earlier answer to the same was turned down for.
    `outline` is the plan to write by, `assignment` the one section of it that is wanted.
    `may_reword`: an edit may change words within a block.
    """

    brief: Brief | None
    blocks: tuple[Block, ...] | None
    findings: tuple[Finding, ...]
    text: str
    outline: dict[str, Any] | None = None
    assignment: dict[str, Any] | None = None
    may_reword: bool = False
    faults: tuple[Finding, ...] = ()

    @property
    def task(self) -> str:
        """What is asked: "outline", "section", "whole", "article", or an edit: "repair",
        "revision", "integration".
        """
        if self.blocks is None:
            if self.outline is not None:
                return "whole" if self.assignment is None else "section"
            return "outline" if _PLAN_WANTED.search(self.text) else "article"
        if _fenced(self.text, "notes") is not None:
            return "revision"
        return "integration" if _fenced(self.text, "findings") is None else "repair"


def read_prompt(text: str, *, rules: str = "") -> Prompt:
    """Return what a prompt asks under `rules`; a fence that holds no JSON counts as missing."""
    brief = _json(_fenced(text, "brief"))
    document = _fenced(text, "document")
    return Prompt(
        brief=_with_references(brief, text) if isinstance(brief, dict) else None,
        blocks=None if document is None else _blocks(document),
        findings=_found(_fenced(text, "findings")),
        faults=_found(_fenced(text, "faults")),
        text=text,
        outline=_object(_fenced(text, "outline")),
        assignment=_object(_fenced(text, "assignment")),
        may_reword=bool(_REWORDING.search(f"{rules}\n{text}")),
    )


def _found(fenced: str | None) -> tuple[Finding, ...]:
    found = _json(fenced)
    return tuple(
        Finding(
            str(one.get("code", "")),
            str(one.get("message", "")),
            one["block"] if isinstance(one.get("block"), int) else None,
        )
        for one in (found if isinstance(found, list) else [])
        if isinstance(one, dict)
    )


def visible(html: str) -> str:
    """Return what a reader sees of some HTML, spaces folded."""
    bare = re.sub(r"(?is)<(script|style)\b.*?</\1>", " ", html)
    bare = re.sub(r"</?(?:a|strong|em|b|i|span|code)\b[^>]*>", "", bare)
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", bare)).split())


def count_words(html: str) -> int:
    """Count the words that a reader sees; a mark that stands alone, as in French, is none."""
    return sum(any(map(str.isalnum, one)) for one in visible(html).split())


def _with_references(raw: dict[str, Any], text: str) -> Brief:
    pages = _json(_fenced(text, "references"))
    return replace(
        Brief.from_json(raw),
        references=tuple(
            (_line(page.get("url")), _line(page.get("text")))
            for page in (pages if isinstance(pages, list) else [])
            if isinstance(page, dict) and page.get("url")
        ),
    )


def _count(value: object) -> int:
    return max(0, value) if isinstance(value, int) else 0


def _line(value: object) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""


def _lines(value: object) -> tuple[str, ...]:
    return tuple(filter(None, map(_line, value))) if isinstance(value, list) else ()


def _fenced(text: str, name: str) -> str | None:
    # Only a fence on a line of its own counts: rules may speak of "<brief>" in passing.
    found = re.findall(rf"(?s)<{name}>\s*(.*?)\s*</{name}>", text)
    if not found:
        return None
    longest: str = max(found, key=len)
    return longest


def _json(text: str | None) -> object:
    if text is None:
        return None
    try:
        return json.loads(text)
    except ValueError:
        return None


def _object(text: str | None) -> dict[str, Any] | None:
    found = _json(text)
    return found if isinstance(found, dict) else None


def _blocks(document: str) -> tuple[Block, ...]:
    pieces = re.split(r"(?m)^\s*\[(\d+)\] ?", document)
    return tuple(
        Block(int(number), html.strip())
        for number, html in zip(pieces[1::2], pieces[2::2], strict=True)
    )
