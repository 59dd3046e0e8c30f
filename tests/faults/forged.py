"""A world for the oracle to judge: the product's own rows of one order that went its whole way, or
was given up; what the sandbox would tell of it is written down here.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from articles.models import Article
from orders import fulfilment, lifecycle, notifications, refunds, reviews
from orders.models import (
    Order,
    OutgoingEmail,
    Publication,
    Refund,
    Review,
)  # fmt: skip
from queueing.models import Attempt, Job, Outcome, State, Step
from tests.faults import oracle
from tests.faults.evidence import Evidence
from tests.faults.people import Errand
from tests.faults.worker import Span
from tests.orders import factories
from tests.orders.factories import AT

LATER = AT + timedelta(minutes=1)
MUCH_LATER = LATER + timedelta(seconds=1)
WORKER = UUID(int=7)


@dataclass
class World:
    """An order, what was wanted of it, and what the sandbox tells of it."""

    order: Order
    errand: Errand
    job: Job
    calls: list[dict[str, Any]] = field(default_factory=list)
    mails: list[dict[str, Any]] = field(default_factory=list)
    sessions: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    hit: dict[UUID, list[Span]] = field(default_factory=dict)
    died: set[UUID] = field(default_factory=set)
    starved: list[Span] = field(default_factory=list)

    def read(self, path: str, **filters: Any) -> Any:
        if path == "calls":
            named = {name: filters[name] for name in ("service", "operation") if name in filters}
            return {"calls": [one for one in self.calls if named.items() <= one.items()]}
        if path == "inbox":
            return {"mails": self.mails}
        if path == "stripe/sessions":
            return {"sessions": self.sessions}
        assert path == "stripe/events"
        return {"events": self.events}

    def judged(self) -> set[str]:
        """The promises that the oracle calls broken, and how."""
        errands = [self.errand]
        evidence = Evidence(
            self.read, hit=self.hit, died=self.died, errands=errands, starved=self.starved
        )
        return {f"{wrong.promise} {wrong.how}" for wrong in oracle.judge(evidence)}

    # --- what is told ------------------------------------------------------------------------

    def buys(self, step: str, *, run: int = 1, outcome: str = "answered") -> None:
        name = f"{self.job.pk}/{step}/{run}"
        self._called("openai", "chat.completions", x_client_request_id=name, outcome=outcome)

    def pays_back(self, refund: Refund, *, key: str = "refund", cents: int | None = None) -> None:
        body = f"metadata[refund_id]={refund.pk}"
        self._called("stripe", "refunds.create", body=body, idempotency_key=key)
        charge = {
            "payment_intent": refund.payment.payment_intent,
            "amount_refunded": refund.amount_cents if cents is None else cents,
        }
        self.events.append({"type": "charge.refunded", "data": {"object": charge}})

    def keeps_an_error(self, refund: Refund, *, key: str, replayed: bool = True) -> None:
        """Stripe broke under this key, and says so again."""
        told = {"idempotency_key": key, "status": 500, "replayed": replayed, "work_done": False}
        body = f"metadata[refund_id]={refund.pk}"
        self._called("stripe", "refunds.create", body=body, **told)

    def gets(self, email: OutgoingEmail) -> None:
        self.mails.append({"custom_args": {"email_id": str(email.pk)}, "to": [email.to]})

    def _called(self, service: str, operation: str, **told: Any) -> None:
        plain = {"work_done": True, "replayed": False, "outcome": "answered", "body": ""}
        plain["status"] = 200
        plain["at"] = AT.timestamp()
        self.calls.append({"service": service, "operation": operation} | plain | told)

    # --- what is done ------------------------------------------------------------------------

    def runs(self, *outcomes: str) -> None:
        """The order's job had these runs."""
        for number, outcome in enumerate(outcomes, 1):
            Attempt.objects.create(
                job=self.job, number=number, worker=WORKER, token=uuid4(), outcome=outcome,
                started_at=AT, finished_at=LATER,
            )  # fmt: skip
        Job.objects.filter(pk=self.job.pk).update(attempts=len(outcomes))

    def everything_is_sent(self) -> None:
        """The e-mails have gone out, their jobs are done, and so are refunds'."""
        for email in OutgoingEmail.objects.filter(sent_at=None):
            self.gets(email)
        OutgoingEmail.objects.update(state="sent", sent_at=LATER)
        waiting = Job.objects.filter(state=State.WAITING)
        waiting.update(state=State.COMPLETED, finished_at=LATER)


def bought(**wish: Any) -> World:
    """An order that was paid; its job waits."""
    order = factories.order_in_work()
    payment = order.payments.get()
    world = World(
        order, Errand(order=order, paid=True, **wish), Job.objects.get(kind__endswith="generation")
    )
    world.sessions.append({
        "id": payment.session_id, "payment_status": "paid", "client_reference_id": str(order.pk),
        "amount_total": payment.amount_cents, "payment_intent": payment.payment_intent,
    })  # fmt: skip
    return world


def delivered() -> World:
    """It was written in one run, approved and published."""
    world = bought()
    order, job = world.order, world.job
    world.runs(Outcome.SUCCEEDED)
    world.buys("outline")
    Step.objects.create(job=job, name="outline", output={}, attempt=1, took_ms=1, at=AT)
    version = factories.version_of(order, job_key=str(job.pk))
    lifecycle.deliver(order=order, version=version, at=AT)
    notifications.record(order=order, kind="article-ready", version=version, at=AT)
    review = reviews.submit(order=order, version=version, actor="customer", at=AT)
    Review.objects.filter(pk=review.pk).update(decision="approved", decided_by="ed", decided_at=AT)
    url = "https://garden.example.com/a"
    Publication.objects.create(review=review, state="live", url=url, created_at=AT, published_at=AT)
    Article.objects.update(live_version=version, published_at=AT, url=url)
    lifecycle.complete(order=order, live_url=url, at=AT)
    notifications.record(order=order, kind="published", version=version, at=AT)
    world.everything_is_sent()
    return world


def failed(**wish: Any) -> World:
    """It was given up, and its money went back: an end without any loose end."""
    world = bought(**wish)
    world.runs(Outcome.FAILED)
    Job.objects.filter(pk=world.job.pk).update(
        state=State.FAILED, finished_at=LATER, error_class="WorkerLost"
    )
    fulfilment.give_up(order=world.order, reason="its worker died", at=AT)
    refund = Refund.objects.get()
    world.pays_back(refund)
    made = {"id": "re_1", "status": "succeeded", "amount": refund.amount_cents, "currency": "eur"}
    made |= {"metadata": {"refund_id": str(refund.pk)}}
    refunds.hear(payment=refund.payment, made=made, at=AT)
    world.everything_is_sent()
    return world
