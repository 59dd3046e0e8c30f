"""`/livez`: this process answers. `/readyz`: it can also sell, which needs PostgreSQL alone."""

import threading
import time
from typing import Final

import psycopg
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

WAIT_S: Final = 2  # the shortest that libpq waits
LOOK_EVERY_S: Final = 1.0


class Look:
    """Whether PostgreSQL answers, seen at most `LOOK_EVERY_S` ago.

    On a connection of its own: the pool would let this wait as long as it lets a customer, and a
    pool that is used up by customers is no reason to be taken out of service. One look serves all
    who ask meanwhile, so that nobody opens connections by asking often.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._looked_at: float | None = None
        self._answers = False

    def answers(self) -> bool:
        """Return it after `WAIT_S` at most, or twice that behind somebody else's look."""
        with self._lock:
            if self._looked_at is None or time.monotonic() - self._looked_at > LOOK_EVERY_S:
                self._answers = _greets()
                self._looked_at = time.monotonic()
            return self._answers

    def forget(self) -> None:
        """Have the next one who asks look for themselves."""
        self._looked_at = None


look: Final = Look()


@require_safe
@never_cache
def livez(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 200 when the database answers, else 503.

    Redis is left out on purpose: an order can be placed and paid without it (it waits in the
    ledger), so taking the pages down with it would lose sales.
    """
    if look.answers():
        return JsonResponse({"status": "ok", "database": "ok"})
    return JsonResponse({"status": "unavailable", "database": "no answer"}, status=503)


def _greets() -> bool:
    """Log in and leave. The server says that it is ready for a query as a part of that, so none
    is asked, which a frozen server could leave unanswered for ever."""
    given = {**connection.get_connection_params(), "connect_timeout": WAIT_S}
    try:
        psycopg.connect(**given).close()
    except psycopg.Error:
        return False
    return True
