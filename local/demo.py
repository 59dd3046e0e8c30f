"""The demo: outside customers who buy, pay, follow and read, over HTTP alone.

A journey is a function of the shop and of `Tell`; journeys run side by side. One that returns has
gone the whole way that is built so far.
"""

import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial

import httpx2

from local.screen import line
from local.shop import Json, OrderFailed, Shop, address_in

LOOK_S = 0.5
# Beyond this line the customer has the article.
DELIVERED = {"QUALITY_CHECK", "ADMIN_REVIEW", "COMPLETED"}
LOST = {"FAILED", "CANCELLED"}


class Tell:
    """Prints what happens to one order, each line with the time since the line before it."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._since = time.monotonic()

    def __call__(self, what: str) -> None:
        now = time.monotonic()
        line(f"{self._name:<11}  {what}", took_s=now - self._since)
        self._since = now


Journey = Callable[[Shop, Tell], None]


def article(shop: Shop, tell: Tell) -> None:
    """Buy an article for the first publisher of the catalogue and read it.

    :raises OrderFailed: it did not get there
    """
    publishers = shop.catalogue()
    publisher = publishers[0]
    tell(f"Catalogue: {len(publishers)} publishers; taking {publisher['host']}")
    email = f"ada+{time.time_ns()}@example.com"  # a demo that stays up is run again
    placed = shop.purchase(
        {
            "product": "article",
            "domain": publisher["host"],
            "topic": "How to plan a week of meals for a family of four",
            "niche": publisher["niches"][0],
            "keyword": "meal planning",
            "targetUrl": "https://planner.example.com/meals",
            "anchorText": "a weekly meal planner",
            "email": email,
        }
    )
    price = publisher["prices"]["article"]
    tell(f"Ordered {placed['orderId']} for {_money(price)}")
    shop.open_order(placed)  # the payment page sends back to it
    shop.pay(placed["checkoutUrl"])
    tell("Paid on the payment page")
    standing = follow(shop, placed, tell)
    version = standing["version"]
    letters = expect_letters(shop, email, count=2)
    tell("E-mails: " + "; ".join(letter["subject"] for letter in letters))
    shop.visit(address_in(letters[-1], placed["orderId"]))
    page = shop.visit(version["previewUrl"])
    if version["title"] not in page or "https://planner.example.com/meals" not in page:
        raise OrderFailed("the version's page does not show the article with its link")
    tell(f"Read version {version['number']}: “{version['title']}”, {version['words']} words")


def integration(shop: Shop, tell: Tell) -> None:
    """Buy a link in the first article of the catalogue that takes one and look at it.

    :raises OrderFailed: it did not get there, or no article takes a link
    """
    publisher, page = _first_open(shop)
    tell(f"Catalogue: “{page['title']}” on {publisher['host']} takes a link")
    run = time.time_ns()
    email = f"grace+{run}@example.com"
    # An article takes one link to a page, and a demo that stays up is run again.
    target = f"https://planner.example.com/pantry/{run}"
    placed = shop.purchase(
        {
            "product": "integration",
            "domain": publisher["host"],
            "article": page["id"],
            "targetUrl": target,
            "anchorText": "a pantry checklist",
            "email": email,
        }
    )
    price = publisher["prices"]["integration"]
    tell(f"Ordered {placed['orderId']} for {_money(price)}")
    shop.open_order(placed)
    shop.pay(placed["checkoutUrl"])
    tell("Paid on the payment page")
    version = follow(shop, placed, tell)["version"]
    letters = expect_letters(shop, email, count=2)
    tell("E-mails: " + "; ".join(letter["subject"] for letter in letters))
    if "your link is in the article" not in letters[-1]["subject"].lower():
        raise OrderFailed(f"the last e-mail is “{letters[-1]['subject']}”")
    shop.visit(address_in(letters[-1], placed["orderId"]))
    if target not in shop.visit(version["previewUrl"]):
        raise OrderFailed("the version's page does not show the link")
    tell(f"Read version {version['number']}: “{version['title']}”, the link in it")


def _first_open(shop: Shop) -> tuple[Json, Json]:
    for publisher in shop.catalogue():
        if publisher["openForIntegration"]:
            for page in shop.articles(publisher):
                return publisher, page
    raise OrderFailed("no article of the catalogue's first page takes a link")


JOURNEYS: dict[str, Journey] = {"article": article, "integration": integration}


def follow(shop: Shop, placed: Json, tell: Tell) -> Json:
    """Tell each change of the order until it is delivered; return its last status.

    :raises OrderFailed: it failed, was cancelled, or took too long
    """
    told = ""

    def look() -> Json | None:
        nonlocal told
        standing = shop.status(placed)
        progress = standing["progress"]
        words = f"{progress['label']}: {progress['heading']}"
        if words != told:
            tell(words)
            told = words
        if standing["status"] in LOST:
            raise OrderFailed(f"the order is {standing['status']}: {progress['detail']}")
        return standing if standing["status"] in DELIVERED else None

    return shop.until("finished article", look)


def expect_letters(shop: Shop, email: str, *, count: int) -> list[Json]:
    """Return that many e-mails, oldest first, once they are there."""

    def look() -> list[Json] | None:
        letters = shop.letters(email)
        return letters if len(letters) >= count else None

    return shop.until(f"e-mail number {count}", look)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    completed: int
    failed: int
    took_s: float

    def __str__(self) -> str:
        orders = self.completed + self.failed
        return (
            f"demo: {orders} orders, {self.completed} completed, {self.failed} failed "
            f"in {self.took_s:.0f} s"
        )


def play(
    shop: Shop, *, journeys: dict[str, Journey] = JOURNEYS, meanwhile: Callable[[], None]
) -> Outcome:
    """Run all journeys side by side; `meanwhile` is called twice a second and may raise."""
    begun = time.monotonic()
    with ThreadPoolExecutor(max_workers=len(journeys)) as customers:
        under_way: set[Future[bool]] = {
            customers.submit(partial(_went_well, shop, name, journey))
            for name, journey in journeys.items()
        }
        everyone = frozenset(under_way)
        try:
            while under_way:
                _, under_way = wait(under_way, timeout=LOOK_S, return_when=FIRST_COMPLETED)
                meanwhile()
        finally:
            shop.closing.set()  # nobody waits for an order of a stack that is going down
    completed = sum(each.result() for each in everyone)
    return Outcome(
        completed=completed,
        failed=len(journeys) - completed,
        took_s=time.monotonic() - begun,
    )


def _went_well(shop: Shop, name: str, journey: Journey) -> bool:
    tell = Tell(name)
    try:
        journey(shop, tell)
    except (OrderFailed, httpx2.HTTPError) as failure:
        tell(f"FAILED: {failure or type(failure).__name__}")
        return False
    return True


def _money(price: Json) -> str:
    return f"{price['amountCents'] / 100:.2f} {price['currency'].upper()}"
