"""Where an order stands, in the words of the status page; the API and the page show the same."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from orders import balances, obstacles, revisions
from orders.fulfilment import JOB_KINDS, NORMAL
from orders.lifecycle import PLACING
from orders.models import (
    Ending,
    Order,
    Payment,
    Product,
    Publication,
    Refund,
    Review,
    Revision,
    Status,
)
from queueing import stats
from queueing.errors import Parked
from queueing.models import Job, State

PIPELINES: Final = (*JOB_KINDS.values(), revisions.JOB_KIND)
_STEPS: Final = ("Payment", "Writing", "Your review", "Editorial review", "Published")
_LINK_STEPS: Final = (_STEPS[0], PLACING, *_STEPS[2:])
_STEP_OF: Final[dict[str, int]] = {
    Status.AWAITING_PAYMENT: 1,
    Status.CANCELLED: 1,
    Status.PROCESSING: 2,
    Status.FAILED: 2,
    Status.QUALITY_CHECK: 3,
    Status.ADMIN_REVIEW: 4,
    Status.COMPLETED: 5,
}
_MOVING: Final = frozenset({Status.AWAITING_PAYMENT, Status.PROCESSING, Status.ADMIN_REVIEW})
_UNDER_WAY: Final = frozenset({Status.PROCESSING, Status.QUALITY_CHECK, Status.ADMIN_REVIEW})
_HELD: Final[dict[str, Any]] = {
    "heading": "A person is looking at your order",
    "detail": "Nothing is lost and nothing is published meanwhile. Our staff has been told and "
    "goes on with it; there is nothing that you need to do.",
}
_REJECTED: Final = Review.Decision.REJECTED
_ENDED: Final[dict[str, dict[str, Any]]] = {
    Ending.REFUNDED: {"detail": "Our staff ended it; its history says why."},
    Ending.DISPUTED: {
        "detail": "Your bank took the payment back, so nothing of it will be published."
    },
    "": {"detail": "It will not be published; its history says why."},
}
_GIVES_BACK: Final = frozenset({Status.FAILED, Status.CANCELLED})
_OVER: Final = _GIVES_BACK | {Status.COMPLETED}
_OPEN_JOB: Final = frozenset({State.WAITING, State.ACTIVE})


@dataclass(frozen=True, kw_only=True)
class Progress:
    """What the customer is told. `step` counts from 1 to `of`; times are seconds.

    `poll` is what `goes_on` says; `estimate_s` is the
    range in which the work should be done, None when nothing is being worked on. `review` is the
    editors' last one, while it matters: its note, or its publication; `is_returned` says that
    its note still waits for an answer. `wish` is what the customer last asked to have changed,
    while that is news. `refunds` are those of an order that is over.
    """

    status: str
    step: int
    label: str
    heading: str
    detail: str
    of: int = len(_STEPS)
    poll: bool = False
    attempt: int | None = None
    tries: int | None = None
    position: int | None = None
    priority: str = ""
    estimate_s: tuple[int, int] | None = None
    next_try_at: datetime | None = None
    queue: dict[str, Any] = field(default_factory=dict)
    can_pay: bool = False
    can_request_revision: bool = False
    can_submit_for_review: bool = False
    review: Review | None = None
    is_returned: bool = False
    wish: revisions.Wish | None = None
    refunds: tuple[Refund, ...] = ()
    ended_because: str | None = None


def goes_on(order: Order) -> bool:
    """Say whether anything can change without the customer's doing; one query at most."""
    if order.status in _OVER:
        return Refund.objects.filter(payment__order=order, state=Refund.State.PENDING).exists()
    return order.status in _MOVING


def progress(order: Order, *, at: datetime) -> Progress:
    """Return where the order stands now, with at most four queries beside the order's own."""
    jobs = list(
        Job.objects.filter(subject=order.subject, kind__in=PIPELINES).order_by("-created_at")
    )
    words: dict[str, Any] = _TOLD[Status(order.status)](order, jobs, at)
    step = words.pop("step", _STEP_OF[order.status])
    if order.held_reason and order.status in _UNDER_WAY:
        words |= _HELD
    can_decide = order.status == Status.QUALITY_CHECK and not order.held_reason
    refunds = _refunds(order)
    if refunds:
        words["detail"] = f"{words['detail']} Your refund is below."
    waiting = any(refund.state == Refund.State.PENDING for refund in refunds)
    return Progress(
        status=order.status,
        step=step,
        label=steps(order)[step - 1],
        poll=waiting or order.status in _MOVING,
        refunds=refunds,
        ended_because=order.ended_because or None,
        can_request_revision=can_decide,
        can_submit_for_review=can_decide,
        queue=_queue(order, jobs),
        **words,
    )


def steps(order: Order) -> tuple[str, ...]:
    """Return the names of the order's five steps; an order of a link has nothing written."""
    return _LINK_STEPS if _is_link(order) else _STEPS


def _queue(order: Order, jobs: list[Job]) -> dict[str, Any]:
    """The order's jobs without their errors: those are for operators."""
    views = [
        {
            "id": str(job.pk),
            "kind": job.kind,
            "state": job.state,
            "attempt": job.try_number,
            "of": job.tries,
            "createdAt": job.created_at,
            "startedAt": job.started_at,
            "finishedAt": job.finished_at,
        }
        for job in jobs
    ]
    return {
        "orderId": str(order.pk),
        "jobs": views,
        "hasActiveJob": any(job.state in _OPEN_JOB for job in jobs),
        "hasFailedJob": stats.has_failed(jobs),
        "latestJob": views[0] if views else None,
    }


def _awaiting_payment(order: Order, jobs: list[Job], at: datetime) -> dict[str, Any]:
    latest = Payment.objects.filter(order=order).order_by("-number").first()
    if order.held_reason:
        return _checked(order)
    if latest is not None and latest.state == Payment.State.PENDING:
        return {
            "heading": "Confirming with your bank",
            "detail": "Your payment is on its way. We begin as soon as your bank confirms it.",
        }
    if balances.awaits_bank(order):
        return {
            "heading": "Confirming with your bank",
            "detail": "Your bank is looking into your payment. We begin as soon as it stands; "
            "please do not pay a second time.",
        }
    failed = latest is not None and latest.state == Payment.State.FAILED
    return {
        "can_pay": True,
        "heading": "Finish your payment",
        "detail": "Your bank did not confirm the payment; nothing was charged. You can try again."
        if failed
        else "Your brief is saved. We begin as soon as your payment arrives.",
    }


def _processing(order: Order, jobs: list[Job], at: datetime) -> dict[str, Any]:
    job = next((job for job in jobs if job.state in _OPEN_JOB), None)
    if job is None:
        return {
            "heading": "A person is looking at your order",
            "detail": "Your payment is here and nothing is lost, but the work stands still. Our "
            "staff has been told and goes on with it.",
        }
    estimate = stats.estimate(job)
    told: dict[str, Any] = {
        "attempt": job.try_number,
        "tries": job.tries,
        "estimate_s": (estimate.typical_s, estimate.slow_s),
    }
    is_change = job.kind == revisions.JOB_KIND
    if is_change:
        told["wish"] = revisions.last_wish(order)
    if job.state == State.ACTIVE:
        attempt = f"Attempt {job.try_number} of {job.tries}."
        doing = f"{job.doing}. " if is_change and job.doing not in ("", CHANGING) else ""
        return told | {
            "heading": CHANGING if is_change else job.doing or steps(order)[1],
            "detail": f"{doing}{attempt} {LEAVE}",
        }
    if job.line and job.error_class == Parked.__name__:
        return told | {
            "heading": "Taking longer than usual",
            "detail": "The writing service does not answer at the moment. We go on by ourselves as "
            "soon as it does. Nothing is lost.",
            "next_try_at": job.run_at,
        }
    if not job.line and (job.failures or job.run_at > at):
        return told | {
            "heading": "Taking longer than usual",
            "detail": f"Attempt {job.try_number} of {job.tries} begins by itself in a moment. "
            f"Nothing is lost. {LEAVE}",
            "next_try_at": job.run_at,
        }
    position = stats.position(job)
    waits = "Your changes go before new work." if is_change else "Paid and waiting for its turn."
    return told | {
        "heading": f"You are number {position}" if position and position > 1 else "You are next",
        "detail": f"{waits} {LEAVE}",
        "position": position,
        "priority": "Served first" if job.priority < NORMAL else "In turn",
    }


CHANGING: Final = "Working on your changes"
LEAVE: Final = "You can leave this page: we write to you when it is ready."


def _quality_check(order: Order, jobs: list[Job], at: datetime) -> dict[str, Any]:
    review, wish = _last_review(order), revisions.last_wish(order)
    returned = review if review and review.decision == Review.Decision.RETURNED else None
    told: dict[str, Any] = {
        "review": returned,
        # A newer text has answered the note.
        "is_returned": returned is not None and returned.version_id == order.version_id,
    }
    if wish and wish.state == Revision.State.FAILED and wish.of_version_id == order.version_id:
        return told | {
            "wish": wish,
            "heading": "We could not make your changes",
            "detail": "No text with your changes was good enough, so the version that you know "
            "stays. Ask in other words, or submit it as it stands. Our staff have been told.",
        }
    if told["is_returned"]:
        return told | {
            "heading": "The editor asks for changes",
            "detail": "First ask us for what the editor wants; it costs nothing. Then read the "
            "new version and submit it, and it goes straight back to the editor.",
        }
    if wish and wish.state == Revision.State.DONE and wish.of_version_id != order.version_id:
        return told | {
            "wish": wish,
            "heading": "Your changes are ready",
            "detail": "Read what became of them. Nothing is published before you and an editor "
            "have approved it; you can ask again as often as you need.",
        }
    return told | {
        "heading": "Your link is in the article" if _is_link(order) else "Your article is ready",
        "detail": "Read it and look at its quality report. Nothing is published before you and "
        "an editor have approved it.",
    }


def _admin_review(order: Order, jobs: list[Job], at: datetime) -> dict[str, Any]:
    review = _last_review(order)
    if review is not None and review.decision == Review.Decision.APPROVED:
        publication = getattr(review, "publication", None)
        if publication is not None and publication.state == Publication.State.FAILED:
            return {
                "review": review,
                "heading": "Approved: not live yet",
                "detail": "The editor has approved it, but it could not be put on "
                f"{order.brief['host']} so far. Our editors know why and go on with it. Nothing is "
                "lost, and we write to you as soon as it is live.",
            }
        return {
            "review": review,
            "heading": "Approved: going live",
            "detail": f"The editor has approved it. It is being put on {order.brief['host']}; we "
            "look at the live page and write to you.",
        }
    return {
        "review": review,
        "heading": "With our editor",
        "detail": "An editor reads the article, then approves it or returns it with a reason. "
        "We write to you either way.",
    }


def _completed(order: Order, jobs: list[Job], at: datetime) -> dict[str, Any]:
    return {
        "review": _last_review(order),
        "heading": "Live",
        "detail": f"{'Your link' if _is_link(order) else 'Your article'} is published on "
        f"{order.brief['host']}.",
    }


def _failed(order: Order, jobs: list[Job], at: datetime) -> dict[str, Any]:
    """What the money of it does, `progress` adds."""
    review = _last_review(order)
    because = order.ended_because
    # A process of an older release writes no cause.
    if review is not None and because in ("", Ending.REJECTED) and review.decision == _REJECTED:
        return {
            "review": review,
            "step": _STEP_OF[Status.ADMIN_REVIEW],
            "heading": "The editor will not publish this",
            "detail": "You read the reason here.",
        }
    if because in (Ending.REFUNDED, Ending.DISPUTED) or (not because and order.version_id):
        return {"step": _ended_at(order, review), "heading": "This order has ended"} | _ENDED[
            because
        ]
    heading = "We could not place your link" if _is_link(order) else "We could not write this"
    return {"heading": heading, "detail": obstacles.said(order)}


def _ended_at(order: Order, review: Review | None) -> int:
    """The step that staff or a bank ended it at."""
    if review is not None and review.decision == Review.Decision.ENDED:
        return _STEP_OF[Status.ADMIN_REVIEW]
    return _STEP_OF[Status.QUALITY_CHECK if order.version_id else Status.PROCESSING]


def _cancelled(order: Order, jobs: list[Job], at: datetime) -> dict[str, Any]:
    if order.held_reason:
        return _checked(order)
    told = {"heading": "Cancelled"}
    if not Payment.objects.filter(order=order, paid_at__isnull=False).exists():
        return told | {"detail": "Nothing was charged."}
    if _refunds(order):
        return told | {"detail": "No work was begun, and what you paid goes back to you."}
    # A bank may have it, and then nothing is ours to give back.
    return told | {
        "detail": "No work was begun; the order's history says what became of your payment."
    }


def _checked(order: Order) -> dict[str, Any]:
    """An order that is not in work, and whose payment waits for a person."""
    differs = Payment.objects.filter(order=order, state=Payment.State.HELD).exists()
    why = "What was paid differs from the price. " if differs else ""
    after = " The order stays cancelled until then." if order.status == Status.CANCELLED else ""
    return {
        "heading": "We are checking your payment",
        "detail": f"{why}A person looks at it and writes to you; your money is safe.{after}",
    }


def _is_link(order: Order) -> bool:
    return order.product == Product.INTEGRATION


def _refunds(order: Order) -> tuple[Refund, ...]:
    if order.status not in _OVER:
        return ()
    found = Refund.objects.filter(payment__order=order).exclude(state=Refund.State.WITHDRAWN)
    if order.status not in _GIVES_BACK:
        # Its price is ours: what staff gave at Stripe and the bank sent back is no debt.
        found = found.exclude(state=Refund.State.FAILED, is_foreign=True)
    refunds = list(found.order_by("-created_at", "-pk"))
    # What we owe is all that is left, so a newer one takes the place of one that failed.
    newest = {one.payment_id: one.pk for one in reversed(refunds) if not one.is_foreign}
    return tuple(
        one
        for one in refunds
        if one.state != Refund.State.FAILED or one.pk >= newest.get(one.payment_id, 0)
    )


def _last_review(order: Order) -> Review | None:
    reviews = Review.objects.filter(order=order).select_related("publication")
    return reviews.order_by("-submitted_at", "-pk").first()


_TOLD: Final = {
    Status.AWAITING_PAYMENT: _awaiting_payment,
    Status.PROCESSING: _processing,
    Status.QUALITY_CHECK: _quality_check,
    Status.ADMIN_REVIEW: _admin_review,
    Status.COMPLETED: _completed,
    Status.FAILED: _failed,
    Status.CANCELLED: _cancelled,
}
