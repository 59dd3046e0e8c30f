"""Customers and editors: they take each order to its end, however often a part is broken.

Patient people: what fails because a part is away is tried again later, as a person would.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

import httpx2
from django.db import Error, connection, transaction
from django.utils import timezone

from articles.models import Article, Domain
from orders import briefs, leftovers, purchase, reviews, revisions
from orders.lifecycle import TransitionRefused
from orders.models import Order, Product, Review, Status
from orders.stripe_client import NETWORK_RETRIES, StripeUnavailable
from queueing import service
from queueing.models import Job, State
from tests.faults.arena import Arena
from tests.orders import factories

ENDS = frozenset({Status.COMPLETED, Status.FAILED, Status.CANCELLED})
# Somebody was first, or a part is away: who asked looks again in a moment.
_NOT_NOW = (
    StripeUnavailable, purchase.NotPayable, TransitionRefused, reviews.ReviewRefused,
    service.Refused,
)  # fmt: skip
LINKS = 5  # as many as a site of theirs allows in a text
_numbers = count(1)
# What befalls one order alone, by the name of the trouble; a provider that refuses does so for
# good, and an operator lets the job run again.
_TROUBLES: dict[str, dict[str, Any]] = {
    "refund broken": {"operation": "refunds.create", "status": 500, "kept": "before"},
    "refund refused": {"operation": "refunds.create", "status": 400},
    # Its news comes before the reply.
    "refund told first": {"operation": "refunds.create", "reply_after_ms": 2000},
    # It is made, and nobody hears of it before the job asks for it.
    "refund lost": {
        "operation": "refunds.create",
        "drop_reply": True,
        "times": NETWORK_RETRIES + 1,
    },
    "refund told late": {
        "service": "webhooks",
        "operation": "charge.refunded",
        "latency_ms": 5000,
    },
    "e-mail busy": {"service": "sendgrid", "status": 503},
    "e-mail refused": {"service": "sendgrid", "status": 400},
    # Two e-mails on their way at once share the losses, and neither is sent a third time.
    "e-mail lost": {"service": "sendgrid", "drop_reply": True, "times": 4},
}
# Its site allows too few links while it is published: one, which the page has already.
SITE_REFUSES = "site refuses"
ELSEWHERE = "https://elsewhere.example.com/"
_REFUSED = ("refund", "email", "publication")
_SUBJECTS = (
    "a balcony in the shade", "an old bicycle", "a small kitchen", "a rainy weekend",
    "a first tent", "a noisy flat", "a long train ride", "a wooden floor",
)  # fmt: skip


@dataclass(kw_only=True)
class Errand:
    """One order and what its people want of it."""

    product: str = Product.ARTICLE
    revise: bool = False
    editor: str = "ed"
    decision: str = "approve"  # or "return", then approve; or "reject"; or "" to stop at the review
    doomed: bool = False  # the writer is told to refuse it
    hopeless: bool = False  # the writer makes nothing but rubbish of its change
    stumbles: bool = False  # the writer fails once in each of its jobs, and once asks for time
    troubles: tuple[str, ...] = ()  # of `_TROUBLES`, or that its site refuses
    shared: bool = False  # two others buy links on its page before it is rejected
    page_of: int | None = None  # the number of another errand, whose page this one's link goes to
    waits: Callable[[], bool] = lambda: False  # while its people leave it to others
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
    def key(self) -> str:
        """The purchase's idempotency key."""
        return f"faults-{self.number}"

    def wanted(self, domain: Domain) -> dict[str, Any]:
        """Return what is ordered on that site, but for the page of a link."""
        fields: dict[str, Any] = {
            "product": self.product,
            "domain": domain.host,
            "target_url": self.target_url,
            "anchor_text": "sturdy garden tools",
            "email": f"ada+{self.number}@example.com",
        }
        if self.product == Product.INTEGRATION:
            return fields
        return fields | {"topic": self.topic, "keyword": "living well", "words": 400}

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
        for errand in errands:
            self.errands += [errand, *(_neighbours(errand) if errand.shared else ())]
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
        except (Error, *_NOT_NOW):
            connection.close()
        except httpx2.HTTPError:
            pass
        return False

    def _go_on(self, errand: Errand, *, at: datetime) -> bool:
        if errand.order is not None:
            errand.order.refresh_from_db()
        if errand.waits():
            return False
        if errand.order is None:
            errand.order = self._place(errand, at=at)
            self._trouble(errand)
            if errand.waits():
                return False
        order = errand.order
        if order.status in ENDS:
            return _is_let_run_again(errand, order, at=at) and _is_clean(errand, order, at=at)
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
        domain = site(errand)
        fields = errand.wanted(domain)
        if errand.product == Product.INTEGRATION:
            linked = [ELSEWHERE] if SITE_REFUSES in errand.troubles else []
            fields["article"] = _page(domain, *linked).pk
        brief = briefs.validate(fields, at=at)
        return purchase.place_order(brief=brief, idempotency_key=errand.key, at=at).order

    def _spoil(self, errand: Errand, text: str) -> None:
        self._arena.knob(service="openai", bad_text=text, match=errand.mark)

    def _trip(self, errand: Errand) -> None:
        if errand.stumbles:
            knob = {"service": "openai", "match": errand.mark, "times": 1}
            self._arena.knob(**knob, status=500)
            self._arena.knob(**knob, status=429, retry_after_s=1, skip=1)

    def _trouble(self, errand: Errand) -> None:
        assert errand.order is not None
        of_stripe = {"service": "stripe", "match": str(errand.order.pk), "times": 1}
        of_sendgrid = {"match": f"ada+{errand.number}@", "times": 1}
        for name, knob in _TROUBLES.items():
            if name in errand.troubles:
                whose = of_sendgrid if knob.get("service") == "sendgrid" else of_stripe
                self._arena.knob(**whose | knob)

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
            _is_let_run_again(errand, order, at=at)
            return False  # being published
        if not errand.decision:
            return True
        if errand.decision == "reject":
            reviews.reject(review=review, by=errand.editor, note="It does not fit the site.", at=at)
        elif errand.decision == "return" and not errand.returned:
            reviews.give_back(review=review, by=errand.editor, note="Please look again.", at=at)
            errand.returned = True
        else:
            approve(errand, review, at=at)
        return False


@transaction.atomic
def approve(errand: Errand, review: Review, *, at: datetime) -> None:
    """Approve it; a site that is to refuse it does so from that moment."""
    reviews.approve(review=review, by=errand.editor, at=at)
    if SITE_REFUSES in errand.troubles:
        allow_links(review.order, 1)


def allow_links(order: Order, count: int) -> None:
    """Have the order's site allow so many links in a text."""
    Domain.objects.filter(pk=order.domain_id).update(outbound_limit=count)


def _is_let_run_again(errand: Errand, order: Order, *, at: datetime) -> bool:
    """Have an operator let run again what a provider or the site refused; True when nothing is
    left to be."""
    if not errand.troubles:
        return True
    jobs = Job.objects.filter(subject=order.subject, kind__in=_REFUSED)
    if jobs.filter(state__in=[State.WAITING, State.ACTIVE]).exists():
        return False
    # An e-mail that was perhaps sent is sent no third time.
    refused = jobs.filter(state=State.FAILED).exclude(error_class="EmailUncertain")
    for job in refused:
        allow_links(order, LINKS)
        service.retry(job_id=job.pk, actor="olga", at=at)
    return not refused


def _neighbours(errand: Errand) -> list[Errand]:
    """Return two who buy a link in the text that carries the errand's: one is published with both
    before the errand is rejected, the other's text waits meanwhile, and loses the dead link."""
    live, late = (Errand(product=errand.product, page_of=errand.number) for _ in range(2))

    live.waits = lambda: not _has_text(errand)
    late.waits = lambda: not live.ended or (_has_text(late) and not errand.ended)
    errand.waits = lambda: _has_text(errand) and not _has_text(late) and not late.ended
    return [live, late]


def _has_text(errand: Errand) -> bool:
    return errand.order is not None and errand.order.version_id is not None


def _is_clean(errand: Errand, order: Order, *, at: datetime) -> bool:
    """Have an editor take the rejected order's link off the live page; True once it is off."""
    if not errand.shared or order.article_id is None:
        return True
    try:
        leftovers.remove(article_id=order.article_id, by="ed", at=at)
    except leftovers.NothingLeft:
        return True
    return False


def site(errand: Errand) -> Domain:
    """Return the errand's site: the first try's, if that was cut short.

    The order may be kept by then, and its key finds it only with the brief that it was kept with.
    """
    host = f"site-{errand.page_of or errand.number}.example.com"
    found = Domain.objects.filter(host=host).first()
    return found or factories.active_domain(host=host, outbound_limit=LINKS)


@transaction.atomic
def _page(domain: Domain, *linked: str) -> Article:
    """Return the site's one page, with its text, which links to these."""
    found = Article.objects.filter(domain=domain).first()
    return found or factories.open_article(domain, html=factories.text_of(*linked))
