"""Submission and the editors' one decision: each is made once, by a named person, whole or not."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from articles.models import ArticleVersion, BacklinkReview
from orders import lifecycle, marks, notifications, reviews
from orders.models import Order, OrderEvent, OutgoingEmail, Publication, Refund, Review, Status
from queueing.models import Job
from tests.orders import factories
from tests.orders.factories import AT
from tests.races import rival_before

LATER = AT + timedelta(hours=2)


def everything(order: Order) -> tuple[object, ...]:
    """What a refusal must leave as it was."""
    return (
        Order.objects.filter(pk=order.pk).values().get(),
        [
            {name: value for name, value in review.items() if name != "claimed_until"}
            for review in Review.objects.filter(order=order).order_by("pk").values()
        ],  # a claim lasts from the last thing that its holder did, refused or not
        list(OrderEvent.objects.filter(order=order).values_list("what", flat=True)),
        list(
            ArticleVersion.objects.filter(order_key=order.subject)
            .values_list("number", "backlink_review_status")
            .order_by("pk")
        ),
        OutgoingEmail.objects.filter(order=order).count(),
        Publication.objects.filter(review__order=order).count(),
        Refund.objects.filter(payment__order=order).count(),
        Job.objects.filter(subject=order.subject).count(),
    )


def put_newer_version(order: Order, *, html: str = "") -> ArticleVersion:
    """Give the order a second version, as a revision or an editor would."""
    first = order.version
    assert first is not None
    newer = ArticleVersion.objects.create(
        article=first.article,
        number=first.number + 1,
        parent=first,
        title=first.title,
        slug=first.slug,
        html=html or first.html,
        words=first.words,
        report=first.report,
        order_key=order.subject,
    )
    Order.objects.filter(pk=order.pk).update(version=newer)
    return newer


def approve(review: Review, **given: object):
    return reviews.approve(**{"review": review, "by": "edith", "at": LATER} | given)


def give_back(review: Review, **given: object):
    return reviews.give_back(
        **{"review": review, "by": "edith", "note": "Name a source.", "at": LATER} | given
    )


def reject(review: Review, **given: object):
    return reviews.reject(
        **{"review": review, "by": "edith", "note": "Not for our readers.", "at": LATER} | given
    )


DECISIONS = {"approve": approve, "give back": give_back, "reject": reject}
every_decision = pytest.mark.parametrize("decide", DECISIONS.values(), ids=DECISIONS)


@pytest.mark.django_db
def test_a_submitted_version_waits_for_a_decision():
    order = factories.order_in_review()

    review = reviews.submit(order=order, version=order.version, actor="customer", at=LATER)

    order.refresh_from_db()
    assert (order.status, order.submitted_at) == (Status.ADMIN_REVIEW, LATER)
    assert (review.version, review.submitted_by, review.submitted_at) == (
        order.version,
        "customer",
        LATER,
    )
    assert (review.decision, review.decided_by, review.decided_at) == ("", "", None)
    assert order.events.last().what == "Version 1 submitted for editorial review"


@pytest.mark.django_db
def test_a_second_submission_is_refused_and_leaves_one_review():
    order = factories.order_in_review()
    stale = Order.objects.get(pk=order.pk)
    reviews.submit(order=order, version=order.version, actor="customer", at=AT)
    before = everything(order)

    with pytest.raises(lifecycle.TransitionRefused, match="Editorial review"):
        reviews.submit(order=stale, version=stale.version, actor="customer", at=LATER)

    assert everything(order) == before


@pytest.mark.django_db
def test_a_version_that_was_replaced_cannot_be_submitted():
    order = factories.order_in_review()
    put_newer_version(order)
    before = everything(order)

    with pytest.raises(reviews.NewerVersion, match="Version 1 is no longer the newest"):
        reviews.submit(order=order, version=order.version, actor="customer", at=LATER)

    assert everything(order) == before


@pytest.mark.django_db
def test_an_approved_version_is_marked_and_on_its_way_to_its_site():
    review = factories.waiting_review()

    publication = approve(review)

    order = Order.objects.get(pk=review.order_id)
    review.refresh_from_db()
    assert order.status == Status.ADMIN_REVIEW
    assert (review.decision, review.decided_by, review.decided_at) == ("approved", "edith", LATER)
    assert review.override_reason == ""
    assert order.version.backlink_review_status == BacklinkReview.APPROVED
    assert (publication.review, publication.state) == (review, "waiting")
    job = Job.objects.get(key=f"publish:{publication.pk}")
    assert (job.kind, job.subject, job.arguments, job.actor) == (
        "publication",
        order.subject,
        {"publication": publication.pk},
        "edith",
    )
    last = order.events.last()
    assert (last.what, last.actor, last.became) == ("Version 1 approved", "edith", "")


@pytest.mark.django_db
def test_a_returned_version_is_back_with_the_customer_with_the_note():
    review = factories.waiting_review()

    give_back(review, note="  Name a source.\n")

    order = Order.objects.get(pk=review.order_id)
    review.refresh_from_db()
    assert order.status == Status.QUALITY_CHECK
    assert (review.decision, review.note) == ("returned", "Name a source.")
    assert order.version.backlink_review_status == BacklinkReview.PENDING_REVIEW
    email = order.emails.get(kind="returned")
    assert (email.review, email.version, email.to) == (review, order.version, order.customer.email)
    assert Job.objects.filter(key=f"email:{email.pk}").count() == 1
    assert "Name a source." in notifications.message_for(email).text


@pytest.mark.django_db
def test_the_same_version_may_be_submitted_and_returned_again_with_another_note():
    review = factories.waiting_review()
    give_back(review)
    order = Order.objects.get(pk=review.order_id)
    again = reviews.submit(order=order, version=order.version, actor="customer", at=LATER)

    give_back(again, note="The source is still missing.")

    texts = [
        notifications.message_for(email).text for email in order.emails.filter(kind="returned")
    ]
    assert len(texts) == 2
    assert sum("still missing" in text for text in texts) == 1


@pytest.mark.django_db
def test_a_rejected_order_has_failed_and_its_refund_is_owed():
    review = factories.waiting_review()

    reject(review)

    order = Order.objects.get(pk=review.order_id)
    assert (order.status, order.failed_at) == (Status.FAILED, LATER)
    assert order.version.backlink_review_status == BacklinkReview.REJECTED
    refund = Refund.objects.get(payment__order=order)
    assert (refund.amount_cents, refund.state) == (order.amount_cents, "pending")
    assert Job.objects.filter(key=f"refund:{refund.pk}").count() == 1
    message = notifications.message_for(order.emails.get(kind="order-failed"))
    for said in (message.html, message.text):
        assert "Not for our readers." in said
        assert "The editor will not publish this article" in said
        assert "€120.00" in said
        assert "could not write" not in said


@pytest.mark.django_db
def test_an_order_that_nobody_could_write_is_not_told_of_an_editor():
    message = notifications.message_for(factories.failed_order().emails.get(kind="order-failed"))

    assert "We could not write this article" in message.text
    assert "editor" not in message.text + message.html


@pytest.mark.django_db
@every_decision
@pytest.mark.parametrize("first", DECISIONS.values(), ids=DECISIONS)
def test_a_second_decision_is_refused_and_names_the_first(first, decide):
    review = factories.waiting_review()
    stale = Review.objects.get(pk=review.pk)
    first(review, by="first editor")
    before = everything(review.order)

    with pytest.raises(reviews.DecidedAlready, match="by first editor"):
        decide(stale)

    assert everything(review.order) == before


@pytest.mark.django_db
@every_decision
def test_a_decision_on_an_order_that_changed_since_it_was_opened_is_refused(decide):
    review = factories.waiting_review()
    seen = review.order.updated_at
    marks.hold(order=review.order, cause="staff", reason="Disputed", at=LATER)
    before = everything(review.order)

    with pytest.raises(reviews.ChangedSinceOpened):
        decide(review, seen=seen)

    assert everything(review.order) == before


@pytest.mark.django_db
@every_decision
def test_what_was_seen_is_enough_when_nothing_changed(decide):
    review = factories.waiting_review()

    decide(review, seen=Order.objects.get(pk=review.order_id).updated_at)

    assert Review.objects.get(pk=review.pk).decided_by == "edith"


@pytest.mark.django_db
@pytest.mark.parametrize("decide", [give_back, reject])
def test_a_version_does_not_come_back_without_a_reason(decide):
    review = factories.waiting_review()
    before = everything(review.order)

    with pytest.raises(reviews.ReasonMissing):
        decide(review, note=" \n ")

    assert everything(review.order) == before


@pytest.mark.django_db
@pytest.mark.parametrize(
    "override",
    [
        {},
        {"override_reason": "A false alarm."},
        {"may_override": True},
        {"may_override": True, "override_reason": "  "},
    ],
)
def test_a_blocked_version_needs_the_permission_and_a_reason(override):
    review = factories.waiting_review(blocked=True)
    before = everything(review.order)

    with pytest.raises(reviews.GateBlocks):
        approve(review, **override)

    assert everything(review.order) == before


@pytest.mark.django_db
def test_an_overridden_gate_is_kept_with_its_reason_and_its_name():
    review = factories.waiting_review(blocked=True)

    approve(review, may_override=True, override_reason="The brackets belong to the recipe.")

    review.refresh_from_db()
    assert review.override_reason == "The brackets belong to the recipe."
    assert [(line.what, line.actor) for line in review.order.events.all()][-2:] == [
        ("Version 1 approved", "edith"),
        ("A failing check was overridden", "edith"),
    ]


@pytest.mark.django_db
def test_a_version_that_passed_keeps_no_override():
    review = factories.waiting_review()

    approve(review, may_override=True, override_reason="Just in case.")

    assert Review.objects.get(pk=review.pk).override_reason == ""


@pytest.mark.django_db
@pytest.mark.parametrize("report", [{}, {"blocked": None}, {"blocked": True}])
def test_a_version_without_a_passing_report_is_blocked(report):
    assert reviews.is_blocked(ArticleVersion(report=report))


@pytest.mark.django_db
def test_a_version_that_was_replaced_cannot_be_approved():
    review = factories.waiting_review()
    put_newer_version(review.order)
    before = everything(review.order)

    with pytest.raises(reviews.NewerVersion, match="Version 1"):
        approve(review)

    assert everything(review.order) == before


@pytest.mark.django_db
@every_decision
def test_a_decision_without_a_name_is_refused_by_the_database(decide):
    review = factories.waiting_review()

    with pytest.raises(IntegrityError), transaction.atomic():
        decide(review, by="")

    assert Review.objects.get(pk=review.pk).decision == ""


@pytest.mark.django_db(transaction=True)
def test_of_two_submissions_at_once_one_is_refused():
    order = factories.order_in_review()
    theirs = Order.objects.get(pk=order.pk)

    with (
        rival_before(
            'UPDATE "orders_order"',
            lambda: reviews.submit(order=theirs, version=theirs.version, actor="api", at=AT),
        ),
        pytest.raises(lifecycle.TransitionRefused),
    ):
        reviews.submit(order=order, version=order.version, actor="customer", at=LATER)

    assert Review.objects.get(order=order).submitted_by == "api"
    assert OrderEvent.objects.filter(order=order, became=Status.ADMIN_REVIEW).count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_newer_version_just_before_a_submission_wins():
    order = factories.order_in_review()
    theirs = Order.objects.get(pk=order.pk)

    with (
        rival_before('UPDATE "orders_order"', lambda: put_newer_version(theirs)),
        pytest.raises(reviews.NewerVersion),
    ):
        reviews.submit(order=order, version=order.version, actor="customer", at=LATER)

    assert Order.objects.get(pk=order.pk).status == Status.QUALITY_CHECK
    assert Review.objects.filter(order=order).count() == 0


@pytest.mark.django_db(transaction=True)
@every_decision
@pytest.mark.parametrize("rival", DECISIONS.values(), ids=DECISIONS)
def test_of_two_decisions_at_once_one_is_refused(rival, decide):
    review = factories.waiting_review()
    theirs = Review.objects.get(pk=review.pk)

    with (
        rival_before("FOR NO KEY UPDATE", lambda: rival(theirs, by="rival")),
        pytest.raises(reviews.DecidedAlready),
    ):
        decide(review)

    decided = Review.objects.get(pk=review.pk)
    assert decided.decided_by == "rival"
    assert Publication.objects.filter(review=review).count() == (decided.decision == "approved")
    assert Refund.objects.count() == (decided.decision == "rejected")
    assert OutgoingEmail.objects.filter(kind="returned").count() == (decided.decision == "returned")


@pytest.mark.django_db(transaction=True)
def test_a_newer_version_just_before_an_approval_wins():
    review = factories.waiting_review()
    theirs = Order.objects.get(pk=review.order_id)

    with (
        rival_before("FOR NO KEY UPDATE", lambda: put_newer_version(theirs)),
        pytest.raises(reviews.NewerVersion),
    ):
        approve(review)

    assert Review.objects.get(pk=review.pk).decision == ""
    assert Publication.objects.count() == 0
    assert Job.objects.filter(kind="publication").count() == 0
