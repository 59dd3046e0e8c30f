"""Publication: publish the approved text, look at the live page, complete the order.

Publishing is repeatable, so every try does it anew: a page that failed its look may have lost what
was put there. A run that only crashed, or was handed back, goes on from its stored steps.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from django.utils import timezone

from articles import publishing
from articles.brief import Brief
from articles.publishing import Published, PublishingRefused, PublishingUnavailable
from orders import lifecycle, publications
from orders.models import Publication
from queueing.errors import Permanent, RetryLater
from queueing.registry import FailedJob, Policy, handles
from queueing.run import Run


class Unpublishable(Permanent):
    """The site, or what people decided, says no: an editor must change something first."""


class PageNotRight(Exception):
    """The live page does not show what was sold; caches and slow sites may still come round."""


def publication_failed(failed: FailedJob) -> None:
    """Leave the row for the editors, with the reason."""
    publications.give_up(
        publication_id=int(failed.arguments["publication"] or 0),
        reason=failed.error_reason or failed.error_class,
        at=failed.at,
    )


@handles(
    "publication",
    policy=Policy(tries=8, base_s=2, cap_s=60),
    rank=10,
    expect_s=10,
    settled=publication_failed,
    no_retry=publications.no_retry,
    retried=publications.retried,
    retries_anew=True,  # the page may be another by the time that a person asks
)
def publish(run: Run) -> None:
    """Bring one approved version to its site and make sure that it stands there as sold."""
    with _final():
        publication = publications.to_publish(publication_id=int(run.arguments["publication"]))
    if publication is None:
        return
    published = _publish(run, publication)
    checks = run.once("look", lambda: _look(publication, published))
    at = timezone.now()
    with _final(), run.delivery():  # row, move, e-mail and the settled job land together
        publications.went_live(publication=publication, published=published, checks=checks, at=at)


def _publish(run: Run, publication: Publication) -> Published:
    version = publication.review.version
    article = version.article
    with _final():
        # Read before the step: while a site answers, no database connection is held.
        text = publishing.standing(article=article, version=version)

    def put() -> dict[str, Any]:
        run.confirm()  # a worker that slept must not put an old text over a newer one
        with publisher_errors():
            return asdict(publishing.publish(article=article, version=text, at=timezone.now()))

    return Published(**run.once(f"publish-{run.attempt}", put))


def _look(publication: Publication, published: Published) -> dict[str, Any]:
    """Return the checks of a page that passed them all.

    :raises PageNotRight: it did not; the checks are kept for the editors
    """
    brief = Brief.from_json(publication.review.order.brief)
    seen = publishing.look(
        published.url,
        target_url=brief.target_url,
        anchor_text=brief.anchor_text,
        rel=brief.link_rel,
    )
    if not seen.ok:
        publications.looked(publication=publication, seen=seen)
        raise PageNotRight(seen.reason)
    return seen.to_json()


@contextmanager
def publisher_errors() -> Iterator[None]:
    """Turn a publisher's errors into the ledger's."""
    try:
        yield
    except PublishingRefused as refused:
        raise Unpublishable(str(refused)) from refused
    except PublishingUnavailable as unavailable:
        raise RetryLater(str(unavailable), retry_after_s=unavailable.retry_after_s) from unavailable


@contextmanager
def _final() -> Iterator[None]:
    """What people have decided differently is not asked again."""
    try:
        yield
    except (
        publications.PublicationRefused,
        lifecycle.TransitionRefused,
        PublishingRefused,
    ) as refused:
        raise Unpublishable(str(refused)) from refused
