"""Giving money back: owed as a row with its job, carried out at Stripe, never more than was paid.

Money also goes back without us, from Stripe's dashboard. Whoever hears of a refund first, our
call's reply or Stripe's event, settles the row; the other finds it settled.
"""

from contextlib import suppress
from datetime import datetime
from typing import Any, Final

import stripe
import structlog
from django.db import transaction
from django.db.models import Q

from orders import balances, refund_news, stripe_client
from orders.models import Order, Payment, Refund
from queueing import ledger, service
from queueing.models import Job

log = structlog.get_logger(__name__)

State = Refund.State
_FAILED_AT_STRIPE: Final = frozenset({"failed", "canceled"})
FAILURE_LENGTH: Final = 200
# Neither have we asked Stripe for it, nor has somebody made it there.
_UNTOUCHED: Final = Q(state=State.PENDING, begun_at=None, stripe_id=None)
_NOTHING_LEFT: Final = "charge_already_refunded"


class AlreadyOnItsWay(Exception):
    """The order's money has gone to Stripe to be given back, or is not all with us any more."""


def owe(*, order: Order, reason: str, at: datetime, run_at: datetime | None = None) -> list[Refund]:
    """Record a refund and its job, not before `run_at`, for all that the order's payments hold.

    Called in the transaction of what makes us owe it. Returns the new rows: none when everything
    is on its way back already.
    """
    paid = Payment.objects.filter(order=order, paid_at__isnull=False)
    return [
        refund
        for payment in paid.order_by("pk")
        if (refund := owe_payment(payment=payment, reason=reason, at=at, run_at=run_at)) is not None
    ]


@transaction.atomic
def owe_payment(
    *, payment: Payment, reason: str, at: datetime, run_at: datetime | None = None
) -> Refund | None:
    """Record a refund and its job for the rest of one payment; None when there is no rest."""
    lock(payment)
    rest = balances.rest_cents(payment)
    if rest <= 0:
        return None
    refund = Refund.objects.create(
        payment=payment,
        amount_cents=rest,
        currency=payment.currency,
        reason=reason[:200],
        created_at=at,
        due_at=run_at,
    )
    enqueue(refund=refund)
    return refund


def enqueue(*, refund: Refund) -> None:
    """Record the refund's job; it has one, however often this is called."""
    ledger.enqueue(
        kind="refund",
        subject=f"order:{refund.payment.order_id}",
        arguments={"refund": refund.pk},
        key=job_key(refund),
        run_at=refund.due_at,
        actor="system",
    )


def job_key(refund: Refund) -> str:
    """Return the idempotency key of the refund's job."""
    return f"refund:{refund.pk}"


@transaction.atomic
def take_back(*, order: Order, owed_at: datetime, actor: str, at: datetime) -> list[Refund]:
    """Withdraw of the refunds that were owed at that moment, with their jobs, what makes up the
    order's price, and return them; what was paid beyond it, or held as no price of ours, still
    goes back.

    Theirs is the row that the refund's job marks before it talks to Stripe: whoever writes it
    first has decided.

    :raises AlreadyOnItsWay: one went to Stripe, or the order's price is not all with us then;
        nothing was changed
    """
    payments = Payment.objects.filter(order=order, paid_at__isnull=False).order_by("pk")
    for payment in payments:
        lock(payment)
    # A refund that failed may be let run again: its payment is not counted on.
    taken = [p for p in payments if p.state == Payment.State.PAID and not balances.has_failed(p)]
    refunds: list[Refund] = []
    for refund in Refund.objects.filter(payment__in=taken, created_at=owed_at).order_by("pk"):
        if sum(one.amount_cents for one in refunds) >= order.amount_cents:
            break
        why = "The order's work goes on"
        if not _withdraw(refund, actor=actor, reason=why, at=at, was_taken_back=True):
            raise AlreadyOnItsWay(f"The refund of order {order.code} has gone out already.")
        refunds.append(refund)
    kept = sum(balances.kept_cents(p) for p in taken if p.currency == order.currency)
    # Staff may have taken another amount for the price: then it is all of that one payment.
    is_whole = any(balances.kept_cents(p) >= p.amount_cents for p in taken)
    if kept < order.amount_cents and not is_whole:
        raise AlreadyOnItsWay(f"The money of order {order.code} has gone back already.")
    return refunds


@transaction.atomic
def cut(*, payment: Payment, actor: str, reason: str, at: datetime) -> None:
    """Have no more be owed of a payment than is with us: a refund of more is withdrawn, unless it
    went to Stripe, and one of the rest is owed in its place."""
    lock(payment)
    for refund in Refund.objects.filter(_UNTOUCHED, payment=payment).order_by("-pk"):
        if balances.rest_cents(payment) >= 0:
            return
        if _withdraw(refund, actor=actor, reason=reason, at=at):
            owe_payment(payment=payment, reason=refund.reason, at=at, run_at=refund.due_at)


def _withdraw(
    refund: Refund, *, actor: str, reason: str, at: datetime, was_taken_back: bool = False
) -> bool:
    """Withdraw a refund and cancel its job; False: it went to Stripe, or is settled."""
    untouched = Refund.objects.filter(_UNTOUCHED, pk=refund.pk)
    if not untouched.update(state=State.WITHDRAWN, was_taken_back=was_taken_back):
        return False
    _cancel_job(refund, actor=actor, reason=reason, at=at)
    return True


def _cancel_job(refund: Refund, *, actor: str, reason: str, at: datetime) -> None:
    # One that settles at this moment, or that somebody settled by hand, does nothing more anyway;
    # a worker that has it in hand waits for the payment, which is ours.
    free = Job.objects.select_for_update(skip_locked=True, no_key=True)
    job = free.filter(key=job_key(refund)).first()
    if job is None:
        return
    with suppress(service.Refused):
        service.cancel(job_id=job.pk, actor=actor, reason=reason, at=at)


def carry_out(*, refund_id: int, at: datetime) -> None:
    """Give the money back at Stripe and settle the row; a repeat changes nothing.

    Stripe gets one idempotency key a row, so a call whose reply was lost gives the same refund. A
    row that Stripe may know is looked for there first: keys are forgotten after a day, and a lost
    reply may never be told. A row that was given up is taken up again: staff have let its job run
    once more.

    A row whose money has all gone back by others is withdrawn.

    :raises StripeRefused: Stripe will not give it back, now or later
    :raises StripeBusy: Stripe was not reached or asks for time
    """
    refund = Refund.objects.select_related("payment__order").get(pk=refund_id)
    if refund.state == State.FAILED:
        _take_up(refund)
    elif refund.stripe_id is not None:
        return
    if not _begin(refund, at=at):
        return
    if refund.begun_at is not None and _found_at_stripe(refund, at=at):
        return
    try:
        made = _make(refund)
    except stripe.StripeError as error:
        if error.code != _NOTHING_LEFT:
            _drop_key_of(error, refund)
            raise stripe_client.translate(error) from None
        if not _found_at_stripe(refund, at=at):
            _drop(refund)
        return
    _settled(hear(payment=refund.payment, made=made, at=at))


def no_retry(job: Job) -> str | None:
    """Return why a refund's stopped job must not run again, None if it may; the job and the
    refund's payment are locked until the transaction ends."""
    # The job before the payment: a job that fails takes them so.
    Job.objects.select_for_update(no_key=True).get(pk=job.pk)
    pk = job.arguments["refund"]
    lock(Payment.objects.get(refunds=pk))
    refund = Refund.objects.select_related("payment__order").get(pk=pk)
    if refund.was_taken_back:
        return f"the refund was withdrawn, because order {refund.payment.order.code} goes on"
    if refund.state == State.WITHDRAWN:
        return "the refund was withdrawn; what was left is owed by another, or all went back"
    if refund.stripe_id is None:
        return None
    if refund.state == State.FAILED:
        return "the refund failed at Stripe; “Refund” on the order's page owes it anew"
    return "Stripe has made it already"


@transaction.atomic
def give_up(*, refund_id: int, reason: str, at: datetime) -> None:
    """Leave a refund that Stripe did not take to an operator, with the reason."""
    refund = Refund.objects.select_related("payment__order").get(pk=refund_id)
    lock(refund.payment)
    pending = Refund.objects.filter(pk=refund_id, state=State.PENDING)
    if pending.update(state=State.FAILED, failure=reason[:FAILURE_LENGTH]):
        what = "The refund did not go through; our staff take care of it"
        refund_news.alert(refund, what=what, why=reason, actor="system", at=at)


@transaction.atomic
def hear(*, payment: Payment, made: dict[str, Any], at: datetime) -> Refund:
    """Bring the row of a refund up to what Stripe says of it, and tell the order's history and,
    where nothing else has told of it, the customer.

    `made` is Stripe's refund object. One that no row knows was made at Stripe and gets its row
    now. Late and repeated news change nothing.
    """
    lock(payment)
    learn_intent(payment, made)
    refund = _row_of(payment, made)
    if refund is None:
        refund = Refund(payment=payment, is_foreign=True, created_at=at)
        refund.reason = "Refunded from Stripe's side"
        refund.amount_cents, refund.currency = made["amount"], made["currency"]
        log.warning("refunded_from_stripes_side", order=str(payment.order_id), refund=made["id"])
    refund.payment = payment  # with the order that it holds already
    was, had_failed, was_made = refund.state, bool(refund.failure), refund.stripe_id is not None
    # A row that we gave up on may have gone through after all; one that Stripe failed has not.
    failed_there = was == State.FAILED and was_made
    refund.stripe_id = made["id"]
    if made["status"] in _FAILED_AT_STRIPE:
        refund.state, refund.refunded_at = State.FAILED, None
        refund.failure = f"Stripe: {made.get('failure_reason') or made['status']}"[:FAILURE_LENGTH]
    elif made["status"] == "succeeded" and not failed_there:
        refund.state, refund.refunded_at = State.SUCCEEDED, refund.refunded_at or at
        refund.failure = ""
    refund.save()
    if refund.state != was:
        refund_news.changed(refund, at=at)
    if not was_made:
        refund_news.made(refund, had_failed=had_failed, at=at)
    return refund


def made_of(payment_intent: str) -> list[dict[str, Any]]:
    """Return every refund that Stripe made of a payment.

    :raises stripe.StripeError: Stripe could not be asked
    """
    found = stripe_client.call(
        lambda client: client.v1.refunds.list({"payment_intent": payment_intent, "limit": 100})
    )
    return [refund.to_dict() for refund in found.data]


@transaction.atomic
def _take_up(refund: Refund) -> None:
    """Let a row that was given up count against its payment again.

    :raises StripeRefused: it failed at Stripe, or other refunds hold its money meanwhile
    """
    lock(refund.payment)
    refund.refresh_from_db(fields=["state", "stripe_id"])
    if refund.state != State.FAILED:
        return  # Stripe's event was first; the same key finds the same refund
    if refund.stripe_id is not None:
        raise stripe_client.StripeRefused("it failed at Stripe; it must be owed anew")
    if balances.given_cents(refund.payment) + refund.amount_cents > refund.payment.amount_cents:
        raise stripe_client.StripeRefused("another refund has taken its place")
    # Why it failed stays until it has gone through: the customer is written to then.
    Refund.objects.filter(pk=refund.pk).update(state=State.PENDING)


def _begin(refund: Refund, *, at: datetime) -> bool:
    """Mark the row before Stripe is asked, in a write of its own; False: it was taken back."""
    pending = Refund.objects.filter(pk=refund.pk, state=State.PENDING)
    return bool(pending.update(begun_at=refund.begun_at or at))


@transaction.atomic
def _drop(refund: Refund) -> None:
    """Withdraw a refund that Stripe has refused for good, because all of its money went back.

    :raises StripeRefused: by what we know, some of it did not
    """
    payment = refund.payment
    lock(payment)
    if balances.given_cents(payment) - refund.amount_cents < payment.amount_cents:
        raise stripe_client.StripeRefused("Stripe: the money went back already, by other refunds")
    untold = Refund.objects.filter(pk=refund.pk, state=State.PENDING, stripe_id=None)
    untold.update(state=State.WITHDRAWN, begun_at=None)
    log.info("refund_dropped", order=str(payment.order_id), refund=refund.pk)


def _make(refund: Refund) -> dict[str, Any]:
    payment = refund.payment
    made = stripe_client.call(
        lambda client: client.v1.refunds.create(
            {
                "payment_intent": payment.payment_intent,
                "amount": refund.amount_cents,
                "metadata": {"order_id": str(payment.order_id), "refund_id": str(refund.pk)},
            },
            {"idempotency_key": _key(refund)},
        )
    )
    return made.to_dict()


def _key(refund: Refund) -> str:
    first = f"refund-{refund.pk}"
    return first if refund.key_number == 1 else f"{first}-{refund.key_number}"


def _drop_key_of(error: stripe.StripeError, refund: Refund) -> None:
    """Take a fresh key for the next try, where this one leads to an error for ever.

    Stripe stores the answer of a call that broke inside, and says so when it repeats it: then no
    call with that key can give money any more. The next try looks at Stripe's refunds first, so
    what the broken call did give is not given twice. Any other error keeps the key.
    """
    replayed = (error.headers or {}).get("Idempotent-Replayed") == "true"
    if replayed and (error.http_status or 0) >= 500:
        same = Refund.objects.filter(pk=refund.pk, key_number=refund.key_number)
        same.update(key_number=refund.key_number + 1)
        log.warning("refund_key_dropped", refund=refund.pk, key_number=refund.key_number)


def _found_at_stripe(refund: Refund, *, at: datetime) -> bool:
    """Say whether Stripe has the row's refund, or one that took its place; hear of all it has.

    :raises StripeRefused: it has, and the refund failed there
    :raises StripeBusy: Stripe was not reached or asks for time
    """
    payment = refund.payment
    try:
        made_there = made_of(payment.payment_intent)
    except stripe.StripeError as error:
        raise stripe_client.translate(error) from None
    for made in made_there:
        hear(payment=payment, made=made, at=at)
    refund.refresh_from_db()
    if refund.stripe_id is None:
        return False
    _settled(refund)
    return True


def _settled(refund: Refund) -> None:
    if refund.state == State.FAILED:
        raise stripe_client.StripeRefused(f"Stripe: the refund {refund.stripe_id} failed")


def _row_of(payment: Payment, made: dict[str, Any]) -> Refund | None:
    """The row that knows this refund; else the one it names, or that owes the very amount."""
    of_payment = Refund.objects.filter(payment=payment)
    known = of_payment.filter(stripe_id=made["id"]).first()
    if known is not None:
        return known
    unclaimed = of_payment.filter(stripe_id__isnull=True)
    name = (made.get("metadata") or {}).get("refund_id", "")
    if name.isdecimal():
        return unclaimed.filter(pk=int(name)).first()
    return unclaimed.filter(state=State.PENDING, amount_cents=made["amount"]).first()


def lock(payment: Payment) -> None:
    """Let nobody else refund this payment until the transaction ends.

    Without the key: an event of the order may be written meanwhile, or the two would deadlock.
    """
    Payment.objects.select_for_update(no_key=True).get(pk=payment.pk)


def learn_intent(payment: Payment, told: dict[str, Any]) -> None:
    """Keep the intent of a payment whose session's news a refund or a dispute has overtaken.

    The payment is locked, and where the order is locked too, that was first.
    """
    if payment.payment_intent:
        return
    payment.payment_intent = told.get("payment_intent") or ""
    payment.save(update_fields=["payment_intent"])
