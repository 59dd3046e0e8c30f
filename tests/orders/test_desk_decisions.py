"""Decisions at the desk: made once, with their reasons; and what a failed publication leaves."""

import pytest
from django.urls import reverse

from orders import marks, reviews
from orders.models import Order, Publication, Refund, Review, Status
from queueing.models import Job
from tests.orders import factories
from tests.orders.factories import AT
from tests.orders.looking import Looked
from tests.orders.test_desk import LIST, decide, desk, editor, seen, staff
from tests.orders.test_reviews import everything, put_newer_version

pytestmark = pytest.mark.django_db


def test_an_approval_names_its_editor():
    review = factories.waiting_review()

    response = decide(editor(), review, "approved")

    review.refresh_from_db()
    assert response["Location"] == reverse(LIST)
    assert (review.decision, review.decided_by) == ("approved", "edith")
    assert Publication.objects.get(review=review).state == "waiting"


def test_a_return_carries_the_note():
    review = factories.waiting_review()

    decide(editor(), review, "returned")

    review.refresh_from_db()
    assert (review.decision, review.note) == ("returned", "Name a source.")
    assert Order.objects.get(pk=review.order_id).status == Status.QUALITY_CHECK


def test_a_rejection_is_asked_for_once_more():
    review = factories.waiting_review()
    client = editor()

    asked = Looked(decide(client, review, "rejected"))

    assert Review.objects.get(pk=review.pk).decision == ""
    assert "€120.00 goes back to" in asked.text
    (form,) = [form for form in asked.tree.forms if form.action.endswith("/decide/")]
    client.post(form.action, dict(form.fields) | {"decision": "rejected"})
    assert Review.objects.get(pk=review.pk).note == "Name a source."
    assert Refund.objects.filter(payment__order=review.order_id).count() == 1
    assert Order.objects.get(pk=review.order_id).status == Status.FAILED


@pytest.mark.parametrize("decision", ["returned", "rejected"])
def test_a_decision_without_its_reason_is_refused(decision):
    review = factories.waiting_review()
    before = everything(review.order)

    response = decide(editor(), review, decision, note="  ")

    assert response.status_code == 409
    assert "Say why" in Looked(response).text
    assert everything(review.order) == before


def test_what_was_typed_is_still_there_after_a_refusal():
    review = factories.waiting_review()
    client = editor()
    opened = seen(review)
    marks.hold(order=review.order, cause="staff", reason="Disputed", at=AT.replace(hour=20))
    before = everything(review.order)

    response = decide(client, review, "returned", seen=opened, note="A long note.")

    page = Looked(response)
    assert response.status_code == 409
    assert "changed since you opened it" in page.text
    assert page.one("//textarea[@name='note']") == "A long note."
    assert "Held for a check: Disputed" in page.text
    assert everything(review.order) == before


@pytest.mark.parametrize(
    "wrong",
    [{"seen": ""}, {"seen": "yesterday"}, {"decision": "published"}, {"note": "x" * 2001}],
    ids=lambda sent: next(iter(sent)),
)
def test_a_form_that_no_screen_made_is_refused(wrong):
    review = factories.waiting_review()
    before = everything(review.order)

    sent = {"decision": "returned", "seen": seen(review), "note": "No."} | wrong
    response = editor().post(desk(review, "decide"), sent)

    assert response.status_code == 400
    assert everything(review.order) == before


def test_a_naive_time_is_no_time_that_was_seen():
    review = factories.waiting_review()

    assert decide(editor(), review, "approved", seen="2026-03-02T09:30:00").status_code == 409


def test_a_second_editor_is_told_who_was_first():
    review = factories.waiting_review()
    first, second = editor(), editor(name="erin")
    opened = seen(review)
    decide(first, review, "approved")

    response = decide(second, review, "returned", seen=opened)

    assert response.status_code == 409
    assert "Decided already: approved, by edith." in Looked(response).text


def test_a_blocked_version_cannot_be_approved_without_the_permission():
    review = factories.waiting_review(blocked=True)
    client = editor()
    page = Looked(client.get(desk(review)))
    before = everything(review.order)

    response = decide(client, review, "approved", override_reason="A false alarm.")

    assert page.all("//button[@disabled]") == ["Approve and publish"]
    assert "Off: “Leakage” failed" in page.text
    assert response.status_code == 409
    assert everything(review.order) == before


def test_who_may_override_writes_the_reason():
    review = factories.waiting_review(blocked=True)
    client = staff("decide_review", "override_gate")
    page = Looked(client.get(desk(review)))

    refused = decide(client, review, "approved")
    decide(client, review, "approved", override_reason="A false alarm.")

    assert page.all("//textarea[@name='override_reason']/@required")
    assert refused.status_code == 409
    review.refresh_from_db()
    assert (review.decision, review.override_reason) == ("approved", "A false alarm.")


def test_a_replaced_version_is_shown_as_that_and_not_approved():
    review = factories.waiting_review()
    put_newer_version(review.order)
    client = editor()

    page = Looked(client.get(desk(review)))

    assert "newer version" in page.text
    assert page.all("//button[@disabled]") == ["Approve and publish"]
    assert decide(client, review, "approved").status_code == 409


# --- A publication that failed ---------------------------------------------------------------


def failed_publication() -> Review:
    review = factories.waiting_review()
    publication = reviews.approve(review=review, by="edith", at=AT)
    Publication.objects.filter(pk=publication.pk).update(
        state="failed", reason="The live page answers 404 instead of 200."
    )
    return review


def test_a_failed_publication_shows_its_reason_and_may_be_tried_again():
    review = failed_publication()
    client = editor(name="erin")
    page = Looked(client.get(desk(review)))

    client.post(desk(review, "publish_again"))
    client.post(desk(review, "publish_again"))

    assert "answers 404 instead of 200" in page.text
    assert Publication.objects.get(review=review).state == "waiting"
    again = Job.objects.filter(kind="publication", subject=review.order.subject, actor="erin")
    assert again.count() == 1


def test_a_version_that_cannot_be_published_may_be_decided_anew():
    review = failed_publication()
    client = editor(name="erin")

    response = client.post(desk(review, "reopen"))
    client.post(desk(review, "reopen"))

    again = Review.objects.get(order=review.order_id, decision="")
    assert response["Location"] == desk(again)
    assert (again.submitted_by, again.version_id) == ("erin", review.version_id)
    decide(client, again, "rejected", sure="on")
    assert Order.objects.get(pk=review.order_id).status == Status.FAILED


def test_an_approval_whose_publication_goes_on_is_not_taken_back():
    review = factories.waiting_review()
    reviews.approve(review=review, by="edith", at=AT)
    before = everything(review.order)

    with pytest.raises(reviews.ReviewRefused):
        reviews.reopen(review=review, by="edith", at=AT)

    assert everything(review.order) == before
