"""The staff's pages: what they ask of the database, who sees them, their one verb."""

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.html import escape

from orders import lifecycle, marks
from orders.models import Order, OrderEvent, OutgoingEmail, Payment, Refund, Status, StripeEvent
from tests.orders import factories
from tests.orders.factories import AT

pytestmark = pytest.mark.django_db

MODELS = ["order", "customer", "payment", "refund", "stripeevent", "orderevent", "outgoingemail"]
FACTS = ["payment", "refund", "stripeevent", "orderevent", "outgoingemail"]


def a_full_life() -> Order:
    """An order with rows in every table: history, payments, refund, e-mails, Stripe's events."""
    order = factories.failed_order()
    factories.payment_of(order, state=Payment.State.EXPIRED)
    version = factories.version_of(order)
    number = StripeEvent.objects.count()
    for kind in ("checkout.session.completed", "charge.refunded"):
        StripeEvent.objects.create(
            id=f"evt_{number}_{kind}",
            type=kind,
            payload={"id": f"evt_{number}", "type": kind},
            order=order,
            created_at=AT,
            received_at=AT,
        )
    OutgoingEmail.objects.create(
        order=order, kind="article-ready", version=version, to="ada@example.com", created_at=AT
    )
    return order


def page_of(row) -> str:
    return reverse(f"admin:orders_{row._meta.model_name}_change", args=[row.pk])


def list_of(model: str) -> str:
    return reverse(f"admin:orders_{model}_changelist")


def queries_of(client, address: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as asked:
        response = client.get(address)
    assert response.status_code == 200
    return len(asked)


def staff(*permissions: str) -> User:
    user = User.objects.create_user("editor", password="an editor's password", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


@pytest.mark.parametrize("model", MODELS)
def test_a_list_asks_no_more_of_the_database_because_it_is_longer(admin_client, model):
    a_full_life()
    admin_client.get(list_of(model))
    short = queries_of(admin_client, list_of(model))
    for _ in range(5):
        a_full_life()

    assert queries_of(admin_client, list_of(model)) == short


def test_an_orders_page_asks_no_more_because_more_has_happened_to_it(admin_client):
    order = a_full_life()
    admin_client.get(page_of(order))
    before = queries_of(admin_client, page_of(order))
    for number in range(5):
        lifecycle.note(order=order, what=f"Note {number}", actor="system", at=AT)
        payment = factories.payment_of(order, state=Payment.State.PAID, paid_at=AT)
        Refund.objects.create(
            payment=payment, amount_cents=100, currency="eur", reason="Test", created_at=AT
        )
        version = factories.version_of(order)
        OutgoingEmail.objects.create(
            order=order, kind="article-ready", version=version, to="b@example.com", created_at=AT
        )
        StripeEvent.objects.create(
            id=f"evt_more_{number}",
            type="charge.updated",
            payload={},
            order=order,
            created_at=AT,
            received_at=AT,
        )

    assert queries_of(admin_client, page_of(order)) == before


def test_every_other_page_costs_the_same_whatever_hangs_on_its_row(admin_client):
    order = a_full_life()
    payment = order.payments.first()
    rows = [
        order.customer,
        payment,
        Refund.objects.get(),
        *(found.objects.first() for found in (StripeEvent, OrderEvent, OutgoingEmail)),
    ]
    for row in rows:
        admin_client.get(page_of(row))
    before = [queries_of(admin_client, page_of(row)) for row in rows]
    for _ in range(5):
        factories.order_in_work(email=order.customer.email)
        Refund.objects.create(
            payment=payment, amount_cents=100, currency="eur", reason="Test", created_at=AT
        )

    assert [queries_of(admin_client, page_of(row)) for row in rows] == before


def test_an_orders_page_tells_its_whole_story(admin_client):
    order = a_full_life()

    page = admin_client.get(page_of(order)).content.decode()

    assert order.code in page
    assert escape(order.brief["target_url"]) in page
    assert "article-generation" in page
    assert f"?q={order.subject}" in page
    assert "Payment received" in page
    assert "Raised beds on a small balcony" in page
    assert "charge.refunded" in page
    assert "Order received" in page
    assert "On its way" in page


def test_what_a_customer_typed_is_shown_as_text(admin_client):
    domain = factories.active_domain()
    brief = factories.brief_of(domain, notes="<script>alert(1)</script>")
    order = factories.order_awaiting_payment(domain=domain, brief=brief)

    page = admin_client.get(page_of(order)).content.decode()

    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_held_orders_stand_out_and_can_be_listed_alone(admin_client):
    held, other = factories.order_awaiting_payment(), factories.order_awaiting_payment()
    marks.hold(order=held, cause="staff", reason="paid 1.00 EUR of 120.00 EUR", at=AT)

    everything = admin_client.get(list_of("order")).content.decode()
    alone = admin_client.get(list_of("order"), {"held": "yes"}).content.decode()

    assert "⚠ Held: paid 1.00 EUR of 120.00 EUR" in everything
    assert other.code in everything
    assert held.code in alone
    assert other.code not in alone


def test_an_orders_page_names_every_cause_that_holds_it_whatever_the_mark_has_room_for(
    admin_client,
):
    order = factories.order_awaiting_payment()
    reasons = ["a" * 150, "b" * 150, "c" * 150]
    for reason in reasons:
        marks.hold(order=order, cause=reason[0], reason=reason, at=AT)
    marks.lift(order=order, cause="b", what="Released", actor="stripe", at=AT)

    page = admin_client.get(page_of(order)).content.decode()

    assert [f"<td>{reason}</td>" in page for reason in reasons] == [True] * 3
    assert "<td>stripe</td>" in page


@pytest.mark.parametrize("model", FACTS)
def test_facts_cannot_be_added_changed_or_deleted(admin_client, model):
    order = a_full_life()
    row = {
        "payment": order.payments.first(),
        "refund": Refund.objects.get(),
        "stripeevent": order.stripe_events.first(),
        "orderevent": order.events.first(),
        "outgoingemail": order.emails.first(),
    }[model]
    delete = reverse(f"admin:orders_{model}_delete", args=[row.pk])

    assert admin_client.get(reverse(f"admin:orders_{model}_add")).status_code == 403
    assert admin_client.post(page_of(row), {"state": "paid"}).status_code == 403
    assert admin_client.post(delete, {"post": "yes"}).status_code == 403
    row.refresh_from_db()


def test_an_order_cannot_be_edited_by_hand(admin_client):
    order = factories.order_awaiting_payment()

    admin_client.post(page_of(order), {"status": "COMPLETED", "amount_cents": "1"})
    deleted = admin_client.post(reverse("admin:orders_order_delete", args=[order.pk]))

    order.refresh_from_db()
    assert deleted.status_code == 403
    assert (order.status, order.amount_cents) == (Status.AWAITING_PAYMENT, 12_000)


def test_cancelling_takes_the_unpaid_ones_and_tells_of_the_others(admin_client, admin_user):
    unpaid, paid = factories.order_awaiting_payment(), factories.order_in_work()

    response = admin_client.post(
        list_of("order"),
        {"action": "cancel_unpaid", "_selected_action": [unpaid.pk, paid.pk]},
        follow=True,
    )

    unpaid.refresh_from_db()
    paid.refresh_from_db()
    assert (unpaid.status, paid.status) == (Status.CANCELLED, Status.PROCESSING)
    assert unpaid.events.last().actor == admin_user.username
    told = [str(message) for message in response.context["messages"]]
    assert any(paid.code in words for words in told)
    assert "1 cancelled; nothing was charged for them." in told


@pytest.mark.parametrize(
    "term",
    [
        lambda order: str(order.pk),
        lambda order: order.code.lower(),
        lambda order: order.customer.email.upper(),
        lambda order: order.domain.host,
        lambda order: order.payments.get().session_id,
        lambda order: order.payments.get().payment_intent,
    ],
    ids=["id", "code", "email", "host", "session", "intent"],
)
def test_an_order_is_found_by_whatever_an_operator_was_told(admin_client, term):
    wanted, other = factories.order_in_work(), factories.order_in_work()

    page = admin_client.get(list_of("order"), {"q": term(wanted)}).content.decode()

    assert page_of(wanted) in page
    assert page_of(other) not in page


def test_an_order_that_was_paid_twice_is_found_once(admin_client):
    order = factories.order_in_work()
    intent = order.payments.get().payment_intent
    factories.payment_of(order, payment_intent=intent)

    response = admin_client.get(list_of("order"), {"q": intent})

    assert [row.pk for row in response.context["cl"].result_list] == [order.pk]


def test_a_payment_that_stripe_has_not_answered_can_still_be_opened(admin_client):
    payment = factories.payment_of(factories.order_awaiting_payment(), session_id="")

    page = admin_client.get(list_of("payment")).content.decode()

    assert f'{page_of(payment)}">Stripe has not answered' in page


def test_somebody_without_the_permission_is_turned_away(client):
    client.force_login(staff())

    assert client.get(list_of("order")).status_code == 403


def test_an_order_shows_only_the_parts_that_its_reader_may_see(client):
    order = a_full_life()
    client.force_login(staff("view_order"))

    page = client.get(page_of(order)).content.decode()

    assert order.code in page
    assert "article-generation" not in page
    assert "Payment received" not in page
    assert order.payments.first().session_id not in page
    assert "charge.refunded" not in page


def test_a_reader_without_the_change_permission_cannot_cancel(client):
    order = factories.order_awaiting_payment()
    client.force_login(staff("view_order"))

    client.post(list_of("order"), {"action": "cancel_unpaid", "_selected_action": [order.pk]})

    order.refresh_from_db()
    assert order.status == Status.AWAITING_PAYMENT


def test_only_the_vip_mark_of_a_customer_can_be_set(admin_client):
    customer = factories.customer("ada@example.com")

    admin_client.post(page_of(customer), {"is_vip": "on", "email": "eve@example.com"})

    customer.refresh_from_db()
    assert (customer.is_vip, customer.email) == (True, "ada@example.com")


def test_flower_is_linked_from_every_page_and_from_the_start(admin_client, settings):
    settings.FLOWER_URL = "http://127.0.0.1:5999"

    start = admin_client.get(reverse("admin:index")).content.decode()
    other = admin_client.get(list_of("order")).content.decode()

    assert start.count('href="http://127.0.0.1:5999"') == 2
    assert other.count('href="http://127.0.0.1:5999"') == 1


def test_without_flower_there_is_no_link_to_it(admin_client, settings):
    settings.FLOWER_URL = ""

    assert "Flower" not in admin_client.get(reverse("admin:index")).content.decode()


def test_a_table_without_rows_says_none(admin_client):
    order = factories.order_awaiting_payment()

    shown = admin_client.get(page_of(order)).content.decode()

    assert "Held since" not in shown
    assert "None." in shown
