"""Backlink revision: the customer's notes applied as block edits, and nothing else."""

from dataclasses import replace
from functools import partial

import structlog
from django.db import transaction
from django.utils import timezone

from articles import disclosures, quality, writer
from articles.brief import Brief
from articles.models import ArticleVersion
from articles.openings import opening_of, publishers_text
from orders import fulfilment, lifecycle, revisions
from orders.models import Order, Product, Revision
from orders.pipelines.calls import NotInWork
from orders.pipelines.deliveries import draft_of, order_in_work, store_version
from orders.pipelines.rounds import Rounds
from orders.pipelines.turns import hold, in_turn
from queueing.registry import FailedJob, Policy, handles
from queueing.run import Run

log = structlog.get_logger(__name__)


def revision_failed(failed: FailedJob) -> None:
    """Keep the earlier version, in the failing job's own transaction."""
    revision = _revision(int(failed.arguments["revision"] or 0))
    try:
        with transaction.atomic():
            revisions.give_up(revision=revision, at=failed.at)
    except lifecycle.TransitionRefused as refused:
        log.warning("order_stays", order=str(revision.order_id), why=str(refused))


@handles(
    revisions.JOB_KIND,
    policy=Policy(tries=3, base_s=2, cap_s=60),
    rank=15,  # before new work, after what customers are told
    expect_s=60,
    outcomes_kept=True,
    settled=revision_failed,
    no_retry=revisions.no_retry,
    retried=fulfilment.retried,
)
def revise(run: Run) -> None:
    """Change what the notes ask for and put the new version before the customer.

    :raises NotInWork: the order, or the wish, was settled meanwhile
    """
    order = order_in_work(run.subject)
    revision = _revision(int(run.arguments["revision"]))
    if revision.state != Revision.State.OPEN:
        raise NotInWork(f"change {revision.number} was settled before")
    revision.order = order
    in_turn(revision.of_version.article, partial(_change, run, order, revision))


def _change(run: Run, order: Order, revision: Revision, ground: ArticleVersion) -> None:
    """Change the newest text, which is the one that was read unless other orders changed it too."""
    brief, before = Brief.from_json(order.brief), draft_of(ground)
    brief = replace(
        brief,
        # The site's own pages under another host count as no links to other sites.
        internal_links=opening_of(order.domain, ground).own,
        disclosure=disclosures.standing(before.html, wanted=brief.disclosure),
    )
    notes = writer.RevisionNotes(
        notes=revision.notes,
        reasons=tuple(revision.reasons),
        # Another text has other paragraphs.
        block=revision.block if ground.pk == revision.of_version_id else None,
    )
    is_link = order.product == Product.INTEGRATION
    theirs = publishers_text(ground.article_id, order.subject)
    asked = order.revisions.order_by("number").values_list("notes", flat=True)
    notes_of_all = (brief.notes, *asked)
    passed = Rounds(
        run=run,
        order=order,
        # What the notes say is ordered as well: their figures have the customer for a source.
        brief=replace(brief, notes="\n".join(notes_of_all)),
        notes=notes_of_all,
        buy=partial(writer.buy_revision, brief, before, notes=notes),
        first_words="Working on the editor's changes"
        if revision.is_editors
        else "Working on your changes",
        before=before,
        change="revision",
        # Who points at one paragraph asks for no new text, whatever the words.
        asked=revision.notes if revision.block is None else "",
        # A publisher's own page is not judged by the rules of a new article, and stays theirs.
        checks=quality.INTEGRATION if is_link else None,
        publishers=draft_of(theirs) if is_link and theirs is not None else None,
        mark=f"on-{ground.number}-",
    ).passing()
    at = timezone.now()
    with run.delivery():
        version = store_version(
            run,
            order=order,
            brief=brief,
            article=hold(ground),
            passed=passed,
            parent=ground,
            revision_notes=revision.notes,
            who=(revision.asked_by,),
        )
        revisions.deliver(revision=revision, version=version, at=at)


def _revision(pk: int) -> Revision:
    return Revision.objects.select_related(
        "of_version__article", "order__domain", "order__customer", "order__version"
    ).get(pk=pk)
