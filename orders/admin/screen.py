"""All that a decision needs to know, for the desk's one screen: read, never written."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Prefetch
from django.utils import timezone

from articles import sanitise
from articles.costs import is_unpriced
from articles.models import ArticleVersion, ModelCall
from articles.openings import publishers_text
from orders import claims, reading, reviews
from orders.difference import Difference, difference
from orders.models import OrderEvent, Publication, Review, Revision
from orders.report import drawn
from queueing.models import Attempt, Job


def shown(review: Review, *, reader: str, at: datetime) -> dict[str, Any]:
    """Return the facts of the review: the same number of queries for any order."""
    order, version = review.order, review.version
    target_url = order.brief["target_url"]
    before = _seen_last(review)
    return {
        "review": review,
        "order": order,
        "brief": order.brief,
        "version": version,
        "publication": publication_of(review),
        "pieces": reading.pieces(version.html, target_url=target_url),
        "place": reading.place(version.html, target_url=target_url),
        "source": sanitise.clean(version.html),
        "ground": publishers_text(version.article_id, order.subject),
        "before": before,
        "difference": told(before, version),
        "report": drawn(version.report),
        "is_blocked": reviews.is_blocked(version),
        "is_newest": order.version_id == version.pk,
        "waited_s": waited(review).total_seconds(),
        "seen": order.updated_at.isoformat(),
        **held(review, reader=reader, at=at),
        **_story(review),
    }


def held(review: Review, *, reader: str, at: datetime) -> dict[str, Any]:
    """Return who holds the review, as whoever reads it is told."""
    holder = claims.holder(review, at=at)
    return {"is_mine": holder == reader, "held_by": "" if holder == reader else holder}


def told(before: ArticleVersion | None, version: ArticleVersion) -> Difference | None:
    """Return what became of the earlier text, None where there is none or it is this one."""
    if before is None or before.pk == version.pk:
        return None
    return difference(sanitise.clean(before.html), sanitise.clean(version.html))


def waited(review: Review) -> timedelta:
    return (review.decided_at or timezone.now()) - review.submitted_at


def publication_of(review: Review) -> Publication | None:
    return getattr(review, "publication", None)


def _seen_last(review: Review) -> ArticleVersion | None:
    """The text that the editors decided on last; before the first time, the publisher's own: what
    the customer had changed before they submitted is new to an editor."""
    earlier = Review.objects.filter(order=review.order, submitted_at__lt=review.submitted_at)
    last = earlier.select_related("version").order_by("-submitted_at").first()
    return (
        last.version
        if last is not None
        else publishers_text(review.version.article_id, review.order.subject)
    )


def _story(review: Review) -> dict[str, Any]:
    """What happened to the order, and what it cost."""
    order = review.order
    runs = Prefetch("runs", Attempt.objects.order_by("number").defer("traceback"))
    jobs = Job.objects.filter(subject=order.subject).order_by("created_at")
    calls = list(ModelCall.objects.filter(order_key=order.subject).order_by("created_at", "pk"))
    known = [call.cost_usd for call in calls if call.cost_usd is not None]
    others = list(
        Review.objects.filter(order=order).exclude(pk=review.pk).select_related("publication")
    )
    return {
        "events": list(OrderEvent.objects.filter(order=order).select_related("version")),
        "jobs": list(jobs.prefetch_related(runs)),
        "wishes": list(Revision.objects.filter(order=order).order_by("number")),
        "others": others,
        "newer": next((one for one in reversed(others) if one.pk > review.pk), None),
        "calls": calls,
        "cost": sum(known) if known else None,
        "cost_unknown": sum(is_unpriced(call) for call in calls),
    }
