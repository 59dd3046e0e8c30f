"""Places the ordered link in an article that stands already, and touches nothing else."""

from __future__ import annotations

import re
from html import escape
from typing import Any

from sandbox.writer.article import Writer
from sandbox.writer.brief import Brief, Prompt, count_words, visible
from sandbox.writer.page import Page, stems

FEWEST_SENTENCE_WORDS = 8
_THIRDS = ("early", "middle", "late")

_HEADING = re.compile(r"(?i)^<h[1-6]\b")
_MARKUP = re.compile(r"(?is)<a\b[^>]*>.*?</a>|<code\b[^>]*>.*?</code>|<[^>]+>")


def integrate(brief: Brief, prompt: Prompt) -> dict[str, Any]:
    """Return the edits that put the link into the paragraph nearest to it, and the disclosure."""
    page = Page(brief, prompt)
    writer = Writer(brief, salt="".join(page.before.values()))
    writer.remember([visible(one) for n in page.paragraphs() for one in page.sentences(n)])
    if brief.target_url and brief.anchor_text and not any(map(page.holds_link, page.now.values())):
        _place(page, writer)
    first = next((html for html in page.before.values() if visible(html)), "")
    if brief.disclosure and not visible(first).startswith(brief.disclosure):
        page.after.append((0, f"<p>{escape(brief.disclosure, quote=False)}</p>"))
    return page.reply()


def _place(page: Page, writer: Writer) -> None:
    places = _places(page)
    if not places:
        middle = max(1, len(page.before) // 2) if page.before else 0
        page.after.append((middle, f"<p>{writer.link_sentence()}</p>"))
        return
    for number in places:
        linked = _linked_where_it_is_said(page, writer, number)
        if linked:
            page.now[number] = linked
            return
    page.add(places[0], writer.link_sentence())


def _places(page: Page) -> list[int]:
    """Return the paragraphs that can take a sentence, the nearest in subject first."""
    brief = page.brief
    wanted = stems(f"{brief.anchor_text} {brief.keyword} {brief.topic} {brief.notes}")
    scored: list[tuple[int, int]] = []
    heading: set[str] = set()
    body = page.paragraphs()
    for number, html in page.before.items():
        if _HEADING.match(html):
            heading = stems(visible(html))
        elif number in body and visible(html).endswith((".", "!", "?")):
            shared = 2 * len(wanted & stems(visible(html))) + len(wanted & heading)
            scored.append((shared, number))
    # The first and the last are how an article greets and leaves: no place for an advertisement.
    inner = [one for one in scored if one[1] not in (body[0], body[-1])] or scored
    inner = [one for one in inner if _third(page, one[1]) == brief.link_position] or inner
    middle = len(page.before) / 2
    return [n for _, n in sorted(inner, key=lambda one: (-one[0], abs(one[1] - middle)))]


def _third(page: Page, number: int) -> str:
    """Return the third of the article that the middle of a block stands in."""
    words = {each: count_words(html) for each, html in page.before.items()}
    middle = sum(words[each] for each in words if each < number) + words[number] / 2
    return _THIRDS[min(2, int(3 * middle / max(1, sum(words.values()))))]


def _linked_where_it_is_said(page: Page, writer: Writer, number: int) -> str | None:
    """Return the paragraph with the link on words that it says already, None if it does not."""
    brief = page.brief
    words = re.compile(rf"(?<!\w){re.escape(escape(brief.anchor_text, quote=False))}(?!\w)")
    for sentence in page.sentences(number):
        if count_words(sentence) < FEWEST_SENTENCE_WORDS:
            continue
        bare = _MARKUP.sub(lambda found: "\0" * len(found.group(0)), sentence)
        found = words.search(bare)
        if found:
            tag = writer.link_tag(brief.target_url, brief.anchor_text, brief.link_rel)
            linked = sentence[: found.start()] + tag + sentence[found.end() :]
            return (page.now[number] or "").replace(sentence, linked, 1)
    return None
