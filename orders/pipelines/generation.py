"""Article generation: the brief, rounds of writing, delivery."""

from dataclasses import replace

import structlog
from django.db import IntegrityError, transaction
from django.utils import timezone

from articles import catalogue, references
from articles.brief import Brief, Reference
from articles.models import Article
from orders import fulfilment, lifecycle, notifications
from orders.models import Obstacle, Order
from orders.pipelines.deliveries import order_in_work, order_of, store_version
from orders.pipelines.rounds import GateBlocked, Rounds
from orders.pipelines.writing import written
from queueing.registry import FailedJob, Policy, handles
from queueing.run import Run

log = structlog.get_logger(__name__)


def article_failed(failed: FailedJob) -> None:
    """Settle the order of an article that is given up, in the job's own transaction."""
    order_failed(failed, obstacle=obstacle_of(failed))


def obstacle_of(failed: FailedJob) -> str:
    """Return what of an order's text was in the way, empty where it was something else."""
    return Obstacle.GATE if failed.error_class == GateBlocked.__name__ else ""


def order_failed(failed: FailedJob, *, obstacle: str) -> None:
    """Settle the order of a job that failed for good over that, in the job's own transaction."""
    order = order_of(failed.subject)
    try:
        with transaction.atomic():
            fulfilment.give_up(order=order, reason=failed.reason, obstacle=obstacle, at=failed.at)
    except lifecycle.TransitionRefused as refused:
        # Somebody settled the order already; the job's own record keeps the error.
        log.warning("order_stays", order=str(order.pk), why=str(refused))


@handles(
    "article-generation",
    policy=Policy(tries=3, base_s=2, cap_s=60),
    rank=20,
    expect_s=90,
    outcomes_kept=True,
    settled=article_failed,
    no_retry=fulfilment.no_retry,
    retried=fulfilment.retried,
)
def generate(run: Run) -> None:
    """Write the ordered article and put it before the customer.

    :raises NotInWork: the order was settled meanwhile, by its refund for one
    """
    order = order_in_work(run.subject)
    brief = Brief.from_json(
        run.once("brief", lambda: _brief(order).to_json(), doing="Reading your brief")
    )
    brief, unread = _with_references(run, brief)
    text = written(run, order=order, brief=brief)
    passed = Rounds(run=run, order=order, brief=brief, written=text).passing()
    at = timezone.now()
    with run.delivery():  # version, move, e-mail and the settled job land together
        article = _page(order, slug=passed.draft.slug, title=passed.draft.title)
        version = store_version(run, order=order, brief=brief, article=article, passed=passed)
        _keep_references(order, brief)
        for url, why in unread.items():
            note = f"Written without the reference {url}: {why}"
            lifecycle.note(order=order, what=note, actor="system", at=at)
        lifecycle.deliver(order=order, version=version, at=at)
        notifications.record(
            order=order, kind=notifications.Kind.ARTICLE_READY, version=version, at=at
        )


def _brief(order: Order) -> Brief:
    """The brief as ordered, with the pages of the site that the article may link to."""
    brief = Brief.from_json(order.brief)
    candidates = catalogue.internal_candidates(order.domain, f"{brief.topic} {brief.keyword}")
    return replace(brief, internal_links=tuple(candidates))


def _with_references(run: Run, brief: Brief) -> tuple[Brief, dict[str, str]]:
    """The brief with its references' texts, and why there is none, by address."""
    if not brief.references:
        return brief, {}

    def look() -> list[dict[str, str]]:
        found = []
        for wanted in brief.references:
            try:
                found.append({"url": wanted.url, "text": references.read(wanted.url).text})
            except references.Unreadable as unreadable:
                found.append({"url": wanted.url, "text": "", "why": str(unreadable)})
        return found

    seen = run.once("references", look, doing="Reading your references")
    read = tuple(Reference(url=each["url"], text=each["text"]) for each in seen)
    unread = {each["url"]: each["why"] for each in seen if "why" in each}
    return replace(brief, references=read), unread


def _keep_references(order: Order, brief: Brief) -> None:
    """Keep with the order what its references said, for those who change or judge its text later.

    The job's own steps are forgotten in a day, and a page may say something else by then.
    """
    if brief.references:
        order.brief = {**order.brief, "references": brief.to_json()["references"]}
        order.save(update_fields=["brief"])


def _page(order: Order, *, slug: str, title: str) -> Article:
    """The page at the wished address, or with the order's code where the site has that already."""
    page = {"domain": order.domain, "title": title}
    try:
        # Not looked up first: another order may deliver to that address at this very moment.
        with transaction.atomic():
            return Article.objects.create(slug=slug, **page)
    except IntegrityError:
        return Article.objects.create(slug=_with_code(slug, order.code), **page)


def _with_code(slug: str, code: str) -> str:
    longest = Article._meta.get_field("slug").max_length or 0
    return f"{slug[: longest - len(code) - 1]}-{code.lower()}"
