"""What the oracle asks of money (I1, I5, I11): Stripe's own sessions and refunds against ours."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from django.db.models import Sum

from orders.models import Order, Payment, Refund, Status, StripeEvent
from queueing.models import Job, State
from tests.faults.evidence import MOST, Evidence
from tests.faults.wrong import Wrong

_REFUND_ID = re.compile(r"metadata%5Brefund_id%5D=(\d+)|metadata\[refund_id\]=(\d+)")
Session = dict[str, Any]


def payments_are_orders(evidence: Evidence) -> Iterator[Wrong]:
    """I1: what was paid at Stripe is that payment here, of that order, whose work is settled; and
    nothing is paid here that is not paid there."""
    paid = _paid_there(evidence)
    payments = {one.session_id: one for one in Payment.objects.select_related("order")}
    for session in paid:
        order = Order.objects.filter(pk=session["client_reference_id"]).first()
        payment = payments.get(session["id"])
        if order is None or order.paid_at is None:
            what = f"{session['id']} is paid at Stripe; its order here is {order}, not paid"
            yield Wrong(promise="I1", how="lost", what=what)
            continue
        if payment is None or payment.paid_at is None or payment.order_id != order.pk:
            what = f"{session['id']} is paid at Stripe; {order} does not know it as paid"
            yield Wrong(promise="I1", how="lost", what=what)
        elif (payment.amount_cents, payment.payment_intent) != _as_paid(session):
            what = f"{payment} is of another amount or intent than Stripe's"
            yield Wrong(promise="I1", how="illegal", what=what)
        yield from _is_settled(order)
    known = {session["id"] for session in paid}
    for name, payment in payments.items():
        if payment.paid_at is not None and name not in known:
            what = f"{payment} is paid here, and not at Stripe"
            yield Wrong(promise="I1", how="illegal", what=what)
    yield from _one_event_a_payment(paid)


def _paid_there(evidence: Evidence) -> list[Session]:
    sessions = evidence.read("stripe/sessions")["sessions"]
    return [one for one in sessions if one["payment_status"] == "paid"]


def _as_paid(session: Session) -> tuple[int, str]:
    return session["amount_total"], session["payment_intent"]


def _is_settled(order: Order) -> Iterator[Wrong]:
    jobs = Job.objects.filter(key=f"write:{order.pk}")
    settled = [job for job in jobs if job.state not in (State.WAITING, State.ACTIVE)]
    if len(settled) != 1 and not order.held_reason:
        yield Wrong(promise="I1", how="lost", what=f"{order} has {len(settled)} settled jobs")


def _one_event_a_payment(paid: list[Session]) -> Iterator[Wrong]:
    told = StripeEvent.objects.filter(type="checkout.session.completed").exclude(order=None)
    # One that a bank is still to confirm is completed as well.
    told = told.filter(payload__data__object__payment_status="paid")
    sessions = Counter(session["client_reference_id"] for session in paid)
    for key, count in Counter(map(str, told.values_list("order", flat=True))).items():
        if count > sessions[key]:
            yield Wrong(promise="I1", how="duplicated", what=f"{count} paid events of order {key}")


def refunds_once(evidence: Evidence) -> Iterator[Wrong]:
    """I5: one refund at Stripe for a row, under one key, and one more for each key under which
    Stripe repeated an error of its own; never more than was paid; and what our rows say was given
    back is what Stripe gave."""
    keys: dict[str, set[str]] = defaultdict(set)
    spoilt: dict[str, set[str]] = defaultdict(set)
    made: Counter[str] = Counter()
    calls = evidence.read("calls", service="stripe", operation="refunds.create", limit=MOST)
    for call in calls["calls"]:
        found = _REFUND_ID.search(call["body"] or "")
        if found is None:
            continue
        name = found[1] or found[2]
        key = call["idempotency_key"] or "none"
        keys[name].add(key)
        if call["replayed"] and (call["status"] or 0) >= 500:
            spoilt[name].add(key)
        made[name] += bool(call["work_done"] and not call["replayed"])
    for name, used in keys.items():
        if len(used) > 1 + len(spoilt[name]) or made[name] > 1:
            what = f"refund {name}: {made[name]} made under {len(used)} keys"
            what += f", {len(spoilt[name])} of them spoilt by an error that Stripe kept"
            yield Wrong(promise="I5", how="duplicated", what=what)
    ended = [Refund.State.SUCCEEDED, Refund.State.WITHDRAWN]
    for refund in Refund.objects.exclude(state__in=ended):
        yield Wrong(promise="I5", how="lost", what=f"refund {refund.pk} is {refund.state}")
    yield from _given_as_told(evidence)


def _given_as_told(evidence: Evidence) -> Iterator[Wrong]:
    given = _given_there(evidence)
    ours = dict(
        Refund.objects.filter(state=Refund.State.SUCCEEDED)
        .values_list("payment")
        .annotate(Sum("amount_cents"))
    )
    for payment in Payment.objects.exclude(payment_intent=""):
        there, here = given[payment.payment_intent], ours.get(payment.pk, 0)
        if there > payment.amount_cents or here > payment.amount_cents:
            what = f"{payment}: {there} at Stripe, {here} here, of {payment.amount_cents} cents"
            yield Wrong(promise="I5", how="duplicated", what=f"{what} given back")
        if there != here:
            what = f"{payment}: {there} cents were given back at Stripe, {here} by our rows"
            yield Wrong(promise="I5", how="lost" if there < here else "illegal", what=what)


def _given_there(evidence: Evidence) -> Counter[str]:
    """Return the cents that Stripe gave back of each payment intent: each event tells the sum."""
    given: Counter[str] = Counter()
    for event in evidence.read("stripe/events", type="charge.refunded", limit=MOST)["events"]:
        charge = event["data"]["object"]
        intent = charge["payment_intent"]
        given[intent] = max(given[intent], charge["amount_refunded"])
    return given


def money_adds_up(evidence: Evidence) -> Iterator[Wrong]:
    """I11: paid = delivered + refunded + open, order by order, as Stripe counts it."""
    paid: Counter[str] = Counter()
    given: Counter[str] = Counter()
    given_there = _given_there(evidence)
    for session in _paid_there(evidence):
        paid[session["client_reference_id"]] += session["amount_total"]
        given[session["client_reference_id"]] += given_there[session["payment_intent"]]
    for order in Order.objects.all():
        had, back = paid[str(order.pk)], given[str(order.pk)]
        is_due = order.status in (Status.FAILED, Status.CANCELLED)
        # A person may give the money of a published order back.
        is_due |= order.events.filter(what__startswith="Refund by our staff").exists()
        # Paid twice: the second payment goes back while the order goes on.
        due = max(had if is_due else 0, had - order.amount_cents)
        if back != due:
            how = "lost" if back < due else "duplicated"
            what = f"{order} at {order.status}: {back} cents given back, {due} were due"
            yield Wrong(promise="I11", how=how, what=what)
        if order.status == Status.COMPLETED and not is_due and had - back < order.amount_cents:
            what = f"{order} was delivered, {had - back} of {order.amount_cents} cents are with us"
            yield Wrong(promise="I11", how="lost", what=what)
