"""The model's moves on the real rows: Byline's own functions on PostgreSQL, the time passed in.

Where a handler would ask a provider, the answer is put in its place: nobody is called.
"""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

from django.db import connection, transaction
from django.utils import timezone

from articles.models import ArticleVersion
from articles.publishing import Published
from orders import (
    disputes,
    endings,
    fulfilment,
    holds,
    lifecycle,
    mailer,
    marks,
    notifications,
    payments,
    publications,
    refunds,
    reviews,
    revisions,
    strays,
)
from orders.models import (
    Dispute,
    Order,
    OutgoingEmail,
    Payment,
    Publication,
    Refund,
    Review,
    Revision,
)
from orders.pipelines.calls import NotInWork
from orders.pipelines.deliveries import order_in_work
from orders.stripe_client import StripeRefused
from queueing import dispatcher, leases, runner, service, sweeper, workers
from queueing.errors import LeaseLost, Permanent
from queueing.models import Attempt, Job, Outcome, Step
from queueing.process import Process
from queueing.registry import kind_named
from tests.faults.model_ledger import EMAIL, PUBLISH, REDISPATCH_AFTER_S, REFUND, REVISE, WRITE
from tests.faults.model_ledger import Job as ModelJob
from tests.faults.model_ledger import Run as ModelRun
from tests.faults.model_rows import PRICE
from tests.orders import factories

# The ledger stamps new jobs with the database's clock, so the virtual one begins after it.
AHEAD: Final = timedelta(days=1)
REFUSALS: Final = (
    service.Refused,
    lifecycle.TransitionRefused,
    reviews.ReviewRefused,
    publications.PublicationRefused,
    endings.RefundRefused,
    fulfilment.ResumeRefused,
    holds.NotHeld,
)
_ABOUT: Final = {EMAIL: "email", REVISE: "revision", PUBLISH: "publication", REFUND: "refund"}
_NAMED: Final = {EMAIL: OutgoingEmail, REVISE: Revision, PUBLISH: Publication, REFUND: Refund}
_PATHS: Final[dict[Any, str]] = {
    Refund: "payment__order", Dispute: "payment__order", Publication: "review__order",
}  # fmt: skip


class Busy(Exception):
    """A provider did no work, or nobody heard that it did."""


class Held:
    """A claim as its worker knows it: what `queueing.workers.beat` asks of a run."""

    def __init__(self, claimed: leases.Claimed) -> None:
        self.lease = claimed.lease
        self.job, self.job_id = claimed.job, claimed.job.pk
        self.steps = dict(claimed.steps)
        self.overdue = self.lost = False


class Real:
    """The order on PostgreSQL; its rows are named by their place in the model's lists."""

    def __init__(self) -> None:
        self.start, self.now = timezone.now() + AHEAD, 0
        self.order_id = factories.order_awaiting_payment(amount_cents=PRICE).pk
        self.process = Process()
        self.held: dict[int, Held] = {}  # by the model's token
        self.made: set[int] = set()  # refunds that Stripe has
        self.failed_there: set[int] = set()

    @property
    def at(self) -> datetime:
        return self.start + timedelta(seconds=self.now)

    @property
    def order(self) -> Order:
        return Order.objects.select_related("customer", "version", "domain").get(pk=self.order_id)

    def rows(self, model: Any) -> list[Any]:
        """The order's rows of that kind, oldest first."""
        mine = {_PATHS.get(model, "order"): self.order_id}
        return list(model.objects.filter(**mine).order_by("pk"))

    def job(self, wanted: ModelJob, among: list[ModelJob]) -> Job:
        """The row of the model's job: of its kind, about the same row, of the same age."""
        alike = [one for one in among if (one.kind, one.about) == (wanted.kind, wanted.about)]
        found = Job.objects.filter(subject=f"order:{self.order_id}", kind=wanted.kind)
        if wanted.kind in _ABOUT:
            row = self.rows(_NAMED[wanted.kind])[wanted.about]
            found = found.filter(**{f"arguments__{_ABOUT[wanted.kind]}": row.pk})
        return list(found.order_by("created_at", "pk"))[alike.index(wanted)]

    # --- the ledger --------------------------------------------------------------------------

    def claim(self, job: Job, pk: int) -> int | None:
        """Do what the runner does with a message; returns the model's name of the run."""
        claimed = leases.claim(job_id=job.pk, token=uuid4(), worker=self.process.worker, at=self.at)
        if claimed is None:
            leases.release(job_id=job.pk, due_too=False, at=self.at)
            return None
        token = 1000 * pk + claimed.job.attempts
        self.held[token] = Held(claimed)
        return token

    def dispatch(self) -> None:
        self.beat()
        dispatcher.stamp(connection.connection, at=self.at)

    def beat(self, *tokens: int) -> None:
        """A sign of life, with these runs in hand; there are threads for everything."""
        held: list[Any] = [self.held[token] for token in tokens]
        self.process.runs = {one.lease.token: one for one in held}
        workers.beat(self.process, threads=10_000, kinds=[*_ABOUT, WRITE], at=self.at)

    def sweep(self) -> None:
        sweeper.sweep(at=self.at)

    def fail(self, held: Held, error: Exception) -> None:
        """Do what the runner does with an error."""
        kind = kind_named(held.job.kind)
        delay_s = kind.policy.delay_s(attempt=held.job.try_number, error=error)
        with suppress(LeaseLost):
            leases.give_up_attempt(
                held.lease,
                kind=kind.name,
                outcome=Outcome.FAILED,
                fault=runner.fault_of(error),
                retry_in_s=delay_s,
                message_follows=delay_s is not None and delay_s <= REDISPATCH_AFTER_S,
                at=self.at,
            )

    def stop(self, run: ModelRun) -> None:
        held = self.held[run.token]
        if run.job.kind == EMAIL and run.stage == 1:
            mailer.was_not_sent(email_id=held.job.arguments["email"])
        with suppress(LeaseLost):
            leases.hand_back(held.lease, at=self.at)

    # --- handlers ----------------------------------------------------------------------------

    def go_on(self, token: int, stage: str) -> bool:
        """Take the run through that stage; False: it has ended."""
        held = self.held[token]
        try:
            return getattr(self, stage)(held) is not False
        except LeaseLost:
            return False
        except Exception as error:
            self.fail(held, error)
            return False

    def give_up(self, run: ModelRun, *, permanent: bool) -> None:
        held = self.held[run.token]
        if run.job.kind == EMAIL:
            mailer.was_not_sent(email_id=held.job.arguments["email"])
        self.fail(held, Permanent("no") if permanent else Busy("later"))

    def lose_reply(self, run: ModelRun) -> None:
        held = self.held[run.token]
        if run.job.kind == EMAIL:
            mailer.was_perhaps_sent(email_id=held.job.arguments["email"])
        try:
            if run.job.kind == REFUND:
                self.pay_back(held)
        except StripeRefused as refused:
            self.fail(held, refused)
        else:
            self.fail(held, Busy("no reply"))

    def _once(self, held: Held, step: str) -> None:
        if step not in held.steps:
            leases.store_step(held.lease, name=step, output_json="1", took_ms=1, at=self.at)
            held.steps[step] = 1

    def check(self, held: Held) -> None:
        order_in_work(held.job.subject)
        if held.job.kind == REVISE:
            wish = Revision.objects.get(pk=held.job.arguments["revision"])
            if wish.state != Revision.State.OPEN:  # as `revise` does
                raise NotInWork

    def buy(self, held: Held) -> None:
        pass

    def store_text(self, held: Held) -> None:
        self._once(held, "text")

    @transaction.atomic
    def deliver(self, held: Held) -> None:
        leases.complete(held.lease, at=self.at)
        order = self.order
        if held.job.kind == REVISE:
            wish = Revision.objects.select_related("order__customer", "order__version").get(
                pk=held.job.arguments["revision"]
            )
            version = factories.next_version_of(wish.order, at=self.at)
            revisions.deliver(revision=wish, version=version, at=self.at)
            return
        version = factories.version_of(order, at=self.at)
        lifecycle.deliver(order=order, version=version, at=self.at)
        notifications.record(
            order=order, kind=notifications.Kind.ARTICLE_READY, version=version, at=self.at
        )

    def mark_email(self, held: Held) -> bool:
        if "sent" in held.steps:
            return True
        email = mailer.unsent(email_id=held.job.arguments["email"])
        if email is None:
            return self.finish(held)
        mailer.begin(email)
        return True

    def send(self, held: Held) -> None:
        pass

    def store_sent(self, held: Held) -> None:
        self._once(held, "sent")

    @transaction.atomic
    def note_sent(self, held: Held) -> None:
        leases.complete(held.lease, at=self.at)
        mailer.was_sent(email_id=held.job.arguments["email"], message_id="1", at=self.at)

    def mark_refund(self, held: Held) -> bool:
        """What `refunds.carry_out` does before it calls."""
        refund = Refund.objects.select_related("payment__order").get(
            pk=held.job.arguments["refund"]
        )
        if refund.state == Refund.State.FAILED:
            refunds._take_up(refund)
        elif refund.stripe_id is not None:
            return self.finish(held)
        if not refunds._begin(refund, at=self.at):
            return self.finish(held)
        if refund.begun_at is not None and refund.pk in self.made:
            self.hear_refund(held)
            return self.finish(held)
        return True

    def pay_back(self, held: Held) -> None:
        refund = Refund.objects.get(pk=held.job.arguments["refund"])
        of_payment = Refund.objects.filter(payment=refund.payment, pk__in=self.made - {refund.pk})
        others = list(of_payment.order_by("pk"))
        back = sum(one.amount_cents for one in others if one.pk not in self.failed_there)
        is_new = refund.pk not in self.made
        if is_new and back + refund.amount_cents > refund.payment.amount_cents:
            for other in others:
                self.told_refund(other.pk)
            raise StripeRefused
        self.made.add(refund.pk)

    def hear_refund(self, held: Held) -> None:
        refunds._settled(self.told_refund(held.job.arguments["refund"]))

    def told_refund(self, pk: int) -> Refund:
        refund = Refund.objects.select_related("payment__order").get(pk=pk)
        status = "failed" if pk in self.failed_there else "succeeded"
        made = {"id": f"re_{pk}", "amount": refund.amount_cents, "currency": refund.currency}
        made |= {"status": status, "metadata": {"refund_id": str(pk)}}
        return refunds.hear(payment=refund.payment, made=made, at=self.at)

    def finish(self, held: Held) -> bool:
        leases.complete(held.lease, at=self.at)
        return False

    def check_publication(self, held: Held) -> bool:
        try:
            waits = publications.to_publish(publication_id=held.job.arguments["publication"])
        except publications.PublicationRefused as refused:
            raise Permanent from refused
        return waits is not None or self.finish(held)

    def put(self, held: Held) -> None:
        pass

    def went_live(self, held: Held) -> None:
        row = Publication.objects.select_related("review__order__customer", "review__version")
        url = "https://garden.example.com/page"
        try:
            with transaction.atomic():
                leases.complete(held.lease, at=self.at)
                publications.went_live(
                    publication=row.get(pk=held.job.arguments["publication"]),
                    published=Published(url=url, slug="page", remote_id=""),
                    checks={},
                    at=self.at,
                )
        except (publications.PublicationRefused, lifecycle.TransitionRefused) as refused:
            raise Permanent from refused

    # --- Stripe ------------------------------------------------------------------------------

    def open_session(self, cents: int) -> None:
        factories.payment_of(self.order, at=self.at, amount_cents=cents)

    def told(self, number: int, **says: Any) -> None:
        payment = self.rows(Payment)[number]
        refused = says.pop("refused", False)
        session = {
            "id": payment.session_id,
            "client_reference_id": str(self.order_id),
            "amount_total": payment.amount_cents,
            "currency": payment.currency,
            "payment_intent": f"pi_{payment.pk}",
            "created": 0,
            "expires_at": 0,
        }
        payments.settle_session(session=session | says, at=self.at, refused=refused)

    def told_dispute(self, number: int, state: str, cents: int) -> None:
        payment = self.rows(Payment)[number]
        status = {"inquiry": "warning_needs_response", "open": "needs_response"}.get(state, state)
        told = {"id": f"dp_{payment.pk}", "status": status, "reason": "fraudulent"}
        told |= {"amount": cents, "currency": payment.currency}
        disputes.hear(payment=payment, told=told, at=self.at)

    # --- people ------------------------------------------------------------------------------

    def edit(self) -> None:
        review = self.rows(Review)[-1]
        with transaction.atomic():
            was = review.version
            order = self.order
            order.version = was
            version = factories.next_version_of(order, at=self.at)
            reviews.replace_text(review=review, was=was, version=version, by="ed", at=self.at)

    def held_by(self) -> set[tuple[str, int]]:
        """What holds the order, in the model's words."""
        causes = self.order.holds.filter(ended_at=None).values_list("cause", flat=True)
        places = {
            marks.of_amount(one): ("payment", place) for place, one in enumerate(self.rows(Payment))
        }
        for one in self.rows(Dispute):
            places[marks.of_dispute(one)] = ("dispute", places[marks.of_amount(one.payment)][1])
        assert bool(causes) == bool(self.order.held_reason)
        return {places.get(cause, (cause, 0)) for cause in causes}

    def versions(self) -> list[int]:
        texts = ArticleVersion.objects.filter(order_key=f"order:{self.order_id}")
        return list(texts.order_by("pk").values_list("pk", flat=True))

    def job_row(self, job: Job) -> tuple[Any, ...]:
        """What the model knows of a job, in the model's words."""

        def since(moment: datetime | None) -> int | None:
            return None if moment is None else round((moment - self.start).total_seconds())

        runs = Attempt.objects.filter(job=job).order_by("number")
        steps = set(Step.objects.filter(job=job).values_list("name", flat=True))
        due = max(0, since(job.run_at) or 0) if job.state == "waiting" else None
        outcomes = list(runs.values_list("outcome", flat=True))
        counts = (job.attempts, job.failures, job.crashes)
        stamp, lease = since(job.dispatched_at), since(job.lease_until)
        return (job.kind, job.state, *counts, due, stamp, lease, steps, outcomes)


__all__ = ["REFUSALS", "Real", "strays"]
