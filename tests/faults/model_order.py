"""One order as a model, on the model of the ledger: its status, money, wishes, reviews and pages.

Each verb does what the product's of that name does (`orders/`), refusals included.
"""

from tests.faults.model_ledger import (
    EMAIL,
    OPEN,
    PUBLISH,
    REFUND,
    REVISE,
    STOPPED,
    WRITE,
    WRITING,
    Job,
    Ledger,
    Refused,
    Wrong,
)
from tests.faults.model_rows import (
    ALLOWED,
    CANCELLED,
    DONE,
    FAILED,
    PRICE,
    REVIEW,
    UNDER_WAY,
    UNPAID,
    WORK,
    WORK_STOPPED,
    Cause,
    Dispute,
    Email,
    Payment,
    Refund,
    Review,
)


class Order(Ledger):
    """The order and everything that points to it; rows are known by their place in a list."""

    def __init__(self, *, without: frozenset[str] = frozenset()) -> None:
        super().__init__(without=without)
        self.status = UNPAID
        self.held: dict[Cause, str] = {}  # why, by what it is about
        self.failed_at = 0
        self.end_told_at = -1  # when the last e-mail of its end was recorded
        self.events = 0
        self.version: int | None = None
        self.versions: list[Job | None] = []  # whose job wrote it; None: an editor
        self.payments: list[Payment] = []
        self.refunds: list[Refund] = []
        self.disputes: list[Dispute] = []
        self.emails: list[Email] = []
        self.causes: set[tuple[object, ...]] = set()
        self.revisions: list[str] = []
        self.reviews: list[Review] = []
        self.publications: list[tuple[int, str]] = []  # (review, state)
        self.site: int | None = None  # the text that stands there

    # --- the lifecycle -----------------------------------------------------------------------

    def move(self, to: str) -> int:
        """Go on to that status; returns the number of the history's line."""
        if to not in ALLOWED[self.status]:
            raise Wrong(f"I7: {self.status} became {to}")
        self.status = to
        if to == FAILED:
            self.failed_at = self.now
        self.events += 1
        return self.events

    def need(self, truth: bool) -> None:
        if not truth:
            raise Refused

    def mail(self, *cause: object) -> None:
        if cause in self.causes:
            raise Wrong(f"I4: the e-mail {cause} is recorded twice")
        self.causes.add(cause)
        if cause[0] == "order-failed":
            self.end_told_at = self.now
        self.emails.append(Email(cause))
        self.enqueue(EMAIL, len(self.emails) - 1)

    def writing(self) -> list[Job]:
        return [job for job in self.jobs if job.kind in WRITING]

    # --- money -------------------------------------------------------------------------------

    def taken(self, number: int) -> int:
        """What of the payment a bank holds, or has for good."""
        taken = [one for one in self.disputes if one.state in ("open", "lost")]
        return sum(one.cents for one in taken if one.payment == number)

    def rest(self, number: int) -> int:
        """What of a payment is neither given back, nor on its way, nor with a bank."""
        payment = self.payments[number]
        if not payment.paid:
            return 0
        back = sum(
            one.cents
            for one in self.refunds
            if one.payment == number and one.state in ("pending", "succeeded")
        )
        return payment.cents - back - self.taken(number)

    def kept(self, number: int) -> int:
        """What of it may be worked for: a refund that failed may be let run again."""
        states = [one.state for one in self.refunds if one.payment == number]
        return 0 if "failed" in states else self.rest(number)

    def owe(self, *numbers: int, due_at: int | None = None) -> None:
        for number in numbers or range(len(self.payments)):
            rest = self.rest(number)
            if rest > 0:
                self.refunds.append(Refund(number, rest, self.now, due_at=due_at))
                self.enqueue(REFUND, len(self.refunds) - 1, run_at=due_at)

    def cut(self, number: int) -> None:
        """Have no more be owed of a payment than is with us."""
        for refund in reversed(list(self.refunds)):
            waits = refund.state == "pending" and not refund.begun
            if refund.payment == number and waits and self.rest(number) < 0:
                self.withdraw(refund)
                self.owe(number, due_at=refund.due_at)

    def goes_back(self, number: int) -> bool:
        """Whether it was owed, and nobody took that back."""
        owed = [one for one in self.refunds if one.payment == number]
        return bool(owed) and not owed[-1].taken_back

    def job_of(self, kind: str, about: int) -> Job:
        return next(job for job in self.jobs if job.kind == kind and job.about == about)

    def withdraw(self, refund: Refund) -> None:
        refund.state = "withdrawn"
        job = self.job_of(REFUND, self.refunds.index(refund))
        if job.state in OPEN:
            self.cancel(job)

    def told_paid(self, number: int) -> None:
        """Stripe says that a session is paid: once, however often."""
        payment = self.payments[number]
        if payment.paid:
            return
        payment.paid = True
        if payment.cents != PRICE:
            payment.state = "held"
            self.hold(("payment", number), "price")
            return
        payment.state = "paid"
        if self.status not in (UNPAID, CANCELLED):
            self.owe(number)
            return
        self.pay()

    def pay(self) -> None:
        self.move(WORK)
        if not self.held:
            self.begin()

    def told_pending(self, number: int) -> None:
        payment = self.payments[number]
        if not payment.paid and payment.state in ("open", "expired"):
            payment.state = "pending"

    def told_refused(self, number: int) -> None:
        payment = self.payments[number]
        if not payment.paid:
            payment.state = "failed"

    def told_expired(self, number: int) -> None:
        payment = self.payments[number]
        if payment.paid:
            return
        if payment.state == "open":
            payment.state = "expired"
        waiting = any(one.state in ("open", "pending") for one in self.payments)
        if self.status == UNPAID and not self.held and not waiting and not self._is_awaited():
            self.move(CANCELLED)

    def _is_awaited(self) -> bool:
        """Whether a bank has yet to decide about what staff took for the price."""
        unsettled = [one.payment for one in self.disputes if one.state == "open"]
        return any(self.payments[number].state == "paid" for number in unsettled)

    def begin(self) -> None:
        if not self.of(WRITE, states=(*OPEN, *STOPPED, "completed")):
            self.enqueue(WRITE, 0)
        self.mail("order-received")

    # --- disputes and holds ------------------------------------------------------------------

    def told_dispute(self, number: int, state: str, cents: int) -> None:
        """A bank asks about a payment or a part of it, takes it, or has decided."""
        dispute = next((one for one in self.disputes if one.payment == number), None)
        rank = {"inquiry": 0, "open": 1, "lost": 2, "won": 3}
        if dispute is not None and rank[state] <= rank[dispute.state]:
            return
        is_news = dispute is None or (state == "open" and ("dispute", number) not in self.held)
        if dispute is None:
            dispute = Dispute(number, state, cents)
            self.disputes.append(dispute)
        dispute.state, dispute.cents = state, cents
        if is_news and state in ("inquiry", "open"):
            self.hold(("dispute", number), "dispute")
        if state in ("open", "lost"):
            self.cut(number)
        if state == "won":
            self._won(number)
        elif state == "lost":
            self._lost(number)

    def _is_paid_otherwise(self, number: int) -> bool:
        return self.status != UNPAID and any(
            payment.state == "paid" and self.kept(other) > 0
            for other, payment in enumerate(self.payments)
            if other != number
        )

    def _won(self, number: int) -> None:
        self._settle(("dispute", number))
        if self._is_not_ours(number):
            self.owe(number)
        elif self.status == UNPAID and self.payments[number].state == "paid":
            self.pay()

    def _lost(self, number: int) -> None:
        is_paid_otherwise = self._is_paid_otherwise(number)
        if self.status == DONE and not is_paid_otherwise:
            self.hold(("dispute", number), "lost")
        else:
            if self.status in UNDER_WAY and not is_paid_otherwise:
                event = self.call_off()
                self.owe()
                self.mail("order-failed", event)
                self.mail("admin-order-failed", event)
            self._settle(("dispute", number))
        if self._is_not_ours(number):
            self.owe(number)

    def _is_not_ours(self, number: int) -> bool:
        """Whether what a bank leaves of it, or brings back, goes back."""
        was_declined = ("payment", number) not in self.held
        was_declined &= self.payments[number].state == "held"
        owed = self.status in (FAILED, CANCELLED) or self.goes_back(number)
        return owed or was_declined or self._is_paid_otherwise(number)

    def _settle(self, cause: Cause) -> None:
        """End what a cause held; the order goes on where nothing else holds it."""
        if self.held.pop(cause, "") and not self.held:
            self._go_on()

    def hold(self, cause: Cause, why: str) -> None:
        """Mark the order for staff and stop what has not begun."""
        self.held[cause] = why
        self.events += 1
        for job in self.of(*WRITING, PUBLISH, states=("waiting",)):
            self.cancel(job)
        self.mail("admin-order-held", self.events)

    def release(self) -> None:
        """Let a held order go on from where it stands."""
        self.need(bool(self.held))
        self.held.clear()
        for number, payment in enumerate(self.payments):
            if payment.state == "held":
                payment.state = "paid"
                if self.status in (UNPAID, CANCELLED) and self.rest(number) > 0:
                    self.move(WORK)
                else:
                    self.owe(number)
        self._go_on()

    def _go_on(self) -> None:
        if self.status == WORK and not self.of(*WRITING, states=OPEN):
            jobs = self.writing()
            if not jobs:
                self.begin()
            elif jobs[-1].state in STOPPED:
                self.retry(jobs[-1])
        elif self.status == REVIEW and self.publications:
            self._publish_again()

    def _publish_again(self) -> None:
        number = len(self.publications) - 1
        review, state = self.publications[number]
        if not self.is_last(review):
            return
        if state == "failed":
            self.publications[number] = (review, "waiting")
            self.enqueue(PUBLISH, number)
        elif state == "waiting" and not self.of(PUBLISH, states=OPEN):
            stopped = self.of(PUBLISH, states=STOPPED)
            if stopped:
                self.retry(stopped[-1])

    def settle_strays(self) -> None:
        """What beat does each minute about what waits for a job that is not there."""
        is_stray = self.status == WORK and not self.of(*WRITING, states=OPEN)
        if is_stray and not self.held and not self.writing():
            self.enqueue(WRITE, 0)
        elif (is_stray or self._is_unpublished()) and not self.held:
            self.hold(WORK_STOPPED, "stray")
        awaited = {job.about for job in self.of(REFUND, states=OPEN)}
        for number, refund in enumerate(self.refunds):
            if refund.state == "pending" and not refund.known and number not in awaited:
                self.fail_refund(number)

    def _is_unpublished(self) -> bool:
        """Whether a publication waits, and no job is to make it."""
        waits = any(state == "waiting" for _, state in self.publications)
        return self.status == REVIEW and waits and not self.of(PUBLISH, states=OPEN)

    # --- endings -----------------------------------------------------------------------------

    def call_off(self) -> int:
        event = self.move(FAILED)
        for job in self.of(*WRITING, PUBLISH, states=OPEN):
            self.cancel(job)
        self.revisions = ["failed" if one == "open" else one for one in self.revisions]
        for review in self.reviews:
            review.decision = review.decision or "ended"
        self.publications = [
            (review, "failed" if state == "waiting" else state)
            for review, state in self.publications
        ]
        return event

    def staff_refund(self) -> None:
        is_lost = any(one.state == "lost" for one in self.disputes)
        is_left = any(self.rest(number) > 0 for number in range(len(self.payments)))
        self.need(is_left or (is_lost and self.status in (*UNDER_WAY, UNPAID)))
        event = self.call_off() if self.status in UNDER_WAY else None
        if self.status == UNPAID:
            self.move(CANCELLED)
        self.owe()
        self.held.clear()
        if event is not None:
            self.mail("order-failed", event)

    def resume(self) -> None:
        """Take a failed order up again, while its refund has not gone out."""
        self.need(self.status == FAILED and not self.held)
        failed = {refund.payment for refund in self.refunds if refund.state == "failed"}
        paid = [n for n, payment in enumerate(self.payments) if payment.state == "paid"]
        taken = [n for n in paid if n not in failed]
        taken_back: list[Refund] = []
        for refund in self.refunds:
            is_of_it = refund.owed_at == self.failed_at and refund.payment in taken
            if is_of_it and sum(one.cents for one in taken_back) < PRICE:
                self.need(refund.state == "pending" and not refund.begun)
                taken_back.append(refund)
        kept = sum(self.kept(number) for number in taken)
        back = {n: sum(one.cents for one in taken_back if one.payment == n) for n in taken}
        is_whole = any(self.kept(n) + back[n] >= self.payments[n].cents for n in taken)
        self.need(is_whole or kept + sum(back.values()) >= PRICE)
        job = next(iter(self.writing()), None)
        self.need(job is None or job.state in STOPPED)
        self.move(WORK)
        for refund in taken_back:
            self.withdraw(refund)
            refund.taken_back = True
        if job is None:
            self.begin()
        else:
            self.retry(job)

    def may_retry(self, job: Job) -> bool:
        if job.kind == REFUND:
            refund = self.refunds[job.about]
            return refund.state != "withdrawn" and not refund.known
        if job.kind not in (*WRITING, PUBLISH):
            return True
        if self.held.keys() - {WORK_STOPPED}:
            return False
        if job.kind == PUBLISH:
            review, state = self.publications[job.about]
            is_wanted = state != "live" and self.status == REVIEW and self.is_last(review)
            return is_wanted and not self.of(PUBLISH, states=OPEN)
        is_settled = job.kind == REVISE and self.revisions[job.about] != "open"
        return self.status == WORK and not is_settled

    def retried(self, job: Job) -> None:
        if job.kind in (*WRITING, PUBLISH):
            self.held.pop(WORK_STOPPED, "")
        if job.kind == PUBLISH:
            review, _ = self.publications[job.about]
            self.publications[job.about] = (review, "waiting")

    def fail_refund(self, number: int) -> None:
        """Leave a refund to an operator, who is told of it."""
        self.refunds[number].state, self.refunds[number].had_failed = "failed", True
        self.events += 1
        self.mail("admin-refund-failed", number, self.events)

    def is_last(self, review: int) -> bool:
        return review == len(self.reviews) - 1
