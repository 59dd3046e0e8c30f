"""Delivers events as Stripe does: signed, again and again until the receiver says 2xx."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import time
from collections import deque
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from typing import Any

import httpx

from sandbox.knobs import Board, Knob
from sandbox.stripe.records import Event

TRIES = 15
FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 32.0
TIMEOUT_S = 20.0
KEPT_DELIVERIES = 50_000
# What an account that sells by Checkout subscribes to; every event can be fetched all the same.
SUBSCRIBED = ("checkout.session.*", "charge.refunded", "charge.dispute.*", "refund.failed")


@dataclass(slots=True, kw_only=True)
class Delivery:
    """One try to deliver one event. `status` is None when no answer came."""

    n: int
    event: str
    type: str
    attempt: int
    at: float
    status: int | None = None
    took_ms: int | None = None
    error: str | None = None


def wait_s(attempt: int) -> float:
    """Return the seconds to wait after a failed try; `attempt` counts from 1."""
    return min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** (attempt - 1))


def signature(payload: bytes, *, secret: str, at: int) -> str:
    """Return the Stripe-Signature header for a body signed at a Unix time."""
    signed = hmac.new(secret.encode(), f"{at}.".encode() + payload, hashlib.sha256)
    return f"t={at},v1={signed.hexdigest()}"


class Courier:
    """Carries events to the receiver; each on its own, so their order is not guaranteed."""

    def __init__(self, *, url: str, secret: str, board: Board) -> None:
        self.url, self.secret, self.board = url, secret, board
        self.subscribed: tuple[str, ...] = SUBSCRIBED
        self.deliveries: deque[Delivery] = deque(maxlen=KEPT_DELIVERIES)
        self._count = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._client: httpx.AsyncClient | None = None

    @property
    def under_way(self) -> int:
        """How many deliveries are being tried or wait for their next try."""
        return len(self._tasks)

    def announce(self, event: Event) -> None:
        """Deliver an event if its type is subscribed to and no knob holds it back."""
        if not any(fnmatchcase(event.type, pattern) for pattern in self.subscribed):
            return
        knob = self.board.take(
            service="webhooks", operation=event.type, body=json.dumps(event.body)
        )
        if knob.hold:
            return
        for _ in range(knob.copies or 1):
            self.deliver(event, knob=knob)

    def deliver(self, event: Event, *, knob: Knob | None = None, delay_s: float = 0) -> None:
        """Start one delivery of an event, with retries, whatever is subscribed."""
        event.pending += 1
        orders = knob or Knob(service="webhooks")
        self._start(self._carry(event, orders, delay_s=delay_s))

    async def stop(self) -> None:
        """Give up every delivery that is not done."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    def _start(self, carrying: Any) -> None:
        task = asyncio.get_running_loop().create_task(carrying)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _carry(self, event: Event, knob: Knob, *, delay_s: float) -> None:
        # A breath of chance lets events that were born together overtake each other.
        chance_s = self.board.random.uniform(0, 0.01)
        await asyncio.sleep(delay_s + self.board.seconds(knob.latency_ms) + chance_s)
        try:
            for attempt in range(1, TRIES + 1):
                if await self._try(event, knob, attempt=attempt):
                    return
                if attempt < TRIES:
                    await asyncio.sleep(wait_s(attempt))
        finally:
            event.pending -= 1

    async def _try(self, event: Event, knob: Knob, *, attempt: int) -> bool:
        payload = json.dumps(event.body, indent=2).encode()
        signed_at = int(time.time() - (knob.signed_ago_s or 0))
        secret = "whsec_of_a_stranger" if knob.bad_signature else self.secret
        self._count += 1
        delivery = Delivery(
            n=self._count, event=event.id, type=event.type, attempt=attempt, at=time.time()
        )
        self.deliveries.append(delivery)
        started = time.perf_counter()
        try:
            answer = await self._http().post(
                self.url,
                content=payload,
                headers={
                    "content-type": "application/json; charset=utf-8",
                    "user-agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
                    "stripe-signature": signature(payload, secret=secret, at=signed_at),
                },
            )
        except httpx.HTTPError as error:
            delivery.error = type(error).__name__
            return False
        finally:
            delivery.took_ms = round((time.perf_counter() - started) * 1000)
        delivery.status = answer.status_code
        return answer.is_success

    def _http(self) -> httpx.AsyncClient:
        if self._client is None:
            limits = httpx.Limits(max_connections=100, max_keepalive_connections=20)
            timeout = httpx.Timeout(TIMEOUT_S, pool=None)
            # Environment proxies are for the outside world, never for the receiver next door.
            self._client = httpx.AsyncClient(limits=limits, timeout=timeout, trust_env=False)
        return self._client

    def as_json(self, *, since: int = 0, event: str = "") -> list[dict[str, Any]]:
        """Return the tries after number `since`, of one event if named."""
        return [
            asdict(one)
            for one in list(self.deliveries)
            if one.n > since and event in ("", one.event)
        ]
