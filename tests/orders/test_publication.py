"""An approved version's way to its live page, against the sandbox's WordPress and our own pages."""

import pytest

from articles.models import Article
from orders import notifications, publications, reviews
from orders.models import Order, OutgoingEmail, Publication, Status
from orders.publications import PublicationRefused
from queueing import leases, ledger
from queueing.models import Job, Outcome, State
from queueing.process import Process
from tests.orders import factories
from tests.orders.factories import AT
from tests.orders.publishing import (
    approved_on_wordpress,
    job_of,
    order_of,
    run,
    run_until_settled,
    worked,
)
from tests.races import rival_before
from tests.visitor import get

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


def published_mails(publication: Publication) -> int:
    return OutgoingEmail.objects.filter(order=order_of(publication), kind="published").count()


def test_an_approved_version_goes_live_and_completes_its_order(sandbox, approved):
    ended = run(approved)

    assert ended.outcome is Outcome.SUCCEEDED
    order, article = order_of(approved), Article.objects.get(versions=approved.review.version)
    assert order.status == Status.COMPLETED
    assert order.live_url == approved.url == article.url
    assert order.completed_at == approved.published_at
    assert (approved.state, approved.reason) == (LIVE, "")
    assert approved.remote_id == article.remote_id
    assert {name: check["ok"] for name, check in approved.checks.items()} == dict.fromkeys(
        ("answer", "link", "anchor", "policy", "indexing"), True
    )
    assert article.live_version == approved.review.version
    assert job_of(approved).state == State.COMPLETED
    assert order.brief["target_url"] in get(order.live_url).text


def test_the_customer_is_told_where_it_stands(sandbox, approved):
    run(approved)

    email = OutgoingEmail.objects.get(order=order_of(approved), kind="published")
    message = notifications.message_for(email)
    assert email.version == approved.review.version
    assert message.subject == f"Order {email.order.code}: your link is live"
    for body in (message.html, message.text):
        assert approved.url in body
        assert "sponsored" in body


@pytest.mark.django_db(transaction=True)
def test_on_our_own_pages_it_is_live_at_once(web, settings):
    review = factories.waiting_review()
    publication = reviews.approve(review=review, by="edith", at=AT)

    ended = run(publication)

    assert ended.outcome is Outcome.SUCCEEDED
    order = order_of(publication)
    assert order.status == Status.COMPLETED
    assert order.live_url.startswith(f"{settings.SITE_URL}/sites/{order.domain.host}/")
    answer = get(order.live_url)
    assert answer.status_code == 200
    assert order.code not in answer.text
    assert str(order.pk) not in answer.text


def test_a_lost_reply_makes_one_post_and_one_completion(sandbox, approved):
    sandbox.knob(service="wordpress", operation="posts.create", drop_reply=True, times=1)

    first, second = run(approved), run(approved)

    assert (first.outcome, first.retry_in_s) == (Outcome.FAILED, 2)
    assert second.outcome is Outcome.SUCCEEDED
    assert sandbox.get("/control/state")["posts"] == 1
    assert published_mails(approved) == 1


def test_a_site_that_is_down_is_waited_for(sandbox, approved):
    sandbox.knob(service="wordpress", status=503, retry_after_s=9, times=1)
    sandbox.knob(service="wordpress", drop_before=True, skip=1, times=1)

    ended = run_until_settled(approved)

    assert [each.retry_in_s for each in ended] == [9, 4, None]
    assert approved.state == LIVE
    assert order_of(approved).status == Status.COMPLETED


@pytest.mark.parametrize(
    ("bad", "check", "reason"),
    [
        ("noindex", "indexing", "not to index it (noindex)"),
        ("noindex_header", "indexing", "not to index it (noindex)"),
        ("no_link", "link", "is not on the page"),
        ("link_twice", "link", "2 times"),
        ("wrong_rel", "policy", "sold was marked sponsored"),
        ("wrong_anchor", "anchor", "says “click here”"),
    ],
)
def test_a_page_that_is_not_as_sold_leaves_the_order_with_the_editors(
    sandbox, approved, bad, check, reason
):
    sandbox.knob(service="wordpress", operation="page", bad_page=[bad])

    ended = run_until_settled(approved)

    assert [each.retry_in_s for each in ended] == [2, 4, 8, 16, 32, 60, 60, None]
    assert approved.state == FAILED
    assert reason in approved.reason
    assert approved.checks[check]["ok"] is False
    order = order_of(approved)
    assert (order.status, order.live_url) == (Status.ADMIN_REVIEW, "")
    assert order.events.filter(what="Publishing failed; our editors look into it").count() == 1
    assert published_mails(approved) == 0
    assert sandbox.get("/control/state")["posts"] == 1


def test_the_log_tells_of_each_failure_and_of_none_of_what_is_live(approved, caplog):
    for reason in ("Nobody answers at wp.example.", "once more"):
        Publication.objects.update(state=WAITING, reason="")
        publications.give_up(publication_id=approved.pk, reason=reason, at=AT)

    assert caplog.text.count("publication_failed") == 2
    assert "wp.example" not in caplog.text

    Publication.objects.update(state="live", url="https://wp.example/", published_at=AT)
    publications.give_up(publication_id=approved.pk, reason="too late", at=AT)

    assert caplog.text.count("publication_failed") == 2


def test_a_page_that_comes_right_between_two_tries_is_live(sandbox, approved):
    sandbox.knob(service="wordpress", operation="page", bad_page=["no_link"], times=1)

    first, second = run(approved), run(approved)

    assert (first.error_class, first.retry_in_s) == ("PageNotRight", 2)
    assert second.outcome is Outcome.SUCCEEDED
    assert (approved.state, approved.checks["link"]["ok"]) == (LIVE, True)


def test_each_try_publishes_again_because_what_stood_there_may_be_gone(sandbox, approved):
    sandbox.knob(service="wordpress", operation="page", status=404, times=1)

    run_until_settled(approved)

    assert (worked(sandbox, "posts.create"), worked(sandbox, "posts.update")) == (1, 1)


def test_a_refusal_is_not_asked_again(approved, settings, sandbox):
    settings.WORDPRESS_PASSWORDS = {}

    ended = run_until_settled(approved)

    assert [(each.retry_in_s, each.error_class) for each in ended] == [(None, "Unpublishable")]
    assert approved.state == FAILED
    assert approved.reason.startswith("WORDPRESS_PASSWORDS has no password for")
    assert order_of(approved).status == Status.ADMIN_REVIEW
    assert sandbox.calls(service="wordpress") == []


def test_a_run_that_ends_after_any_step_goes_on_from_there(sandbox, approved):
    for calls_of_page in (0, 1):
        process = Process()
        with rival_before("INSERT INTO queueing_step", process.stopping.set):
            assert run(approved, process=process).outcome is Outcome.HANDED_BACK
        assert worked(sandbox, "posts.create") == 1
        assert worked(sandbox, "page") == calls_of_page
        assert order_of(approved).status == Status.ADMIN_REVIEW

    ended = run(approved)

    assert ended.outcome is Outcome.SUCCEEDED
    assert worked(sandbox, "posts.create") + worked(sandbox, "posts.update") == 1
    assert worked(sandbox, "page") == 1
    assert order_of(approved).status == Status.COMPLETED
    assert published_mails(approved) == 1


@pytest.mark.django_db(transaction=True)
def test_a_run_that_has_lost_its_job_puts_nothing_on_the_page(sandbox, approved):
    """Its worker slept for longer than the lease before the first call to the site."""

    def take_away() -> None:
        job = job_of(approved)
        leases.cancel(leases.Lease(job.pk, job.lease_token))

    with rival_before('FROM "orders_review" WHERE', take_away):
        ended = run(approved)

    assert ended.outcome is None
    assert sandbox.calls(service="wordpress") == []


def test_a_second_job_for_what_is_live_does_nothing(sandbox, approved):
    run(approved)
    calls = len(sandbox.calls(service="wordpress"))
    events = order_of(approved).events.count()
    ledger.enqueue(
        kind="publication",
        subject=order_of(approved).subject,
        arguments={"publication": approved.pk},
    )

    assert run(approved).outcome is Outcome.SUCCEEDED

    assert len(sandbox.calls(service="wordpress")) == calls
    assert order_of(approved).events.count() == events
    assert published_mails(approved) == 1


def test_what_no_named_person_approved_is_not_published(sandbox, approved):
    review = approved.review
    type(review).objects.filter(pk=review.pk).update(
        decision="", decided_by="", decided_at=None, override_reason=""
    )

    run_until_settled(approved)

    assert (approved.state, approved.reason) == (FAILED, "Nobody has approved this version.")
    assert sandbox.calls(service="wordpress") == []


def test_an_order_that_left_the_editors_is_not_published(sandbox, approved):
    Order.objects.filter(reviews__publication=approved).update(status=Status.FAILED, failed_at=AT)

    run_until_settled(approved)

    assert approved.state == FAILED
    assert sandbox.calls(service="wordpress") == []


@pytest.mark.django_db(transaction=True)
def test_an_order_that_leaves_during_the_look_is_not_completed(sandbox, approved):
    def leave() -> None:
        Order.objects.filter(reviews__publication=approved).update(
            status=Status.FAILED, failed_at=AT
        )

    with rival_before("FOR NO KEY UPDATE", leave):
        run_until_settled(approved)

    assert order_of(approved).status == Status.FAILED
    assert approved.state == FAILED
    assert published_mails(approved) == 0
    assert job_of(approved).state == State.FAILED


def test_a_named_person_tries_a_failed_publication_again(sandbox, approved, settings):
    passwords, settings.WORDPRESS_PASSWORDS = settings.WORDPRESS_PASSWORDS, {}
    run_until_settled(approved)
    failed_job = job_of(approved)
    settings.WORDPRESS_PASSWORDS = passwords

    publications.retry(publication=approved, by="edith", at=AT)

    assert (approved.state, approved.reason) == (WAITING, "")
    assert job_of(approved).pk != failed_job.pk
    assert job_of(approved).actor == "edith"
    run(approved)
    assert approved.state == LIVE
    assert order_of(approved).status == Status.COMPLETED
    event = order_of(approved).events.get(what="Publishing is tried again")
    assert event.actor == "edith"


def test_only_a_failed_publication_is_tried_again(sandbox, approved):
    def refused(match: str) -> None:
        jobs, events = Job.objects.count(), order_of(approved).events.count()
        with pytest.raises(PublicationRefused, match=match):
            publications.retry(publication=approved, by="edith", at=AT)
        assert (Job.objects.count(), order_of(approved).events.count()) == (jobs, events)

    refused("Only a publication that has failed")
    run(approved)
    refused("nothing was tried")


def test_of_two_editors_who_try_again_one_is_refused(sandbox, approved, settings):
    settings.WORDPRESS_PASSWORDS = {}
    run_until_settled(approved)
    same = Publication.objects.get()
    publications.retry(publication=approved, by="edith", at=AT)

    with pytest.raises(PublicationRefused):
        publications.retry(publication=same, by="otto", at=AT)

    assert Job.objects.filter(kind="publication", state=State.WAITING).count() == 1


def test_no_password_reaches_the_ledger(sandbox, approved, settings):
    settings.WORDPRESS_PASSWORDS = dict.fromkeys(settings.WORDPRESS_PASSWORDS, "secret words")

    run_until_settled(approved)

    job = job_of(approved)
    kept = [job.error_reason, *job.runs.values_list("traceback", flat=True)]
    assert "incorrect_password" in approved.reason
    assert not any("secret words" in text for text in kept)
