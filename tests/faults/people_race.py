"""Fault 24: customers and staff press everything at the same moment, and press it twice.

Each press is a request of its own to the web server, as a browser or a program sends it. An answer
says that the thing was done, or that it was refused and why. Whatever else comes is wrong, and so
is a "done" that has no row in the database, or a row that nobody was told of.
"""

import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import httpx2
from django.contrib.auth.models import User
from django.urls import reverse

from orders import access
from orders.models import Order, OrderEvent, Review, Revision, Status
from tests.faults.matrix import Round, fault
from tests.faults.people import Errand
from tests.faults.wrong import Wrong
from tests.orders import factories

PASSWORD: Final = "only for this run"
EDITORS: Final = ("edith", "edgar", "mia")
ENOUGH: Final = "the customer has had enough"
STAFFS_REFUND: Final = "Refund by our staff"
SPREAD_S: Final = 0.15  # between the first press and the last
DONE, REFUSED, WRONG = "done", "refused", "wrong"
_MESSAGES: Final = re.compile(r'class="(?:message |messagelist)[^>]*>(.*?)</(?:p|ul)>', re.DOTALL)
_NO: Final = ("nothing was", "newer version", "was not cancelled", "decided already", "is held by")


@dataclass(frozen=True, kw_only=True)
class Press:
    """One request of somebody. `what` counts with its like: two ways to submit are one verb."""

    what: str
    send: Callable[[], str]


class Browser:
    """What somebody's browser holds; each press goes through a tab of its own."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self.cookies: dict[str, str] = {}

    def get(self, path: str) -> None:
        with self._tab() as tab:
            tab.get(path).raise_for_status()
            self._keep(tab)

    def post(self, path: str, **fields: str) -> httpx2.Response:
        token = {"csrfmiddlewaretoken": self.cookies["csrftoken"]}
        with self._tab() as tab:
            return tab.post(path, data=fields | token)

    def look(self, path: str) -> httpx2.Response:
        """Open a page with what is held, and keep nothing of it."""
        with self._tab() as tab:
            return tab.get(path)

    def at(self, base_url: str) -> "Browser":
        """The same browser before another of our web servers."""
        other = Browser(base_url)
        other.cookies = self.cookies
        return other

    def log_in(self, user: str) -> None:
        address = reverse("admin:login")
        self.get(address)
        with self._tab() as tab:
            token = {"csrfmiddlewaretoken": self.cookies["csrftoken"]}
            tab.post(address, data={"username": user, "password": PASSWORD} | token)
            self._keep(tab)

    def _keep(self, tab: httpx2.Client) -> None:
        self.cookies |= {one.name: one.value or "" for one in tab.cookies.jar}

    def _tab(self) -> httpx2.Client:
        return httpx2.Client(
            base_url=self._base_url,
            cookies=self.cookies,
            follow_redirects=True,
            trust_env=False,
            timeout=60,
        )


class Crowd:
    """Everybody who presses, and what they were told."""

    def __init__(self, round_: Round) -> None:
        self._round = round_
        self.site = round_.arena.env["SITE_URL"]
        self.told: Counter[str] = Counter()
        self.editors = {name: self._editor(name) for name in EDITORS}
        self._customers: dict[Order, Browser] = {}

    def race(self, presses: Sequence[Press]) -> Counter[tuple[str, str]]:
        """Let all press at random moments of a short time; count what each verb's were told."""
        together = threading.Barrier(len(presses))
        delays_s = [self._round.random.uniform(0, SPREAD_S) for _ in presses]

        def go(press: Press, delay_s: float) -> tuple[str, str]:
            together.wait()
            time.sleep(delay_s)
            return press.what, press.send()

        with ThreadPoolExecutor(len(presses)) as pool:
            answers = list(pool.map(go, presses, delays_s))
        self._round.injected += len(answers) - 1  # whoever pressed first did nothing wrong
        self.told.update(told.partition(":")[0] for _, told in answers)
        for what, told in answers:
            if told.startswith(WRONG):
                self.wrong(f"{what} was answered {told}")
        return Counter(answers)

    def wrong(self, what: str) -> None:
        self._round.wrong.append(Wrong(promise="I7", how="illegal", what=what))

    def agree(self, what: str, *, told: int, rows: int) -> None:
        """What people were told was done is what the database holds."""
        if told != rows:
            self.wrong(f"{what}: {told} were told that it was done, {rows} rows")

    def customer(self, order: Order) -> Browser:
        """The order's browser, let in by the key of the e-mail."""
        if order not in self._customers:
            browser = self._customers[order] = Browser(self.site)
            browser.get(f"{reverse('order-open', args=[order.pk])}?key={access.access_key(order)}")
        return self._customers[order]

    def _editor(self, name: str) -> Browser:
        User.objects.create_superuser(name, password=PASSWORD)
        browser = Browser(self.site)
        browser.log_in(name)
        return browser

    # --- what can be pressed -----------------------------------------------------------------

    def buy(self, number: int) -> Press:
        """The same purchase under one idempotency key."""
        domain = f"race-{number}.example.com"
        body = {
            "product": "article",
            "domain": domain,
            "topic": f"A balcony in the shade, part {number}",
            "keyword": "balcony in the shade",
            "words": 400,
            "targetUrl": f"https://shop.example.com/race/{number}",
            "anchorText": "sturdy garden tools",
            "email": f"race+{number}@example.com",
        }
        key = {"Idempotency-Key": f"race-{number}"}
        return Press(what="buy", send=lambda: self._api("purchase", body, headers=key))

    def press(self, what: str, order: Order, view: str, **fields: str) -> Press:
        """A button of the order's page."""
        browser = self.customer(order)
        path = reverse(view, args=[order.pk])
        return Press(what=what, send=lambda: _read(browser.post(path, **fields)))

    def call(self, what: str, order: Order, **body: object) -> Press:
        """A program's call with the order's key."""
        key = {"Authorization": f"Bearer {access.access_key(order)}"}
        names = {"revise": "request-revision", "submit": "submit-for-review"}
        path = f"purchase/{names[what]}"
        asked = {"orderId": str(order.pk)} | body
        return Press(what=what, send=lambda: self._api(path, asked, headers=key))

    def decide(self, editor: str, review: Review, decision: str) -> Press:
        """A decision at the desk, on the screen as it was before the race."""
        browser = self.editors[editor]
        path = reverse("admin:orders_review_decide", args=[review.pk])
        fields = {"decision": decision, "note": f"{editor} says so.", "sure": "on"}
        fields["seen"] = review.order.updated_at.isoformat()
        return Press(what=editor, send=lambda: _read(browser.post(path, **fields)))

    def refund(self, order: Order) -> Press:
        browser = self.editors["mia"]
        path = reverse("admin:orders_order_decide", args=[order.pk, "refund"])
        return Press(what="refund", send=lambda: _read(browser.post(path, reason=ENOUGH)))

    def _api(self, path: str, body: dict[str, object], *, headers: dict[str, str]) -> str:
        with httpx2.Client(base_url=self.site, trust_env=False, timeout=60) as program:
            return _read(program.post(f"/api/v1/{path}", json=body, headers=headers))


def _read(answer: httpx2.Response) -> str:
    """What an answer told: done, refused with a reason, or something that nobody should see."""
    kind = answer.headers.get("content-type", "")
    if kind.startswith("application/") and "json" in kind:
        problem = answer.json()
        if answer.status_code in (201, 202):
            return DONE
        is_refusal = answer.status_code == 409 and problem.get("detail")
        return REFUSED if is_refusal else f"{WRONG}: {answer.status_code} {problem}"
    said = " ".join(_MESSAGES.findall(answer.text)).lower()
    if answer.status_code == 409:
        has_words = said or "error-summary" in answer.text
        return REFUSED if has_words else f"{WRONG}: 409 without a word"
    if answer.status_code == 200:
        return REFUSED if any(word in said for word in _NO) else DONE
    return f"{WRONG}: {answer.status_code} at {answer.url}"


@fault("24 people: double clicks, verbs against each other")
def people_race(round_: Round) -> None:
    """At each state of an order, everything that anybody may press is pressed at once."""
    round_.arena.worker()
    crowd = Crowd(round_)
    for number in range(2 if round_.short else 30):
        errand = Errand(decision="")
        round_.people.want(errand)
        _bought(round_, crowd, errand, number)
        _paid(round_, crowd, errand)
        for state, race in ((Status.QUALITY_CHECK, _judged), (Status.ADMIN_REVIEW, _decided)):
            if _reached(round_, errand, state):
                race(round_, crowd, errand)
        later = round_.random.choice(["approve", "return", "reject"])
        errand.decision = "approve" if _is_approved(errand) else later
        if number % 3 == 2:
            round_.people.finish()
    told = crowd.told
    round_.notes.append(
        f"{sum(told.values())} presses: {told[DONE]} done, {told[REFUSED]} refused with a reason, "
        f"{told[WRONG]} anything else"
    )


def _bought(round_: Round, crowd: Crowd, errand: Errand, number: int) -> None:
    """The button is pressed four times: one order, and everybody gets it."""
    factories.active_domain(host=f"race-{number}.example.com")
    told = crowd.race([crowd.buy(number)] * 4)
    orders = Order.objects.filter(customer__email=f"race+{number}@example.com")
    crowd.agree("buy", told=told["buy", DONE] // 4, rows=orders.count())
    errand.order = orders.get()


def _paid(round_: Round, crowd: Crowd, errand: Errand) -> None:
    """The customer pays in one tab while others go to pay, and now and then one cancels."""
    order = _now(errand)
    crowd.customer(order).get(reverse("order", args=[order.pk]))
    session = order.payments.get().session_id
    path = f"stripe/sessions/{session}/pay"

    def pay() -> str:
        try:
            round_.arena.control(path, {})
        except httpx2.HTTPStatusError:
            return REFUSED  # cancelled first: Stripe's page says so
        errand.paid = True
        return DONE

    presses = [Press(what="paid", send=pay), *[crowd.press("pay", order, "order-pay")] * 2]
    if round_.random.random() < 0.3:
        presses += [crowd.press("cancel", order, "order-cancel")] * 2
    told = crowd.race(presses)
    cancelled = OrderEvent.objects.filter(order=order, became=Status.CANCELLED)
    crowd.agree("cancel", told=told["cancel", DONE], rows=cancelled.count())
    errand.cancelled = told["cancel", DONE] > 0


def _judged(round_: Round, crowd: Crowd, errand: Errand) -> None:
    """Wishes and submissions from pages and programs, each twice; now and then a refund."""
    order = _now(errand)
    crowd.customer(order).get(reverse("order", args=[order.pk]))
    version = str(order.version_id)
    wish = "Please add one more sentence about patience to the introduction."
    form = {"notes": wish, "version": version}
    presses = [
        *[crowd.press("revise", order, "order-changes", **form)] * 2,
        crowd.call("revise", order, revisionNotes="Please make the ending a little friendlier."),
        *[crowd.press("submit", order, "order-submit", version=version)] * 2,
        crowd.call("submit", order, versionId=order.version_id),
    ]
    told = _raced(round_, crowd, order, presses, refund=0.2)
    errand.called_off = _is_called_off(order, told)


def _decided(round_: Round, crowd: Crowd, errand: Errand) -> None:
    """Three editors decide, one of them twice, while the customer presses on."""
    order = _now(errand)
    review = order.reviews.select_related("order").get(decision="")
    version = str(order.version_id)
    edgars = round_.random.choice(["returned", "rejected"])
    presses = [
        *[crowd.decide("edith", review, "approved")] * 2,
        crowd.decide("edgar", review, edgars),
        crowd.decide("mia", review, "approved"),
        crowd.press("submit", order, "order-submit", version=version),
        crowd.call("revise", order, revisionNotes="Please make the ending a little friendlier."),
    ]
    told = _raced(round_, crowd, order, presses, refund=0.5)
    review.refresh_from_db()
    by = review.decided_by if review.note != ENOUGH else "the refund"
    for editor in EDITORS:
        crowd.agree(f"{editor} decides", told=told[editor, DONE], rows=int(by == editor))
    rejected = edgars == "rejected" and told["edgar", DONE] > 0
    errand.called_off |= rejected or _is_called_off(order, told)


def _raced(
    round_: Round, crowd: Crowd, order: Order, presses: list[Press], *, refund: float
) -> Counter[tuple[str, str]]:
    """Race, with a refund now and then; what was told must be what the rows say."""
    if round_.random.random() < refund:
        presses.append(crowd.refund(order))
    before = _rows(order)
    told = crowd.race(presses)
    for what, rows in _rows(order).items():
        crowd.agree(what, told=told[what, DONE], rows=rows - before[what])
    return told


def _is_called_off(order: Order, told: Counter[tuple[str, str]]) -> bool:
    """Whether its money was given back before it was live: afterwards it stays so, and the button
    says it."""
    if not told["refund", DONE]:
        return False
    events = OrderEvent.objects.filter(order=order)
    refunded = events.filter(what__startswith=STAFFS_REFUND).latest("pk")
    return not events.filter(became=Status.COMPLETED, pk__lt=refunded.pk).exists()


def _rows(order: Order) -> dict[str, int]:
    refunds = OrderEvent.objects.filter(order=order, what__startswith=STAFFS_REFUND)
    return {
        "revise": Revision.objects.filter(order=order).count(),
        "submit": Review.objects.filter(order=order).count(),
        "refund": refunds.count(),
    }


def _reached(round_: Round, errand: Errand, state: str) -> bool:
    """Wait until the order stands there; False: it has ended otherwise, or went another way."""

    def arrived() -> bool:
        order = _now(errand)
        if order.status in (Status.AWAITING_PAYMENT, Status.PROCESSING):
            return False
        return order.status != Status.QUALITY_CHECK or state == order.status or _act(round_)

    round_.arena.until(arrived, what=f"the order is at {state}")
    order = _now(errand)
    is_open = order.reviews.filter(decision="").exists()
    return order.status == state and (is_open or state != Status.ADMIN_REVIEW)


def _act(round_: Round) -> bool:
    round_.people.act()
    return False


def _is_approved(errand: Errand) -> bool:
    """Whether an editor was first to approve it, so that nobody decides any more."""
    return _now(errand).reviews.filter(decision=Review.Decision.APPROVED).exists()


def _now(errand: Errand) -> Order:
    assert errand.order is not None
    errand.order.refresh_from_db()
    return errand.order
