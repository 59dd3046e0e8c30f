"""Backlink integration: the ordered link placed in an article that exists, by block edits.

Orders for one article take turns: each changes the newest text that still stands, and one whose
ground has moved while it worked begins anew on the newer text, so that every link ends up in it and
the site's limit of links is judged on the text as it will be.
"""

from dataclasses import replace
from functools import partial
from typing import Final

from django.utils import timezone

from articles import writer
from articles.brief import Brief
from articles.models import Article, ArticleVersion
from articles.openings import newest_standing, opening_of
from orders import lifecycle, notifications
from orders.models import Order
from orders.pipelines.deliveries import draft_of, order_in_work, store_version
from orders.pipelines.generation import order_failed
from orders.pipelines.rounds import Passed, Rounds
from queueing.errors import Permanent, RetryLater
from queueing.registry import Policy, handles
from queueing.run import Run

BEGINNINGS: Final = 5  # how often one try begins anew before it waits for others to be done
WAITS_S: Final = 5.0


class GroundMoved(Exception):
    """Another order's version of the article was delivered first."""


class NoPlace(Permanent):
    """The article takes no such link any more: others were placed after this one was ordered."""


@handles(
    "backlink-integration",
    policy=Policy(tries=3, base_s=2, cap_s=60),
    rank=20,
    expect_s=45,
    outcomes_kept=True,
    settled=order_failed,
)
def integrate(run: Run) -> None:
    """Place the ordered link and put the new version before the customer.

    :raises NotInWork: the order was settled meanwhile
    :raises NoPlace: the newest text has no room for the link, so nothing is bought
    """
    order = order_in_work(run.subject)
    assert order.article is not None  # noqa: S101  such an order names one
    for _ in range(BEGINNINGS):
        ground = newest_standing(order.article)
        passed = _place(run, order=order, ground=ground)
        try:
            _deliver(run, order=order, ground=ground, passed=passed)
        except GroundMoved:
            continue
        return
    raise RetryLater("other orders keep changing this article", retry_after_s=WAITS_S)


def _place(run: Run, *, order: Order, ground: ArticleVersion) -> Passed:
    opening = opening_of(order.domain, ground)
    brief, before = Brief.from_json(order.brief), draft_of(ground)
    refusal = opening.refusal(brief.target_url)
    if refusal is not None:
        raise NoPlace(refusal)
    # The gate is told which of the text's links are the site's own and do not count.
    brief = replace(brief, internal_links=opening.own)
    return Rounds(
        run=run,
        order=order,
        brief=brief,
        buy=partial(writer.buy_integration, brief, before),
        first_words="Finding the place for your link",
        before=before,
        change="integration",
        mark=f"on-{ground.number}/",
    ).passing()


def _deliver(run: Run, *, order: Order, ground: ArticleVersion, passed: Passed) -> None:
    at = timezone.now()
    with run.delivery():
        # One delivery of an article at a time: whoever comes second sees the first's version.
        article = Article.objects.select_for_update(no_key=True).get(pk=ground.article_id)
        if newest_standing(article).pk != ground.pk:
            raise GroundMoved
        version = store_version(
            run,
            order=order,
            brief=Brief.from_json(order.brief),
            article=article,
            passed=passed,
            parent=ground,
        )
        lifecycle.deliver(order=order, version=version, at=at)
        notifications.record(
            order=order, kind=notifications.Kind.BACKLINK_INTEGRATED, version=version, at=at
        )
