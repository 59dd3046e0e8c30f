"""What every pipeline begins and ends with: an order in work, and a new version of its article."""

from typing import Any

from django.db.models import Max

from articles.brief import Brief
from articles.document import parse, words
from articles.draft import Draft
from articles.models import Article, ArticleVersion
from orders.models import Order, Status
from orders.pipelines.calls import NotInWork
from orders.pipelines.rounds import Passed
from queueing.run import Run


def draft_of(version: ArticleVersion) -> Draft:
    """Return a stored text as something to be changed."""
    return Draft(
        title=version.title,
        meta_description=version.meta_description,
        slug=version.slug,
        html=version.html,
    )


def changed_by(version: ArticleVersion, *, who: str) -> dict[str, Any]:
    """Return the provenance of a text that was made from the version without the writer.

    It names all who had a hand in it. How many rounds the writer took is the version's own figure:
    counted again for each change, the share of texts that pass at once would be wrong.
    """
    inherited = {name: told for name, told in version.provenance.items() if name != "rounds"}
    return inherited | {"who": [*version.provenance.get("who", []), who]}


def order_of(subject: str) -> Order:
    """Return the order that a job is about, with what pipelines need of it.

    :raises Order.DoesNotExist: there is none
    """
    orders = Order.objects.select_related("domain", "customer", "article", "version")
    return orders.get(pk=subject.partition(":")[2])


def order_in_work(subject: str) -> Order:
    """Return the order that a job is about.

    :raises NotInWork: it is not being worked on, so nothing may be bought for it
    """
    order = order_of(subject)
    if order.status != Status.PROCESSING:
        raise NotInWork(f"the order is at {order.status}")
    return order


def store_version(
    run: Run,
    *,
    order: Order,
    brief: Brief,
    article: Article,
    passed: Passed,
    parent: ArticleVersion | None = None,
    revision_notes: str | None = None,
    who: tuple[str, ...] = (),
) -> ArticleVersion:
    """Store the next version of the article; a job that does so twice is refused by its key."""
    newest = parent and article.versions.aggregate(newest=Max("number"))["newest"]
    return ArticleVersion.objects.create(
        article=article,
        number=(newest or 0) + 1,
        parent=parent,
        title=passed.draft.title,
        meta_description=passed.draft.meta_description,
        slug=article.slug,
        html=passed.draft.html,
        words=words(parse(passed.draft.html)),
        report=passed.report.to_json(),
        provenance={
            "model": passed.model,
            "prompt_version": passed.prompt_version,
            "gate_version": passed.report.gate,
            "rounds": passed.rounds,
            "who": list(who),
        },
        edits=list(passed.edits),
        order_key=order.subject,
        job_key=str(run.job_id),
        backlink_metadata={
            "targetUrl": brief.target_url,
            "anchorText": brief.anchor_text,
            "revisionNotes": revision_notes,
        },
    )
