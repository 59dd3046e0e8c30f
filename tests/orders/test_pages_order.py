"""An order's pages: who may open them, what they say, and what they let a customer do."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from orders import access
from orders.models import Order, Payment, Refund, Status
from queueing.models import Job
from tests.orders import factories
from tests.orders.looking import Looked, let_in, look

pytestmark = pytest.mark.django_db

SHAPES = {
    "awaiting payment": factories.order_awaiting_payment,
    "in work": factories.order_in_work,
    "in review": factories.order_in_review,
    "failed": factories.failed_order,
}


def region(order):
    return f"{order.get_absolute_url()}region/"


# --- Who may open it -------------------------------------------------------------------------


def test_the_right_key_sets_a_cookie_and_leaves_the_keys_address(client):
    order = factories.order_awaiting_payment()

    response = client.get(access.open_url(order))

    assert response["Location"] == order.get_absolute_url()
    cookie = response.cookies[access.cookie_name(order)]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert response["Cache-Control"] == "private, no-store"
    assert client.get(response["Location"]).status_code == 200


@pytest.mark.parametrize("key", ["", "x", "A" * 22, "é\0"])
def test_a_wrong_key_is_answered_exactly_like_an_order_that_does_not_exist(key):
    order = factories.order_awaiting_payment()

    wrong = Client().get(f"{order.get_absolute_url()}open/", {"key": key})
    unknown = Client().get(f"/orders/{uuid4()}/open/", {"key": key})

    assert wrong.status_code == unknown.status_code == 404
    assert wrong.content == unknown.content
    assert not wrong.cookies


@pytest.mark.parametrize("path", ["", "region/", "paid/?session_id=cs_1", "versions/1/"])
def test_a_stranger_sees_what_an_unknown_order_shows(path):
    order = factories.order_in_review()

    closed = Client().get(f"{order.get_absolute_url()}{path}")
    unknown = Client().get(f"/orders/{uuid4()}/{path}")

    assert closed.status_code == unknown.status_code == 404
    assert closed.content == unknown.content


@pytest.mark.parametrize("path", ["pay/", "cancel/"])
def test_a_stranger_can_change_nothing(path):
    order = factories.order_awaiting_payment()

    assert Client().post(f"{order.get_absolute_url()}{path}").status_code == 404
    order.refresh_from_db()
    assert order.status == Status.AWAITING_PAYMENT


def test_a_raised_key_version_closes_the_page_to_old_cookies(client):
    order = factories.order_awaiting_payment()
    let_in(client, order)

    Order.objects.filter(pk=order.pk).update(key_version=2)

    assert client.get(order.get_absolute_url()).status_code == 404


@pytest.mark.parametrize("path", ["", "region/", "versions/1/"])
def test_pages_of_an_order_stay_out_of_caches_and_search_engines(client, path):
    order = factories.order_in_review()

    response = let_in(client, order).get(f"{order.get_absolute_url()}{path}")

    assert response["Cache-Control"] == "private, no-store"
    assert response["Referrer-Policy"] == "same-origin"
    assert "noindex" in response["X-Robots-Tag"]


# --- What it says ----------------------------------------------------------------------------


@pytest.mark.parametrize("shape", SHAPES)
def test_a_status_request_takes_at_most_six_queries(client, shape, django_assert_max_num_queries):
    order = let_in_and_get(client, SHAPES[shape])

    for address in (order.get_absolute_url(), region(order)):
        with django_assert_max_num_queries(6):
            assert client.get(address).status_code == 200


def let_in_and_get(client, make):
    order = make()
    let_in(client, order)
    return order


@pytest.mark.parametrize(
    ("shape", "states", "heading"),
    [
        ("awaiting payment", "current ahead ahead ahead ahead", "Finish your payment"),
        ("in work", "done current ahead ahead ahead", "You are next"),
        ("in review", "done done current ahead ahead", "Your article is ready"),
        ("failed", "done stopped ahead ahead ahead", "We could not write this"),
    ],
)
def test_five_steps_say_where_the_order_stands(client, shape, states, heading):
    order = let_in_and_get(client, SHAPES[shape])

    page = look(client, order.get_absolute_url())

    assert page.all("//ol[@class='steps']/li/@class") == states.split()
    assert len(page.all("//ol[@class='steps']/li[@aria-current='step']")) == 1
    assert page.all("//h1") == [f"Order {order.code}"]
    assert page.one("//h2[@id='now-h']") == heading
    assert page.one("//title") == f"Order {order.code}: {heading.lower()} · Byline"


def test_a_failed_order_is_polled_until_its_refund_is_settled(client):
    order = let_in_and_get(client, factories.failed_order)
    seen = look(client, order.get_absolute_url()).one("//*[@id='status-region']/@hx-get")

    Refund.objects.update(state="succeeded", stripe_id="re_1", refunded_at=timezone.now())
    settled = Looked(client.get(seen))

    assert "refunded" in settled.one("//ul[@class='refunds']")
    assert not settled.all("//*[@id='status-region']/@hx-trigger")
    assert client.get(f"{order.get_absolute_url()}events/").status_code == 204


@pytest.mark.parametrize("shape", sorted(SHAPES))
def test_nothing_can_be_typed_in_what_is_swapped(client, shape):
    order = let_in_and_get(client, SHAPES[shape])

    page = look(client, order.get_absolute_url())

    typed = "textarea | {0}//select | {0}//input[@type!='hidden']"
    inside = "//*[@id='status-region']"
    assert page.all(f"{inside}//{typed.format(inside)}") == []


@pytest.mark.parametrize(
    ("shape", "polls"),
    [("awaiting payment", True), ("in work", True), ("in review", False), ("failed", True)],
)
def test_the_region_polls_only_while_something_can_change_by_itself(client, shape, polls):
    order = let_in_and_get(client, SHAPES[shape])

    page = look(client, order.get_absolute_url())

    triggers = page.all("//*[@id='status-region']/@hx-trigger")
    assert triggers == (["every 10s, again"] if polls else [])
    assert bool(page.all("//a[.='Look again now']")) == polls


def test_a_poll_brings_the_region_alone_and_nothing_while_nothing_changed(client):
    order = let_in_and_get(client, factories.order_in_work)
    seen = look(client, order.get_absolute_url()).one("//*[@id='status-region']/@hx-get")

    same = client.get(seen)
    Job.objects.filter(subject=order.subject, kind="article-generation").update(
        failures=1, run_at=timezone.now() + timedelta(seconds=4)
    )
    changed = client.get(seen)

    # A minute may turn between the two, which is a change as well: times are told in minutes.
    assert same.status_code in (200, 204)
    assert changed.status_code == 200
    page = Looked(changed)
    assert page.one("//h2[@id='now-h']") == "Taking longer than usual"
    assert not page.all("//header")
    assert "taking longer than usual" in page.one("//title")


def test_the_same_minute_and_state_answer_204(client, monkeypatch):
    order = let_in_and_get(client, factories.order_in_work)
    at = timezone.now().replace(second=5)
    monkeypatch.setattr("orders.views.order.timezone.now", lambda: at)
    seen = look(client, order.get_absolute_url()).one("//*[@id='status-region']/@hx-get")

    assert client.get(seen).status_code == 204

    monkeypatch.setattr("orders.views.order.timezone.now", lambda: at + timedelta(minutes=1))
    assert client.get(seen).status_code == 200


def test_everything_that_a_customer_wrote_is_shown_as_text(client):
    domain = factories.active_domain()
    brief = factories.brief_of(domain, notes="1 < 2 & <i>so</i>\nyes", topic="<script>alert(1)")
    order = factories.order_awaiting_payment(domain=domain, brief=brief)

    response = let_in(client, order).get(order.get_absolute_url())

    assert "<i>so" not in response.content.decode()
    assert "<script>alert" not in response.content.decode()
    assert "1 < 2 & <i>so</i>" in Looked(response).one("//dd[@class='notes']")


def test_a_failed_order_shows_its_refund_and_offers_the_brief_again(client):
    order = let_in_and_get(client, factories.failed_order)
    on_its_way = look(client, order.get_absolute_url())
    Refund.objects.update(state="succeeded", stripe_id="re_123", refunded_at=timezone.now())
    refunded = look(client, order.get_absolute_url())

    assert "€120.00 on its way back to you" in on_its_way.text
    assert "€120.00 refunded" in refunded.text
    assert "Refund re_123" in refunded.text
    assert f"again={order.pk}" in refunded.one("//a[@id='again']/@href")
    assert "GateBlocked" not in refunded.text


def test_a_bank_that_confirms_leaves_nothing_to_pay_or_cancel(client):
    order = let_in_and_get(client, factories.order_awaiting_payment)
    factories.payment_of(order, state=Payment.State.PENDING)

    page = look(client, order.get_absolute_url())

    assert page.one("//h2[@id='now-h']") == "Confirming with your bank"
    assert not page.all("//main//button")


# --- What a customer can do ------------------------------------------------------------------


def test_paying_resumes_the_open_payment_page(client, sandbox):
    order = let_in_and_get(client, factories.order_awaiting_payment)

    first = client.post(f"{order.get_absolute_url()}pay/")
    second = client.post(f"{order.get_absolute_url()}pay/")

    assert first["Location"] == second["Location"] == order.payments.get().session_url


def test_a_stale_tab_cannot_pay_twice_and_says_so(client):
    order = let_in_and_get(client, factories.order_in_work)

    response = client.post(f"{order.get_absolute_url()}pay/", follow=True)

    assert response.redirect_chain == [(order.get_absolute_url(), 302)]
    assert "Nothing was charged just now" in Looked(response).text
    assert order.payments.count() == 1


def test_cancelling_closes_an_unpaid_order(client):
    order = let_in_and_get(client, factories.order_awaiting_payment)

    page = Looked(client.post(f"{order.get_absolute_url()}cancel/", follow=True))

    order.refresh_from_db()
    assert order.status == Status.CANCELLED
    assert page.one("//h2[@id='now-h']") == "Cancelled"
    assert "Nothing was charged" in page.text


def test_cancelling_twice_does_nothing_twice_and_says_so(client):
    order = let_in_and_get(client, factories.order_awaiting_payment)
    client.post(f"{order.get_absolute_url()}cancel/")

    page = Looked(client.post(f"{order.get_absolute_url()}cancel/", follow=True))

    assert "nothing was done twice" in page.text
    assert order.events.filter(became=Status.CANCELLED).count() == 1


def test_a_paid_order_is_not_cancelled_and_the_page_says_so(client):
    order = let_in_and_get(client, factories.order_in_work)

    page = Looked(client.post(f"{order.get_absolute_url()}cancel/", follow=True))

    order.refresh_from_db()
    assert order.status == Status.PROCESSING
    assert "it was not cancelled" in page.text


@pytest.mark.parametrize("session_id", ["", "cs_\0", "cs_" + "x" * 9000, "pi_1"])
def test_what_is_no_payment_page_pays_nothing(client, session_id):
    order = let_in_and_get(client, factories.order_awaiting_payment)

    response = client.get(
        f"{order.get_absolute_url()}paid/", {"session_id": session_id}, follow=True
    )

    assert "does not belong to this order" in Looked(response).text


@pytest.mark.parametrize("path", ["pay/", "cancel/"])
def test_a_link_alone_moves_nothing(client, path):
    order = let_in_and_get(client, factories.order_awaiting_payment)

    assert client.get(f"{order.get_absolute_url()}{path}").status_code == 405


def test_coming_back_paid_moves_the_order_before_any_webhook_does(client, sandbox):
    order = let_in_and_get(client, factories.order_awaiting_payment)
    client.post(f"{order.get_absolute_url()}pay/")
    session = order.payments.get().session_id
    sandbox.pay(session)

    response = client.get(f"{order.get_absolute_url()}paid/", {"session_id": session})

    order.refresh_from_db()
    assert response["Location"] == order.get_absolute_url()
    assert order.status == Status.PROCESSING


def test_coming_back_unpaid_leaves_the_order_to_be_paid(client, sandbox):
    order = let_in_and_get(client, factories.order_awaiting_payment)
    client.post(f"{order.get_absolute_url()}pay/")
    session = order.payments.get().session_id

    client.get(f"{order.get_absolute_url()}paid/", {"session_id": session})

    order.refresh_from_db()
    assert order.status == Status.AWAITING_PAYMENT


def test_another_orders_payment_page_pays_nothing_here(client, sandbox):
    mine, other = factories.order_awaiting_payment(), factories.order_awaiting_payment()
    let_in(client, mine)
    let_in(client, other)
    client.post(f"{other.get_absolute_url()}pay/")

    response = client.get(
        f"{mine.get_absolute_url()}paid/",
        {"session_id": other.payments.get().session_id},
        follow=True,
    )

    mine.refresh_from_db()
    assert mine.status == Status.AWAITING_PAYMENT
    assert "does not belong to this order" in Looked(response).text


def test_coming_back_while_stripe_is_down_says_that_nothing_more_is_needed(client, sandbox):
    order = let_in_and_get(client, factories.order_awaiting_payment)
    client.post(f"{order.get_absolute_url()}pay/")
    session = order.payments.get().session_id
    sandbox.knob(service="stripe", operation="checkout.sessions.retrieve", status=500)

    response = client.get(f"{order.get_absolute_url()}paid/", {"session_id": session}, follow=True)

    assert "We are confirming your payment" in Looked(response).text


def test_a_payer_without_the_orders_cookie_is_thanked_and_not_let_in(client, sandbox):
    order = factories.order_awaiting_payment()
    let_in(buyer := Client(), order)
    buyer.post(f"{order.get_absolute_url()}pay/")
    session = order.payments.get().session_id
    sandbox.pay(session)

    response = client.get(f"{order.get_absolute_url()}paid/", {"session_id": session})

    order.refresh_from_db()
    assert order.status == Status.PROCESSING
    assert f"Your payment for order {order.code} is here" in Looked(response).text
    assert not response.cookies
    assert client.get(order.get_absolute_url()).status_code == 404
