"""An approval that the editors took back publishes nothing, whoever tries."""

import pytest

from articles.publishing import Published
from orders import holds, marks, publications, reviews
from orders.models import Publication, Status
from orders.publications import PublicationRefused
from queueing.models import Job, State
from tests.orders.factories import AT
from tests.orders.publishing import (
    approved_on_wordpress,
    job_of,
    order_of,
    run_until_settled,
    worked,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def approved(sandbox, settings):
    return approved_on_wordpress(settings)


def reopened(approved: Publication) -> Publication:
    """The publication of an approval that the editors took back, once it had failed."""
    publications.give_up(publication_id=approved.pk, reason="no such page", at=AT)
    job = job_of(approved)
    Job.objects.filter(pk=job.pk).update(
        state=State.FAILED, finished_at=AT, error_class="Unpublishable"
    )
    reviews.reopen(review=approved.review, by="edith", at=AT)
    return approved


def test_an_approval_that_was_taken_back_publishes_nothing_if_its_job_runs_again(sandbox, approved):
    """A process of an older release lets it; this one refuses (`test_publication_retried`)."""
    publication = reopened(approved)
    job = Job.objects.filter(pk=job_of(publication).pk)

    job.update(state=State.WAITING, finished_at=None)
    run_until_settled(publication)

    assert worked(sandbox, "posts.create") == 0
    assert job_of(publication).state == State.FAILED
    assert order_of(publication).status == Status.ADMIN_REVIEW
    assert order_of(publication).reviews.filter(decision="").count() == 1


def test_an_approval_that_is_taken_back_while_it_is_published_completes_nothing(sandbox, approved):
    publication = publications.to_publish(publication_id=approved.pk)
    reopened(approved)
    published = Published(url="https://garden.example.com/page", slug="page", remote_id="1")

    with pytest.raises(PublicationRefused, match="look at the order again"):
        publications.went_live(publication=publication, published=published, checks={}, at=AT)

    assert order_of(approved).status == Status.ADMIN_REVIEW


def test_what_the_editors_look_at_again_is_not_tried_again(sandbox, approved):
    publication = reopened(approved)

    with pytest.raises(PublicationRefused, match="look at the order again"):
        publications.retry(publication=publication, by="edith", at=AT)

    assert job_of(publication).state == State.FAILED


def test_a_release_publishes_nothing_that_the_editors_look_at_again(sandbox, approved):
    publication = reopened(approved)
    order = order_of(publication)
    marks.hold(order=order, cause="staff", reason="a look", at=AT)

    holds.release(order=order, actor="mia", reason="fine", at=AT)

    assert job_of(publication).state == State.FAILED
