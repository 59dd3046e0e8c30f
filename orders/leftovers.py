"""Links of orders that have ended, on pages that are live: found for the editors, and taken off.

The job `link-removal` has made the page's text anew without them. It goes live when a named editor
says so, or with the next publication on that page.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
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

    @property
    def is_undone(self) -> bool:
        """Whether the job was to end that and did not; one from before they ended was not."""
        if self.job is None or self.job.state not in (State.FAILED, State.CANCELLED):
            return False
        began = self.job.created_at
        return any(one.failed_at is not None and one.failed_at <= began for one in self.orders)


def found() -> list[Leftover]:
    """Return the live pages that carry links of ended orders, the longest ended first."""
    ended = Order.objects.filter(
        status=Status.FAILED, version__article__live_version__isnull=False
    ).order_by("failed_at")
    pages = list(dict.fromkeys(ended.values_list("version__article_id", flat=True)))
    articles = Article.objects.select_related("domain", "live_version").defer(
        "live_version__report", "live_version__provenance", "live_version__edits"
    )
    by_pk = articles.in_bulk(pages)
    return _leftovers([by_pk[pk] for pk in pages])


@transaction.atomic
def remove(*, article_id: int, by: str, at: datetime) -> Leftover:
    """Have the page published without those links, on this editor's word.

    Asked again while that is under way, it changes nothing.

    :raises NothingLeft: there is none
    """
    article = Article.objects.select_for_update(no_key=True, of=("self",)).get(pk=article_id)
    leftovers = _leftovers([article])
    if not leftovers:
        raise NothingLeft("No link of an ended order is on that page; nothing was changed.")
    (leftover,) = leftovers
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
    it is not made, or where it was rejected."""
    live = article.live_version
    if live is None:
        return None
    dead = endings.dead_pages(article_id=article.pk)
    html = without_links(live.html, to=lambda href: page_of(href) in dead)
    same = article.versions.filter(html=html)
    return same.exclude(backlink_review_status=BacklinkReview.REJECTED).order_by("-number").first()


def removed(*, version: ArticleVersion, codes: Iterable[str], at: datetime) -> None:
    """Mark the text that an editor had published, and say so in the ended orders' histories."""
    version.backlink_review_status = BacklinkReview.APPROVED
    version.save(update_fields=["backlink_review_status"])
    for order in Order.objects.filter(code__in=codes):
        lifecycle.note(order=order, what="Its link is off the live page", actor="system", at=at)


def _leftovers(articles: Sequence[Article]) -> list[Leftover]:
    """Return those of the pages that carry such links; three queries, however many there are."""
    dead = endings.dead_pages_of([article.pk for article in articles])
    codes = {
        article: endings.carried(article.live_version, dead[article.pk])
        for article in articles
        if article.live_version is not None
    }
    named = Order.objects.filter(code__in=[*chain.from_iterable(codes.values())])
    orders = list(named.order_by("failed_at"))
    jobs = Job.objects.filter(kind=KIND, arguments__article__in=[one.pk for one in articles])
    last = {job.arguments["article"]: job for job in jobs.order_by("created_at")}
    return [
        Leftover(
            article=article,
            orders=tuple(order for order in orders if order.code in found),
            job=last.get(article.pk),
        )
        for article, found in codes.items()
        if found
    ]
