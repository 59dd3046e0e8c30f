"""Celery's transport over Redis, in which what is no message ends no worker.

Kombu's own leaves the worker's loop when an entry of a queue cannot be read (docs/adr/0018).
"""

from typing import Any

import structlog
from kombu.transport import redis

log = structlog.get_logger(__name__)

# Of JSON that is none, and of JSON that is no message. What Redis itself says is none of these.
_UNREADABLE = (ValueError, TypeError, KeyError, AttributeError)


class Channel(redis.Channel):  # type: ignore[misc]
    """Takes messages from the queues, and drops what it cannot read."""

    def _brpop_read(self, **options: Any) -> bool | None:
        try:
            taken: bool | None = super()._brpop_read(**options)
        except _UNREADABLE as error:
            # What it says is not logged: nobody knows whose words these are.
            log.warning("message_unreadable", error=type(error).__name__)
            return True
        return taken


class Transport(redis.Transport):  # type: ignore[misc]
    """What `broker_transport` names."""

    Channel = Channel
