"""Ending a paid order that will not be published, and giving its money back.

The order's work is stopped, its texts stand no more, and links of it in texts that others' orders
were made from are taken out by a job.
"""

from collections.abc import Collection, Iterable
from contextlib import suppress
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog
from django.db import transaction

from articles.document import parse
from articles.links import Page, links, page_of
from articles.models import Article, ArticleVersion, BacklinkReview
from orders import (
    balances,
    claims,
    lifecycle,
    marks,
    notifications,
    refund_news,
    refunds,
)
from orders.models import (
    Ending,
    Order,
    OrderEvent,
    Product,
    Publication,
    Refund,
    Review,
    Revision,
    Status,
)
from queueing import ledger, service
from queueing.models import Job
from queueing.models import State as JobState

log = structlog.get_logger(__name__)

PUBLICATION: Final = "publication"
WRITING: Final = ("article-generation", "backlink-integration", "backlink-revision")
LINK_REMOVAL: Final = "link-removal"
_ENDED: Final = (Status.FAILED, Status.CANCELLED, Status.AWAITING_PAYMENT)
_UNDER_WAY: Final = (Status.PROCESSING, Status.QUALITY_CHECK, Status.ADMIN_REVIEW)
_OVER: Final = (Status.COMPLETED, Status.FAILED, Status.CANCELLED)
# Codes of orders by the page that they had linked.
Pages = dict[Page, str]


class RefundRefused(Exception):
    """There is nothing to give back; nothing was changed."""


@transaction.atomic
def refund(*, order: Order, actor: str, reason: str, at: datetime) -> list[Refund]:
    """Owe all that is left of what was paid, wherever the order stands.

    An order in work or in review ends, also one whose money went back at Stripe before; one that
    waits for its payment, because what was paid differs, is cancelled; one that has ended is owed
    what did not go back, such as a refund that failed for good. What Stripe gave back, what is on
    its way and what a bank disputes is not owed again.

    :raises RefundRefused: nothing is left, and no order to end whose money went back
    """
    order = lifecycle.lock(order.pk)
    failure, has_ended = None, order.status in _OVER
    if order.status in _UNDER_WAY:
        because = Ending.REFUNDED
        failure = call_off(order=order, because=because, why=reason, actor=actor, at=at)
    elif order.status == Status.AWAITING_PAYMENT:
        lifecycle.cancel(order=order, actor=actor, why="what was paid goes back", at=at)
    owed = refunds.owe(order=order, reason=reason, at=at)
    if not owed and (has_ended or not balances.went_back_elsewhere(order)):
        raise RefundRefused(
            f"Nothing is left to give back for order {order.code}: no payment, or its money is "
            "on its way, went back, or is with the bank."
        )
    marks.release(order=order, what="Checked by our staff", actor=actor, at=at)
    lifecycle.note(order=order, what=f"Refund by our staff: {reason}", actor=actor, at=at)
    if failure is not None:
        notifications.record(
            order=order, kind=notifications.Kind.ORDER_FAILED, event=failure, at=at
        )
    elif not owed:
        refund_news.made_elsewhere(order=order, at=at)
    log.info("refund_by_staff", order=str(order.pk), actor=actor, refunds=len(owed))
    return owed


def call_off(*, order: Order, because: Ending, why: str, actor: str, at: datetime) -> OrderEvent:
    """End an order that is in work or in review; in the caller's transaction, who settles its
    money.

    :raises TransitionRefused: it is not
    """
    failure = lifecycle.call_off(order=order, because=because, why=why, actor=actor, at=at)
    stop_work(
        order=order,
        states=[JobState.WAITING, JobState.ACTIVE],
        why="The order was ended",
        actor=actor,
        at=at,
    )
    Revision.objects.filter(order=order, state=Revision.State.OPEN).update(
        state=Revision.State.FAILED, settled_at=at
    )
    Review.objects.filter(order=order, decision="").update(
        decision=Review.Decision.ENDED,
        decided_by=actor,
        decided_at=at,
        note=why,
        **claims.NOBODY,  # an editor may have it open
    )
    waiting = Publication.objects.filter(
        review__order=order, state__in=[Publication.State.WAITING, Publication.State.FAILED]
    )
    waiting.update(state=Publication.State.FAILED, reason=f"The order was ended: {why}"[:500])
    discard(order=order)
    return failure


def discard(*, order: Order) -> None:
    """Let no text of the order stand any more, and have its link taken out of others' texts."""
    texts = ArticleVersion.objects.filter(order_key=order.subject)
    texts.update(backlink_review_status=BacklinkReview.REJECTED)
    if order.version_id is None:
        return
    is_live = Article.objects.filter(versions=order.version_id, live_version__isnull=False)
    if order.product != Product.INTEGRATION and not is_live.exists():
        return  # nobody else's text was made from it: a page takes links once it is live
    ledger.enqueue(
        kind=LINK_REMOVAL,
        subject=order.subject,
        arguments={},
        key=f"{LINK_REMOVAL}:{order.pk}:{order.version_id}",
        actor="system",
    )


def is_being_unlinked(codes: Collection[str]) -> bool:
    """Whether the links of all these ended orders are being taken out of others' texts."""
    orders = Order.objects.filter(code__in=codes)
    under_way = Job.objects.filter(
        kind=LINK_REMOVAL,
        subject__in=[order.subject for order in orders],
        state__in=[JobState.WAITING, JobState.ACTIVE],
    )
    return under_way.values("subject").distinct().count() == len(set(codes))


def dead_pages(*, article_id: int) -> Pages:
    """Return the pages that ended orders had linked in an article, with those orders' codes.

    A page that another order has linked, or is linking, is not among them.
    """
    return dead_pages_of([article_id])[article_id]


def dead_pages_of(article_ids: Collection[int]) -> dict[int, Pages]:
    """Return what `dead_pages` does for each of many articles, with one query."""
    live: dict[int, set[Page]] = {pk: set() for pk in article_ids}
    ended: dict[int, Pages] = {pk: {} for pk in article_ids}
    for article_id, _, status, code, url in _linked(article_ids):
        if status == Status.FAILED:
            ended[article_id][page_of(url)] = code
        elif status not in _ENDED:
            live[article_id].add(page_of(url))
    return {
        pk: {page: code for page, code in ended[pk].items() if page not in live[pk]}
        for pk in article_ids
    }


def pages_of_others(order: Order) -> set[Page]:
    """Return the pages that other orders, paid for and not ended, have linked in the order's
    article or are linking there; no change of the order's text may take those links."""
    article_id = order.article_id or (order.version.article_id if order.version else None)
    if article_id is None:
        return set()  # its article is still to be written
    return bought_pages(article_id=article_id, but_of=order)


def bought_pages(*, article_id: int, but_of: Order | None = None) -> set[Page]:
    """Return the pages that orders, paid for and not ended, have linked in an article or are
    linking there, without those of one order."""
    return {
        page_of(url)
        for _, whose, status, _, url in _linked([article_id])
        if status not in _ENDED and (but_of is None or whose != but_of.pk)
    }


def standing_order(subject: str) -> Order | None:
    """Return the order of that subject, None where there is none or it has ended unfulfilled."""
    kind, _, pk = subject.partition(":")
    if kind != "order":
        return None
    orders = Order.objects.select_related("domain", "article", "version")
    return orders.filter(pk=pk).exclude(status__in=_ENDED).first()


def _linked(article_ids: Collection[int]) -> Iterable[tuple[int, UUID, str, str, str]]:
    """Article, id, status, code and target of all orders that wrote one of the articles or have a
    link placed in it."""
    # One query for either way to an article: as alternatives of one, they would read every order.
    told = ("pk", "status", "code", "brief__target_url")
    placed = Order.objects.filter(article__in=article_ids).order_by()
    written = Order.objects.filter(version__article__in=article_ids).order_by()
    return placed.values_list("article_id", *told).union(
        written.values_list("version__article_id", *told)
    )


def dead_links(version: ArticleVersion) -> list[str]:
    """Return the codes of the ended orders whose link the text still carries."""
    return carried(version, dead_pages(article_id=version.article_id))


def carried(version: ArticleVersion, dead: Pages) -> list[str]:
    """Return the codes of those of these pages to which the text has a link."""
    if not dead:
        return []
    pages = {page_of(link.href) for link in links(parse(version.html))}
    return sorted(code for page, code in dead.items() if page in pages)


def stop_work(
    *, order: Order, states: Iterable[JobState], why: str, actor: str, at: datetime
) -> None:
    """Cancel the order's jobs that write, change or publish and are in one of these states."""
    jobs = Job.objects.filter(
        subject=order.subject, kind__in=[*WRITING, PUBLICATION], state__in=[*states]
    )
    # One that is claimed or settles at this moment may wait for the order with its job in hand:
    # waiting for that job here would be for ever. It finds the order as it is by then.
    for job in jobs.select_for_update(skip_locked=True, no_key=True):
        with suppress(service.Refused):
            service.cancel(job_id=job.pk, actor=actor, reason=why, at=at)
