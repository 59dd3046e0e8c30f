"""`POST purchase/request-revision`: a wish is taken, or refused with what is wrong."""

import pytest
from django.test import Client

from orders import access, progress, revisions
from orders.models import Customer, Order, Revision
from tests.orders import factories
from tests.orders.factories import AT

pytestmark = pytest.mark.django_db

WISH = 'Please replace "spring" with "autumn" in the second paragraph.'


def call(order: Order, *, key: str | None = None, **body: object):
    given = {"orderId": str(order.pk), "revisionNotes": WISH} | body
    return Client().post(
        "/api/v1/purchase/request-revision",
        {name: value for name, value in given.items() if value is not None},
        content_type="application/json",
        headers={"Authorization": f"Bearer {access.access_key(order) if key is None else key}"},
    )


def test_the_api_enqueues_the_wish_and_says_how_long_it_takes():
    order = factories.order_in_review()

    answer = call(order)

    assert answer.status_code == 202
    assert answer.json()["jobId"] == str(revisions.job_of(order.revisions.get()).pk)
    assert answer.json()["estimatedTime"] == 60  # what the kind guesses, and nobody before it


@pytest.mark.parametrize(("is_vip", "takes_s"), [(False, 180), (True, 60)])
def test_the_time_told_counts_those_that_go_before_and_no_others(is_vip, takes_s):
    for _ in range(2):
        call(factories.order_in_review())
    order = factories.order_in_review()
    Customer.objects.filter(pk=order.customer_id).update(is_vip=is_vip)

    assert call(order).json()["estimatedTime"] == takes_s
    call(factories.order_in_review())
    told = Order.objects.select_related("customer", "domain").get(pk=order.pk)
    assert progress.progress(told, at=AT).estimate_s == (takes_s, takes_s + 60)


def test_a_second_request_is_a_clear_409():
    order = factories.order_in_review()
    call(order)

    answer = call(order)

    assert answer.status_code == 409
    assert answer.json()["type"] == "/problems/order-moved-on"
    assert "is at “Writing” already. Ask again when that is done." in answer.json()["detail"]
    assert order.revisions.count() == 1


@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("revisionNotes", {"revisionNotes": None}),
        ("revisionNotes", {"revisionNotes": "short"}),
        ("revisionNotes", {"revisionNotes": "x" * 2001}),
        ("revisionNotes", {"revisionNotes": "Please <b>shout</b> at the reader."}),
        ("revisionNotes", {"revisionNotes": "Invisible \u202e direction trick"}),
        ("revisionNotes", {"revisionNotes": 12}),
        ("orderId", {"orderId": None}),
        ("orderId", {"orderId": "none"}),
        ("more", {"more": "of this"}),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_stored(field, body):
    order = factories.order_in_review()

    answer = call(order, **body)

    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [field]
    assert not Revision.objects.exists()


def test_a_wrong_key_is_answered_like_an_order_that_does_not_exist():
    order = factories.order_in_review()

    wrong, unknown = (
        call(order, key="x" * 22),
        call(order, orderId="0" * 8 + "-0000-4000-8000-" + "0" * 12),
    )

    assert wrong.status_code == unknown.status_code == 404
    assert wrong.content == unknown.content
