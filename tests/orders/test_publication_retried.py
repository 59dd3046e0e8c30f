"""What an operator's retry of a publication's job does, wherever the publication stands."""

from datetime import timedelta

import pytest

from orders import endings, holds, publications, reviews, strays
from orders.models import Order, Publication, Status
from orders.publications import PublicationRefused
from orders.reviews import ReviewRefused
from queueing import service
from queueing.models import Job, State
from tests.orders.factories import AT
from tests.orders.publishing import (
    approved_on_wordpress,
    job_of,
    order_of,
    run,
    run_until_settled,
    worked,
)
from tests.races import rival_before, rival_beside

pytestmark = pytest.mark.django_db

LIVE, FAILED, WAITING = (
    Publication.State.LIVE,
    Publication.State.FAILED,
    Publication.State.WAITING,
)


@pytest.fixture
def approved(sandbox, settings):
    """The publication of a version that an editor approved, on the sandbox's WordPress."""
    return approved_on_wordpress(settings)


@pytest.fixture
def failed(approved, settings):
    """The same, refused by the site, which would take it now."""
    passwords, settings.WORDPRESS_PASSWORDS = settings.WORDPRESS_PASSWORDS, {}
    run_until_settled(approved)
    settings.WORDPRESS_PASSWORDS = passwords
    assert approved.state == FAILED
    return approved


def retry(publication: Publication) -> Job:
    return service.retry(job_id=job_of(publication).pk, actor="mia", reason="key mended", at=AT)


def refused(publication: Publication, why: str) -> None:
    """The retry is refused and changes nothing."""
    publication.refresh_from_db()
    before = (publication.state, publication.reason, job_of(publication).state)
    with pytest.raises(service.Refused, match=why):
        retry(publication)
    publication.refresh_from_db()
    assert (publication.state, publication.reason, job_of(publication).state) == before


def test_one_that_has_failed_waits_again_and_goes_live(failed):
    retry(failed)

    failed.refresh_from_db()
    assert (failed.state, failed.reason) == (WAITING, "")
    assert order_of(failed).events.get(what="Publishing is tried again").actor == "mia"
    run(failed)
    assert failed.state == LIVE
    assert order_of(failed).status == Status.COMPLETED


def test_while_it_waits_again_the_approval_is_not_taken_back(failed):
    retry(failed)

    with pytest.raises(ReviewRefused, match="whose publication failed"):
        reviews.reopen(review=failed.review, by="edith", at=AT)
    with pytest.raises(PublicationRefused, match="Only a publication that has failed"):
        publications.retry(publication=failed, by="edith", at=AT)

    assert Job.objects.filter(kind="publication").count() == 1


def test_one_whose_review_was_reopened_stays_failed_and_the_desk_is_named(failed, sandbox):
    reviews.reopen(review=failed.review, by="edith", at=AT)

    refused(failed, "look at the order again, at the review desk")

    assert worked(sandbox, "posts.create") == 0


def test_one_that_fails_though_its_row_says_so_already_puts_nothing_out(failed, sandbox):
    """As a process of an older release lets its job run: the row stays failed."""
    reason = failed.reason
    Job.objects.filter(pk=job_of(failed).pk).update(state=State.WAITING, finished_at=None)

    run_until_settled(failed)

    assert (failed.state, failed.reason) == (FAILED, reason)
    assert worked(sandbox, "posts.create") == 0


def test_one_of_an_order_that_was_ended_stays_so_and_keeps_the_reason(failed):
    order = order_of(failed)
    endings.refund(order=order, actor="mia", reason="goodwill", at=AT)

    refused(failed, f"order {order.code} is at “Failed”")

    failed.refresh_from_db()
    assert failed.reason == "The order was ended: goodwill"


def test_one_that_fails_as_its_order_is_ended_keeps_that_reason(approved):
    endings.refund(order=order_of(approved), actor="mia", reason="goodwill", at=AT)

    publications.give_up(publication_id=approved.pk, reason="the site is away", at=AT)

    approved.refresh_from_db()
    assert (approved.state, approved.reason) == (FAILED, "The order was ended: goodwill")
    assert not order_of(approved).events.filter(what__startswith="Publishing failed").exists()


def test_one_that_is_live_is_not_published_again(failed):
    first = job_of(failed)
    publications.retry(publication=failed, by="edith", at=AT)
    run(failed)

    with pytest.raises(service.Refused, match="is live already"):
        service.retry(job_id=first.pk, actor="mia", at=AT)


def test_one_that_another_job_publishes_gets_no_second_one(failed):
    first = job_of(failed)
    publications.retry(publication=failed, by="edith", at=AT)

    with pytest.raises(service.Refused, match="another job publishes order"):
        service.retry(job_id=first.pk, actor="mia", at=AT)

    assert Job.objects.filter(kind="publication", state=State.WAITING).count() == 1


def test_one_of_a_held_order_waits_for_the_release_wherever_it_is_tried(failed):
    order = order_of(failed)
    holds.hold(order=order, cause="dispute:7", reason="€120.00 disputed", at=AT)

    refused(failed, f"is held: €120.00 disputed.*release_order {order.code}")
    with pytest.raises(PublicationRefused, match=r"is held: .* disputed.*nothing was tried"):
        publications.retry(publication=failed, by="edith", at=AT)

    holds.release(order=order, actor="mia", reason="fine", at=AT)
    failed.refresh_from_db()
    assert (failed.state, job_of(failed).state) == (WAITING, State.WAITING)


@pytest.mark.django_db(transaction=True)
def test_a_review_that_is_reopened_before_the_retry_locks_wins(failed):
    def reopen() -> None:
        reviews.reopen(review=failed.review, by="edith", at=AT)

    with (
        rival_before("FOR NO KEY UPDATE", reopen),
        pytest.raises(service.Refused, match="look at the order again"),
    ):
        retry(failed)

    assert job_of(failed).state == State.FAILED


@pytest.mark.django_db(transaction=True)
def test_a_reopening_that_comes_while_a_retry_is_written_is_refused(failed):
    told: list[str] = []

    def reopen() -> None:
        try:
            reviews.reopen(review=failed.review, by="edith", at=AT)
        except ReviewRefused as refused:
            told.append(str(refused))

    with rival_beside('UPDATE "queueing_job"', reopen):
        retry(failed)

    assert len(told) == 1
    assert Order.objects.get().reviews.filter(decision="").count() == 0


def test_a_release_retries_the_job_of_the_newest_approval_and_no_earlier_one(failed):
    order = order_of(failed)
    again = reviews.reopen(review=failed.review, by="edith", at=AT)
    newest = reviews.approve(review=again, by="edith", at=AT)
    job_of(newest).delete()
    order.refresh_from_db()
    holds.hold(order=order, cause="dispute:7", reason="€120.00 disputed", at=AT)

    holds.release(order=order, actor="mia", reason="fine", at=AT)

    assert job_of(failed).state == State.FAILED
    strays.settle(at=AT + timedelta(minutes=5))
    assert job_of(newest).state == State.WAITING


def test_a_retry_puts_the_text_there_anew(approved, sandbox):
    sandbox.knob(service="wordpress", bad_page="no_link")
    run_until_settled(approved)
    assert approved.state == FAILED
    sandbox.clear_knobs()
    before = len(sandbox.calls(service="wordpress", operation="posts.update"))

    retry(approved)
    run(approved)

    assert approved.state == LIVE
    assert len(sandbox.calls(service="wordpress", operation="posts.update")) == before + 1


def test_a_retry_from_a_step_finds_the_step_that_the_retry_forgets(approved, sandbox):
    sandbox.knob(service="wordpress", bad_page="no_link")
    run_until_settled(approved)
    job = job_of(approved)
    with pytest.raises(service.Refused, match="no stored step"):
        service.retry_from_step(job_id=job.pk, step="look", actor="mia", at=AT)

    service.retry_from_step(job_id=job.pk, step="publish-1", actor="mia", at=AT)

    assert job_of(approved).state == State.WAITING
    assert not job.stored_steps.exists()
