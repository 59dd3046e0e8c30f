"""Submission of a version to the editors, and the one decision that a named person makes on it.

Each verb is one transaction, under the order's lock. The first write of a decision is the review's
own row, and only while nobody has decided: of two editors, the second changes nothing.
"""

from datetime import datetime
from typing import Any

from django.db import transaction

from articles.models import ArticleVersion, BacklinkReview
from articles.openings import opening_of
from orders import claims, endings, lifecycle, notifications, refunds
from orders.models import Order, Publication, Review, Status
from queueing import ledger

Decision = Review.Decision


class ReviewRefused(Exception):
    """The decision or submission cannot be made; the message says why, for who tried."""


class DecidedAlready(ReviewRefused):
    """Somebody decided first."""


class HeldByAnother(ReviewRefused):
    """Somebody else is reading it."""


class NewerVersion(ReviewRefused):
    """The text has been replaced by a newer one."""


class ChangedSinceOpened(ReviewRefused):
    """The order is not as it was when the editor opened it."""


class GateBlocks(ReviewRefused):
    """A blocking check fails, and it was not overridden by somebody who may, with a reason."""


class OrderHeld(ReviewRefused):
    """The order waits for a person's look at its payment."""


class DeadLink(ReviewRefused):
    """The text was made from one whose order has ended, and carries its link."""


class TooManyLinks(ReviewRefused):
    """The text leads to other sites more often than its site allows by now."""


class ReasonMissing(ReviewRefused):
    """The customer would not learn why."""


@transaction.atomic
def submit(*, order: Order, version: ArticleVersion, actor: str, at: datetime) -> Review:
    """Hand the version that the customer read to the editors.

    :raises NewerVersion: the order has another current version by now
    :raises TransitionRefused: the order is not in the customer's review
    """
    try:
        lifecycle.submit(order=order, version=version, actor=actor, at=at)
    except lifecycle.TransitionRefused:
        now = Order.objects.only("status", "version").get(pk=order.pk)
        if now.status == Status.QUALITY_CHECK and now.version_id != version.pk:
            raise NewerVersion(
                f"Version {version.number} is no longer the newest; nothing was submitted."
            ) from None
        raise
    return Review.objects.create(order=order, version=version, submitted_by=actor, submitted_at=at)


@transaction.atomic
def approve(
    *,
    review: Review,
    by: str,
    at: datetime,
    override_reason: str = "",
    may_override: bool = False,
    seen: datetime | None = None,
) -> Publication:
    """Let the version be published: it is marked, and its publication is on the queue.

    While a blocking check fails it takes an `override_reason`, by somebody who `may_override`.
    `seen` is the order's `updated_at` as the editor saw it; None does not ask.

    :raises ReviewRefused: decided already, held by another editor, changed since it was opened, no
        longer the newest version, held back by the gate, or with more links than the site allows
    """
    version = _text_of(review)
    override_reason = override_reason.strip() if is_blocked(version) else ""
    if is_blocked(version) and not (may_override and override_reason):
        raise GateBlocks(
            "A blocking check fails. Approving it takes the permission to override the gate and a "
            "written reason."
        )
    order = _decide(
        review, Decision.APPROVED, by=by, at=at, seen=seen, override_reason=override_reason
    )
    if order.held_reason:
        raise OrderHeld(f"Order {order.code} is held: {order.held_reason}. Nothing was approved.")
    dead = endings.dead_links(review.version)
    if dead:
        raise DeadLink(
            f"The text carries the link of order {', '.join(dead)}, which has ended without a "
            f"publication. {_removal_of(dead)}"
        )
    excess = opening_of(order.domain, review.version).excess
    if excess is not None:
        raise TooManyLinks(
            f"{excess} Take one out by hand, or return the text. It is not approved."
        )
    try:
        lifecycle.approve(order=order, version=version, actor=by, at=at)
    except lifecycle.TransitionRefused:
        raise _outdated(version) from None
    if override_reason:
        lifecycle.note(order=order, what="A failing check was overridden", actor=by, at=at)
    _mark(version, BacklinkReview.APPROVED)
    publication = Publication.objects.create(review=review, created_at=at)
    ledger.enqueue(
        kind="publication",
        subject=order.subject,
        arguments={"publication": publication.pk},
        key=f"publish:{publication.pk}",
        actor=by,
    )
    return publication


@transaction.atomic
def give_back(
    *, review: Review, by: str, note: str, at: datetime, seen: datetime | None = None
) -> None:
    """Return the version to the customer with a note, by e-mail too.

    :raises ReviewRefused: decided already, held by another editor, changed since it was opened, or
        the note is empty
    :raises TransitionRefused: the order is not with the editors
    """
    order = give_back_untold(review=review, by=by, note=note, at=at, seen=seen)
    notifications.record(
        order=order,
        kind=notifications.Kind.RETURNED,
        version=_text_of(review),
        review=review,
        at=at,
    )


@transaction.atomic
def give_back_untold(
    *, review: Review, by: str, note: str, at: datetime, seen: datetime | None = None
) -> Order:
    """Return the version like `give_back`; the caller owes the customer the e-mail.

    :raises ReviewRefused: as `give_back`
    :raises TransitionRefused: the order is not with the editors
    """
    order = _decide(review, Decision.RETURNED, by=by, at=at, seen=seen, note=_written(note))
    lifecycle.give_back(order=order, actor=by, at=at)
    return order


@transaction.atomic
def reject(
    *, review: Review, by: str, note: str, at: datetime, seen: datetime | None = None
) -> None:
    """End the order: its refund is owed, and the customer reads the reason.

    :raises ReviewRefused: decided already, held by another editor, changed since it was opened, or
        the note is empty
    :raises TransitionRefused: the order is not with the editors
    """
    order = _decide(review, Decision.REJECTED, by=by, at=at, seen=seen, note=_written(note))
    lifecycle.reject(order=order, actor=by, at=at)
    endings.discard(order=order)
    refunds.owe(order=order, reason="Rejected by the editor", at=at)
    notifications.record(order=order, kind=notifications.Kind.ORDER_FAILED, review=review, at=at)


@transaction.atomic
def replace_text(
    *,
    review: Review,
    was: ArticleVersion,
    version: ArticleVersion,
    by: str,
    at: datetime,
    seen: datetime | None = None,
) -> None:
    """Have the review be about the text that an editor made of the submitted one.

    :raises ReviewRefused: decided already, held by another editor, changed since it was opened, or
        `was` is not the order's text any more
    """
    order = _write(review, {"version": version}, by=by, at=at, seen=seen)
    try:
        lifecycle.replace_text(order=order, was=was, version=version, actor=by, at=at)
    except lifecycle.TransitionRefused:
        raise NewerVersion(
            f"Version {was.number} is no longer the newest; nothing was stored."
        ) from None


@transaction.atomic
def reopen(*, review: Review, by: str, at: datetime) -> Review:
    """Put an approved version that could not be published before the editors once more.

    :raises ReviewRefused: its publication has not failed, or it is before them already
    """
    order = lifecycle.lock(review.order_id)
    failed = Publication.objects.filter(review=review, state=Publication.State.FAILED)
    newest = order.reviews.order_by("-submitted_at", "-pk").first()
    if order.status != Status.ADMIN_REVIEW or newest != review or not failed.exists():
        raise ReviewRefused("Only the last approval, whose publication failed, can be taken back.")
    _mark(_text_of(review), BacklinkReview.PENDING_REVIEW)
    lifecycle.note(order=order, what="The editors look at it again", actor=by, at=at)
    return Review.objects.create(
        order=order,
        version_id=order.version_id or review.version_id,
        submitted_by=by,
        submitted_at=at,
    )


def is_blocked(version: ArticleVersion) -> bool:
    """Say whether the gate holds the version back; a text without a report did not pass it."""
    return version.report.get("blocked") is not False


def _decide(
    review: Review,
    decision: str,
    *,
    by: str,
    at: datetime,
    seen: datetime | None,
    note: str = "",
    override_reason: str = "",
) -> Order:
    """Write the decision if there is none; return the order as it stands now."""
    written = {
        "decision": decision,
        "decided_by": by,
        "decided_at": at,
        "note": note,
        "override_reason": override_reason,
    }
    return _write(review, written | claims.NOBODY, by=by, at=at, seen=seen)


def _write(
    review: Review, written: dict[str, Any], *, by: str, at: datetime, seen: datetime | None
) -> Order:
    """Write to a review that waits and that nobody else holds; return its order as it is now."""
    order = lifecycle.lock(review.order_id)
    free = Review.objects.filter(claims.free_for(by, at=at), pk=review.pk, decision="")
    if not free.update(**written):
        raise _why_not(Review.objects.get(pk=review.pk))
    if seen is not None and order.updated_at != seen:
        raise ChangedSinceOpened("The order has changed since you opened it. Look again.")
    for name, value in written.items():
        setattr(review, name, value)
    return order


def _why_not(review: Review) -> ReviewRefused:
    if review.decision:
        return DecidedAlready(
            f"Decided already: {review.get_decision_display().lower()}, by {review.decided_by}."
        )
    return HeldByAnother(
        f"This review is held by {review.claimed_by}, since {review.claimed_at:%Y-%m-%d %H:%M} "
        "UTC. Take it over to go on."
    )


def _removal_of(codes: list[str]) -> str:
    if endings.is_being_unlinked(codes):
        return "It is being taken out; the new version comes by itself."
    return f"Taking it out has stopped; an operator retries its job, “{endings.LINK_REMOVAL}”."


def _outdated(version: ArticleVersion) -> NewerVersion:
    return NewerVersion(f"Version {version.number} is no longer the newest; nothing was approved.")


def _mark(version: ArticleVersion, status: BacklinkReview) -> None:
    version.backlink_review_status = status
    version.save(update_fields=["backlink_review_status"])


def _text_of(review: Review) -> ArticleVersion:
    """The review's version without its text."""
    return ArticleVersion.objects.defer("html").get(pk=review.version_id)


def _written(note: str) -> str:
    if not note.strip():
        raise ReasonMissing("Say why: the customer reads it.")
    return note.strip()
