"""The ways that an order and its calls can go, so that each write of a job is passed somewhere.

What fails here fails once and is tried again, so every order still ends as its people led it.
"""

from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from typing import Final
from uuid import uuid4

from local.parts import PROJECT
from queueing.dispatcher import Courier, Due
from tests.faults import writes
from tests.faults.killed_workers import EVERYTHING, REJECTED, Wish
from tests.faults.people import SITE_REFUSES

ARTICLE, LINK, DOOMED = EVERYTHING
# The model fails in each of its jobs, and asks for time.
STUMBLING: Final[Wish] = {"product": "article", "revise": True, "stumbles": True}
# The model writes rubbish in each try of its change, and the earlier text stays.
HOPELESS: Final[Wish] = {"product": "article", "revise": True, "hopeless": True}
# Its link is looked for in the texts of others.
UNLINKED: Final[Wish] = {"product": "integration", "decision": "reject", "stumbles": True}
# Stripe keeps an error under the refund's key, and SendGrid loses both replies of an e-mail.
BROKEN: Final[Wish] = {
    "product": "article",
    "doomed": True,
    "troubles": ("refund broken", "e-mail lost"),
}
# Everybody refuses for good, and an operator has it tried again.
REFUSED: Final[Wish] = {
    "product": "article",
    "doomed": True,
    "troubles": ("refund refused", "e-mail refused"),
}
# The reply with the refund is lost, and SendGrid asks for time.
LOST: Final[Wish] = {
    "product": "article",
    "doomed": True,
    "troubles": ("refund lost", "refund told late", "e-mail busy"),
}
UNPUBLISHED: Final[Wish] = {"product": "integration", "troubles": (SITE_REFUSES,)}
# Its link stands in the texts of others when it is rejected, one of them live.
SHARED: Final[Wish] = {"product": "integration", "decision": "reject", "shared": True}
# Paid and given back: all that Stripe tells of without being asked for more.
TOLD_FIRST: Final[Wish] = REJECTED | {"troubles": ("refund told first",)}
EVERY_WAY: Final = (
    *EVERYTHING, REJECTED, TOLD_FIRST, STUMBLING, HOPELESS, UNLINKED, BROKEN, REFUSED, LOST,
    UNPUBLISHED, SHARED,
)  # fmt: skip
# Places of the source that nothing here comes to, by how they begin.
NOT_PASSED: Final[Mapping[str, tuple[str, ...]]] = {
    "staff take another amount for the price; the oracle counts by the price": (
        "orders/holds.py:_take_payment",
    ),
    "Stripe tells of one payment in another order than it came to be": (
        "orders/refunds.py:learn_intent", "orders/refunds.py:_drop<",
        "orders/refunds.py:_withdraw<cut",
    ),
    "a process of an older release marked the order alone": (
        "orders/marks.py:_agree", "orders/marks.py:_end_holds<hold",
    ),
    "a session of the stewards' own: fault 22 dies at what they write": (
        "queueing/dispatcher.py:", "queueing/sweeper.py:", "queueing/workers.py:beat",
    ),
    "beat asks for it, and none runs here": (
        "orders/payments.py:close_unpaid", "orders/reconciliation.py:ask_for_refunds",
        "queueing/retention.py:",
    ),
    "it changes no row": (
        "queueing/figures.py:", "queueing/leases.py:_write<confirm", "queueing/lines.py:_look",
        "queueing/plans.py:",
    ),
    "articles/models/content.py:save is its write": (
        "articles/importing/storing.py:_first_version", "orders/leftovers.py:removed",
        "orders/pipelines/deliveries.py:store_version", "orders/pipelines/unlinking.py:_store",
        "orders/reviews.py:_mark",
    ),
    "no model of the harness's has a number of places": ("queueing/lines.py:_take",),
    "no order of the harness's has references": (
        "orders/pipelines/generation.py:_keep_references",
    ),
    "news that cannot be taken": ("orders/stripe_events.py:_write<keep",),
    "a site shows or has shown another text: the harness's are Byline's own": (
        "articles/importing/storing.py:store",
        "orders/publications.py:looked", "articles/publishing/changes.py:_keep<permit",
        "articles/publishing/changes.py:overwrite",
    ),
}  # fmt: skip


def send_a_stray() -> None:
    """Send a message that is nobody's: it leads past what a worker writes outside of any job."""
    from config.celery import app

    courier = Courier(app)
    courier([Due(job_id=uuid4(), kind="email", failures=0)])
    courier.close()


def leading_past(kind: str) -> tuple[Wish, ...]:
    """Return the orders whose jobs pass such a kind's failpoints; every one passes those of all
    kinds."""
    return {
        # It may be on the way of an order that is given up.
        "article-generation": (ARTICLE, DOOMED, STUMBLING),
        "backlink-revision": (ARTICLE, HOPELESS, STUMBLING),
        "backlink-integration": (LINK, UNLINKED),
        "publication": (LINK, UNPUBLISHED),
        "link-removal": (UNLINKED, SHARED),
        "page-cleanup": (SHARED,),
        "refund": (DOOMED, REJECTED, BROKEN, REFUSED, LOST),
        "email": (DOOMED, BROKEN, REFUSED, LOST),
    }.get(kind, (DOOMED,))


def unpassed(points: list[str]) -> list[str]:
    """Return the places of the source that write and that none of these failpoints is at."""
    passed = {point.split("|")[1] for point in points}
    known = tuple(chain(*NOT_PASSED.values()))
    places = writes.places(Path(PROJECT)) - passed
    return sorted(place for place in places if not place.startswith(known))
