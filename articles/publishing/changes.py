"""What a site's own people changed: kept as it was found, and decided on by a named person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from difflib import SequenceMatcher
from typing import Final

from articles.document import parse
from articles.models import Article, ArticleVersion, ImportedPage, SiteChange
from articles.publishing.found import Found, plain, plain_as_typed, reading
from articles.publishing.publisher import ChangedOnSite, PublishingUnavailable
from articles.publishing.source import as_shown, told
from articles.publishing.typography import typed

_WHERE: Final = "Decide on it at “Changes on sites” in the admin."
_TOLD: Final = 2  # passages of each sort, and so many characters of each
_TOLD_CHARS: Final = 70


class AlreadyDecided(Exception):
    """Somebody decided first, or it is over; nothing was changed."""


def permit(
    *, article: Article, found: Found, at: datetime, late: ArticleVersion | None = None
) -> Found:
    """Return what was found, where it may be overwritten: it is a text of ours that was never
    recorded, as after a lost reply, it reads as it did when the live text was imported from there,
    or a named person decided so. Else keep it for that decision.

    `article` is as the publisher had it; `late` may stand there too, put there too late.

    :raises ChangedOnSite: nobody has decided
    :raises PublishingUnavailable: it is another text of ours that went live meanwhile
    """
    now = Article.objects.select_related("live_version__imported_page").get(pk=article.pk)
    if now.live_version_id != article.live_version_id:
        raise PublishingUnavailable("Another version of this article was published just now.")
    if any(found.shows(text) for text in _perhaps_put(now, late)):
        return found
    imported = _imported(now.live_version)
    if imported is not None and found.reads_as(imported):
        return found
    here = now.site_changes.filter(settled_at__isnull=True)
    if here.filter(digest=found.digest).exclude(decided_by="").exists():
        return found
    change = _keep(now, found, at=at)
    raise ChangedOnSite(found, f"{change.difference} {_WHERE}")


def overwrite(*, change: SiteChange, by: str, reason: str, at: datetime) -> None:
    """Let the next publication put its text over exactly what was found.

    :raises AlreadyDecided: somebody was first, or the page is ours again
    :raises ValueError: no name or no reason
    """
    if not (by and reason.strip()):
        raise ValueError("a decision has a name and a reason")
    undecided = SiteChange.objects.filter(pk=change.pk, decided_by="", settled_at__isnull=True)
    if not undecided.update(decided_by=by, decided_at=at, reason=reason.strip()):
        raise AlreadyDecided("It is decided or over already; nothing was changed.")
    change.refresh_from_db()


def settle(*, article_id: int, at: datetime) -> None:
    """Record that a text of ours is live there again; decisions on what was there are used up."""
    SiteChange.objects.filter(article=article_id, settled_at__isnull=True).update(settled_at=at)


def left_there(version: ArticleVersion) -> Found:
    """Return what stands there while nobody changes it: the page that the version was imported
    from, or the version as we put it."""
    return _imported(version) or Found(
        title=version.title, excerpt=version.meta_description, content=version.html
    )


def passages(left: str, found: str) -> Iterator[tuple[str, str]]:
    """Yield each passage that differs: "gone" or "added", and its words."""
    before, after = (
        [block.text for block in parse(as_shown(source)).blocks] for source in (left, found)
    )
    matcher = SequenceMatcher(
        None, list(map(typed, before)), list(map(typed, after)), autojunk=False
    )
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag != "equal":
            yield from (("gone", text) for text in before[i1:i2])
            yield from (("added", text) for text in after[j1:j2])


def _perhaps_put(article: Article, late: ArticleVersion | None) -> Iterator[ArticleVersion]:
    """The texts that a try may have put there without a record: those since the live one."""
    live = article.live_version
    if late is not None:
        yield late
    yield from article.versions.filter(number__gte=live.number if live else 0).iterator()


def _imported(version: ArticleVersion | None) -> Found | None:
    """The page that the version was imported from; None: a text of ours, or one not known whole."""
    page: ImportedPage | None = getattr(version, "imported_page", None)
    if page is None:
        return None
    return Found(title=page.title, excerpt=page.excerpt, content=page.content)


def _keep(article: Article, found: Found, *, at: datetime) -> SiteChange:
    here = article.site_changes.filter(settled_at__isnull=True)
    # It was changed once more: what nobody decided on is no longer to be decided.
    here.filter(decided_by="").exclude(digest=found.digest).update(settled_at=at)
    change, _ = SiteChange.objects.get_or_create(
        article=article,
        digest=found.digest,
        settled_at=None,
        defaults=asdict(found)
        | {"left": article.live_version, "difference": _said(article, found), "found_at": at},
    )
    return change


def _said(article: Article, found: Found) -> str:
    if found.is_gone:
        return f"No post or page of the site has the address {article.url}, where it was published."
    left = article.live_version
    if left is None:
        return f"At {article.url} stands a text that is none of the article's versions."
    was, differs = left_there(left), []
    line, text = (plain_as_typed, told) if _imported(left) is not None else (plain, reading)
    if line(found.title) != line(was.title):
        differs.append(f"the title is “{_short(found.title)}”")
    if line(found.excerpt) not in ("", line(was.excerpt)):
        differs.append(f"the excerpt is “{_short(found.excerpt)}”")
    if text(found.content) != text(was.content):
        differs += _told(was.content, found.content) or ["links, tags or signs are others"]
    return f"{_what_happened(left)}: {'; '.join(differs)}."


def _what_happened(left: ArticleVersion) -> str:
    if _imported(left) is not None:
        return "Changed on the site since its text was imported"
    if "imported_from" in left.provenance:
        return "On the site stands something else than the text that was imported"
    return f"Changed on the site since version {left.number} was put there"


def _told(left: str, found: str) -> list[str]:
    differing = list(passages(left, found))
    told = []
    for sort in ("added", "gone"):
        texts = [text for kind, text in differing if kind == sort]
        told += [f"{sort} “{_short(text)}”" for text in texts[:_TOLD]]
        if len(texts) > _TOLD:
            told.append(f"and {len(texts) - _TOLD} more {sort}")
    return told


def _short(text: str) -> str:
    words = plain(text)
    return words if len(words) <= _TOLD_CHARS else f"{words[:_TOLD_CHARS]}…"
