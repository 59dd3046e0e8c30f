"""Byline seen from outside: its JSON API, its pages, the payment page, the customer's inbox."""

import re
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any, Self, TypeVar
from urllib.parse import parse_qs

import httpx2

Json = dict[str, Any]
Found = TypeVar("Found")
POLL_S = 0.3
# A worker that dies at the worst moment costs a lease, and then the text is bought.
PATIENCE_S = 180


class OrderFailed(Exception):
    """An order did not go its way; the message says where it left it."""


@dataclass
class Shop:
    """The addresses that a customer knows. One for all journeys; safe to share by threads."""

    site: str
    sandbox: str
    logins: Mapping[str, str] = field(default_factory=dict)  # the staff's, for the demo's editor
    closing: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.http = httpx2.Client(trust_env=False, timeout=30, follow_redirects=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self.http.close()

    def catalogue(self) -> list[Json]:
        """Return the first page of the publishers that fit what the demo's customers sell."""
        address = f"{self.site}/api/v1/domains?niche=food&language=en"
        found: list[Json] = self._json("GET", address)["results"]
        if not found:
            raise OrderFailed("the catalogue is empty")
        return found

    def articles(self, publisher: Json) -> list[Json]:
        """Return the publisher's articles that take a link now."""
        address = f"{self.site}/api/v1/domains/{publisher['id']}/articles"
        found: list[Json] = self._json("GET", address)["results"]
        return [article for article in found if article["openForIntegration"]]

    def purchase(self, brief: Json) -> Json:
        """Place an order; return its id, key and addresses."""
        return self._json("POST", f"{self.site}/api/v1/purchase", json=brief)

    def status(self, placed: Json) -> Json:
        """Return where the order stands."""
        key = {"Authorization": f"Bearer {placed['accessKey']}"}
        return self._json("GET", placed["statusUrl"], headers=key)

    def ask(self, placed: Json, what: str, **fields: Any) -> Json:
        """Ask something of an order: `request-revision`, `submit-for-review`."""
        return self._json(
            "POST",
            f"{self.site}/api/v1/purchase/{what}",
            json={"orderId": placed["orderId"]} | fields,
            headers={"Authorization": f"Bearer {placed['accessKey']}"},
        )

    def spoil(self, topic: str) -> None:
        """Let the sandbox's writer refuse whatever is about this topic."""
        knob = {"service": "openai", "bad_text": ["refusal"], "match": topic}
        self._json("POST", f"{self.sandbox}/control/knobs", json=knob)

    def refunded_cents(self, placed: Json) -> int:
        """Return how much Stripe was asked to give back, and did."""
        asked = {"service": "stripe", "operation": "refunds.create", "work_done": "true"}
        calls = self._json("GET", f"{self.sandbox}/control/calls", params=asked)["calls"]
        bodies = [parse_qs(call["body"]) for call in calls if placed["orderId"] in call["body"]]
        return sum(int(body["amount"][0]) for body in bodies)

    def open_order(self, placed: Json) -> None:
        """Open the order's page with its key; the cookie of it stays."""
        self._page(f"{self.site}/orders/{placed['orderId']}/open/?key={placed['accessKey']}")

    def pay(self, checkout_url: str) -> None:
        """Open the payment page and press its first button."""
        page = self._page(checkout_url)
        button = _FirstButton(page.text)
        answer = self.http.post(page.url, data=button.sent, headers={"Accept": "text/html"})
        if answer.status_code >= 400:
            raise OrderFailed(f"the payment page answered {answer.status_code}")

    def letters(self, to: str) -> list[Json]:
        """Return the e-mails to this address, oldest first."""
        address = f"{self.sandbox}/control/inbox"
        found: list[Json] = self._json("GET", address, params={"to": to})["mails"]
        return found[::-1]

    def visit(self, url: str) -> str:
        """Return a page's text; cookies stay, as in a browser."""
        return self._page(url).text

    def until(self, what: str, ask: Callable[[], Found | None]) -> Found:
        """Ask until there is an answer.

        :raises OrderFailed: there was none in time, or the demo is closing
        """
        patience = time.monotonic() + PATIENCE_S
        while (found := ask()) is None:
            if self.closing.wait(POLL_S):
                raise OrderFailed("interrupted")
            if time.monotonic() > patience:
                raise OrderFailed(f"no {what} within {PATIENCE_S} s")
        return found

    def _page(self, url: str) -> httpx2.Response:
        answer = self.http.get(url, headers={"Accept": "text/html"})
        if answer.status_code != 200:
            raise OrderFailed(f"{httpx2.URL(url).path} answered {answer.status_code}")
        return answer

    def _json(self, method: str, url: str, **given: Any) -> Json:
        answer = self.http.request(method, url, **given)
        if answer.status_code >= 400:
            raise OrderFailed(
                f"{method} {answer.url.path} answered {answer.status_code}: {answer.text[:300]}"
            )
        said: Json = answer.json()
        return said


def address_in(letter: Json, path: str) -> str:
    """Return the address in the e-mail's text that has this path.

    :raises OrderFailed: there is none
    """
    found = re.search(rf"https?://\S*{re.escape(path)}\S*", letter["text"])
    if found is None:
        raise OrderFailed(f"the e-mail “{letter['subject']}” has no link to {path}")
    return found.group()


class _FirstButton(HTMLParser):
    """What a browser sends when the page's first button is pressed."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.sent: dict[str, str] = {}
        self._pressed = False
        self.feed(page)
        if not self._pressed:
            raise OrderFailed("the payment page has no button")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = {name: value or "" for name, value in attrs}
        hidden = tag == "input" and known.get("type") == "hidden"
        first = tag == "button" and not self._pressed
        if (hidden or first) and "name" in known:
            self.sent[known["name"]] = known.get("value", "")
        self._pressed = self._pressed or tag == "button"
