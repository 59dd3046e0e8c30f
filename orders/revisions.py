"""Changes that a customer, or an editor, asks for: one at a time, as often as they like."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject

from articles.models import ArticleVersion
from orders import fulfilment, lifecycle, notifications
from orders.fulfilment import NORMAL, VIP
from orders.models import Order, Revision, Status
from queueing import ledger
from queueing.models import Job

JOB_KIND: Final = "backlink-revision"
NOTES_CHARS: Final = (10, 2000)  # ux.md, "Ask for changes"


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What a customer last asked to have changed; ids are of versions."""

    notes: str
    state: str
    of_version_id: int


def with_last_wish(orders: QuerySet[Order]) -> QuerySet[Order]:
    """Let the query for orders bring along what `last_wish` would ask for."""
    newest = Revision.objects.filter(order=OuterRef("pk")).order_by("-number")
    return orders.annotate(last_wish=Subquery(newest.values(as_json=_WISH)[:1]))


def last_wish(order: Order) -> Wish | None:
    """Return the newest wish; one query, none for an order of `with_last_wish`."""
    if hasattr(order, "last_wish"):
        told: dict[str, Any] | None = order.last_wish
    else:
        newest = Revision.objects.filter(order=order).order_by("-number")
        told = newest.values_list(_WISH, flat=True).first()
    return Wish(**told) if told else None


_WISH: Final = JSONObject(notes="notes", state="state", of_version_id="of_version_id")


def request(
    *,
    order: Order,
    notes: str,
    reasons: tuple[str, ...] = (),
    block: int | None = None,
    actor: str,
    at: datetime,
    what: str = "Changes asked for",
) -> Revision:
    """Record the wish, send the order back to the writer and enqueue the work, all or nothing.

    `actor` is who asks; `what` is the line of the order's history.

    :raises TransitionRefused: the order is not in the customer's review; a wish that is being
        worked on is one reason for that
    """
    with transaction.atomic():
        lifecycle.ask_for_changes(order=order, actor=actor, at=at, what=what)
        assert order.version_id is not None  # noqa: S101  the database holds it in this status
        revision = Revision.objects.create(
            order=order,
            number=order.revisions.count() + 1,
            of_version_id=order.version_id,
            notes=notes,
            asked_by=actor,
            reasons=list(reasons),
            block=block,
            asked_at=at,
        )
        ledger.enqueue(
            kind=JOB_KIND,
            subject=order.subject,
            arguments={"revision": revision.pk},
            key=_key(revision),
            priority=VIP if order.customer.is_vip else NORMAL,
            actor=actor,
        )
    return revision


def job_of(revision: Revision) -> Job:
    """Return the job that works on the wish."""
    return Job.objects.get(key=_key(revision))


def no_retry(job: Job) -> str | None:
    """Return why a wish's stopped job must not run again, None if it may; its order is locked
    until the transaction ends."""
    why = fulfilment.no_retry(job)
    revision = Revision.objects.get(pk=job.arguments["revision"])
    if revision.state == Revision.State.OPEN:
        return why
    return (
        f"change {revision.number} is settled: “{revision.get_state_display()}”. The customer may "
        "ask for it again, or an editor at the review desk"
    )


def deliver(*, revision: Revision, version: ArticleVersion, at: datetime) -> None:
    """Put the changed version before the customer, in the caller's transaction.

    :raises TransitionRefused: the order is not being worked on, or the wish was settled before
    """
    order = revision.order
    _settle(revision, state=Revision.State.DONE, version=version, at=at)
    lifecycle.deliver(order=order, version=version, at=at)
    notifications.record(
        order=order,
        kind=notifications.Kind.REVISION_READY,
        version=version,
        revision=revision,
        at=at,
    )


def give_up(*, revision: Revision, at: datetime) -> None:
    """Keep the earlier version, tell the customer and the admins; in the caller's transaction.

    :raises TransitionRefused: the order is not being worked on, or the wish was settled before
    """
    order = revision.order
    _settle(revision, state=Revision.State.FAILED, at=at)
    lifecycle.keep_version(order=order, at=at)
    for kind in (
        notifications.Kind.REVISION_NOT_POSSIBLE,
        notifications.Kind.ADMIN_REVISION_FAILED,
    ):
        notifications.record(order=order, kind=kind, revision=revision, at=at)


def _settle(
    revision: Revision, *, state: str, at: datetime, version: ArticleVersion | None = None
) -> None:
    """A job that is let run again after its wish was settled moves no order: another wish may be
    what the order is at."""
    lifecycle.lock(revision.order_id)
    unsettled = Revision.objects.filter(pk=revision.pk, state=Revision.State.OPEN)
    if not unsettled.update(state=state, version=version, settled_at=at):
        raise lifecycle.TransitionRefused(order=revision.order, to=Status.QUALITY_CHECK)


def _key(revision: Revision) -> str:
    return f"revise:{revision.pk}"
