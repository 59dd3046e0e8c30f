"""How quickly the web server answers, with Redis frozen and without."""

import signal
import time
from typing import Any

import httpx2
from django.urls import reverse

from orders import access
from orders.models import Order
from tests.faults.arena import Stuck
from tests.faults.matrix import Round
from tests.faults.people import Errand, People
from tests.faults.stripe_news import deliver

BLOCKS, EACH = 15, 20  # of either kind, in turn: what else the machine does hits both
BOUND = 1.5


def as_quickly_with_redis_frozen(round_: Round) -> None:
    """Hold that the 99th percentile of webhooks is at most 1.5 times what it is without.

    Each webhook is the news of a payment, which moves an order and enqueues its jobs. No worker
    runs: with Redis whole it would work on them, and with Redis frozen not.
    """
    arena = round_.arena
    arena.stop_workers()
    events = _payments(round_, count=2 * BLOCKS * EACH)
    pages = [event["data"]["object"]["client_reference_id"] for event in events]
    hooks: dict[bool, list[float]] = {True: [], False: []}
    views: dict[bool, list[float]] = {True: [], False: []}
    with httpx2.Client(base_url=arena.env["SITE_URL"], trust_env=False, timeout=60) as client:
        for block in range(2 * BLOCKS):
            is_frozen = bool(block % 2)
            arena.redis.signal(signal.SIGSTOP if is_frozen else signal.SIGCONT)
            for event in events[block * EACH : (block + 1) * EACH]:
                hooks[is_frozen].append(deliver(client, event, arena))
            for page in pages[block * EACH : (block + 1) * EACH]:
                views[is_frozen].append(_view(client, page))
    arena.redis.signal(signal.SIGCONT)
    round_.injected += BLOCKS
    _hold(round_, "webhook", hooks)
    _hold(round_, "order page", views)
    # Six hundred articles need not be written for this.
    arena.fresh()
    round_.people = People(arena)


def _payments(round_: Round, *, count: int) -> list[dict[str, Any]]:
    """Have orders placed and paid, and return Stripe's news of that, which nobody has heard."""
    arena = round_.arena
    arena.knob(service="webhooks", hold=True)
    errands = round_.people.want(*(Errand() for _ in range(count)))
    arena.until(lambda: _all_paid(round_.people, errands), what="all have paid", timeout_s=900)
    events = arena.read("stripe/events", type="checkout.session.completed", limit=count)["events"]
    round_.random.shuffle(events)
    return list(events)


def _all_paid(people: People, errands: list[Errand]) -> bool:
    people.act()
    return all(errand.paid for errand in errands)


def _view(client: httpx2.Client, order_id: str) -> float:
    """Return the seconds that the order's page took for its customer, who has its key."""
    order = Order.objects.get(pk=order_id)
    client.cookies.clear()
    key = {"key": access.access_key(order)}
    client.get(reverse("order-open", args=[order.pk]), params=key)
    began = time.perf_counter()
    answer = client.get(reverse("order", args=[order.pk])).raise_for_status()
    if order.code not in answer.text:
        raise Stuck(f"the page of {order} does not tell of it")
    return time.perf_counter() - began


def _hold(round_: Round, what: str, took: dict[bool, list[float]]) -> None:
    ratio = _p99_ms(took[True]) / _p99_ms(took[False])
    line = (
        f"{what} p99 {_p99_ms(took[True]):.0f} ms with Redis frozen, "
        f"{_p99_ms(took[False]):.0f} ms without: {ratio:.2f} times (bound {BOUND}); "
        f"median {_ms(took[True], 0.5):.0f} and {_ms(took[False], 0.5):.0f} ms, "
        f"{len(took[True])} each, in turns of {EACH}, no worker beside"
    )
    round_.hold(promise="I9", held=ratio <= BOUND, what=line)


def _p99_ms(took: list[float]) -> float:
    return _ms(took, 0.99)


def _ms(took: list[float], share: float) -> float:
    return 1000 * sorted(took)[min(len(took) - 1, int(share * len(took)))]
