"""Celery's transport over Redis, in which neither rubbish, a lost connection nor a full Redis ends
a worker.

Kombu's own leaves the worker's loop when an entry of a queue cannot be read, when a connection is
reset while the worker greets the others, and when Redis refuses to write (docs/adr/0018).
"""

from collections.abc import Callable
from typing import Any

import structlog
from kombu.exceptions import OperationalError
from kombu.transport import redis
from redis.exceptions import ResponseError

log = structlog.get_logger(__name__)

# Of JSON that is none, and of JSON that is no message. What Redis itself says is none of these.
_UNREADABLE = (ValueError, TypeError, KeyError, AttributeError)


class Channel(redis.Channel):
    """Takes messages from the queues, and drops what it cannot read."""

    def _brpop_read(self, **options: Any) -> bool | None:
        try:
            taken: bool | None = super()._brpop_read(**options)  # type: ignore[no-untyped-call]
        except _UNREADABLE as error:
            _log(error)
            return True
        return taken

    def close(self) -> None:
        """Close as kombu does, but for what a channel can no more give back that outlived its
        connection: kombu looks for an address that is gone. The ledger publishes that again.

        :raises OperationalError: it was such a channel; who closes ignores connections' errors
        """
        try:
            super().close()  # type: ignore[no-untyped-call]
        except AttributeError as error:
            if self.connection.client is not None:
                raise
            message = "the channel's connection is gone"
            raise OperationalError(message) from error

    def basic_consume(
        self, queue: str, no_ack: bool, callback: Callable[[Any], None], *args: Any, **options: Any
    ) -> None:
        """Consume as kombu does; a message that Celery cannot take gives its place back."""

        def take(message: Any) -> None:
            try:
                callback(message)
            except _UNREADABLE as error:
                _log(error)
                if not message.acknowledged:
                    message.reject()

        super().basic_consume(  # type: ignore[no-untyped-call]
            queue, no_ack, take, *args, **options
        )


class Transport(redis.Transport):
    """What `broker_transport` names."""

    Channel = Channel

    # Kombu's own name for a lost connection, which its list of them leaves out, and a Redis that
    # answers and refuses: out of memory, read-only, its disk full. Both pass, and are waited for.
    connection_errors = (*redis.Transport.connection_errors, OperationalError, ResponseError)


def _log(error: Exception) -> None:
    # What it says is not logged: nobody knows whose words these are.
    log.warning("message_unreadable", error=type(error).__name__)
