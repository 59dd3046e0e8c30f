"""Customers and editors: they take each order to its end, however often a part is broken.

Patient people: what fails because a part is away is tried again later, as a person would.
"""

from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

import httpx2
from django.db import Error, connection, transaction
from django.utils import timezone

from articles.models import Article, Domain
from orders import briefs, purchase, reviews, revisions
from orders.lifecycle import TransitionRefused
from orders.models import Order, Product, Review, Status
from orders.stripe_client import StripeUnavailable
from tests.faults.arena import Arena
from tests.orders import factories

ENDS = frozenset({Status.COMPLETED, Status.FAILED, Status.CANCELLED})
_numbers = count(1)
_SUBJECTS = (
    "a balcony in the shade", "an old bicycle", "a small kitchen", "a rainy weekend",
    "a first tent", "a noisy flat", "a long train ride", "a wooden floor",
)  # fmt: skip


@dataclass(kw_only=True)
class Errand:
    """One order and what its people want of it."""

    product: str = Product.ARTICLE
    revise: bool = False
    decision: str = "approve"  # or "return", then approve; or "reject"; or "" to stop at the review
    doomed: bool = False  # the writer is told to refuse it
    hopeless: bool = False  # the writer makes nothing but rubbish of its change
    stumbles: bool = False  # the writer fails once in each of its jobs, and once asks for time
    pill: str = ""  # what it does to its worker (`pills`)
    order: Order | None = None
    paid: bool = False
    revised: bool = False
    returned: bool = False
    ended: bool = False
    cancelled: bool = False  # somebody was told so
    called_off: bool = False  # staff gave the money back, or an editor's refusal came first
    number: int = field(default_factory=lambda: next(_numbers))  # five digits at most

    @property
    def topic(self) -> str:
        subject = _SUBJECTS[self.number % len(_SUBJECTS)]
        return f"Living well with {subject}, part {self.number:05}{self.pill}"

    @property
    def target_url(self) -> str:
        return f"https://shop.example.com/{self.number:05}"

    @property
    def mark(self) -> str:
        """What stands in each prompt of this order and in no other's."""
        return self.topic if self.product == Product.ARTICLE else self.target_url

    @property
    def end(self) -> str:
        """Where its order is to be in the end, whatever is broken meanwhile."""
        if self.cancelled and not self.paid:
            return Status.CANCELLED
        if self.doomed or self.pill or self.called_off or self.decision == "reject":
            return Status.FAILED
        return Status.COMPLETED if self.decision else Status.ADMIN_REVIEW


class People:
    """Everybody who acts in a round."""

    def __init__(self, arena: Arena) -> None:
        self._arena = arena
        self.errands: list[Errand] = []

    def want(self, *errands: Errand) -> list[Errand]:
        """Take on errands; the first `act` places their orders."""
        self.errands += errands
        return list(errands)

    def act(self) -> bool:
        """Let everybody do the next thing they can; True when all errands have ended."""
        for errand in self.errands:
            errand.ended = errand.ended or self.go_on(errand)
        return all(errand.ended for errand in self.errands)

    def finish(self, *, timeout_s: float = 120) -> float:
        """Take every order to its end; return the seconds that took.

        :raises Stuck: an order or a job did not end
        """
        what = "every order has ended"
        took_s = self._arena.until(self.act, what=what, timeout_s=timeout_s)
        return took_s + self.quiet(timeout_s=timeout_s)

    def quiet(self, *, timeout_s: float = 120) -> float:
        """Wait until no job is open and Stripe has delivered everything.

        :raises Stuck: it did not become quiet
        """
        from queueing.models import Job, State

        def is_quiet() -> bool:
            if Job.objects.filter(state__in=[State.WAITING, State.ACTIVE]).exists():
                return False
            return not self._arena.read("state")["deliveries_under_way"]

        return self._arena.until(is_quiet, what="nothing is open", timeout_s=timeout_s)

    def go_on(self, errand: Errand) -> bool:
        """Let one errand's people do the next thing they can; True when it has ended."""
        try:
            return self._go_on(errand, at=timezone.now())
        except (Error, StripeUnavailable, TransitionRefused, reviews.ReviewRefused):
            connection.close()  # a part is away, or somebody was first: look again in a moment
        except httpx2.HTTPError:
            pass
        return False

    def _go_on(self, errand: Errand, *, at: datetime) -> bool:
        if errand.order is None:
            errand.order = self._place(errand, at=at)
        order = errand.order
        order.refresh_from_db()
        if order.status in ENDS:
            return True
        if order.status == Status.AWAITING_PAYMENT:
            self._pay(errand, at=at)
        elif order.status == Status.QUALITY_CHECK:
            self._judge(errand, order, at=at)
        elif order.status == Status.ADMIN_REVIEW:
            return self._decide(errand, order, at=at)
        return False

    def _place(self, errand: Errand, *, at: datetime) -> Order:
        if errand.doomed:
            self._spoil(errand, "refusal")
        self._trip(errand)
        domain = _site(errand)
        fields: dict[str, Any] = {
            "product": errand.product,
            "domain": domain.host,
            "target_url": errand.target_url,
            "anchor_text": "sturdy garden tools",
            "email": f"ada+{errand.number}@example.com",
        }
        if errand.product == Product.INTEGRATION:
            fields["article"] = _page(domain).pk
        else:
            fields |= {"topic": errand.topic, "keyword": "living well", "words": 400}
        brief = briefs.validate(fields, at=at)
        key = f"faults-{errand.number}"
        return purchase.place_order(brief=brief, idempotency_key=key, at=at).order

    def _spoil(self, errand: Errand, text: str) -> None:
        self._arena.knob(service="openai", bad_text=text, match=errand.mark)

    def _trip(self, errand: Errand) -> None:
        if errand.stumbles:
            knob = {"service": "openai", "match": errand.mark, "times": 1}
            self._arena.knob(**knob, status=500)
            self._arena.knob(**knob, status=429, retry_after_s=1, skip=1)

    def _pay(self, errand: Errand, *, at: datetime) -> None:
        if errand.paid or errand.order is None:
            return  # the webhook is on its way
        url = purchase.checkout_url(order=errand.order, at=at)
        session = url.rstrip("/").rpartition("/")[2]
        self._arena.control(f"stripe/sessions/{session}/pay", {})
        errand.paid = True

    def _judge(self, errand: Errand, order: Order, *, at: datetime) -> None:
        if errand.revise and not errand.revised:
            if errand.hopeless:
                self._spoil(errand, "rubbish")
            self._trip(errand)
            notes = "Please add one more sentence about patience to the introduction."
            revisions.request(order=order, notes=notes, actor="customer", at=at)
            errand.revised = True
        elif order.version is not None:
            reviews.submit(order=order, version=order.version, actor="customer", at=at)

    def _decide(self, errand: Errand, order: Order, *, at: datetime) -> bool:
        review = Review.objects.filter(order=order, decision="").first()
        if review is None:
            return False  # being published
        if not errand.decision:
            return True
        if errand.decision == "reject":
            reviews.reject(review=review, by="ed", note="It does not fit the site.", at=at)
        elif errand.decision == "return" and not errand.returned:
            reviews.give_back(review=review, by="ed", note="Please look again.", at=at)
            errand.returned = True
        else:
            reviews.approve(review=review, by="ed", at=at)
        return False


def _site(errand: Errand) -> Domain:
    """Return the errand's site: the first try's, if that was cut short.

    The order may be kept by then, and its key finds it only with the brief that it was kept with.
    """
    host = f"site-{errand.number}.example.com"
    return Domain.objects.filter(host=host).first() or factories.active_domain(host=host)


@transaction.atomic
def _page(domain: Domain) -> Article:
    """Return the site's one page, with its text."""
    return Article.objects.filter(domain=domain).first() or factories.open_article(domain)
