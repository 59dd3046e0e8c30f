"""A text that stands already, changed block by block: only what was changed becomes an edit."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from sandbox.writer.brief import Brief, Prompt, count_words, visible
from sandbox.writer.reword import change

_PARAGRAPH = re.compile(r"(?is)^<p\b[^>]*>(.*)</p>$")
_LINK = re.compile(r"(?is)<a\b([^>]*)>.*?</a>")
_HREF = re.compile(r"""(?is)\bhref\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_BETWEEN = re.compile(r"(?<=[.!?])\s+(?=(?:<[^>]+>)*[\"“„'(¿¡]?[^\W\d_a-zß-öø-ÿ])")
_TAG = re.compile(r"<(/?)(\w+)[^>]*>")
_STEM_LETTERS = 6
_SHORTEST_STEM = 4


class Page:
    """`now` holds what each block becomes, None for a deleted one; `after` what is put in."""

    def __init__(self, brief: Brief, prompt: Prompt) -> None:
        self.brief = brief
        self.may_reword = prompt.may_reword
        told = {word.strip(".,:;") for fault in prompt.faults for word in fault.message.split()}
        # What an answer was turned down for losing is not lost twice.
        self._kept = {brief.target_url, *told} - {""}
        # Line breaks of a block travel as an entity, so that a block is one line.
        blocks = prompt.blocks or ()
        self.before = {one.number: one.html.replace("&#10;", "\n") for one in blocks}
        self.now: dict[int, str | None] = dict(self.before)
        self.after: list[tuple[int, str]] = []
        self.fields: dict[str, str | None] = dict.fromkeys(("title", "meta_description", "slug"))

    def reply(self) -> dict[str, Any]:
        """Return the fields (None: unchanged) and the edits that make the page what it is now."""
        edits: list[dict[str, Any]] = []
        for number, html in self.now.items():
            kept = self._keeps_links(self.before[number], html)
            if html is None and kept:
                edits.append({"op": "delete", "block": number, "html": ""})
            elif html is not None and html != self.before[number] and kept:
                edits += change(number, self.before[number], html, may_reword=self.may_reword)
        for number, html in self.after:
            edits.append({"op": "insert_after", "block": number, "html": html})
        return {**self.fields, "edits": edits}

    def _keeps_links(self, before: str, now: str | None) -> bool:
        """Whether the links to be kept are what they were: an edit that loses one is not made."""

        def links(html: str) -> list[str]:
            return [one[0] for one in _LINK.finditer(html) if url_of(one) in self._kept]

        return links(before) in ([], links(now or ""))

    @property
    def touched(self) -> bool:
        """Whether anything is different by now."""
        return self.now != self.before or bool(self.after) or any(self.fields.values())

    @property
    def text(self) -> str:
        """What a reader sees of it all."""
        parts = [html or "" for html in self.now.values()] + [html for _, html in self.after]
        return " ".join(map(visible, parts))

    @property
    def words(self) -> int:
        """How many words a reader sees."""
        return count_words(self.text)

    def paragraphs(self) -> list[int]:
        """Return the numbers of the paragraphs that are there, without the disclosure."""
        return [
            number
            for number, html in self.now.items()
            if html and _PARAGRAPH.match(html) and not self.discloses(html) and visible(html)
        ]

    def discloses(self, html: str | None) -> bool:
        """Whether this block is the disclosure."""
        return bool(self.brief.disclosure) and visible(html or "") == self.brief.disclosure

    def holds_link(self, html: str | None) -> bool:
        """Whether the ordered link stands in this piece of HTML."""
        return any(url_of(found) == self.brief.target_url for found in _LINK.finditer(html or ""))

    def sentences(self, number: int) -> list[str]:
        """Return the sentences of a paragraph as HTML, empty for another kind of block."""
        found = _PARAGRAPH.match(self.now[number] or "")
        return sentences(found.group(1)) if found else []

    def say(self, number: int, pieces: list[str]) -> None:
        """Let a paragraph consist of these sentences, and go if there is none."""
        html = self.now[number] or "<p>"
        self.now[number] = (
            f"{html[: html.index('>') + 1]}{' '.join(pieces)}</p>" if pieces else None
        )

    def add(self, number: int, sentence: str) -> None:
        """Put a sentence at the end of a paragraph."""
        html = (self.now[number] or "<p></p>").rstrip()
        head = html[: html.rindex("</")].rstrip()
        self.now[number] = f"{head} {sentence}</p>"

    def nearest(self, about: str, among: list[int]) -> int | None:
        """Return the block that shares most words with `about`, None when none shares any."""
        wanted = stems(about)
        scored = [(len(wanted & stems(visible(self.now[n] or ""))), -n) for n in among]
        best = max(scored, default=(0, 0))
        return -best[1] if best[0] else None


def sentences(inner: str) -> list[str]:
    """Cut a paragraph's HTML into sentences; markup over several of them keeps them together."""
    found: list[str] = []
    held = ""
    for piece in _BETWEEN.split(inner.strip()):
        held = f"{held} {piece}" if held else piece
        opened = sum(1 if not tag[1] else -1 for tag in _TAG.finditer(held) if tag[2] != "br")
        if opened <= 0:
            found.append(held)
            held = ""
    return [*found, held] if held else found


def stems(text: str) -> set[str]:
    """Return the beginnings of the words that say what a text is about."""
    words = re.findall(r"[^\W\d_]+", text.lower())
    return {word[:_STEM_LETTERS].rstrip("s") for word in words if len(word) >= _SHORTEST_STEM}


def without_link(html: str, url: str) -> str:
    """Return HTML with the links to an address gone and their words left."""
    return _LINK.sub(
        lambda one: (
            one.group(0) if url_of(one) != url else re.sub(r"</?a\b[^>]*>", "", one.group(0))
        ),
        html,
    )


def url_of(link: re.Match[str]) -> str:
    """Return where a link leads, empty for one without an address."""
    href = _HREF.search(link.group(1))
    return unescape(href.group(1) or href.group(2) or "").strip() if href else ""
