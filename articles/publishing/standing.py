"""Which text of an article is live. A live text is replaced only by one that was made from it.

Anything else would take out what somebody else has paid for since: two links ordered for one
article are two versions, and the second is made from the first.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from articles.models import Article, ArticleVersion
from articles.publishing.changes import settle
from articles.publishing.publisher import Published, PublishingRefused, PublishingUnavailable


def standing(*, article: Article, version: ArticleVersion) -> ArticleVersion:
    """Return the text that must be live once `version` is approved.

    That is `version`, or the live one where it was made from `version` and so contains it. At
    most one query beside the live version itself.

    :raises ValueError: `version` is a text of another article
    :raises PublishingRefused: neither was made from the other
    """
    if version.article_id != article.pk:
        raise ValueError(f"version {version.pk} is no text of article {article.pk}")
    live = article.live_version
    if live is None or live.pk == version.pk:
        return version
    parents = dict(article.versions.values_list("pk", "parent_id"))
    if _descends(version.pk, live.pk, parents):
        return version
    if _descends(live.pk, version.pk, parents):
        return live
    raise PublishingRefused(
        f"Version {version.number} was not made from version {live.number}, which is live: "
        "publishing it would undo what was published since."
    )


@transaction.atomic
def went_live(
    *, article: Article, version: ArticleVersion, published: Published, at: datetime
) -> None:
    """Record that `version` stands at `published.url`; `article` is as the publisher had it.

    :raises PublishingUnavailable: another text of it went live meanwhile, so what stands there
        is not known
    """
    now = Article.objects.select_for_update(of=("self",)).get(pk=article.pk)
    if now.live_version_id not in {article.live_version_id, version.pk}:
        raise PublishingUnavailable("Another version of this article was published just now.")
    now.live_version = version
    now.title = version.title
    now.slug, now.url, now.remote_id = published.slug, published.url, published.remote_id
    now.published_at = now.published_at or at
    now.save(
        update_fields=["live_version", "title", "slug", "url", "remote_id", "published_at"],
    )
    settle(article_id=now.pk, at=at)


def _descends(version: int, ancestor: int, parents: Mapping[int, int | None]) -> bool:
    at: int | None = version
    while at is not None and at != ancestor:
        at = parents.get(at)
    return at == ancestor
