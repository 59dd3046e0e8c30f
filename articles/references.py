"""Reads the pages that a customer names as references: public ones, bounded, as plain text."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Final

from articles.brief import Reference
from articles.publishing import outside
from articles.publishing.publisher import PublishingError
from articles.sanitise import visible

MOST_BYTES: Final = 2_000_000
# About 1,500 tokens of each: every call of the order carries them.
MOST_CHARS: Final = 6_000
_TEXTS: Final = ("text/html", "application/xhtml+xml", "text/plain")
_AROUND: Final = (
    "script", "style", "noscript", "template", "nav", "header", "footer", "aside", "form", "iframe",
    "svg", "button",
)  # fmt: skip
_MAIN: Final = ("main", "article")
_BLOCKS: Final = (
    "p", "div", "li", "h1", "h2", "h3", "h4", "h5", "h6", "td", "th", "dd", "dt", "br",
    "blockquote", "pre", "figcaption", "section",
)  # fmt: skip


class Unreadable(Exception):
    """There is no text to be had at the address; the message says why, without quoting it."""


def read(url: str) -> Reference:
    """Return the page's text, of at most `MOST_CHARS` characters.

    :raises Unreadable: no answer, no page or no text
    """
    page = fetched(url)
    text = _folded(page.text if _kind(page) == "text/plain" else _of_html(page.text))
    if not text:
        raise Unreadable("There is no text on it.")
    return Reference(url=url, text=_cut(text))


def fetched(url: str) -> outside.Reply:
    """Return the page as it was answered, after redirects.

    :raises Unreadable: no answer, or no page of text
    """
    try:
        page = outside.ask(
            "GET", url, most_bytes=MOST_BYTES, follow=True, headers={"accept": ", ".join(_TEXTS)}
        )
    except PublishingError as error:
        raise Unreadable(str(error)) from None
    if page.status != 200:
        raise Unreadable(f"It answered with {page.status}.")
    if _kind(page) not in _TEXTS:
        raise Unreadable("It is no page of text.")
    return page


def _kind(page: outside.Reply) -> str:
    return page.headers.get("content-type", "text/html").partition(";")[0].strip().lower()


def _of_html(html: str) -> str:
    """The page's main text: without what stands around it on every page of its site."""
    seen = _Text()
    seen.feed(html)
    seen.close()
    return "".join(seen.main) if "".join(seen.main).strip() else "".join(seen.all)


class _Text(HTMLParser):
    """Gathers what is to be read, all of it and that of the page's main part."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.all: list[str] = []
        self.main: list[str] = []
        self._around = 0
        self._within = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._around += tag in _AROUND
        self._within += tag in _MAIN
        self._part(tag)

    def handle_endtag(self, tag: str) -> None:
        # An end without a start, or the other way round, must not hide the rest of the page.
        self._around = max(0, self._around - (tag in _AROUND)) * (tag not in _MAIN)
        self._within = max(0, self._within - (tag in _MAIN))
        self._part(tag)

    def handle_data(self, data: str) -> None:
        if self._around == 0:
            self.all.append(data)
            if self._within:
                self.main.append(data)

    def _part(self, tag: str) -> None:
        if tag in _BLOCKS:
            self.handle_data("\n")


def _folded(text: str) -> str:
    lines = (" ".join(line.split()) for line in visible(text).split("\n"))
    return "\n".join(filter(None, lines))


def _cut(text: str) -> str:
    return text if len(text) <= MOST_CHARS else text[:MOST_CHARS].rsplit(None, 1)[0]
