"""A customer who knows Byline's addresses and nothing of its insides."""

import time
from typing import Any

import httpx2

from articles.models import Domain
from tests.sandbox_client import Sandbox
from tests.visitor import visitor

Json = dict[str, Any]

PATIENCE_S = 60
TURN_S = 0.1


class Customer:
    """Buys over the JSON API, pays at the sandbox, follows the order."""

    def __init__(self, *, site: str, sandbox: Sandbox, email: str) -> None:
        self.email = email
        self.sandbox = sandbox
        self._http = visitor(base_url=site)
        self.order_id = ""
        self.access_key = ""

    def buy(self, domain: Domain, **given: Any) -> Json:
        """Place an order; return the API's answer. None takes a field away."""
        body = {
            "product": "article",
            "domain": domain.host,
            "niche": domain.niches[0],
            "keyword": "garden tools",
            "targetUrl": "https://shop.example.com/garden-tools",
            "anchorText": "sturdy garden tools",
            "email": self.email,
        }
        wish = {name: value for name, value in (body | given).items() if value is not None}
        response = self._http.post("/api/v1/purchase", json=wish)
        response.raise_for_status()
        placed: Json = response.json()
        self.order_id, self.access_key = placed["orderId"], placed["accessKey"]
        return placed

    def pay(self, placed: Json, **how: Any) -> None:
        """Pay at the Checkout page that the order named."""
        session = placed["checkoutUrl"].rstrip("/").rpartition("/")[2]
        self.sandbox.pay(session, **how)

    def post(self, path: str, **fields: Any) -> httpx2.Response:
        """Ask something of the order."""
        return self._http.post(
            path, json={"orderId": self.order_id} | fields, headers=self._authorized
        )

    @property
    def _authorized(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.access_key}"}

    def status(self) -> Json:
        response = self._http.get(
            f"/api/v1/purchase/status/{self.order_id}", headers=self._authorized
        )
        response.raise_for_status()
        answer: Json = response.json()
        return answer

    def wait_for(self, *statuses: str) -> Json:
        """Return the order's status once it is one of these.

        :raises AssertionError: it did not get there in `PATIENCE_S` seconds
        """
        ends = time.monotonic() + PATIENCE_S
        while (now := self.status())["status"] not in statuses:
            assert time.monotonic() < ends, f"still {now['status']}: {now}"
            time.sleep(TURN_S)
        return now

    def wait_for_version(self, number: int) -> Json:
        """Return the order's status once that version lies before the customer.

        :raises AssertionError: it did not get there in `PATIENCE_S` seconds
        """
        ends = time.monotonic() + PATIENCE_S
        while (now := self.wait_for("QUALITY_CHECK"))["version"]["number"] != number:
            assert time.monotonic() < ends, now
            time.sleep(TURN_S)
        return now

    def mails(self) -> list[str]:
        """Subjects of this customer's e-mails, oldest first."""
        return [mail["subject"] for mail in reversed(self.sandbox.inbox(to=self.email))]

    def wait_for_mails(self, count: int) -> list[str]:
        """Return the subjects once there are as many."""
        ends = time.monotonic() + PATIENCE_S
        while len(subjects := self.mails()) < count:
            assert time.monotonic() < ends, f"only {subjects}"
            time.sleep(TURN_S)
        return subjects

    def close(self) -> None:
        self._http.close()
