"""Submitting for editorial review through the API."""

from uuid import uuid4

import pytest
from django.urls import reverse

from orders import access, reviews
from orders.api import problems
from orders.models import Order, OrderEvent, Review, Status
from tests.orders import factories
from tests.orders.factories import AT
from tests.orders.test_api import bearer, follow, problem
from tests.orders.test_reviews import put_newer_version

pytestmark = pytest.mark.django_db


def submit(client, order: Order, *, key: str | None = None, **body: object):
    sent = {"orderId": str(order.pk), "versionId": order.version_id} | body
    return client.post(
        reverse("api-submit-for-review"),
        {name: value for name, value in sent.items() if value is not None},
        content_type="application/json",
        headers=bearer(access.access_key(order) if key is None else key),
    )


def test_a_submission_is_answered_with_its_review(client):
    order = factories.order_in_review()
    assert follow(client, order).json()["canSubmitForReview"]

    answer = submit(client, order)

    assert answer.status_code == 202
    assert answer.json() == {"reviewId": Review.objects.get(order=order).pk}
    standing = follow(client, order).json()
    assert standing["status"] == "ADMIN_REVIEW"
    assert not standing["canSubmitForReview"]


def test_a_second_submission_is_told_that_the_order_moved_on(client):
    order = factories.order_in_review()
    submit(client, order)

    problem(submit(client, order), problems.ORDER_MOVED_ON)

    assert Review.objects.filter(order=order).count() == 1
    assert OrderEvent.objects.filter(order=order, became=Status.ADMIN_REVIEW).count() == 1


def test_a_version_that_was_replaced_is_told_apart(client):
    order = factories.order_in_review()
    put_newer_version(order)

    problem(submit(client, order), problems.NEWER_VERSION)

    assert Review.objects.filter(order=order).count() == 0


@pytest.mark.parametrize(
    "wrong", [None, "no number", 0, 2**63, 10**40, [], True], ids=lambda value: str(value)[:12]
)
def test_a_version_that_is_none_is_named(client, wrong):
    order = factories.order_in_review()

    document = problem(submit(client, order, versionId=wrong), problems.INVALID_REQUEST)

    assert list(document["errors"]) == ["versionId"]
    assert Review.objects.filter(order=order).count() == 0


def test_another_orders_version_is_not_taken(client):
    order, other = factories.order_in_review(), factories.order_in_review()

    document = problem(submit(client, order, versionId=other.version_id), problems.INVALID_REQUEST)

    assert document["errors"] == {"versionId": ["The order has no such version."]}


@pytest.mark.parametrize("key", ["", "wrong"])
def test_a_wrong_key_is_answered_like_an_order_that_does_not_exist(client, key):
    order = factories.order_in_review()

    refused = problem(submit(client, order, key=key), problems.NOT_FOUND)

    assert refused == problem(submit(client, order, orderId=str(uuid4())), problems.NOT_FOUND)
    assert Order.objects.get(pk=order.pk).status == Status.QUALITY_CHECK


def test_a_returned_order_says_so_and_may_be_submitted_again(client):
    review = factories.waiting_review()
    reviews.give_back(review=review, by="edith", note="Name a source.", at=AT)

    standing = follow(client, review.order).json()

    assert standing["progress"]["heading"] == "The editor asks for changes"
    assert standing["canSubmitForReview"]
    assert submit(client, Order.objects.get(pk=review.order_id)).status_code == 202
