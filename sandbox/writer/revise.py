"""Carries out a customer's notes on an article: what they ask, in as few blocks as it takes."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape
from typing import Any

from sandbox.writer.article import Writer
from sandbox.writer.brief import Brief, Prompt, count_words, visible
from sandbox.writer.page import Page, stems
from sandbox.writer.remarks import remark
from sandbox.writer.wishes import PLAINER, Wish, literal, read_wishes

FEWEST_WORDS = 300
LONGEST_TITLE = 200
SHORTENED_TO = 0.85
SHORT_PHRASE_WORDS = 3
LONGER_BY_WORDS = 60
MADE_PLAINER = 4

_TAG = re.compile(r"<[^>]+>")
_THIS = re.compile(r"(?i)\bthis (?:paragraph|sentence|part|passage|bit)\b")
_HEADING = re.compile(r"(?is)^<h([1-6])\b[^>]*>(.*)</h\1>$")


def revise(brief: Brief, prompt: Prompt) -> dict[str, Any]:
    """Return the edits that the notes ask for; whatever they ask, the ordered link stays."""
    return Reviser(brief, prompt).reply()


class Reviser:
    """One revision of one page."""

    def __init__(self, brief: Brief, prompt: Prompt) -> None:
        self.page = Page(brief, prompt)
        self.wishes = read_wishes(prompt)
        notes = " ".join(one.text for one in self.wishes)
        self.writer = Writer(brief, salt=notes + "".join(self.page.before.values()))
        body = self.page.paragraphs()
        self.writer.remember([visible(one) for n in body for one in self.page.sentences(n)])
        self.words_before = self.page.words

    def reply(self) -> dict[str, Any]:
        """Carry out wish by wish."""
        does: dict[str, Callable[[Wish], bool]] = {
            "replace": self._replace,
            "title": self._title,
            "meta": self._meta,
            "heading": self._heading,
            "remove": self._remove,
            "shorten": self._shorten,
            "lengthen": self._lengthen,
            "rewrite": self._rewrite,
            "plainer": self._plainer,
            "add": self._add,
        }
        for wish in self.wishes:
            done = wish.asks in does and does[wish.asks](wish)
            # What cannot be done as it was asked is at least taken up; but words that are not
            # there to be changed or removed are no reason to write of them.
            if not done and wish.asks not in ("replace", "remove"):
                self._take_up(wish)
        self._drop_empty_sections()
        self._keep_fewest_words()
        return self.page.reply()

    def _replace(self, wish: Wish) -> bool:
        old, new = literal(wish.what), literal(wish.by)
        if not old:
            return False
        pattern = re.compile(rf"(?<!\w){re.escape(escape(old, quote=False))}(?!\w)", re.IGNORECASE)
        blocks = [n for n, html in self.page.now.items() if html and not self.page.discloses(html)]
        here = [n for n in blocks if n == wish.block and pattern.search(self.page.now[n] or "")]
        done = False
        for number in here or blocks:
            html = self.page.now[number] or ""
            changed = _outside_links(html, pattern, escape(new, quote=False), self.page)
            done = done or changed != html
            self.page.now[number] = changed
        return done

    def _title(self, wish: Wish) -> bool:
        given = literal(wish.by)[:LONGEST_TITLE]
        self.page.fields["title"] = given or self.writer.title()
        return True

    def _meta(self, wish: Wish) -> bool:
        self.page.fields["meta_description"] = literal(wish.by) or self.writer.meta()
        return True

    def _heading(self, wish: Wish) -> bool:
        headings = [n for n, html in self.page.now.items() if html and _HEADING.match(html)]
        pointed = wish.block if wish.block in headings else None
        number = pointed or self.page.nearest(wish.what, headings)
        found = _HEADING.match(self.page.now.get(number or 0) or "")
        if number is None or not found:
            return False
        words = escape(literal(wish.by), quote=False) or self.writer.spare_heading()
        self.page.now[number] = f"<h{found.group(1)}>{words}</h{found.group(1)}>"
        return True

    def _remove(self, wish: Wish) -> bool:
        scope = self._scope(wish)
        if wish.quoted:
            return self._remove_words(wish, scope)
        if not wish.what:
            pointed = wish.block if wish.block in self.page.now else None
            number = scope[0] if wish.place and scope else pointed
        elif not wish.part:
            return self._remove_mentions(wish, scope)
        else:
            headings = [n for n, html in self.page.before.items() if _HEADING.match(html)]
            among = sorted({*scope, *headings}) if wish.part == "section" else scope
            number = self.page.nearest(wish.what, among)
        if number is None:
            return False
        if wish.part == "sentence":
            return self._remove_sentence(number, wish.what)
        for each in self._section(number) if wish.part == "section" else [number]:
            self._clear(each)
        return True

    def _remove_words(self, wish: Wish, scope: list[int]) -> bool:
        """Take out the words that were quoted, or the sentence or paragraph that says them."""
        words = literal(wish.what)
        if count_words(words) <= SHORT_PHRASE_WORDS and not wish.part:
            return self._replace(Wish("replace", wish.text, wish.block, words, ""))
        saying = [n for n in scope if words.lower() in visible(self.page.now[n] or "").lower()]
        if not saying:
            return False
        if wish.part == "paragraph":
            self._clear(saying[0])
            return True
        return self._remove_sentence(saying[0], words)

    def _remove_mentions(self, wish: Wish, scope: list[int]) -> bool:
        """Take out the sentences that say these words, or the one that comes nearest."""
        words = literal(wish.what).lower()
        done = False
        for number in scope:
            there = self.page.sentences(number)
            kept = [
                one
                for one in there
                if words not in visible(one).lower() or self.page.holds_link(one)
            ]
            if len(kept) < len(there):
                self.page.say(number, kept)
                done = True
        near = None if done else self.page.nearest(wish.what, scope)
        return done or (near is not None and self._remove_sentence(near, wish.what))

    def _remove_sentence(self, number: int, about: str) -> bool:
        there = self.page.sentences(number)
        free = [one for one in there if not self.page.holds_link(one)]
        if not free:
            return False
        wanted = stems(about)
        gone = max(free, key=lambda one: len(wanted & stems(visible(one))))
        self.page.say(number, [one for one in there if one is not gone])
        return True

    def _section(self, number: int) -> list[int]:
        """Return the blocks of the section that a block stands in."""
        parts: list[list[int]] = [[]]
        for each, html in self.page.before.items():
            if _HEADING.match(html):
                parts.append([])
            parts[-1].append(each)
        return next((one for one in parts if number in one), [number])

    def _clear(self, number: int) -> None:
        """Take a block out, but for the sentence that holds the ordered link."""
        html = self.page.now[number]
        if self.page.discloses(html):
            return
        if self.page.holds_link(html):
            kept = [one for one in self.page.sentences(number) if self.page.holds_link(one)]
            if kept:
                self.page.say(number, kept)
            return
        self.page.now[number] = None

    def _shorten(self, wish: Wish) -> bool:
        scope = self._scope(wish)
        whole = len(scope) > 1
        there = sum(count_words(self.page.now[n] or "") for n in scope)
        aim = there * (SHORTENED_TO if whole else 0.6)
        least = FEWEST_WORDS if self.words_before >= FEWEST_WORDS else 0
        done = False
        for number in scope:
            pieces = self.page.sentences(number)
            for piece in pieces[1:][::-1]:
                count = count_words(piece)
                if there <= aim or self.page.words - count < least:
                    break
                if self.page.holds_link(piece):
                    continue
                pieces.remove(piece)
                self.page.say(number, pieces)
                there -= count
                done = True
                if whole:  # one sentence a paragraph, so that none is left bare
                    break
        return done

    def _lengthen(self, wish: Wish) -> bool:
        scope = self._scope(wish)
        if not scope:
            return False
        number = self.page.nearest(wish.what, scope) or scope[len(scope) // 2]
        for sentence in self.writer.spare_sentences(LONGER_BY_WORDS):
            self.page.add(number, sentence)
        return True

    def _rewrite(self, wish: Wish) -> bool:
        for number in self._scope(wish):
            there = self.page.sentences(number)
            linked = [one for one in there if self.page.holds_link(one)]
            words = count_words(self.page.now[number] or "") - sum(map(count_words, linked))
            self.page.say(number, [*self.writer.spare_sentences(max(8, words)), *linked])
        return self.page.touched

    def _plainer(self, wish: Wish) -> bool:
        """Say the same in easier words, in a few paragraphs."""
        done = 0
        for number in self._scope(wish):
            html = changed = self.page.now[number] or ""
            for pattern, plain in PLAINER:
                changed = _outside_links(changed, pattern, plain, self.page)
            if changed != html:
                self.page.now[number] = changed
                done += 1
            if done == MADE_PLAINER:
                break
        return bool(done)

    def _add(self, wish: Wish) -> bool:
        said = remark(wish, language=self.brief_language, text=self.page.text)
        if not said:
            return False
        if wish.part in ("paragraph", "section"):
            return self._add_block(wish, said)
        return self._say_where_it_fits(wish, said)

    def _add_block(self, wish: Wish, said: str) -> bool:
        body = self.page.paragraphs()
        near = wish.block if wish.block in self.page.now else self.page.nearest(wish.what, body)
        number = near or (body[len(body) // 2] if body else max(self.page.now, default=0))
        more = " ".join(self.writer.spare_sentences(25))
        html = f"<p>{said} {more}</p>"
        if wish.part == "section":
            number = self._section(number)[-1]
            html = f"<h2>{self.writer.spare_heading()}</h2>\n{html}"
        self.page.after.append((number, html))
        return True

    def _take_up(self, wish: Wish) -> None:
        """Add one fitting sentence with the notes' words."""
        said = remark(wish, language=self.brief_language, text=self.page.text)
        self._say_where_it_fits(wish, said or self.writer.spare_sentences(1)[0])

    def _say_where_it_fits(self, wish: Wish, said: str) -> bool:
        body = self.page.paragraphs()
        if not body:
            self.page.after.append((max(self.page.now, default=0), f"<p>{said}</p>"))
            return True
        number = self._paragraph_at(wish.block, body) or self.page.nearest(wish.what, body)
        self.page.add(number or body[0], said)
        return True

    @property
    def brief_language(self) -> str:
        """The language that the article is written in."""
        return self.page.brief.language

    def _paragraph_at(self, block: int | None, body: list[int]) -> int | None:
        """Return the paragraph that was pointed at, or the next one below a heading."""
        if block is None or block not in self.page.now:
            return None
        return next((number for number in body if number >= block), body[-1])

    def _scope(self, wish: Wish) -> list[int]:
        """Return the paragraphs that a wish is about."""
        body = self.page.paragraphs()
        place = {"first": 0, "second": 1, "third": 2, "last": -1}.get(wish.place)
        if place is not None and -len(body) <= place < len(body):
            return [body[place]]
        if wish.block in self.page.now:
            below = self._section(wish.block) if wish.block not in body else [wish.block]
            return [number for number in body if number in below] or body
        return body[:1] if _THIS.search(wish.text) else body

    def _drop_empty_sections(self) -> None:
        """Take out a heading whose text is all gone."""
        filled = {number for number, _ in self.page.after}
        for number in [n for n, html in self.page.now.items() if html and _HEADING.match(html)]:
            below = [each for each in self._section(number) if each != number]
            gone = below and not any(self.page.now[each] for each in below)
            if gone and not filled & {number, *below}:
                self.page.now[number] = None

    def _keep_fewest_words(self) -> None:
        """What was long enough stays long enough: no site takes a text under 300 words."""
        body = self.page.paragraphs()
        missing = FEWEST_WORDS + 5 - self.page.words
        if missing <= 0 or self.words_before < FEWEST_WORDS or not body:
            return
        changed = [n for n in body if self.page.now[n] != self.page.before[n]]
        for place, sentence in enumerate(self.writer.spare_sentences(missing + 6)):
            self.page.add((changed or body)[place % len(changed or body)], sentence)


def _outside_links(html: str, pattern: re.Pattern[str], new: str, page: Page) -> str:
    """Return HTML with words replaced in its text, but neither in tags nor in the ordered link."""
    parts = re.split(r"(?is)(<a\b[^>]*>.*?</a>)", html)
    changed = [part if page.holds_link(part) else _in_text(part, pattern, new) for part in parts]
    return "".join(changed)


def _in_text(html: str, pattern: re.Pattern[str], new: str) -> str:
    pieces: list[str] = []
    at = 0
    for tag in [*_TAG.finditer(html), None]:
        text = html[at : tag.start() if tag else len(html)]
        pieces.append(pattern.sub(lambda found: _cased(found, new), text))
        if not new and pieces[-1] != text:
            pieces[-1] = re.sub(r"\s+([,.;:!?])|(\s)\s+", r"\1\2", pieces[-1])
        if tag:
            pieces.append(tag.group(0))
            at = tag.end()
    return "".join(pieces)


def _cased(found: re.Match[str], new: str) -> str:
    upper = found.group(0)[:1].isupper() and new[:1].islower()
    return new[:1].upper() + new[1:] if upper else new
