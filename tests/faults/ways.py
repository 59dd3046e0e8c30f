"""The ways that an order and its calls can go, so that each write of a job is passed somewhere.

What fails here fails once and is tried again, so every order still ends as its people led it.
"""

from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from typing import Any, Final

from local.parts import PROJECT
from orders.stripe_client import NETWORK_RETRIES
from tests.faults import writes
from tests.faults.arena import Arena
from tests.faults.killed_workers import EVERYTHING, REJECTED, Wish

ARTICLE, LINK, DOOMED = EVERYTHING
# The model fails in each of its jobs, and asks for time.
STUMBLING: Final[Wish] = {"product": "article", "revise": True, "stumbles": True}
# The model writes rubbish in each try of its change, and the earlier text stays.
HOPELESS: Final[Wish] = {"product": "article", "revise": True, "hopeless": True}
# Its link is looked for in the texts of others.
UNLINKED: Final[Wish] = {"product": "integration", "decision": "reject", "stumbles": True}
EVERY_WAY: Final = (*EVERYTHING, REJECTED, STUMBLING, HOPELESS, UNLINKED)
# By the kind of the job that is to pass all its writes, what its calls meet.
_KNOBS: Final[Mapping[str, tuple[dict[str, Any], ...]]] = {
    "email": (
        {"service": "sendgrid", "status": 503, "times": 1},
        {"service": "sendgrid", "drop_reply": True, "times": 1, "skip": 1},
    ),
    "refund": (
        # Stripe's news would settle the row before the job asks again.
        {"service": "webhooks", "operation": "charge.refunded", "latency_ms": 5000, "times": 1},
        {
            "service": "stripe",
            "operation": "refunds.create",
            "drop_reply": True,
            "times": NETWORK_RETRIES + 1,
        },
    ),
}
# Places of the source that no job of these ways and no news of them comes to, by how they begin.
NOT_PASSED: Final[Mapping[str, tuple[str, ...]]] = {
    "people press it: on the shop's, the customers' and the editors' pages, or by command": (
        *(
            f"orders/lifecycle.py:{place}"
            for place in (
                "_move<ask_for_changes", "_move<call_off", "_move<cancel", "_move<give_back",
                "_move<reject", "_move<resume", "_move<submit", "approve", "replace_text",
            )
        ),
        "articles/importing/", "articles/seed.py:", "orders/claims.py:", "orders/endings.py:",
        "orders/purchase.py:",
        "orders/publications.py:_make_wait", "orders/refunds.py:_take_up",
        "orders/refunds.py:_withdraw<take_back",
        "orders/reviews.py:", "orders/revisions.py:request", "orders/rework.py:",
        "orders/staff.py:", "queueing/leases.py:_end<cancel", "queueing/service.py:",
    ),
    "Stripe's news of disputes, of second, late and failed payments: no way has any": (
        "orders/disputes.py:", "orders/holds.py:", "orders/marks.py:",
        "orders/payments.py:_expired", "orders/payments.py:_payment_of",
        "orders/payments.py:_pending", "orders/payments.py:_refused",
        "orders/payments.py:close_unpaid", "orders/refunds.py:learn_intent",
        "orders/refunds.py:_drop<", "orders/refunds.py:_withdraw<cut",
    ),
    "a session of the stewards' own: fault 22 dies at what they write": (
        "queueing/dispatcher.py:", "queueing/sweeper.py:", "queueing/workers.py:",
    ),
    "beat asks for it, and none runs here": (
        "orders/reconciliation.py:", "queueing/retention.py:",
    ),
    "it changes no row": (
        "queueing/figures.py:", "queueing/leases.py:_write<confirm", "queueing/lines.py:_look",
        "queueing/plans.py:",
    ),
    "articles/models/content.py:save is its write": (
        "orders/pipelines/deliveries.py:store_version",
    ),
    "no model of the harness's has a number of places": ("queueing/lines.py:_take",),
    "no order of the harness's has references": (
        "orders/pipelines/generation.py:_keep_references",
    ),
    "two orders on one page: each of the harness's has its own": (
        "orders/lifecycle.py:replace_version", "orders/pipelines/unlinking.py:",
    ),
    "an order that ends while its text goes live, for which page-cleanup is": (
        "orders/leftovers.py:",
    ),
    "SendGrid refuses for good, or loses both replies of one e-mail": (
        "orders/mailer.py:give_up", "orders/mailer.py:unsent",
    ),
    "Stripe refuses for good, or keeps an error under a key": (
        "orders/refunds.py:give_up", "orders/refunds.py:_drop_key_of",
    ),
    "news that cannot be taken": ("orders/stripe_events.py:_write<keep",),
    "a site refuses, or shows another text: the harness's are Byline's own": (
        "orders/publications.py:give_up", "orders/publications.py:looked",
        "articles/publishing/changes.py:_keep<permit", "articles/publishing/changes.py:overwrite",
    ),
}  # fmt: skip


def provoke(arena: Arena, kind: str) -> None:
    """Have the next calls of such jobs fail, so that their writes over it are passed as well."""
    for knob in _KNOBS.get(kind, ()):
        arena.knob(**knob)


def leading_past(kind: str) -> tuple[Wish, ...]:
    """Return the orders whose jobs pass such a kind's failpoints; every one passes those of all
    kinds."""
    return {
        # It may be on the way of an order that is given up.
        "article-generation": (ARTICLE, DOOMED, STUMBLING),
        "backlink-revision": (ARTICLE, HOPELESS, STUMBLING),
        "backlink-integration": (LINK, UNLINKED),
        "publication": (LINK,),
        "link-removal": (UNLINKED,),
        "refund": (DOOMED, REJECTED),
    }.get(kind, (DOOMED,))


def unpassed(points: list[str]) -> list[str]:
    """Return the places of the source that write and that none of these failpoints is at."""
    passed = {point.split("|")[1] for point in points}
    known = tuple(chain(*NOT_PASSED.values()))
    places = writes.places(Path(PROJECT)) - passed
    return sorted(place for place in places if not place.startswith(known))
