"""What follows from money and from final failure: the product's job, the refund, the e-mails.

Each function writes in its caller's transaction, so that an order never moves without the work
that the move promises.
"""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import transaction

from orders import lifecycle, marks, notifications, refunds
from orders.models import Order, Product, Status
from queueing import ledger, service
from queueing.models import Job
from queueing.registry import RetriedJob

JOB_KINDS: Final[dict[str, str]] = {
    Product.ARTICLE: "article-generation",
    Product.INTEGRATION: "backlink-integration",
}
VIP, NORMAL = 0, 5
ROUNDS: Final = 3  # texts of one job; quality-gate.md, "Attempts": at most 3 per job
FIRST_TEXTS: Final = ("outline", "text-1")  # the plan of a new article, the edits of a change


class ResumeRefused(Exception):
    """A failed order cannot be taken up again; nothing was changed."""


def pay(*, order: Order, at: datetime) -> bool:
    """Take a payment as made and begin the work; False: the order is held, so none begins.

    :raises TransitionRefused: the order is neither awaiting payment nor cancelled
    """
    lifecycle.pay(order=order, at=at)
    if order.held_reason:
        return False
    begin(order=order, at=at)
    return True


def begin(*, order: Order, at: datetime) -> None:
    """Start the paid work: one pipeline job an order, and the confirmation e-mail."""
    enqueue(order=order)
    notifications.record(order=order, kind=notifications.Kind.ORDER_RECEIVED, at=at)


def enqueue(*, order: Order) -> None:
    """Record the order's pipeline job; it has one, however often this is called."""
    ledger.enqueue(
        kind=JOB_KINDS[order.product],
        subject=order.subject,
        arguments={},
        key=job_key(order),
        priority=VIP if order.customer.is_vip else NORMAL,
        actor="system",
    )


def job_key(order: Order) -> str:
    """Return the idempotency key of the order's pipeline job."""
    return f"write:{order.pk}"


def give_up(*, order: Order, reason: str, at: datetime, obstacle: str = "") -> None:
    """Fail a paid order for good: the refund is owed, customer and admins are told; the customer
    not of the reason but of the `Obstacle`, if it was one.

    :raises TransitionRefused: the order is not being worked on
    """
    failure = lifecycle.fail(order=order, obstacle=obstacle, at=at)
    grace = timedelta(seconds=settings.REFUND_AFTER_S)
    refunds.owe(order=order, reason=reason[:200], at=at, run_at=at + grace if grace else None)
    # Each failure is told of: one that followed a second try is news to customer and admins.
    for kind in (notifications.Kind.ORDER_FAILED, notifications.Kind.ADMIN_ORDER_FAILED):
        notifications.record(order=order, kind=kind, event=failure, at=at)


@transaction.atomic
def resume(*, order: Order, actor: str, at: datetime, reason: str = "") -> None:
    """Take a failed order up again instead of refunding it: the refund is taken back, the writing
    job retried.

    :raises TransitionRefused: the order has not failed, or is held
    :raises ResumeRefused: its refund has gone out, or its job is not one that failed
    """
    failed_at = order.failed_at
    lifecycle.resume(order=order, actor=actor, at=at)
    try:
        refunds.take_back(order=order, owed_at=failed_at or at, actor=actor, at=at)
        _write_again(order, actor=actor, reason=reason or "The order is taken up again", at=at)
    except (refunds.AlreadyOnItsWay, service.Refused) as refused:
        raise ResumeRefused(str(refused)) from refused


def _write_again(order: Order, *, actor: str, reason: str, at: datetime) -> None:
    job = Job.objects.filter(key=job_key(order)).first()
    if job is None:  # it ended while it was held, before its work began
        begin(order=order, at=at)
        return
    asked: dict[str, Any] = {"job_id": job.pk, "actor": actor, "reason": reason, "at": at}
    # Stored texts that the gate has refused for good would be refused again: new ones are bought.
    first = _first_text(job) if _refused_by_the_gate(job) else None
    if first is not None:
        service.retry_from_step(step=first, **asked)
    else:
        service.retry(**asked)


def _refused_by_the_gate(job: Job) -> bool:
    """Whether the last thing that the job stored is that its last round's text was blocked.

    The error of its last run may be another: of a try that a person began since, for one.
    """
    last = job.stored_steps.order_by("-pk").values_list("name", "output__report__blocked").first()
    return last is not None and last[0].endswith(f"examined-{ROUNDS}") and last[1] is True


def no_retry(job: Job) -> str | None:
    """Return why an order's stopped writing job must not run again, None if it may; the order is
    locked until the transaction ends."""
    order = lock_of(job.subject)
    if order.status == Status.PROCESSING:
        return held_otherwise(order)
    if order.status == Status.FAILED:
        return (
            f"order {order.code} has failed. While its refund has not gone out, choose “Try again "
            f"instead of refunding” on the order's page, or run resume_order {order.code}"
        )
    return f"order {order.code} is at “{order.get_status_display()}”, and nothing is to be written"


def held_otherwise(order: Order) -> str | None:
    """Return why a job must not run again of an order that more holds than that nobody works on
    it, None where nothing else does: a retry ends that, and that alone."""
    reason = marks.beside(order=order, cause=marks.OF_WORK)
    if not reason:
        return None
    return (
        f"order {order.code} is held: {reason}. Look at that, then choose Release on the order's "
        f"page, or run release_order {order.code}: its work goes on by itself"
    )


def retried(again: RetriedJob) -> None:
    """Let an order go on that was held because nobody worked on it."""
    what = "Released: its work goes on"
    order = lock_of(again.subject)
    marks.lift(order=order, cause=marks.OF_WORK, what=what, actor=again.actor, at=again.at)


def lock_of(subject: str) -> Order:
    """Return the order of a job's subject, locked; before the job, where both are."""
    return lifecycle.lock(UUID(subject.partition(":")[2]))


def _first_text(job: Job) -> str | None:
    """The step that the newest text begins with; edits begin anew on a text that moved."""
    stored = job.stored_steps.order_by("-pk").values_list("name", flat=True)
    return next((name for last in FIRST_TEXTS for name in stored if name.endswith(last)), None)
