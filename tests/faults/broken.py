"""Guards that can be taken away, to show that the oracle sees what they prevent.

Only a process with the harness's settings looks here; the product has no such switches.
"""

import os
from collections.abc import Callable
from typing import Any, Final
from uuid import uuid4


def break_guards() -> None:
    """Take the guard away that `BROKEN` names."""
    guard = os.environ.get("BROKEN")
    if guard:
        _BROKEN[guard]()


def _fencing() -> None:
    """A run that was given up on writes on."""
    from queueing import leases
    from queueing.run import Run

    for name in ("_END", "_STORE", "_DOING"):
        fenced = getattr(leases, name)
        setattr(leases, name, fenced.replace("AND lease_token = %(token)s", ""))
    Run._go_on = lambda self: None  # type: ignore[method-assign]


def _once() -> None:
    """No step is read back: each try buys again."""
    from queueing.run import Run

    stored = Run.once

    def once(self: Run, name: str, *args: Any, **kwargs: Any) -> Any:
        self.steps.pop(name, None)
        return stored(self, name, *args, **kwargs)

    Run.once = once  # type: ignore[method-assign]


def _forgiveness() -> None:
    """The first worker that dies under a job ends it: the order fails and is refunded."""
    from django.conf import settings

    settings.MAX_CRASHES = 1


def _refund_key() -> None:
    """Stripe gets a new idempotency key with each call, and nobody looks before paying back."""
    from orders import refunds, stripe_client

    refunds.made_of = lambda payment_intent: []
    call = stripe_client.call

    def keyless(ask: Any) -> Any:
        return call(lambda client: ask(_Keyless(client)))

    stripe_client.call = keyless


class _Keyless:
    """Stripe's client with every idempotency key replaced."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return _Keyless(getattr(self._inner, name))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        args = tuple(_without_key(one) for one in args)
        return self._inner(*args, **{name: _without_key(one) for name, one in kwargs.items()})


def _without_key(options: Any) -> Any:
    if isinstance(options, dict) and "idempotency_key" in options:
        return {**options, "idempotency_key": str(uuid4())}
    return options


_BROKEN: Final[dict[str, Callable[[], None]]] = {
    "fencing": _fencing,
    "once": _once,
    "forgiveness": _forgiveness,
    "refund-key": _refund_key,
}
