"""Banks that take a part: the customer gets what was paid less that, whatever comes when."""

from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db.models import Sum

from orders import disputes, endings, fulfilment, holds, lifecycle, refunds
from orders.models import Order, Payment, Refund, Status
from queueing.errors import Permanent
from queueing.models import Job, State
from tests.orders import factories
from tests.orders.factories import AT
from tests.orders.stripe_side import receive, told
from tests.orders.test_refunds import at_stripe
from tests.orders.test_refunds import owed as owed_at_stripe
from tests.orders.test_resuming import failed
from tests.races import rival_before

pytestmark = pytest.mark.django_db

LATER = AT + timedelta(minutes=5)
PAID, PART = 12_000, 5000


def failed_order() -> Order:
    return factories.failed_order()


def cancelled_order() -> Order:
    order = factories.order_awaiting_payment()
    factories.payment_of(order, state=Payment.State.HELD, paid_at=AT, payment_intent="pi_held")
    endings.refund(order=order, actor="mia", reason="another amount", at=AT)
    return order


def completed_order() -> Order:
    """Published, and its money given back by staff all the same."""
    order = factories.waiting_review().order
    lifecycle.complete(order=order, live_url="https://example.com/a", at=AT)
    endings.refund(order=order, actor="mia", reason="goodwill", at=AT)
    return order


ENDED = [failed_order, cancelled_order, completed_order]


def hear(payment: Payment, status: str, cents: int = PART, name: str = "du_1") -> str:
    says: dict[str, Any] = {"id": name, "status": status, "amount": cents, "currency": "eur"}
    return disputes.hear(payment=payment, told=says, at=LATER)


def owed_cents(payment: Payment) -> int:
    """What is on its way back, or went back."""
    given = [Refund.State.PENDING, Refund.State.SUCCEEDED]
    rows = Refund.objects.filter(payment=payment, state__in=given)
    return rows.aggregate(sum=Sum("amount_cents"))["sum"] or 0


def assert_each_has_its_job(payment: Payment) -> None:
    waiting = Job.objects.filter(kind="refund", state=State.WAITING)
    pending = Refund.objects.filter(payment=payment, state=Refund.State.PENDING)
    assert set(waiting.values_list("key", flat=True)) == {refunds.job_key(one) for one in pending}


@pytest.mark.parametrize("bring", ENDED)
@pytest.mark.parametrize(
    ("news", "taken"),
    [
        ([("needs_response", PART), ("lost", PART)], PART),
        ([("lost", PART)], PART),
        ([("needs_response", PAID), ("lost", PART)], PART),
        ([("needs_response", PART), ("lost", PAID)], PAID),
        ([("needs_response", PART), ("won", PART)], 0),
        ([("needs_response", PAID), ("won", PAID)], 0),
        ([("warning_needs_response", PART), ("warning_closed", PART)], 0),
        ([("warning_needs_response", PAID), ("needs_response", PART), ("lost", PART)], PART),
        ([("lost", PART), ("needs_response", PART)], PART),
    ],
)
def test_what_the_bank_did_not_take_goes_back_in_the_end_and_never_more(bring, news, taken):
    order = bring()
    payment = order.payments.get()

    for status, cents in news:
        hear(payment, status, cents)
        with_bank = cents if status in ("needs_response", "lost") else 0
        assert owed_cents(payment) <= PAID - with_bank

    assert owed_cents(payment) == PAID - taken
    assert_each_has_its_job(payment)


@pytest.mark.parametrize(
    ("ends", "taken"), [(("lost", "lost"), 7000), (("lost", "won"), 3000), (("won", "won"), 0)]
)
def test_two_disputes_of_one_payment_each_take_their_part(ends, taken):
    payment = failed_order().payments.get()
    parts = {"du_1": 3000, "du_2": 4000}
    for name, cents in parts.items():
        hear(payment, "needs_response", cents, name)
    assert owed_cents(payment) == PAID - 7000

    for (name, cents), status in zip(parts.items(), ends, strict=True):
        hear(payment, status, cents, name)

    assert owed_cents(payment) == PAID - taken
    assert_each_has_its_job(payment)


def test_a_second_payment_of_which_a_bank_takes_a_part_goes_back_for_the_rest():
    order = factories.order_in_work()
    twice = factories.payment_of(
        order, state=Payment.State.PAID, paid_at=AT, payment_intent="pi_twice"
    )
    refunds.owe_payment(payment=twice, reason="Paid twice", at=AT)

    for status in ("needs_response", "lost"):
        hear(twice, status)

    assert owed_cents(twice) == PAID - PART
    assert Order.objects.get(pk=order.pk).status == Status.PROCESSING


def test_what_is_left_waits_as_long_as_the_refund_that_it_is_left_of(settings):
    settings.REFUND_AFTER_S = 600
    payment = failed_order().payments.get()

    hear(payment, "needs_response")

    rest = Refund.objects.get(state=Refund.State.PENDING)
    assert (rest.due_at, rest.reason) == (AT + timedelta(minutes=10), "GateBlocked: no-link")
    assert Job.objects.get(key=refunds.job_key(rest)).run_at == rest.due_at


def test_a_dispute_that_is_lost_after_the_money_went_back_owes_nothing(sandbox):
    order, refund = owed_at_stripe(sandbox)
    refunds.carry_out(refund_id=refund.pk, at=AT)

    for status in ("needs_response", "lost"):
        hear(order.payments.get(), status, PAID)

    assert Refund.objects.get().state == Refund.State.SUCCEEDED


def test_a_refund_that_stripe_refuses_for_the_dispute_goes_back_for_the_rest_when_it_is_lost(
    sandbox,
):
    order, refund = owed_at_stripe(sandbox)
    intent = order.payments.get().payment_intent
    asked = {"payment_intent": intent, "amount": PART}
    dispute = sandbox.post("/control/stripe/disputes", asked)
    with pytest.raises(Permanent, match="charge_disputed"):
        refunds.carry_out(refund_id=refund.pk, at=AT)
    refunds.give_up(refund_id=refund.pk, reason="Stripe: charge_disputed", at=AT)

    receive(told(sandbox, "charge.dispute.created", dispute["id"]))
    sandbox.post(f"/control/stripe/disputes/{dispute['id']}/close", {"status": "lost"})
    receive(told(sandbox, "charge.dispute.closed", dispute["id"]))
    rest = Refund.objects.get(state=Refund.State.PENDING)
    refunds.carry_out(refund_id=rest.pk, at=LATER)

    assert [made["amount"] for made in at_stripe(sandbox, order)] == [PAID - PART]


def test_an_order_that_was_taken_up_again_keeps_its_money_when_a_dispute_is_won():
    order = failed(factories.order_in_work())
    fulfilment.resume(order=order, actor="mia", reason="better key", at=LATER)
    payment = order.payments.get()
    hear(payment, "needs_response")
    holds.release(order=Order.objects.get(pk=order.pk), actor="mia", reason="known", at=LATER)

    hear(payment, "won")

    assert owed_cents(payment) == 0
    assert Order.objects.get(pk=order.pk).status == Status.PROCESSING


def test_the_migration_reads_from_the_history_which_refunds_were_taken_back():
    resumed = failed(factories.order_in_work())
    fulfilment.resume(order=resumed, actor="mia", reason="better key", at=LATER)
    hear(failed_order().payments.get(), "needs_response", PAID)
    Refund.objects.update(was_taken_back=False)

    import_module("orders.migrations.0016_refunds_say_who_withdrew_them").say_who(apps, None)

    taken_back = Refund.objects.filter(state=Refund.State.WITHDRAWN, was_taken_back=True)
    assert taken_back.get().payment.order == resumed


@pytest.mark.django_db(transaction=True)
def test_a_refund_that_went_to_stripe_just_before_the_dispute_was_heard_is_left_to_stripe():
    payment = failed_order().payments.get()

    with rival_before('UPDATE "orders_refund"', lambda: Refund.objects.update(begun_at=AT)):
        hear(payment, "needs_response")

    assert Refund.objects.get().state == Refund.State.PENDING
    assert Job.objects.get(kind="refund").state == State.WAITING


def at_stripe_already() -> Payment:
    """A failed order's payment whose refund somebody made at Stripe, and whose bank takes its
    time."""
    payment = failed(factories.order_in_work()).payments.get()
    made = {"id": "re_1", "amount": PAID, "currency": "eur", "status": "pending"}
    refunds.hear(payment=payment, made=made, at=AT)
    return payment


def test_a_refund_that_is_at_stripe_is_not_withdrawn_for_a_dispute():
    payment = at_stripe_already()

    hear(payment, "needs_response")

    assert (Refund.objects.get().state, owed_cents(payment)) == (Refund.State.PENDING, PAID)


def test_an_order_whose_refund_is_at_stripe_is_not_taken_up_again(settings):
    settings.REFUND_AFTER_S = 600
    order = at_stripe_already().order

    assert not Refund.objects.get().waits
    with pytest.raises(fulfilment.ResumeRefused, match="gone out already"):
        fulfilment.resume(order=order, actor="mia", reason="better key", at=LATER)
