"""The whole promise in one journey: bought, changed, submitted, approved, live."""

import pytest
from django.utils import timezone

from articles.models import ArticleVersion
from orders import reviews
from orders.models import Order, OrderEvent, Publication, Review
from tests.visitor import get

pytestmark = pytest.mark.django_db(transaction=True)


def delivered(customer, domain) -> dict:
    customer.pay(customer.buy(domain, topic="Keeping tools through the winter"))
    return customer.wait_for("QUALITY_CHECK", "FAILED")


def test_an_order_is_changed_submitted_approved_and_goes_live(
    customer, domain, worker, sandbox, quiet
):
    ready = delivered(customer, domain)
    assert (ready["canRequestRevision"], ready["canSubmitForReview"]) == (True, True)

    answer = customer.post(
        "/api/v1/purchase/request-revision",
        revisionNotes="Please add one more sentence about patience to the introduction.",
    )
    assert answer.status_code == 202
    changed = customer.wait_for_version(2)

    answer = customer.post("/api/v1/purchase/submit-for-review", versionId=changed["version"]["id"])
    assert answer.status_code == 202
    assert customer.status()["status"] == "ADMIN_REVIEW"

    reviews.approve(review=Review.objects.get(), by="ed", at=timezone.now())
    done = customer.wait_for("COMPLETED")
    quiet()

    page = get(done["liveArticleUrl"])
    assert page.status_code == 200
    assert 'href="https://shop.example.com/garden-tools"' in page.text
    assert Publication.objects.get().state == "live"
    assert ArticleVersion.objects.get(number=2).backlink_review_status == "APPROVED"
    assert [event.became for event in OrderEvent.objects.all() if event.became] == [
        "PROCESSING",
        "QUALITY_CHECK",
        "PROCESSING",
        "QUALITY_CHECK",
        "ADMIN_REVIEW",
        "COMPLETED",
    ]
    told = [subject.partition(": ")[2] or subject for subject in customer.mails()]
    assert len(told) == len(set(told)) == 4


def test_a_version_that_is_no_longer_current_cannot_be_submitted(customer, domain, worker, quiet):
    first = delivered(customer, domain)["version"]["id"]
    customer.post(
        "/api/v1/purchase/request-revision",
        revisionNotes="Please add one more sentence about patience to the introduction.",
    )
    customer.wait_for_version(2)

    answer = customer.post("/api/v1/purchase/submit-for-review", versionId=first)

    assert answer.status_code == 409
    assert not Review.objects.exists()
    assert Order.objects.get().status == "QUALITY_CHECK"


def test_a_rejected_order_is_refunded(customer, domain, worker, sandbox, quiet):
    ready = delivered(customer, domain)
    customer.post("/api/v1/purchase/submit-for-review", versionId=ready["version"]["id"])

    reviews.reject(
        review=Review.objects.get(), by="ed", note="It does not fit the site.", at=timezone.now()
    )
    customer.wait_for("FAILED")
    quiet()

    assert len(sandbox.calls(service="stripe", operation="refunds.create")) == 1
    assert customer.mails()[-1].endswith("not published, your money goes back")
