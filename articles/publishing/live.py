"""A look at a live page, as a stranger's browser and a search engine get it.

The checks are those that close the quality gate: 200, link, anchor, `rel`, no `noindex`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final

from articles.document import fold
from articles.document.markup import tokens
from articles.links import host_of, rel_words
from articles.publishing import outside
from articles.publishing.publisher import PublishingError
from articles.publishing.typography import as_typed

LARGEST_PAGE_BYTES: Final = 5_000_000
_POLICY_WORDS: Final = frozenset({"sponsored", "nofollow", "ugc"})
_UNINDEXED: Final = frozenset({"noindex", "none"})
_UNFOLLOWED: Final = frozenset({"nofollow", "none"})
_NOT_SHOWN: Final = frozenset({"template", "noscript"})
_ASKED_WITH: Final = {"cache-control": "no-cache", "accept": "text/html"}


@dataclass(frozen=True, kw_only=True)
class Check:
    """What one check saw. `ok` None: it could not be made, which is never a pass."""

    ok: bool | None
    said: str


@dataclass(frozen=True, kw_only=True)
class LiveCheck:
    """What a look at a page showed: `checks` by name (answer, link, anchor, policy, indexing)."""

    checks: dict[str, Check]

    @property
    def ok(self) -> bool:
        """Whether every check was made and passed."""
        return all(check.ok for check in self.checks.values())

    @property
    def reason(self) -> str:
        """What is wrong, for an editor; empty when nothing is."""
        return " ".join(check.said for check in self.checks.values() if check.ok is False)

    def to_json(self) -> dict[str, Any]:
        """Return the checks as JSON-ready data, by name."""
        return {name: asdict(check) for name, check in self.checks.items()}


@dataclass(kw_only=True)
class _Anchor:
    href: str
    rel: frozenset[str]
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class _Seen:
    """What the checks need of a page: its links, and what it tells search engines."""

    links: tuple[_Anchor, ...]
    robots: frozenset[str]


def look(url: str, *, target_url: str, anchor_text: str, rel: str | None) -> LiveCheck:
    """Fetch the page and say whether the link stands there as it was sold.

    `rel` is what the site sells: "sponsored", "nofollow" or None for a followed link. Never
    raises: a page that cannot be fetched is a failed check with its reason.
    """
    try:
        page = outside.ask(
            "GET", url, most_bytes=LARGEST_PAGE_BYTES, follow=True, headers=_ASKED_WITH
        )
    except PublishingError as error:
        return _unseen(f"The live page was not to be had: {error}")
    if page.status != 200:
        return _unseen(f"The live page answers {page.status} instead of 200.")
    if "html" not in page.headers.get("content-type", ""):
        return _unseen("The live address does not answer with a web page.")
    if host_of(page.url) != host_of(url):
        return _unseen(f"The live address leads on to another site, {host_of(page.url)}.")
    seen = _read(page)
    ordered = [link for link in seen.links if link.href == target_url]
    wanted = frozenset((rel or "").split())
    judge: dict[str, Callable[[], Check]] = {
        "link": lambda: _once(ordered, seen, target_url),
        "anchor": lambda: _anchor(ordered, anchor_text),
        "policy": lambda: _policy(ordered, wanted, seen.robots),
        "indexing": lambda: _indexing(seen.robots),
    }
    answered = Check(ok=True, said="The page answers 200.")
    return LiveCheck(checks={"answer": answered} | {name: made() for name, made in judge.items()})


def _unseen(reason: str) -> LiveCheck:
    unknown = Check(ok=None, said="Not looked at.")
    rest = dict.fromkeys(("link", "anchor", "policy", "indexing"), unknown)
    return LiveCheck(checks={"answer": Check(ok=False, said=reason)} | rest)


def _once(ordered: list[_Anchor], seen: _Seen, target_url: str) -> Check:
    if len(ordered) == 1:
        return Check(ok=True, said="The link stands on the page once.")
    if ordered:
        return Check(ok=False, said=f"The link stands on the page {len(ordered)} times.")
    bare = target_url.rstrip("/").casefold()
    near = next((a.href for a in seen.links if a.href.rstrip("/").casefold() == bare), None)
    if near:
        return Check(ok=False, said=f"A link leads to {near}; sold was {target_url}.")
    return Check(ok=False, said=f"The link to {target_url} is not on the page.")


def _anchor(ordered: list[_Anchor], anchor_text: str) -> Check:
    if not ordered:
        return Check(ok=None, said="There is no link to read.")
    sold = as_typed(anchor_text)
    wrong = next((a.text for a in ordered if as_typed(a.text) != sold), None)
    if wrong is None:
        return Check(ok=True, said=f"The link says “{anchor_text}”.")
    return Check(ok=False, said=f"The link says “{fold(wrong)}”; sold was “{anchor_text}”.")


def _policy(ordered: list[_Anchor], wanted: frozenset[str], robots: frozenset[str]) -> Check:
    """Other words in `rel`, such as noopener, do not matter."""
    if not ordered:
        return Check(ok=None, said="There is no link to read.")
    if not wanted and robots & _UNFOLLOWED:
        return Check(ok=False, said="The page tells search engines to follow none of its links.")
    wrong = next((has for a in ordered if (has := a.rel & _POLICY_WORDS) != wanted), None)
    if wrong is None:
        return Check(ok=True, said=f"The link is {_marked(wanted)}, as sold.")
    return Check(ok=False, said=f"The link is {_marked(wrong)}; sold was {_marked(wanted)}.")


def _indexing(robots: frozenset[str]) -> Check:
    if robots & _UNINDEXED:
        return Check(ok=False, said="The page tells search engines not to index it (noindex).")
    return Check(ok=True, said="Search engines may index the page.")


def _marked(rel: frozenset[str]) -> str:
    return f"marked {' '.join(sorted(rel))}" if rel else "not marked"


def _read(page: outside.Reply) -> _Seen:
    """One pass over the page; whatever it holds, the work grows with its length only."""
    robots = {word for line in page.headers.get_list("x-robots-tag") for word in _words(line)}
    links: list[_Anchor] = []
    open_link: _Anchor | None = None
    not_shown = 0
    for token in tokens(page.text):
        if token.name in _NOT_SHOWN:
            not_shown = max(0, not_shown + (1 if token.kind == "open" else -1))
        elif token.kind == "text" and open_link is not None:
            open_link.text += token.text
        elif token.kind == "open" and token.name == "meta":
            robots |= set(_robots(token.attributes))
        elif token.name == "a":
            open_link = None
            if token.kind == "open" and not not_shown:
                rel = rel_words(token.attributes.get("rel", ""))
                open_link = _Anchor(href=token.attributes.get("href", "").strip(), rel=rel)
                links.append(open_link)
    return _Seen(links=tuple(links), robots=frozenset(robots))


def _robots(meta: dict[str, str]) -> Iterator[str]:
    """`robots` speaks to every search engine, `googlebot` and its like to one of them."""
    name = meta.get("name", "").strip().lower()
    if name == "robots" or name.endswith("bot"):
        yield from _words(meta.get("content", ""))


def _words(directives: str) -> Iterator[str]:
    """The header may name a robot before its directives: `googlebot: noindex`."""
    for part in directives.lower().replace(":", ",").split(","):
        yield part.strip()


__all__ = ["Check", "LiveCheck", "look"]
