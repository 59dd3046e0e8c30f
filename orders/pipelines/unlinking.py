"""Takes links of orders that have ended out of the texts that others' orders were made from.

Each such text gets a successor that says the same words, without the link: examined by the gate,
put in the place of the old one wherever its order stands, and made from the successor of what the
old one was made from, so that whichever is published first, the others still follow from it.

A live text gets one too. It waits until an editor has it published (`orders.leftovers`), or for the
next publication there.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import structlog
from django.db.models import Max
from django.utils import timezone

from articles import quality
from articles.brief import Brief
from articles.document import parse, words
from articles.links import page_of, without_links
from articles.models import Article, ArticleVersion, BacklinkReview
from articles.openings import newest_standing, opening_of
from orders import endings, lifecycle
from orders.models import Order, Product, Review, Status
from orders.pipelines.deliveries import changed_by, draft_of, order_of
from orders.pipelines.rounds import other_texts
from queueing import connections
from queueing.errors import RetryLater
from queueing.registry import FailedJob, Policy, handles
from queueing.run import Run

log = structlog.get_logger(__name__)

_UNDER_WAY: Final = (Status.PROCESSING, Status.QUALITY_CHECK, Status.ADMIN_REVIEW)


@dataclass(frozen=True, kw_only=True)
class Successor:
    """A text without the links of ended orders, and whose it is while that order is under way."""

    old: ArticleVersion
    html: str
    order: Order | None
    report: dict[str, Any]


def removal_failed(failed: FailedJob) -> None:
    """Tell the log: until somebody retries it, nothing with that link is approved."""
    order = failed.subject.partition(":")[2]
    log.error("link_removal_failed", order=order, error=failed.error_class)


@handles(
    endings.LINK_REMOVAL,
    policy=Policy(tries=8, base_s=2, cap_s=60),
    rank=12,
    expect_s=3,
    settled=removal_failed,
)
def remove_links(run: Run) -> None:
    """Give every text that must not be published as it is a successor that may be."""
    ended = order_of(run.subject)
    page = ended.article
    if page is None and ended.version is not None:
        page = ended.version.article
    if page is None:
        return
    successors = _successors(page)
    at = timezone.now()
    with run.delivery():
        article = Article.objects.select_for_update(no_key=True).get(pk=page.pk)
        if [(one.old.pk, one.html) for one in successors] != [
            (old.pk, html) for old, html, _ in _to_be_changed(article)
        ]:
            raise RetryLater("the article's texts changed meanwhile", retry_after_s=1)
        made: dict[int, ArticleVersion] = {}
        newest = article.versions.aggregate(newest=Max("number"))["newest"] or 0
        for successor in successors:
            stands = _made_before(article, successor)
            if stands is None:
                newest += 1
                stands = _store(article, successor, made, number=newest)
            made[successor.old.pk] = stands
            _replace(successor, made[successor.old.pk], code=ended.code, at=at)
    log.info("links_removed", article=page.pk, texts=len(successors))
    if article.live_version_id in made:
        log.error("ended_order_is_live", order=str(ended.pk), article=page.pk)


def _to_be_changed(article: Article) -> list[tuple[ArticleVersion, str, Order | None]]:
    """Return the current texts that carry a dead link, as they should be, oldest first."""
    dead = endings.dead_pages(article_id=article.pk)
    if not dead:
        return []
    orders = Order.objects.filter(article=article, status__in=_UNDER_WAY, version__isnull=False)
    current: dict[int, tuple[ArticleVersion, Order | None]] = {
        order.version.pk: (order.version, order)
        for order in orders.select_related("version", "domain", "customer")
        if order.version is not None
    }
    for standing in (_standing(article), article.live_version):
        if standing is not None:
            current.setdefault(standing.pk, (standing, None))
    changed = []
    for _, (version, order) in sorted(current.items(), key=lambda item: item[1][0].number):
        html = without_links(version.html, to=lambda href: page_of(href) in dead)
        if html != version.html:
            changed.append((version, html, order))
    return changed


def _standing(article: Article) -> ArticleVersion | None:
    try:
        return newest_standing(article)
    except ArticleVersion.DoesNotExist:  # a page of its own whose order has ended
        return None


def _successors(article: Article) -> list[Successor]:
    return [
        Successor(old=old, html=html, order=order, report=_report(old, html, order))
        for old, html, order in _to_be_changed(article)
    ]


def _report(old: ArticleVersion, html: str, order: Order | None) -> dict[str, Any]:
    """What the gate says of the text, by the brief of the order that it stands for; a text of no
    such order is judged as a page for itself."""
    order = order or endings.standing_order(old.order_key)
    before = draft_of(old)
    judged = _as_page(old) if order is None else _as_ordered(old, html, order)
    connections.let_go(what="the gate")
    draft = replace(before, html=html)
    return quality.check(draft, before=before, change="revision", **judged).to_json()


def _as_ordered(old: ArticleVersion, html: str, order: Order) -> dict[str, Any]:
    own = opening_of(order.domain, old).own
    return {
        "brief": replace(Brief.from_json(order.brief), internal_links=own),
        "others": other_texts(order, html),
        "checks": quality.INTEGRATION if order.product == Product.INTEGRATION else None,
        "bought": endings.pages_of_others(order),
    }


def _as_page(old: ArticleVersion) -> dict[str, Any]:
    domain = old.article.domain
    return {
        "brief": Brief(
            topic=old.title,
            niche="",
            site_niches=tuple(domain.niches),
            # Nothing was ordered for it.
            keyword="",
            target_url="",
            anchor_text="",
            words=1,
            host=domain.host,
            language=domain.language,
        ),
        "checks": quality.PAGE,
        "bought": endings.bought_pages(article_id=old.article_id),
    }


def _made_before(article: Article, successor: Successor) -> ArticleVersion | None:
    """Return the successor of a text of no order that another job has made; None where none has.

    A second one would go live beside the line that others' texts are made in, and shut them out.
    """
    if successor.order is not None:
        return None
    made = article.versions.filter(parent=successor.old, html=successor.html)
    return made.exclude(backlink_review_status=BacklinkReview.REJECTED).order_by("-number").first()


def _store(
    article: Article, successor: Successor, made: dict[int, ArticleVersion], *, number: int
) -> ArticleVersion:
    old = successor.old
    return ArticleVersion.objects.create(
        article=article,
        number=number,
        parent=_parent(article, old, made),
        title=old.title,
        meta_description=old.meta_description,
        slug=old.slug,
        html=successor.html,
        words=words(parse(successor.html)),
        report=successor.report,
        provenance=changed_by(old, who="link removal") | _gate_of(successor.report),
        order_key=old.order_key if successor.order is not None else "",
        backlink_metadata=old.backlink_metadata if successor.order is not None else {},
    )


def _gate_of(report: dict[str, Any]) -> dict[str, Any]:
    return {"gate_version": report["gate"]} if report else {}


def _parent(
    article: Article, old: ArticleVersion, made: dict[int, ArticleVersion]
) -> ArticleVersion:
    """The nearest successor among the texts that `old` was made from, else `old` itself.

    So the successors stand in one line, as their texts do, and all of it comes from the live one.
    """
    texts = {text.pk: text for text in article.versions.defer("html", "report")}
    step = texts[old.pk].parent_id
    while step is not None and step in texts:
        if step in made:
            return made[step]
        step = texts[step].parent_id
    return old


def _replace(successor: Successor, version: ArticleVersion, *, code: str, at: datetime) -> None:
    order = successor.order
    if order is None:
        return
    what = (
        f"Version {version.number}: another order's link was taken out of the article; its words "
        "and your link stay as they were"
    )
    if lifecycle.replace_version(order=order, version=version, what=what, at=at):
        Review.objects.filter(order=order, decision="").update(version=version)
