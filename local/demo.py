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

from local.editor import Editor
from local.screen import line
from local.shop import Json, OrderFailed, Shop, address_in

LOOK_S = 0.5
# Beyond this line the customer has the article.
DELIVERED = frozenset({"QUALITY_CHECK", "ADMIN_REVIEW", "COMPLETED"})
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
    tell(f"Catalogue: {len(publishers)} publishers that fit; taking {publisher['host']}")
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
    shop.ask(
        placed,
        "request-revision",
        revisionNotes="Please add one more sentence about patience to the introduction.",
    )
    tell("Asked for a change")
    standing = follow(shop, placed, tell, version=version["number"] + 1)
    tell(f"Read version {standing['version']['number']}, with the change")
    go_live(shop, placed, tell, email=email, target="https://planner.example.com/meals")


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
    go_live(shop, placed, tell, email=email, target=target)


def hopeless(shop: Shop, tell: Tell) -> None:
    """Buy an article that the writer is told to refuse, and get the money back.

    :raises OrderFailed: it was written, or not refunded
    """
    publisher = shop.catalogue()[-1]
    run = time.time_ns()
    email, topic = f"joan+{run}@example.com", f"A text that nobody can write, number {run}"
    shop.spoil(topic)
    placed = shop.purchase(
        {
            "product": "article",
            "domain": publisher["host"],
            "topic": topic,
            "keyword": "impossible text",
            "targetUrl": "https://planner.example.com/nothing",
            "anchorText": "an impossible text",
            "email": email,
        }
    )
    tell(f"Ordered {placed['orderId']}, which the writer will refuse")
    shop.open_order(placed)
    shop.pay(placed["checkoutUrl"])
    shop.until("failed order", lambda: True if shop.status(placed)["status"] == "FAILED" else None)
    tell("Failed for good")
    cents = shop.until("refund", lambda: shop.refunded_cents(placed) or None)
    if cents != (price := publisher["prices"]["article"]["amountCents"]):
        raise OrderFailed(f"{cents} cents of {price} were given back")
    letters = expect_letters(shop, email, count=2)
    tell(f"Refunded, all of it; e-mail: {letters[-1]['subject']}")


def go_live(shop: Shop, placed: Json, tell: Tell, *, email: str, target: str) -> None:
    """Submit the order's version, have an editor approve it, and visit the live page.

    :raises OrderFailed: it did not get there, or the page is not as it was sold
    """
    version = shop.status(placed)["version"]
    shop.ask(placed, "submit-for-review", versionId=version["id"])
    tell(f"Submitted version {version['number']} for editorial review")
    code = shop.letters(email)[0]["subject"].split()[1]
    with Editor(site=shop.site, logins=shop.logins) as editor:
        editor.log_in()
        editor.approve(code)
    tell(f"An editor approved order {code} at the review desk")
    live = follow(shop, placed, tell, until=frozenset({"COMPLETED"}))["liveArticleUrl"]
    if target not in shop.visit(live):
        raise OrderFailed(f"the live page {live} does not carry the link")
    tell(f"Live, with the link: {live}")


def _first_open(shop: Shop) -> tuple[Json, Json]:
    for publisher in shop.catalogue():
        if publisher["openForIntegration"]:
            for page in shop.articles(publisher):
                return publisher, page
    raise OrderFailed("no article of the publishers that fit takes a link")


JOURNEYS: dict[str, Journey] = {"article": article, "integration": integration}
# Orders that must fail, and whose customers must get their money back.
LOST_CAUSES: dict[str, Journey] = {"hopeless": hopeless}


def follow(
    shop: Shop,
    placed: Json,
    tell: Tell,
    *,
    until: frozenset[str] = DELIVERED,
    version: int = 1,
) -> Json:
    """Tell each change of the order until it is delivered; return its last status.

    `version` is the number of the text that must be there.

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
        text = standing["version"]
        is_there = text is not None and text["number"] >= version
        return standing if is_there and standing["status"] in until else None

    return shop.until("finished article", look)


def expect_letters(shop: Shop, email: str, *, count: int) -> list[Json]:
    """Return that many e-mails, oldest first, once they are there."""

    def look() -> list[Json] | None:
        letters = shop.letters(email)
        return letters if len(letters) >= count else None

    return shop.until(f"e-mail number {count}", look)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """`failed` counts what did not go its way, a lost cause that was not refunded included."""

    completed: int
    failed: int
    took_s: float
    refunded: int = 0

    def __str__(self) -> str:
        orders = self.completed + self.failed
        lost = f"; {self.refunded} more, made to fail, refunded" if self.refunded else ""
        return (
            f"demo: {orders} orders, {self.completed} completed, {self.failed} failed "
            f"in {self.took_s:.0f} s{lost}"
        )


def play(
    shop: Shop,
    *,
    journeys: dict[str, Journey] = JOURNEYS,
    lost_causes: dict[str, Journey] | None = None,
    meanwhile: Callable[[], None],
) -> Outcome:
    """Run all journeys side by side; `meanwhile` is called twice a second and may raise."""
    begun = time.monotonic()
    all_of_them = journeys | (lost_causes or {})
    with ThreadPoolExecutor(max_workers=len(all_of_them)) as customers:
        went = {
            name: customers.submit(partial(_went_well, shop, name, journey))
            for name, journey in all_of_them.items()
        }
        under_way: set[Future[bool]] = set(went.values())
        try:
            while under_way:
                _, under_way = wait(under_way, timeout=LOOK_S, return_when=FIRST_COMPLETED)
                meanwhile()
        finally:
            shop.closing.set()  # nobody waits for an order of a stack that is going down
    completed = sum(went[name].result() for name in journeys)
    refunded = sum(went[name].result() for name in lost_causes or {})
    return Outcome(
        completed=completed,
        failed=len(all_of_them) - completed - refunded,
        took_s=time.monotonic() - begun,
        refunded=refunded,
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
