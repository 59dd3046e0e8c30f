"""Buying through the API: what is stored, what is answered, and what is refused."""

import json
from uuid import uuid4

import pytest
from django.urls import reverse

from orders import access
from orders.api import problems
from orders.models import Customer, Order, Payment, Status
from tests.orders import factories
from tests.orders.test_api import problem

pytestmark = pytest.mark.django_db

PUBLIC = {"target_url": "targetUrl", "anchor_text": "anchorText"}


def body(site, **given) -> dict:
    """A purchase that is valid but for what is given."""
    raw = factories.raw_brief(site)
    return {PUBLIC.get(name, name): value for name, value in raw.items()} | given


def buy(client, sent, **headers):
    data = sent if isinstance(sent, bytes | str) else json.dumps(sent)
    return client.post(
        reverse("api-purchase"), data, content_type="application/json", headers=headers
    )


def nothing_is_stored() -> bool:
    return not (Order.objects.exists() or Customer.objects.exists() or Payment.objects.exists())


# --- Bought --------------------------------------------------------------------------------------


def test_a_purchase_keeps_the_order_and_says_where_it_is_paid(client, sandbox):
    domain = factories.active_domain()

    response = buy(client, body(domain, notes="Mention larch as well."))

    order = Order.objects.get()
    payment = order.payments.get()
    assert response.status_code == 201
    assert response.json() == {
        "orderId": str(order.pk),
        "accessKey": access.access_key(order),
        "checkoutUrl": payment.session_url,
        "statusUrl": response["Location"],
    }
    assert (order.status, order.amount_cents) == (Status.AWAITING_PAYMENT, 12_000)
    assert order.brief["target_url"] == "https://shop.example.com/raised-beds?size=small#oak"
    assert order.brief["notes"] == "Mention larch as well."
    assert payment.session_id in payment.session_url
    assert "Idempotent-Replayed" not in response


def test_what_a_purchase_answers_opens_its_status(client, sandbox):
    bought = buy(client, body(factories.active_domain())).json()
    path = bought["statusUrl"].removeprefix("http://").partition("/")[2]

    followed = client.get(f"/{path}", headers={"Authorization": f"Bearer {bought['accessKey']}"})

    assert followed.json()["orderId"] == bought["orderId"]
    assert followed.json()["status"] == "AWAITING_PAYMENT"


def test_the_domain_may_be_named_by_its_id(client, sandbox):
    domain = factories.active_domain()

    assert buy(client, body(domain, domain=str(domain.pk))).status_code == 201
    assert Order.objects.get().domain == domain


# --- Bought again --------------------------------------------------------------------------------


def test_a_repeat_with_the_same_key_is_answered_alike_and_buys_nothing(client, sandbox):
    sent, key = body(factories.active_domain()), {"Idempotency-Key": str(uuid4())}
    first = buy(client, sent, **key)

    second = buy(client, sent, **key)

    assert (second.status_code, second.content) == (first.status_code, first.content)
    assert second["Idempotent-Replayed"] == "true"
    assert Order.objects.count() == Payment.objects.count() == 1
    assert len(sandbox.calls(service="stripe")) == 1


def test_a_key_that_was_used_for_something_else_is_refused(client, sandbox):
    sent, key = body(factories.active_domain()), {"Idempotency-Key": str(uuid4())}
    buy(client, sent, **key)

    refused = buy(client, sent | {"keyword": "other beds"}, **key)

    problem(refused, problems.IDEMPOTENCY_KEY_REUSED)
    assert Order.objects.count() == 1


def test_two_customers_may_use_the_same_key(client, sandbox):
    domain, key = factories.active_domain(), {"Idempotency-Key": "order-1"}

    answers = [
        buy(client, body(domain, email=email), **key)
        for email in ("a@example.com", "b@example.com")
    ]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert Order.objects.count() == 2


def test_a_repeat_of_a_paid_purchase_has_nothing_left_to_pay(client, sandbox):
    sent, key = body(factories.active_domain()), {"Idempotency-Key": str(uuid4())}
    first = buy(client, sent, **key).json()
    factories.lifecycle.pay(order=Order.objects.get(), at=factories.AT)

    second = buy(client, sent, **key)

    assert second.status_code == 201
    assert second.json() == first | {"checkoutUrl": None}


def test_without_a_key_each_call_is_a_purchase(client, sandbox):
    sent = body(factories.active_domain())

    assert buy(client, sent).json()["orderId"] != buy(client, sent).json()["orderId"]


@pytest.mark.parametrize("key", ["", " ", "a" * 256, "schlüssel", "two words"])
def test_a_key_that_is_none_is_refused(client, key):
    refused = buy(client, body(factories.active_domain()), **{"Idempotency-Key": key})

    problem(refused, problems.INVALID_IDEMPOTENCY_KEY)
    assert nothing_is_stored()


# --- Stripe is down ------------------------------------------------------------------------------


def test_while_stripe_is_down_the_order_is_kept_and_its_keys_are_told(client, sandbox):
    sandbox.knob(service="stripe", status=500)
    sent, key = body(factories.active_domain()), {"Idempotency-Key": str(uuid4())}

    down = buy(client, sent, **key)

    order = Order.objects.get()
    document = problem(down, problems.PAYMENT_UNAVAILABLE)
    assert document["orderId"] == str(order.pk)
    assert document["accessKey"] == access.access_key(order)
    assert document["statusUrl"].endswith(f"/api/v1/purchase/status/{order.pk}")
    assert int(down["Retry-After"]) > 0

    sandbox.clear_knobs()
    again = buy(client, sent, **key)

    assert again.status_code == 201
    assert again.json()["orderId"] == str(order.pk)
    assert again.json()["checkoutUrl"]
    assert Order.objects.count() == 1


# --- Refused -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"topic": ""}, "topic"),
        ({"topic": None}, "topic"),
        ({"topic": 7}, "topic"),
        ({"topic": ["a list"]}, "topic"),
        ({"keyword": "a" * 81}, "keyword"),
        ({"keyword": "a\u0000b"}, "keyword"),
        ({"keyword": "a\ud800b"}, "keyword"),
        ({"anchorText": "<b>beds</b>"}, "anchorText"),
        ({"anchorText": "a" * 101}, "anchorText"),
        ({"targetUrl": "javascript:alert(1)"}, "targetUrl"),
        ({"targetUrl": "http://127.0.0.1/"}, "targetUrl"),
        ({"targetUrl": "http://169.254.169.254/latest"}, "targetUrl"),
        ({"targetUrl": "http://user:password@example.com/"}, "targetUrl"),
        ({"targetUrl": {"url": "https://example.com"}}, "targetUrl"),
        ({"notes": "a" * 2001}, "notes"),
        ({"email": "nobody"}, "email"),
        ({"product": "house"}, "product"),
        ({"article": 1}, "article"),
        ({"domain": "nowhere.example.com"}, "domain"),
        ({"domain": 10**30}, "domain"),
        ({"domain": True}, "domain"),
        ({"niche": "astrology"}, "niche"),
        ({"words": 12}, "words"),
        ({"words": 800.5}, "words"),
        ({"target_url": "https://example.com/"}, "target_url"),
        ({"priceCents": 1}, "priceCents"),
    ],
)
def test_a_field_that_is_wrong_is_named_and_nothing_is_stored(client, given, field):
    refused = buy(client, body(factories.active_domain()) | given)

    document = problem(refused, problems.INVALID_BRIEF)
    assert list(document["errors"]) == [field]
    assert all(document["errors"][field])
    assert nothing_is_stored()


def test_every_wrong_field_is_told_at_once_by_its_public_name(client):
    refused = buy(client, {"extra": 1})

    assert sorted(problem(refused, problems.INVALID_BRIEF)["errors"]) == [
        "anchorText", "domain", "email", "extra", "keyword", "product", "targetUrl", "topic",
    ]  # fmt: skip


def test_a_site_that_is_not_active_sells_nothing(client):
    refused = buy(client, body(factories.active_domain(is_active=False)))

    assert list(problem(refused, problems.INVALID_BRIEF)["errors"]) == ["domain"]
    assert nothing_is_stored()


@pytest.mark.parametrize(
    "sent",
    [
        b" ",
        b"{",
        b"[]",
        b'"text"',
        b"null",
        b"{} {}",
        b"\xff\xfe{}",
        b'{"topic": "\xc3\x28"}',
        b'{"topic": NaN}',
        b'{"topic": "a", "topic": "b"}',
        b'{"topic": {"a": 1, "a": 2}}',
        b'{"\\ud800": 1}',
        b'{"words": ' + b"9" * 5000 + b"}",
        b"[" * 50_000,
        b'{"a":' * 15_000,
        b"topic=beds",
    ],
)
def test_a_body_that_is_not_one_json_object_is_refused(client, sent):
    problem(buy(client, sent), problems.MALFORMED_BODY)

    assert nothing_is_stored()


def test_a_body_over_the_limit_is_refused(client, settings):
    sent = json.dumps(body(factories.active_domain(), notes="a" * settings.REQUEST_BYTES_MAX))

    problem(buy(client, sent), problems.BODY_TOO_LARGE)
    assert nothing_is_stored()


@pytest.mark.parametrize(
    "content_type",
    ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", ""],
)
def test_a_body_that_is_not_called_json_is_refused(client, content_type):
    sent = json.dumps(body(factories.active_domain()))

    refused = client.post(reverse("api-purchase"), sent, content_type=content_type)

    problem(refused, problems.UNSUPPORTED_MEDIA_TYPE)
    assert nothing_is_stored()


def test_too_many_purchases_from_one_address_must_wait(client, settings):
    settings.PURCHASES_PER_HOUR = 2
    client.defaults["REMOTE_ADDR"] = str(uuid4())

    answers = [buy(client, {}) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [400, 400, 429]
    problem(answers[2], problems.TOO_MANY_REQUESTS)
    assert 0 < int(answers[2]["Retry-After"]) <= 3600


def test_a_forwarded_address_that_the_caller_made_up_does_not_reset_the_count(client, settings):
    settings.PURCHASES_PER_HOUR = 1
    client.defaults["REMOTE_ADDR"] = str(uuid4())

    answers = [buy(client, {}, **{"X-Forwarded-For": f"198.51.100.{n}"}) for n in range(2)]

    assert [answer.status_code for answer in answers] == [400, 429]
