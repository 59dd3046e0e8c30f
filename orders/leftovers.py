"""Links of orders that have ended, on pages that are live: found for the editors, and taken off.

The job `link-removal` has made the page's text anew without them. It goes live when a named editor
says so, or with the next publication on that page.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import transaction

from articles.links import page_of, without_links
from articles.models import Article, ArticleVersion, BacklinkReview
from orders import endings, lifecycle
from orders.models import Order, Status
from queueing import ledger
from queueing.models import Job, State

KIND: Final = "page-cleanup"


class NothingLeft(Exception):
    """No link of an ended order is on that page."""


@dataclass(frozen=True, kw_only=True)
class Leftover:
    """A live page with links of these ended orders; `job` is the last one that was to end that."""

    article: Article
    orders: tuple[Order, ...]
    job: Job | None

    @property
    def is_under_way(self) -> bool:
        return self.job is not None and self.job.state in (State.WAITING, State.ACTIVE)


def found() -> list[Leftover]:
    """Return the live pages that carry links of ended orders, the longest ended first."""
    ended = Order.objects.filter(
        status=Status.FAILED, version__article__live_version__isnull=False
    ).select_related("version__article__live_version", "version__article__domain")
    pages: dict[int, Article] = {}
    for order in ended.order_by("failed_at").defer("version__html", "version__report"):
        if order.version is not None:
            pages.setdefault(order.version.article_id, order.version.article)
    return [each for each in map(_leftover, pages.values()) if each is not None]


@transaction.atomic
def remove(*, article_id: int, by: str, at: datetime) -> Leftover:
    """Have the page published without those links, on this editor's word.

    Asked again while that is under way, it changes nothing.

    :raises NothingLeft: there is none
    """
    article = Article.objects.select_for_update(no_key=True, of=("self",)).get(pk=article_id)
    leftover = _leftover(article)
    if leftover is None:
        raise NothingLeft("No link of an ended order is on that page; nothing was changed.")
    if leftover.is_under_way:
        return leftover
    for order in leftover.orders:
        lifecycle.note(order=order, what="Its link is taken off the live page", actor=by, at=at)
    subject = leftover.orders[0].subject
    if text_without(article) is None:
        ledger.enqueue(kind=endings.LINK_REMOVAL, subject=subject, actor=by)
    ledger.enqueue(
        kind=KIND,
        subject=subject,
        arguments={"article": article.pk},
        actor=by,
    )
    return leftover


def text_without(article: Article) -> ArticleVersion | None:
    """Return the live text's successor, with the same words and without such links; None while
    it is not made."""
    live = article.live_version
    if live is None:
        return None
    dead = endings.dead_pages(article_id=article.pk)
    html = without_links(live.html, to=lambda href: page_of(href) in dead)
    return article.versions.filter(html=html).order_by("-number").first()


def removed(*, version: ArticleVersion, codes: Iterable[str], at: datetime) -> None:
    """Mark the text that an editor had published, and say so in the ended orders' histories."""
    version.backlink_review_status = BacklinkReview.APPROVED
    version.save(update_fields=["backlink_review_status"])
    for order in Order.objects.filter(code__in=codes):
        lifecycle.note(order=order, what="Its link is off the live page", actor="system", at=at)


def _leftover(article: Article) -> Leftover | None:
    live = article.live_version
    codes = endings.dead_links(live) if live is not None else []
    if not codes:
        return None
    orders = tuple(Order.objects.filter(code__in=codes).order_by("failed_at"))
    job = Job.objects.filter(kind=KIND, arguments={"article": article.pk}).order_by("created_at")
    return Leftover(article=article, orders=orders, job=job.last())
