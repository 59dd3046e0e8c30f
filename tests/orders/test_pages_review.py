"""The customer's pages around editorial review: submit, returned, approved, live, rejected."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from orders import lifecycle, reviews
from orders.models import Order, OrderEvent, Publication, Review, Status
from tests.orders import factories
from tests.orders.factories import AT
from tests.orders.looking import Looked, let_in, look
from tests.orders.test_reviews import put_newer_version

pytestmark = pytest.mark.django_db

CHECKS = {
    "answer": {"ok": True, "said": "The page answers 200."},
    "link": {"ok": True, "said": "The link stands on the page once."},
    "indexing": {"ok": None, "said": "Not looked at."},
}


def submit(client: Client, order: Order, **sent: object) -> Looked:
    sent = {"version": order.version_id} | sent
    return Looked(client.post(reverse("order-submit", args=[order.pk]), sent, follow=True))


def page_of(client: Client, order: Order) -> Looked:
    return look(let_in(client, order), order.get_absolute_url())


def live_order() -> Order:
    review = factories.waiting_review()
    publication = reviews.approve(review=review, by="edith", at=AT)
    url = "https://garden.example.com/raised-beds"
    Publication.objects.filter(pk=publication.pk).update(
        state="live", url=url, published_at=AT, checks=CHECKS
    )
    order = Order.objects.get(pk=review.order_id)
    lifecycle.complete(order=order, live_url=url, at=AT)
    return order


def test_the_button_submits_the_version_that_was_read(client):
    order = factories.order_in_review()
    page = page_of(client, order)
    button = page.one("//form[contains(@action, '/submit/')]//button")
    fields = next(form for form in page.tree.forms if form.action.endswith("/submit/")).fields

    after = submit(client, order, version=fields["version"])

    assert button == "Submit for editorial review"
    assert after.one("//h2[@id='now-h']") == "With our editor"
    assert not after.all("//form[contains(@action, '/submit/')]")
    assert Review.objects.get(order=order).version_id == order.version_id


def test_a_second_click_submits_nothing_and_says_so(client):
    order = factories.order_in_review()
    let_in(client, order)
    submit(client, order)

    after = submit(client, order)

    assert "nothing was submitted just now" in after.text
    assert Review.objects.filter(order=order).count() == 1
    assert OrderEvent.objects.filter(order=order, became=Status.ADMIN_REVIEW).count() == 1


def test_a_tab_that_shows_an_older_version_submits_nothing(client):
    order = factories.order_in_review()
    let_in(client, order)
    put_newer_version(order)

    after = submit(client, order)

    assert "There is a newer version" in after.text
    assert Review.objects.filter(order=order).count() == 0


@pytest.mark.parametrize("named", ["", "x", "-1", "²", "9" * 30, "0"])
def test_a_version_that_is_none_submits_nothing(client, named):
    order = factories.order_in_review()
    let_in(client, order)

    assert "no version of this order" in submit(client, order, version=named).text
    assert Order.objects.get(pk=order.pk).status == Status.QUALITY_CHECK


def test_a_stranger_submits_nothing():
    order = factories.order_in_review()
    address = reverse("order-submit", args=[order.pk])

    assert Client().post(address, {"version": order.version_id}).status_code == 404
    assert let_in(Client(), order).get(address).status_code == 405
    assert Order.objects.get(pk=order.pk).status == Status.QUALITY_CHECK


def test_a_returned_order_quotes_the_editor_and_a_newer_version_is_compared_with_it(client):
    review = factories.waiting_review()
    reviews.give_back(review=review, by="edith", note="Name <b>a</b> source.", at=AT)
    order = Order.objects.get(pk=review.order_id)

    page = page_of(client, order)

    assert page.one("//h2[@id='now-h']") == "The editor asks for changes"
    assert page.one("//div[@class='editors-note']//blockquote") == "Name <b>a</b> source."
    assert page.all("//form[contains(@action, '/submit/')]//button")
    put_newer_version(order)
    newer = look(client, order.get_absolute_url())
    assert newer.one("//h2[@id='now-h']") == "Your article is ready"
    assert "The editor wrote of an earlier version" in newer.one("//div[@class='editors-note']")
    assert newer.one("//a[@id='compare']") == "Compare it with version 1, which the editor read"
    compared = look(client, newer.one("//a[@id='compare']/@href"))
    assert compared.status == 200
    assert compared.one("//h1") == "From version 1 to version 2"


def test_an_approved_order_is_going_live(client):
    review = factories.waiting_review()
    reviews.approve(review=review, by="edith", at=AT)

    page = page_of(client, review.order)

    assert page.one("//h2[@id='now-h']") == "Approved: going live"
    assert page.all("//ol[@class='steps']/li/@class") == [
        "done",
        "done",
        "done",
        "current",
        "ahead",
    ]
    assert "edith" not in page.text


def test_a_live_order_shows_its_address_and_what_was_verified(client):
    page = page_of(client, live_order())

    assert page.one("//*[@id='live-url']") == "https://garden.example.com/raised-beds"
    assert [" ".join(said.replace(" :", ":").split()) for said in page.has_class("check-name")] == [
        "Link: verified",
        "Page: verified",
        "Search engines: not checked",
    ]
    assert page.all("//button[@data-copy='live-url']/@hidden")
    assert not page.all("//*[@id='status-region']/@hx-trigger")


def test_a_rejected_order_has_the_reason_and_the_refund(client):
    review = factories.waiting_review()
    reviews.reject(review=review, by="edith", note="Not for our readers.", at=AT)

    page = page_of(client, review.order)

    assert page.one("//h2[@id='now-h']") == "The editor will not publish this"
    assert page.all("//ol[@class='steps']/li/@class") == [
        "done",
        "done",
        "done",
        "stopped",
        "ahead",
    ]
    assert page.one("//div[@class='editors-note']//blockquote") == "Not for our readers."
    assert "€120.00 on its way back to you" in page.text


@pytest.mark.parametrize("state", ["waiting", "returned", "approved", "live", "rejected"])
def test_a_status_request_takes_at_most_six_queries(client, state, django_assert_max_num_queries):
    if state == "live":
        order = live_order()
    else:
        review = factories.waiting_review()
        order = review.order
        match state:
            case "returned":
                reviews.give_back(review=review, by="edith", note="No.", at=AT)
            case "rejected":
                reviews.reject(review=review, by="edith", note="No.", at=AT)
            case "approved":
                reviews.approve(review=review, by="edith", at=AT + timedelta(hours=1))
    let_in(client, order)

    with django_assert_max_num_queries(6):
        assert client.get(order.get_absolute_url()).status_code == 200
