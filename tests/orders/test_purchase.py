from contextlib import suppress
from datetime import timedelta

import pytest
from django.utils import timezone

from orders import access, briefs, lifecycle, marks, purchase
from orders.models import Customer, Order, Payment, Status
from queueing.models import Job
from tests.orders.factories import (
    active_domain,
    order_awaiting_payment,
    order_in_work,
    payment_of,
    raw_brief,
)
from tests.orders.stripe_side import at_once

pytestmark = pytest.mark.django_db

CREATE = "checkout.sessions.create"


def wish(domain=None, **given):
    return briefs.validate(raw_brief(domain or active_domain(), **given), at=timezone.now())


def buy(brief, *, key=None):
    return purchase.place_order(brief=brief, idempotency_key=key, at=timezone.now())


def test_a_purchase_keeps_the_order_and_opens_a_payment_page(sandbox):
    brief = wish(email="Ada@Example.com")

    placed = buy(brief)

    order = Order.objects.get()
    assert placed.order == order
    assert not placed.repeated
    assert order.status == Status.AWAITING_PAYMENT
    assert (order.amount_cents, order.currency) == (brief.domain.price_article_cents, "eur")
    assert order.brief == brief.to_brief().to_json()
    assert order.customer.email == "ada@example.com"
    assert [event.what for event in order.events.all()] == ["Order placed"]
    assert access.opens(order, placed.access_key)
    payment = order.payments.get()
    assert (payment.number, payment.state) == (1, Payment.State.OPEN)
    assert payment.session_url == placed.checkout_url
    assert not Job.objects.exists()


def test_stripe_is_told_the_price_the_order_and_where_to_send_the_customer(sandbox, settings):
    placed = buy(wish())

    (call,) = sandbox.calls(service="stripe", operation=CREATE)
    session = sandbox.get("/control/stripe/sessions", contains=str(placed.order.pk))["sessions"][0]
    order, payment = placed.order, placed.order.payments.get()
    assert call["idempotency_key"] == f"checkout-{order.pk}-1"
    assert (session["amount_total"], session["currency"]) == (order.amount_cents, "eur")
    assert session["client_reference_id"] == str(order.pk)
    assert session["metadata"] == {"order_id": str(order.pk), "payment": "1"}
    assert session["customer_email"] == "ada@example.com"
    assert session["success_url"] == (
        f"{settings.SITE_URL}/orders/{order.pk}/paid/?session_id={{CHECKOUT_SESSION_ID}}"
    )
    assert session["cancel_url"] == f"{settings.SITE_URL}/orders/{order.pk}/"
    assert session["expires_at"] == int(payment.expires_at.timestamp())


def test_a_customer_is_known_by_the_address_and_buys_twice(sandbox):
    domain = active_domain()

    buy(wish(domain, email="ada@example.com"))
    buy(wish(domain, email="ADA@example.com"))

    assert Customer.objects.get().orders.count() == 2


def test_the_same_key_and_purchase_again_gives_the_same_order_and_page(sandbox):
    brief = wish()
    first = buy(brief, key="k-1")

    again = buy(brief, key="k-1")

    assert again.repeated
    assert (again.order, again.checkout_url, again.access_key) == (
        first.order,
        first.checkout_url,
        first.access_key,
    )
    assert Order.objects.count() == 1
    assert len(sandbox.calls(service="stripe", operation=CREATE)) == 1


def test_the_same_key_for_another_purchase_is_refused_and_keeps_nothing(sandbox):
    domain = active_domain()
    buy(wish(domain), key="k-1")

    with pytest.raises(purchase.IdempotencyConflict):
        buy(wish(domain, topic="Something else"), key="k-1")

    assert Order.objects.count() == 1


def test_without_a_key_every_purchase_is_an_order_of_its_own(sandbox):
    brief = wish()

    assert buy(brief).order != buy(brief).order


def test_a_repeated_purchase_of_a_paid_order_has_nothing_to_pay(sandbox):
    brief = wish()
    order = buy(brief, key="k-1").order
    lifecycle.pay(order=order, at=timezone.now())

    again = buy(brief, key="k-1")

    assert (again.repeated, again.order, again.checkout_url) == (True, order, None)


def test_a_code_that_is_taken_is_drawn_again(sandbox, monkeypatch):
    taken = order_awaiting_payment(code="TAKEN2")
    codes = iter([taken.code, taken.code, "FRESH2"])
    monkeypatch.setattr(purchase, "new_code", lambda: next(codes))

    assert buy(wish()).order.code == "FRESH2"


def test_codes_are_short_and_hold_nothing_that_is_misread():
    codes = {purchase.new_code() for _ in range(500)}

    assert len(codes) > 490
    assert all(len(code) == 6 and not set(code) & set("01OILUAE") for code in codes)


def test_when_stripe_is_down_the_order_is_kept_and_can_be_paid_later(sandbox):
    knob = sandbox.knob(service="stripe", operation=CREATE, status=503)

    with pytest.raises(purchase.StripeUnavailable) as down:
        buy(wish(), key="k-1")

    order = Order.objects.get()
    assert down.value.order == order
    assert order.status == Status.AWAITING_PAYMENT
    sandbox._ask("DELETE", f"/control/knobs/{knob}")
    url = purchase.checkout_url(order=order, at=timezone.now())
    assert url == order.payments.get(state=Payment.State.OPEN).session_url


def test_a_refusal_is_told_as_unavailable_and_the_next_try_uses_a_new_number(sandbox):
    sandbox.knob(service="stripe", operation=CREATE, status=400, times=1)
    order = order_awaiting_payment()

    with pytest.raises(purchase.StripeUnavailable):
        purchase.checkout_url(order=order, at=timezone.now())
    purchase.checkout_url(order=order, at=timezone.now())

    assert [(p.number, p.state) for p in order.payments.order_by("number")] == [
        (1, Payment.State.EXPIRED),
        (2, Payment.State.OPEN),
    ]


@pytest.mark.parametrize("fault", ["drop_reply", "half_body"])
def test_a_lost_reply_gives_the_session_that_stripe_made(sandbox, fault):
    # The SDK repeats once by itself after a lost connection; the last call is ours.
    sandbox.knob(service="stripe", operation=CREATE, times=2, **{fault: True})
    order = order_awaiting_payment()

    url = None
    while url is None:
        with suppress(purchase.StripeUnavailable):
            url = purchase.checkout_url(order=order, at=timezone.now() + timedelta(minutes=5))

    (session,) = sandbox.get("/control/stripe/sessions")["sessions"]
    assert session["url"] == url == order.payments.get().session_url
    calls = sandbox.calls(service="stripe", operation=CREATE)
    assert [call["work_done"] for call in calls] == [True, False, False]
    assert {call["idempotency_key"] for call in calls} == {f"checkout-{order.pk}-1"}


def test_an_open_page_is_used_again_until_little_of_its_time_is_left(sandbox):
    order, now = order_awaiting_payment(), timezone.now()
    url = purchase.checkout_url(order=order, at=now)
    ends = order.payments.get().expires_at

    assert purchase.checkout_url(order=order, at=ends - timedelta(minutes=10)) == url
    assert len(sandbox.calls(service="stripe", operation=CREATE)) == 1

    payment_of(order, expires_at=now + timedelta(minutes=9))
    assert purchase.checkout_url(order=order, at=now) != url
    assert order.payments.count() == 3


def test_an_order_that_is_paid_cancelled_or_held_cannot_be_paid(sandbox):
    now = timezone.now()
    cancelled, held = order_awaiting_payment(), order_awaiting_payment()
    lifecycle.cancel(order=cancelled, actor="customer", why="by the customer", at=now)
    marks.hold(order=held, cause="staff", reason="paid 1.00 EUR", at=now)

    for order in (order_in_work(), cancelled, held):
        with pytest.raises(purchase.NotPayable):
            purchase.checkout_url(order=order, at=now)

    assert sandbox.calls(service="stripe") == []


def test_while_the_bank_confirms_nobody_pays_again_or_cancels(sandbox):
    order, now = order_awaiting_payment(), timezone.now()
    payment_of(order, state=Payment.State.PENDING)

    with pytest.raises(purchase.NotPayable, match="bank is confirming"):
        purchase.checkout_url(order=order, at=now)
    with pytest.raises(lifecycle.TransitionRefused):
        purchase.cancel(order=order, actor="customer", at=now)

    order.refresh_from_db()
    assert order.status == Status.AWAITING_PAYMENT


def test_an_order_whose_money_is_held_is_not_cancelled(sandbox):
    order, now = order_awaiting_payment(), timezone.now()
    payment_of(order, state=Payment.State.HELD, paid_at=now)
    marks.hold(order=order, cause="staff", reason="paid 1.00 EUR", at=now)

    with pytest.raises(lifecycle.TransitionRefused):
        purchase.cancel(order=order, actor="customer", at=now)

    order.refresh_from_db()
    assert order.status == Status.AWAITING_PAYMENT


def test_cancelling_closes_the_order_and_its_payment_page(sandbox):
    order, now = order_awaiting_payment(), timezone.now()
    purchase.checkout_url(order=order, at=now)

    purchase.cancel(order=order, actor="customer", at=now)

    order.refresh_from_db()
    assert order.status == Status.CANCELLED
    assert order.payments.get().state == Payment.State.EXPIRED
    (session,) = sandbox.get("/control/stripe/sessions")["sessions"]
    assert session["status"] == "expired"


def test_cancelling_works_while_stripe_is_down(sandbox):
    order, now = order_awaiting_payment(), timezone.now()
    purchase.checkout_url(order=order, at=now)
    sandbox.knob(service="stripe", operation="checkout.sessions.expire", status=503)

    purchase.cancel(order=order, actor="customer", at=now)

    order.refresh_from_db()
    assert order.status == Status.CANCELLED
    assert order.payments.get().state == Payment.State.OPEN


def test_a_paid_order_is_not_cancelled_and_no_page_is_closed(sandbox):
    order = order_in_work()

    with pytest.raises(lifecycle.TransitionRefused):
        purchase.cancel(order=order, actor="customer", at=timezone.now())

    order.refresh_from_db()
    assert order.status == Status.PROCESSING
    assert sandbox.calls(service="stripe") == []


@pytest.mark.django_db(transaction=True)
def test_eight_at_once_open_one_payment_page(sandbox):
    order = order_awaiting_payment()

    urls = at_once(8, lambda _: purchase.checkout_url(order=order, at=timezone.now()))

    assert set(urls) == {order.payments.get().session_url}
    assert len(sandbox.get("/control/stripe/sessions")["sessions"]) == 1


@pytest.mark.django_db(transaction=True)
def test_eight_at_once_with_one_key_place_one_order(sandbox):
    brief = wish()

    placed = at_once(8, lambda _: buy(brief, key="k-1"))

    order = Order.objects.get()
    assert {one.order.pk for one in placed} == {order.pk}
    assert [one.repeated for one in placed].count(False) == 1
    assert {one.checkout_url for one in placed} == {order.payments.get().session_url}


def test_no_call_to_stripe_is_made_inside_a_transaction(sandbox):
    from django.db import transaction

    order = order_awaiting_payment()

    with pytest.raises(RuntimeError), transaction.atomic():
        purchase.checkout_url(order=order, at=timezone.now())

    assert sandbox.calls(service="stripe") == []
