"""What happens in a Stripe account: sessions are paid or expire, money goes back, banks dispute."""

from __future__ import annotations

import asyncio
import heapq
import secrets
import time
from collections.abc import Callable, Coroutine
from typing import Any, Literal

from sandbox.stripe.forms import StripeRefusal
from sandbox.stripe.records import (
    Charge,
    Dispute,
    Event,
    PaymentIntent,
    Record,
    Refund,
    Session,
    Shelf,
)
from sandbox.stripe.shapes import draw, event_shape

Outcome = Literal["succeeded", "failed"]
RefundStatus = Literal["pending", "succeeded", "failed", "canceled"]

DECLINED = "Your card was declined."


def new_id(prefix: str) -> str:
    """Return an id in Stripe's manner that nobody can guess."""
    return f"{prefix}_{secrets.token_hex(12)}"


class Account:
    """Every object of the one sandbox account, and the verbs that change them."""

    def __init__(self, *, announce: Callable[[Event], None]) -> None:
        self.shelf = Shelf()
        self.clock_ahead_s = 0
        self._announce = announce
        self._open_until: list[tuple[int, str]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        # The API call that is being served, for the events that it causes.
        self.cause: tuple[str | None, str | None] = (None, None)

    def now(self) -> int:
        """Return the account's time: Unix seconds, moved ahead by the test clock."""
        return int(time.time()) + self.clock_ahead_s

    def keep(self, session: Session) -> None:
        """Take in a new session, to be paid or to expire."""
        self.shelf.sessions[session.id] = session
        heapq.heappush(self._open_until, (session.expires_at, session.id))

    def pay(
        self, session: Session, *, amount: int | None = None, currency: str | None = None
    ) -> PaymentIntent:
        """Pay an open session by card; an odd amount or currency shows in the session too.

        :raises StripeRefusal: the session is not open
        """
        self._still_open(session)
        if amount is not None:
            session.amount = amount
        session.currency = currency or session.currency
        intent = self._intent(session, method="card", status="succeeded")
        self._complete(session, intent, payment_status="paid")
        self._charge(intent, status="succeeded")
        self._happened("checkout.session.completed", session)
        return intent

    def pay_later(self, session: Session, *, outcome: Outcome, after_s: float) -> PaymentIntent:
        """Complete a session unpaid; the money comes, or does not, after `after_s` seconds.

        :raises StripeRefusal: the session is not open
        """
        self._still_open(session)
        intent = self._intent(session, method="sepa_debit", status="processing")
        self._complete(session, intent, payment_status="unpaid")
        self._happened("payment_intent.processing", intent)
        self._happened("checkout.session.completed", session)
        self._start(self._settle_later(session, outcome=outcome, after_s=after_s))
        return intent

    def settle(self, session: Session, *, outcome: Outcome) -> None:
        """End a payment that was to come later. Once: a second time changes nothing.

        :raises StripeRefusal: the session waits for no payment
        """
        intent = self.shelf.payment_intents.get(session.payment_intent or "")
        if intent is None or session.status != "complete":
            raise StripeRefusal(f"No payment of {session.id} is under way.")
        if intent.status != "processing":
            return
        if outcome == "failed":
            intent.status = "requires_payment_method"
            self._charge(intent, status="failed")
            self._happened("checkout.session.async_payment_failed", session)
            return
        intent.status, session.payment_status = "succeeded", "paid"
        self._charge(intent, status="succeeded")
        self._happened("checkout.session.async_payment_succeeded", session)

    def decline(self, session: Session) -> None:
        """Refuse the payer's card; the session stays open.

        :raises StripeRefusal: the session is not open
        """
        self._still_open(session)
        intent = self._intent(session, method="card", status="requires_payment_method")
        self._charge(intent, status="failed")

    def expire(self, session: Session) -> None:
        """Close an open session unpaid.

        :raises StripeRefusal: the session is not open
        """
        if session.status != "open":
            message = (
                'Only Checkout Sessions with a status in ["open"] can be expired. '
                f"This Checkout Session has a status of {session.status}."
            )
            raise StripeRefusal(message)
        session.status = "expired"
        self._happened("checkout.session.expired", session)

    def expire_due(self) -> int:
        """Close every open session whose time is over and return how many."""
        now, expired = self.now(), 0
        while self._open_until and self._open_until[0][0] <= now:
            session = self.shelf.sessions[heapq.heappop(self._open_until)[1]]
            if session.status == "open":
                self.expire(session)
                expired += 1
        return expired

    def refund(
        self,
        charge: Charge,
        *,
        amount: int | None,
        reason: str | None,
        metadata: dict[str, str],
        status: RefundStatus = "succeeded",
    ) -> Refund:
        """Give money back, all that is left unless `amount` (smallest unit) says less.

        One that is `pending` is ended by `end_refund`.

        :raises StripeRefusal: more than is left, nothing left, a bank disputes the charge, or it
            took what was left
        """
        disputes = [one for one in self.shelf.disputes.values() if one.charge == charge.id]
        taken = sum(one.amount for one in disputes if one.status == "lost")
        left = charge.amount - charge.refunded - taken
        is_open = any(one.status not in ("won", "lost") for one in disputes)
        if is_open or (taken and left <= 0):
            message = f"Charge {charge.id} has been charged back; cannot issue a refund."
            raise StripeRefusal(message, code="charge_disputed", executed=True)
        if left <= 0:
            message = f"Charge {charge.id} has already been refunded."
            raise StripeRefusal(message, code="charge_already_refunded", executed=True)
        wanted = left if amount is None else amount
        if wanted > left:
            message = (
                f"Refund amount ({_money(wanted, charge.currency)}) is greater than "
                f"unrefunded amount on charge ({_money(left, charge.currency)})"
            )
            raise StripeRefusal(message, param="amount", executed=True)
        charge.refunded += wanted
        refund = Refund(
            id=new_id("re"),
            created=self.now(),
            amount=wanted,
            currency=charge.currency,
            charge=charge.id,
            payment_intent=charge.payment_intent,
            reason=reason,
            metadata=metadata,
            status=status,
        )
        self.shelf.refunds[refund.id] = refund
        self._happened("refund.created", refund)
        self._happened("charge.refunded", charge)
        return refund

    def end_refund(self, refund: Refund, *, status: RefundStatus) -> None:
        """Say what became of a refund, also of one that had gone through: banks send some back."""
        gave, gives = (one in ("pending", "succeeded") for one in (refund.status, status))
        self.shelf.charges[refund.charge].refunded += refund.amount * (gives - gave)
        refund.status = status
        if status == "failed":
            self._happened("refund.failed", refund)
        self._happened("refund.updated", refund)

    def dispute(self, charge: Charge, *, reason: str, amount: int | None = None) -> Dispute:
        """Let the payer's bank ask for a charge's money back, or for a part of it.

        :raises StripeRefusal: the charge was never paid, is disputed already, or is smaller
        """
        if charge.status != "succeeded" or charge.disputed or (amount or 0) > charge.amount:
            raise StripeRefusal(f"Charge {charge.id} cannot be disputed.")
        charge.disputed = True
        dispute = Dispute(
            id=new_id("du"),
            created=self.now(),
            amount=charge.amount - charge.refunded if amount is None else amount,
            currency=charge.currency,
            charge=charge.id,
            payment_intent=charge.payment_intent,
            reason=reason,
        )
        self.shelf.disputes[dispute.id] = dispute
        self._happened("charge.dispute.created", dispute)
        self._happened("charge.dispute.funds_withdrawn", dispute)
        return dispute

    def close_dispute(self, dispute: Dispute, *, status: Literal["won", "lost"]) -> None:
        """End a dispute. A lost one takes the money, a won one brings it back."""
        dispute.status = status
        charge = self.shelf.charges[dispute.charge]
        if status == "won":
            charge.disputed = False
            self._happened("charge.dispute.funds_reinstated", dispute)
        self._happened("charge.dispute.closed", dispute)

    def fire(self, kind: str, shape: dict[str, Any]) -> Event:
        """Make an event of any type about any object, and announce it."""
        request_id, key = self.cause
        body = event_shape(
            name=new_id("evt"),
            kind=kind,
            at=self.now(),
            shape=shape,
            request_id=request_id,
            key=key,
        )
        event = Event.of(body)
        self.shelf.events[event.id] = event
        self._announce(event)
        return event

    async def stop(self) -> None:
        """Give up every payment that was to come later."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _happened(self, kind: str, record: Record) -> None:
        self.fire(kind, draw(record))

    def _start(self, coming: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(coming)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _settle_later(self, session: Session, *, outcome: Outcome, after_s: float) -> None:
        await asyncio.sleep(after_s)
        self.settle(session, outcome=outcome)

    def _still_open(self, session: Session) -> None:
        if session.status != "open":
            raise StripeRefusal(f"This Checkout Session is {session.status}, not open.")

    def _intent(self, session: Session, *, method: str, status: str) -> PaymentIntent:
        intent = self.shelf.payment_intents.get(session.payment_intent or "")
        if intent is None:
            intent = PaymentIntent(
                id=new_id("pi"),
                created=self.now(),
                amount=session.amount,
                currency=session.currency,
                metadata=session.payment_intent_metadata,
                receipt_email=session.customer_email,
                method=method,
                status=status,
            )
            self.shelf.payment_intents[intent.id] = intent
            session.payment_intent = intent.id
            self._happened("payment_intent.created", intent)
        intent.amount, intent.currency = session.amount, session.currency
        intent.method, intent.status = method, status
        return intent

    def _complete(self, session: Session, intent: PaymentIntent, *, payment_status: str) -> None:
        session.status, session.payment_status = "complete", payment_status
        session.payment_intent = intent.id

    def _charge(self, intent: PaymentIntent, *, status: str) -> None:
        failed = status == "failed"
        charge = Charge(
            id=new_id("ch"),
            created=self.now(),
            amount=intent.amount,
            currency=intent.currency,
            payment_intent=intent.id,
            email=intent.receipt_email,
            method=intent.method,
            metadata=intent.metadata,
            status=status,
            failure_code="card_declined" if failed else None,
            failure_message=DECLINED if failed else None,
        )
        intent.latest_charge = charge.id
        self.shelf.charges[charge.id] = charge
        self._happened(f"charge.{status}", charge)
        happened = "payment_failed" if failed else "succeeded"
        self._happened(f"payment_intent.{happened}", intent)


def _money(amount: int, currency: str) -> str:
    return f"{amount / 100:.2f} {currency.upper()}" if currency != "usd" else f"${amount / 100:.2f}"
