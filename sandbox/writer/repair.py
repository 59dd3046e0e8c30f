"""Mends a document by edits of blocks: what the findings name, and what any editor would see."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape, unescape
from typing import Any

from sandbox.writer.article import PLACES, Writer
from sandbox.writer.brief import Brief, Prompt, count_words, visible
from sandbox.writer.letters import slug, stands_in, times
from sandbox.writer.parts import Sentence, paragraphs
from sandbox.writer.reword import change

NEAR_ENOUGH = 0.04
SPARE_WORDS = 6
NEW_SECTION_WORDS = 150

_LINK = re.compile(r"(?is)<a\b[^>]*>.*?</a>")
_HREF = re.compile(r"""(?is)\bhref\s*=\s*("[^"]*"|'[^']*')""")
_HEADING = re.compile(r"(?is)^<h([1-6])\b[^>]*>(.*)</h\1>$")
_PARAGRAPH = re.compile(r"(?is)^<p\b[^>]*>(.*)</p>$")
_SENTENCES = re.compile(r"(?<=[.!?])\s+")
_ACTIVE = re.compile(
    r"(?is)<(script|style|iframe|object)\b.*?(?:</\1>|$)|\son\w+\s*=\s*(\"[^\"]*\"|'[^']*')"
)
_CONTACT = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+|\+?\d[\d ()/.-]{6,}\d")
# A site that is named without its "https://".
_SITE = re.compile(r"(?<![\w@/.-])[\w-]{2,}\.(?:com|net|org|info|casino)\b", re.IGNORECASE)
_LEFTOVER = re.compile(
    # "todo" is a word in Spanish.
    r"(?i)\[[^\]]*\]|\{\{|lorem ipsum|(?-i:\bTODO\b)|\bas an ai\b|language model|```|placeholder"
)

_ENDS = (".", "!", "?", ":", "”", "“", "»", '"')

# Faults that have a mending of their own, by a finding's code.
_MENDED_ELSEWHERE = re.compile(r"link|anchor|disclosure|level|key|title|meta|slug|too-")

# What a brief wished for and did not get.
_MISSED = re.compile(r"not-mentioned|secondary-key")

# Words in a finding's code or message, by what they ask for.
_ASKS = {
    "title": r"\btitle",
    "meta": r"\bmeta|\bdescription",
    "slug": r"\bslug",
    "length": r"length|short|long|\bwords?\b",
    "language": r"language",
    "keyword": r"key ?phrase|key ?word|introduction",
    "headings": r"subheading",
    "cut": r"cut|finish|unfinished|truncat|leak",
}


def mend(prompt: Prompt) -> dict[str, Any]:
    """Return title, meta_description and slug (None: unchanged) and edits by block."""
    assert prompt.brief is not None and prompt.blocks is not None  # noqa: S101, PT018
    return Mender(prompt.brief, prompt).reply()


class Mender:
    """One repair. `now` holds what each block becomes, None for a deleted one."""

    def __init__(self, brief: Brief, prompt: Prompt) -> None:
        blocks, findings = prompt.blocks or (), prompt.findings
        self.brief, self.findings, self.may_reword = brief, findings, prompt.may_reword
        self.before = {one.number: one.html for one in blocks}
        self.now: dict[int, str | None] = dict(self.before)
        self.after: list[tuple[int, str]] = []
        salt = repr(findings) + "".join(self.before.values())
        self.writer = Writer(brief, salt=salt)
        for one in blocks:
            self.writer.remember(_SENTENCES.split(one.text))

    def reply(self) -> dict[str, Any]:
        """Mend, and say how."""
        # Text in the wrong tongue, or hardly any text, is quicker written than mended.
        there = sum(count_words(html) for html in self.before.values())
        if self._asked("language") or there < self.brief.words * 0.4:
            self._write_anew()
        else:
            self._tidy()
            self._rewrite_named()
            self._set_links()
            self._set_disclosure()
            self._set_headings()
            self._set_keyword()
            self._set_phrases()
            if self._asked("length") or any(html is None for html in self.now.values()):
                self._set_length()
        return {
            "title": self.writer.title() if self._asked("title") else None,
            "meta_description": self.writer.meta() if self._asked("meta") else None,
            "slug": slug(self.brief.keyword) if self._asked("slug") else None,
            "edits": self._edits(),
        }

    def _asked(self, what: str) -> bool:
        return any(re.search(_ASKS[what], f"{f.code} {f.message}".lower()) for f in self.findings)

    def _edits(self) -> list[dict[str, Any]]:
        edits: list[dict[str, Any]] = []
        for number, html in self.now.items():
            if html is None:
                edits.append({"op": "delete", "block": number, "html": ""})
            elif html != self.before[number]:
                edits += change(number, self.before[number], html, may_reword=self.may_reword)
        for number, html in self.after:
            edits.append({"op": "insert_after", "block": number, "html": html})
        return edits

    def _write_anew(self) -> None:
        self.now = dict.fromkeys(self.now)
        self.after = [(0, self.writer.article()["html"])]

    def _tidy(self) -> None:
        """Take out what belongs in no article: scripts, contacts, leftovers, repetition, stumps."""
        said: set[str] = set()
        for number, html in list(self.now.items()):
            clean = _ACTIVE.sub("", html or "").strip()
            found = _PARAGRAPH.match(clean)
            if found:
                kept = [one for one in _SENTENCES.split(found.group(1)) if self._fine(one, said)]
                clean = f"<p>{' '.join(kept)}</p>" if kept else ""
            elif _LEFTOVER.search(clean) or _CONTACT.search(visible(clean)):
                clean = ""
            elif clean.startswith(("<ul", "<ol")):
                items = re.findall(r"(?is)<li\b[^>]*>(.*?)</li>", clean)
                if any(not self._fine(one, said) for one in items):
                    clean = ""
            self.now[number] = clean if visible(clean) else None

    def _fine(self, sentence: str, said: set[str]) -> bool:
        text = visible(sentence)
        disclosed = text == self.brief.disclosure
        if _LEFTOVER.search(text) or (_CONTACT.search(text) and not disclosed):
            return False
        if any(site not in self.brief.seed for site in _SITE.findall(text)):
            return False
        if self._asked("cut") and not text.endswith(_ENDS):
            return False
        key = text.lower()
        fresh = key not in said or disclosed
        said.add(key)
        return fresh

    def _rewrite_named(self) -> None:
        """Write the paragraphs and headings anew that findings name and tidying left alone."""
        for finding in self.findings:
            number = finding.block
            html = self.now.get(number or 0)
            if number is None or html is None or html != self.before[number]:
                continue
            if _MENDED_ELSEWHERE.search(finding.code) or visible(html) == self.brief.disclosure:
                continue
            paragraph = _PARAGRAPH.match(html)
            if _HEADING.match(html):
                self.now[number] = self._new_heading(html)
            elif paragraph and self.writer.avoided.stand_in(html):
                self.now[number] = self._without_avoided(paragraph.group(1))
            elif not _LINK.search(html):
                # No shorter than it was: the article may be just as long as it has to be.
                self.now[number] = self._paragraph(html, count_words(html) + SPARE_WORDS)

    def _new_heading(self, html: str) -> str:
        level = html[2]
        keyed = times(self.brief.keyword, visible(html)) > 0
        return f"<h{level}>{self.writer.spare_heading(keyed=keyed)}</h{level}>"

    def _without_avoided(self, inner: str) -> str:
        """Return a paragraph in which only the sentences that may not stay are others."""
        said: list[str] = []
        for sentence in _SENTENCES.split(inner):
            if self.writer.avoided.stand_in(sentence):
                said += self._kept(sentence) or self.writer.spare_sentences(count_words(sentence))
            else:
                said.append(sentence)
        return f"<p>{' '.join(said)}</p>"

    def _paragraph(self, html: str, words: int) -> str:
        kept = self._kept(html)
        left = min(words, 74) - sum(map(count_words, kept))
        sentences = [*kept, *self.writer.spare_sentences(max(12, left))]
        return "".join(paragraphs([Sentence(one) for one in sentences], longest=90))

    def _kept(self, html: str) -> list[str]:
        """Return new sentences with all that was ordered of the words that go."""
        brief, writer, text = self.brief, self.writer, visible(html)
        kept = [writer.keyword_sentence()] if times(brief.keyword, text) else []
        titles = dict(brief.internal_links)
        for found in _LINK.finditer(html):
            url = _url(found.group(0))
            if url == brief.target_url and brief.anchor_text:
                kept.append(writer.link_sentence())
            elif url in titles and not writer.avoided.stand_in(titles[url]):
                kept.append(writer.linked_sentence(url, titles[url], "dofollow", kind="internal"))
        return kept + [
            writer.phrase_sentence(phrase) for phrase in brief.phrases if stands_in(phrase, text)
        ]

    def _set_links(self) -> None:
        """Leave the ordered link once, as ordered, and no link that was not allowed."""
        brief = self.brief
        if not brief.target_url or not brief.anchor_text:
            return
        allowed = {url for url, _ in brief.internal_links}
        right = self.writer.link_tag(brief.target_url, brief.anchor_text, brief.link_rel)
        placed = False

        def mended(found: re.Match[str], *, running: bool, alone: bool) -> str:
            nonlocal placed
            tag = found.group(0)
            url = _url(tag)
            text = re.sub(r"(?is)</?a\b[^>]*>", "", tag)
            if url == brief.target_url and running and not placed and not alone:
                placed = True
                return right
            return tag if url in allowed else text

        for number, html in self.now.items():
            if html is None or not _LINK.search(html):
                continue
            running = bool(_PARAGRAPH.match(html))
            self.now[number] = _each_sentence(html, running, mended)
        if not placed:
            self._place_link()

    def _place_link(self) -> None:
        body = [
            number
            for number, html in self.now.items()
            if html and _PARAGRAPH.match(html) and visible(html) != self.brief.disclosure
        ]
        sentence = self.writer.link_sentence()
        if not body:
            self.after.append((max(self.now, default=0), f"<p>{sentence}</p>"))
            return
        number = body[int(len(body) * PLACES.get(self.brief.link_position, 0.5))]
        found = _PARAGRAPH.match(self.now[number] or "")
        pieces = _SENTENCES.split(found.group(1)) if found else []
        pieces.insert(min(1, len(pieces)), sentence)
        self.now[number] = f"<p>{' '.join(pieces)}</p>"

    def _set_disclosure(self) -> None:
        wanted = self.brief.disclosure
        if not wanted:
            return
        live = [number for number, html in self.now.items() if html]
        if live and visible(self.now[live[0]] or "") == wanted:
            return
        for number in live:
            if visible(self.now[number] or "") == wanted:
                self.now[number] = None
        self.after.append((0, f"<p>{escape(wanted, quote=False)}</p>"))

    def _set_headings(self) -> None:
        """Let no level be skipped and no heading come twice or stand over nothing."""
        level, taken = 1, set[str]()
        live = [number for number, html in self.now.items() if html]
        for number, following in zip(live, [*live[1:], None], strict=True):
            found = _HEADING.match(self.now[number] or "")
            if not found:
                continue
            after = self.now[following] if following is not None else None
            own = int(found.group(1))
            if after is None or (
                (heading := _HEADING.match(after)) and int(heading.group(1)) <= own
            ):
                self.now[number] = None
                continue
            fitting = max(2, min(own, level + 1))
            text = found.group(2)
            if visible(text).lower() in taken:
                text = self.writer.spare_heading()
            taken.add(visible(text).lower())
            level = fitting
            if self._asked("headings") and len(taken) % 2:
                text = self.writer.spare_heading(keyed=True)
            if fitting != own or text != found.group(2):
                self.now[number] = f"<h{fitting}>{text}</h{fitting}>"

    def _set_keyword(self) -> None:
        """Let the introduction hold the keyword where a finding asks for it, or where it did."""
        first, now = self._introduction(self.before), self._introduction(self.now)
        held = first is not None and times(self.brief.keyword, visible(self.before[first]))
        if now is None or not (held or self._asked("keyword")):
            return
        html = self.now[now] or ""
        if not times(self.brief.keyword, visible(html)):
            self.now[now] = html.replace("<p>", f"<p>{self.writer.opening_sentence()} ", 1)

    def _introduction(self, blocks: Mapping[int, str | None]) -> int | None:
        for number, html in blocks.items():
            if _PARAGRAPH.match(html or "") and visible(html or "") != self.brief.disclosure:
                return number
        return None

    def _set_phrases(self) -> None:
        """Say what the brief wishes for where a finding misses it or this mending lost it."""
        before = visible(" ".join(self.before.values()))
        there = [*(html or "" for html in self.now.values()), *(html for _, html in self.after)]
        now = visible(" ".join(there))
        told = " ".join(one.message for one in self.findings if _MISSED.search(one.code))
        for phrase in self.brief.phrases:
            if not stands_in(phrase, now) and (
                stands_in(phrase, before) or stands_in(phrase, told)
            ):
                self._say(self.writer.phrase_sentence(phrase))

    def _say(self, sentence: str) -> None:
        """Put a sentence at the end of the shortest paragraph that is no first or last one."""
        body = [number for number, html in self.now.items() if _PARAGRAPH.match(html or "")]
        inner = [n for n in body if visible(self.now[n] or "") != self.brief.disclosure][1:-1]
        if not inner:
            self.after.append((max(body, default=0), f"<p>{sentence}</p>"))
            return
        number = min(inner, key=lambda each: count_words(self.now[each] or ""))
        html = self.now[number] or ""
        self.now[number] = f"{html[: html.rindex('</')].rstrip()} {sentence}</p>"

    def _set_length(self) -> None:
        there = sum(count_words(html or "") for html in self.now.values())
        there += sum(count_words(html) for _, html in self.after)
        missing = self.brief.words - there
        if missing > 0:
            self._lengthen(missing + SPARE_WORDS)
        elif -missing > self.brief.words * NEAR_ENOUGH:
            self._shorten(-missing - SPARE_WORDS)

    def _lengthen(self, missing: int) -> None:
        live = [number for number, html in self.now.items() if html]
        last = live[-1] if live else 0
        sections = max(1, round(missing / NEW_SECTION_WORDS)) if missing > 70 else 0
        parts: list[str] = []
        headings = [html for html in self.now.values() if html and _HEADING.match(html)]
        keyed = sum(self.brief.keyword.lower() in visible(html).lower() for html in headings)
        # Every other heading of the whole holds the keyword, or nearly so.
        first = 0 if keyed * 2 <= len(headings) and headings[keyed:] else 1
        for place in range(max(1, sections)):
            share = missing // max(1, sections)
            sentences: list[str] = []
            if sections:
                heading = self.writer.spare_heading(keyed=place % 2 == first)
                parts.append(f"<h2>{heading}</h2>")
                sentences = [self.writer.keyword_sentence()]
                share -= count_words(heading) + count_words(sentences[0])
            sentences += self.writer.spare_sentences(share)
            parts += paragraphs([Sentence(one) for one in sentences], longest=68)
        self.after.append((last, "\n".join(parts)))

    def _shorten(self, over: int) -> None:
        for number in reversed(self.now):
            html = self.now[number]
            found = _PARAGRAPH.match(html or "")
            if html is None or not found or _LINK.search(html):
                continue
            if visible(html) == self.brief.disclosure:
                continue
            pieces = _SENTENCES.split(found.group(1))
            for piece in pieces[1:-1]:
                if count_words(piece) <= over:
                    pieces.remove(piece)
                    over -= count_words(piece)
            self.now[number] = f"<p>{' '.join(pieces)}</p>"


def _url(tag: str) -> str:
    """Return where a link leads, empty for one without an address."""
    href = _HREF.search(tag)
    return unescape(href.group(1)[1:-1]).strip() if href else ""


def _each_sentence(html: str, running: bool, mended: Any) -> str:
    """Return a block with its links mended; one in a stump of a sentence does not stay."""
    if not running:
        return _LINK.sub(lambda found: mended(found, running=False, alone=True), html)
    inner = html[html.index(">") + 1 : html.rindex("<")]
    pieces = []
    for piece in _SENTENCES.split(inner):
        stump = count_words(piece) < 8
        pieces.append(
            _LINK.sub(lambda found, stump=stump: mended(found, running=True, alone=stump), piece)
        )
    return f"<p>{' '.join(pieces)}</p>"
