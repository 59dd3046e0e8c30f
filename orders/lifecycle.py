"""A verb per business event. Nobody else writes `Order.status`.

The moves are the table of the product page. A move that the table does not hold, or that somebody
else made first, raises `TransitionRefused` and changes nothing.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from articles.models import ArticleVersion
from orders.models import Ending, Order, OrderEvent, Product, Status
from queueing import news

ALLOWED: Final[dict[Status, frozenset[Status]]] = {
    Status.AWAITING_PAYMENT: frozenset({Status.PROCESSING, Status.CANCELLED}),
    Status.PROCESSING: frozenset({Status.QUALITY_CHECK, Status.FAILED}),
    Status.QUALITY_CHECK: frozenset({Status.PROCESSING, Status.ADMIN_REVIEW, Status.FAILED}),
    Status.ADMIN_REVIEW: frozenset({Status.COMPLETED, Status.QUALITY_CHECK, Status.FAILED}),
    Status.COMPLETED: frozenset(),
    Status.FAILED: frozenset({Status.PROCESSING}),
    Status.CANCELLED: frozenset({Status.PROCESSING}),  # paid late after all
}

PLACING: Final = "Placing your link"  # what PROCESSING is for an order that has no article written
WHAT_LENGTH: Final = 200


class TransitionRefused(Exception):
    """The order is not where this move starts from, or somebody moved it first."""

    def __init__(self, *, order: Order, to: Status, held: bool = False) -> None:
        self.code = order.code
        self.was = Status(order.status)
        self.to = to
        self.held = held
        is_link = order.product == Product.INTEGRATION
        here, there = (
            PLACING if is_link and status == Status.PROCESSING else status.label
            for status in (self.was, to)
        )
        refusal = f"Order {self.code} is at “{here}”; it cannot go on to “{there}”."
        if self.was == to:
            refusal = f"Order {self.code} is at “{here}” already. Ask again when that is done."
        if held:
            refusal = (
                f"Order {self.code} is held for a check by our staff; nothing moves until then."
            )
        super().__init__(refusal)


def lock(order_id: UUID) -> Order:
    """Return the order, which nobody else writes to until the transaction ends.

    Locked before any row of the order: two who met in another sequence would wait for each other.
    """
    # Without the key, so that rows which point to it may be added meanwhile.
    locked = Order.objects.select_for_update(no_key=True, of=("self",))
    return locked.select_related("customer").get(pk=order_id)


def place(*, order: Order, actor: str, at: datetime) -> None:
    """Write the first line of a new order's history."""
    note(order=order, what="Order placed", actor=actor, at=at)


def pay(*, order: Order, at: datetime, actor: str = "stripe") -> None:
    """Take a payment as made: work may begin.

    Money that arrives after a cancellation is never ignored: the order goes on.

    :raises TransitionRefused: the order is neither awaiting payment nor cancelled
    """
    late = order.status == Status.CANCELLED
    what = "Payment received after cancellation: the order goes on" if late else "Payment received"
    _move(
        order,
        Status.PROCESSING,
        starts={Status.AWAITING_PAYMENT, Status.CANCELLED},
        what=what,
        actor=actor,
        at=at,
        paid_at=at,
    )


def cancel(*, order: Order, actor: str, why: str, at: datetime) -> None:
    """Close an order that was not paid.

    :raises TransitionRefused: it is paid, or closed already
    """
    _move(order, Status.CANCELLED, what=f"Cancelled: {why}", actor=actor, at=at)


def deliver(*, order: Order, version: ArticleVersion, at: datetime) -> None:
    """Put a version that passed the gate before the customer.

    :raises TransitionRefused: the order is not being worked on
    """
    _move(
        order,
        Status.QUALITY_CHECK,
        starts={Status.PROCESSING},
        what=f"Version {version.number} is ready for your review",
        actor="system",
        at=at,
        version=version,
        article=version.article,
        delivered_at=at,
    )


def fail(*, order: Order, at: datetime, obstacle: str = "") -> OrderEvent:
    """Give a paid order up for good, over that `Obstacle` if it is one; the caller owes the refund
    in the same transaction.

    Returns the line of its history, which tells this failure from an earlier one.

    :raises TransitionRefused: the order is not being worked on, or has a version to fall back on
    """
    if order.version_id is not None:
        raise TransitionRefused(order=order, to=Status.FAILED)
    is_link = order.product == Product.INTEGRATION
    return _move(
        order,
        Status.FAILED,
        starts={Status.PROCESSING},
        what="We could not place your link" if is_link else "We could not write this article",
        actor="system",
        at=at,
        failed_at=at,
        ended_because=Ending.FAILED,
        obstacle=obstacle,
    )


def ask_for_changes(
    *, order: Order, actor: str, at: datetime, what: str = "Changes asked for"
) -> None:
    """Send the current version back to the writer.

    :raises TransitionRefused: the order is not in the customer's review
    """
    _move(
        order,
        Status.PROCESSING,
        starts={Status.QUALITY_CHECK},
        what=what,
        unheld=True,
        actor=actor,
        at=at,
    )


def keep_version(*, order: Order, at: datetime) -> None:
    """Bring an order back whose changes could not be made: the earlier version stays current.

    :raises TransitionRefused: the order is not being worked on, or has no version yet
    """
    if order.version_id is None:
        raise TransitionRefused(order=order, to=Status.QUALITY_CHECK)
    _move(
        order,
        Status.QUALITY_CHECK,
        starts={Status.PROCESSING},
        what="The changes could not be made; the earlier version stays",
        actor="system",
        at=at,
    )


def submit(*, order: Order, version: ArticleVersion, actor: str, at: datetime) -> None:
    """Hand a version to the editors.

    :raises TransitionRefused: the order is not in the customer's review, or has a newer version
    """
    _move(
        order,
        Status.ADMIN_REVIEW,
        starts={Status.QUALITY_CHECK},
        only={"version": version},
        unheld=True,
        what=f"Version {version.number} submitted for editorial review",
        actor=actor,
        at=at,
        submitted_at=at,
    )


def approve(*, order: Order, version: ArticleVersion, actor: str, at: datetime) -> None:
    """Note that a version may be published; the order stays with the editors until it is live.

    :raises TransitionRefused: the order is not with the editors, has a newer version, or is held
    """
    waiting = Order.objects.filter(
        pk=order.pk, status=Status.ADMIN_REVIEW, version=version, held_reason=""
    )
    if not waiting.update(updated_at=at):
        raise TransitionRefused(order=order, to=Status.COMPLETED)
    note(order=order, what=f"Version {version.number} approved", actor=actor, at=at)
    order.updated_at = at


def replace_text(
    *, order: Order, was: ArticleVersion, version: ArticleVersion, actor: str, at: datetime
) -> None:
    """Put the editor's own text in the place of the submitted one; the order stays where it is.

    :raises TransitionRefused: the order is not with the editors, or `was` is not its text any more
    """
    waiting = Order.objects.filter(pk=order.pk, status=Status.ADMIN_REVIEW, version=was)
    if not waiting.update(version=version, updated_at=at):
        raise TransitionRefused(order=order, to=Status.ADMIN_REVIEW)
    what = f"The editor changed the text: version {version.number}"
    note(order=order, what=what, actor=actor, at=at, version=version)
    order.version, order.updated_at = version, at


def give_back(*, order: Order, actor: str, at: datetime) -> None:
    """Return a submitted version to the customer; the review has the editor's note.

    :raises TransitionRefused: the order is not with the editors
    """
    _move(
        order,
        Status.QUALITY_CHECK,
        starts={Status.ADMIN_REVIEW},
        what="The editor asks for changes",
        actor=actor,
        at=at,
    )


def reject(*, order: Order, actor: str, at: datetime) -> None:
    """End an order that the editors will not publish; the caller owes the refund.

    :raises TransitionRefused: the order is not with the editors
    """
    _move(
        order,
        Status.FAILED,
        starts={Status.ADMIN_REVIEW},
        what="The editor rejected the article",
        actor=actor,
        at=at,
        failed_at=at,
        ended_because=Ending.REJECTED,
    )


def complete(*, order: Order, live_url: str, at: datetime) -> None:
    """End an order whose page is live and was looked at.

    :raises TransitionRefused: the order is not with the editors, or is held
    """
    _move(
        order,
        Status.COMPLETED,
        starts={Status.ADMIN_REVIEW},
        what="Published",
        unheld=True,
        actor="system",
        at=at,
        live_url=live_url,
        completed_at=at,
    )


def resume(*, order: Order, actor: str, at: datetime) -> None:
    """Take a failed order up again; the caller takes back the refund that has not gone out.

    :raises TransitionRefused: the order has not failed, or is held
    """
    _move(
        order,
        Status.PROCESSING,
        starts={Status.FAILED},
        what="Work taken up again; the refund was taken back",
        unheld=True,
        actor=actor,
        at=at,
        failed_at=None,
        ended_because="",
        obstacle="",
    )


def call_off(*, order: Order, because: Ending, why: str, actor: str, at: datetime) -> OrderEvent:
    """End a paid order that is being written or reviewed; the caller stops its work and settles
    its money.

    :raises TransitionRefused: the order is neither in work nor in review
    """
    return _move(
        order,
        Status.FAILED,
        starts={Status.PROCESSING, Status.QUALITY_CHECK, Status.ADMIN_REVIEW},
        what=f"{OrderEvent.ENDED}{why}"[:WHAT_LENGTH],
        actor=actor,
        at=at,
        failed_at=at,
        ended_because=because,
    )


def replace_version(*, order: Order, version: ArticleVersion, what: str, at: datetime) -> bool:
    """Put another text in the place of the current one, wherever the order stands on its way;
    False if it has another text by now, or has ended."""
    under_way = Order.objects.filter(
        pk=order.pk,
        version=order.version_id,
        status__in=[Status.PROCESSING, Status.QUALITY_CHECK, Status.ADMIN_REVIEW],
    )
    if not under_way.update(version=version, updated_at=at):
        return False
    order.version, order.updated_at = version, at
    note(order=order, what=what, actor="system", at=at)
    return True


def note(
    *, order: Order, what: str, actor: str, at: datetime, version: ArticleVersion | None = None
) -> OrderEvent:
    """Add a line to the history that is not a move; `version` is the text that it tells of."""
    event = OrderEvent.objects.create(
        order=order, what=what[:WHAT_LENGTH], actor=actor, at=at, version=version
    )
    # Last: outside a transaction they hear of it at once, and look.
    news.tell(order.subject)
    return event


@transaction.atomic
def _move(
    order: Order,
    to: Status,
    *,
    what: str,
    actor: str,
    at: datetime,
    starts: set[Status] | None = None,
    only: dict[str, object] | None = None,
    unheld: bool = False,
    **fields: object,
) -> OrderEvent:
    """Move the order if it still stands where it was read, and `only` still holds of its row.

    Returns the line of its history.
    """
    was = Status(order.status)
    legal = to in ALLOWED[was] and (starts is None or was in starts)
    unmoved = Order.objects.filter(pk=order.pk, status=was, **(only or {}))
    free = unmoved.filter(held_reason="") if unheld else unmoved
    if not legal or not free.update(status=to, updated_at=at, **fields):
        held = unheld and legal and unmoved.exists()
        # The order in hand may be stale; the refusal tells where it stands by now.
        now = Order.objects.only("code", "product", "status").get(pk=order.pk)
        raise TransitionRefused(order=now, to=to, held=held)
    news.tell(order.subject)
    for name, value in {"status": to, "updated_at": at, **fields}.items():
        setattr(order, name, value)
    return OrderEvent.objects.create(order=order, was=was, became=to, what=what, actor=actor, at=at)
