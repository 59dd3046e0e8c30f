"""Backlink integration: the ordered link placed in an article that exists, by block edits."""

from dataclasses import replace
from functools import partial
from typing import Final

from django.utils import timezone

from articles import disclosures, writer
from articles.brief import Brief
from articles.models import ArticleVersion
from articles.openings import LINKED_ALREADY, TOO_LARGE, opening_of
from orders import fulfilment, lifecycle, notifications
from orders.models import Obstacle, Order
from orders.pipelines.deliveries import draft_of, order_in_work, store_version
from orders.pipelines.generation import obstacle_of, order_failed
from orders.pipelines.rounds import Passed, Rounds
from orders.pipelines.turns import hold, in_turn
from queueing.errors import Permanent
from queueing.registry import FailedJob, Policy, handles
from queueing.run import Run


class NoPlace(Permanent):
    """The article takes no such link any more: others were placed after this one was ordered."""


# By the sentence that the job's record has; of the others each tells how many links there are.
_CLOSED: Final = {LINKED_ALREADY: Obstacle.LINKED, TOO_LARGE: Obstacle.LARGE}


def link_failed(failed: FailedJob) -> None:
    """Settle the order of a link that is given up, in the job's own transaction."""
    obstacle = obstacle_of(failed)
    if failed.error_class == NoPlace.__name__:
        obstacle = _CLOSED.get(failed.error_reason, Obstacle.FULL)
    order_failed(failed, obstacle=obstacle)


@handles(
    "backlink-integration",
    policy=Policy(tries=3, base_s=2, cap_s=60),
    rank=20,
    expect_s=45,
    outcomes_kept=True,
    settled=link_failed,
    no_retry=fulfilment.no_retry,
    retried=fulfilment.retried,
)
def integrate(run: Run) -> None:
    """Place the ordered link and put the new version before the customer.

    :raises NotInWork: the order was settled meanwhile
    :raises NoPlace: the newest text has no room for the link, so nothing is bought
    """
    order = order_in_work(run.subject)
    assert order.article is not None  # noqa: S101  such an order names one

    def place(ground: ArticleVersion) -> None:
        passed = _place(run, order=order, ground=ground)
        _deliver(run, order=order, ground=ground, passed=passed)

    in_turn(order.article, place)


def _place(run: Run, *, order: Order, ground: ArticleVersion) -> Passed:
    opening = opening_of(order.domain, ground)
    brief, before = Brief.from_json(order.brief), draft_of(ground)
    refusal = opening.refusal(brief.target_url)
    if refusal is not None:
        raise NoPlace(refusal)
    brief = replace(
        brief,
        # The gate is told which of the text's links are the site's own and do not count.
        internal_links=opening.own,
        disclosure=disclosures.standing(before.html, wanted=brief.disclosure),
    )
    return Rounds(
        run=run,
        order=order,
        brief=brief,
        buy=partial(writer.buy_integration, brief, before),
        first_words="Finding the place for your link",
        before=before,
        change="integration",
        mark=f"on-{ground.number}-",
    ).passing()


def _deliver(run: Run, *, order: Order, ground: ArticleVersion, passed: Passed) -> None:
    at = timezone.now()
    with run.delivery():
        article = hold(ground)
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
