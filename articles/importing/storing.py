"""An imported text becomes the first version of its article, which is live from the beginning."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction

from articles import document
from articles.importing.refusals import PageTaken
from articles.importing.text import Text, has_text, is_of_page
from articles.models import Article, ArticleVersion, BacklinkReview, ImportedPage
from articles.openings import opening_of


@dataclass(frozen=True, kw_only=True)
class Imported:
    """The article with its text; `notes` are for the editor who puts it on sale."""

    article: Article
    version: ArticleVersion
    notes: tuple[str, ...]


def store(text: Text, *, by: str, opened: bool = False, at: datetime) -> Imported:
    """Store the text as version 1 of its article, in the name of `by`; the article is made where
    there is none.

    `opened` puts it on sale, unless the text lacks what readers of the page see: publishing it
    would take that off the page, which an editor decides. All or nothing.

    :raises HasText: the article has a text by now
    :raises PageTaken: another article has its address or its slug
    """
    try:
        with transaction.atomic():
            article = _held(text, at=at)
            version = _first_version(article, text, by=by, at=at)
            if (page := text.stored) is not None:
                ImportedPage.objects.create(
                    version=version, title=page.title, excerpt=page.excerpt, content=page.content
                )
            _go_live(article, text, version=version, opened=opened, at=at)
    except IntegrityError:
        raise PageTaken("Another article of the catalogue has this page.") from None
    return Imported(article=article, version=version, notes=tuple(_notes(text, version)))


def _held(text: Text, *, at: datetime) -> Article:
    """Return the article, locked, so that one of two imports finds the other's text."""
    pk = text.article.pk if text.article is not None else None
    if pk is None:
        article, is_new = Article.objects.get_or_create(
            domain=text.domain,
            slug=text.draft.slug,
            defaults={"title": text.draft.title, "created_at": at},
        )
        if not (is_new or is_of_page(article, text.page)):
            raise PageTaken(
                f"Another article of the site has the slug “{article.slug}”: “{article.title}”."
            )
        pk = article.pk
    held = Article.objects.select_for_update(no_key=True).get(pk=pk)
    if held.versions.exists():
        raise has_text(held)
    held.domain = text.domain
    return held


def _first_version(article: Article, text: Text, *, by: str, at: datetime) -> ArticleVersion:
    draft = text.draft
    return ArticleVersion.objects.create(
        article=article,
        number=1,
        title=draft.title,
        meta_description=draft.meta_description,
        slug=article.slug,
        html=draft.html,
        words=document.words(document.parse(draft.html)),
        report=text.report.to_json(),
        provenance={
            "model": None,
            "prompt_version": None,
            "gate_version": text.report.gate,
            "who": [by],
            "imported_from": text.page,
            "imported_how": text.how,
        },
        # Its publisher had it live before it was ours to review.
        backlink_review_status=BacklinkReview.APPROVED,
        created_at=at,
    )


def _go_live(
    article: Article, text: Text, *, version: ArticleVersion, opened: bool, at: datetime
) -> None:
    article.live_version = version
    article.title = text.draft.title
    article.url, article.remote_id = text.url, text.remote_id
    article.published_at = article.published_at or text.published_at or at
    article.is_open_for_integration |= opened and not text.left_out
    article.save(
        update_fields=[
            *("live_version", "title", "url", "remote_id", "published_at"),
            "is_open_for_integration",
        ]
    )


def _notes(text: Text, version: ArticleVersion) -> list[str]:
    notes = []
    if not text.remote_id and text.url != text.page:
        notes.append(f"Byline serves this site's pages: the text is live at {text.url}")
    if text.left_out:
        notes.append(
            f"Left out of the text: {', '.join(text.left_out)}. Publishing a link would take that "
            "off the page, so look at it before you put it on sale."
        )
    if closed := opening_of(text.domain, version).closed:
        notes.append(closed)
    notes += [finding.message for finding in text.report.blocking]
    return notes
