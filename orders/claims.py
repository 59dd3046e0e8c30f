"""Who is reading a review: named, for a time, and never a lock that can be stuck.

Opening a review claims it. The claim ends by itself, by the decision, or by whoever takes it over;
reviews ask `free_for` in the same statement that writes a decision.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import Case, F, Q, When

from orders.models import Review

NOBODY: Final[dict[str, Any]] = {"claimed_by": "", "claimed_at": None, "claimed_until": None}


def free_for(who: str, *, at: datetime) -> Q:
    """Return which reviews this person may decide on: nobody else holds them."""
    return Q(claimed_by="") | Q(claimed_by=who) | Q(claimed_until__lte=at)


def claim(*, review: Review, by: str, at: datetime) -> bool:
    """Claim a review that waits and that nobody else holds, or go on holding it.

    Says whether `by` holds it now; `review` knows who does. Any number of calls make one claim.
    """
    goes_on = When(claimed_by=by, claimed_until__gt=at, then=F("claimed_at"))
    free = Review.objects.filter(free_for(by, at=at), pk=review.pk, decision="")
    held = free.update(
        claimed_by=by,
        claimed_at=Case(goes_on, default=at),
        claimed_until=at + timedelta(minutes=settings.REVIEW_CLAIM_MINUTES),
    )
    review.refresh_from_db(fields=[*NOBODY])
    return bool(held)


@transaction.atomic
def take_over(*, review: Review, by: str, at: datetime) -> str:
    """Claim a review whoever holds it; return who did, "" for nobody else or a decided one."""
    before = Review.objects.select_for_update(no_key=True).get(pk=review.pk)
    other = holder(before, at=at)
    if before.decision or other == by:
        other = ""
    elif other:
        Review.objects.filter(pk=review.pk).update(**NOBODY)
    claim(review=review, by=by, at=at)
    return other


def release(*, review: Review, by: str) -> None:
    """Let go of one's own claim; somebody else's stays."""
    Review.objects.filter(pk=review.pk, claimed_by=by).update(**NOBODY)


def holder(review: Review, *, at: datetime) -> str:
    """Return who holds the review, "" if nobody does or the claim has gone stale."""
    is_fresh = review.claimed_until is not None and review.claimed_until > at
    return review.claimed_by if is_fresh else ""
