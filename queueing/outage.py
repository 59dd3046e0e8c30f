"""Telling a lost database from a wrong statement, and waiting for it to come back."""

import time
from collections.abc import Callable
from typing import TypeVar

import structlog
from django.db import InterfaceError, InternalError, OperationalError, connection
from psycopg import errors

log = structlog.get_logger(__name__)
Written = TypeVar("Written")

# Classes of SQLSTATE in which the server, not the statement, is at fault: connection
# exceptions (08), no more connections or disk (53), shutdown and start-up (57P0x), and a session
# that was ended because its process slept in a transaction (25P03).
_SERVER_AT_FAULT = ("08", "53", "57P0", "25P03")


def is_outage(error: BaseException) -> bool:
    """Whether the database was away: the same statement will do when it is back."""
    if isinstance(error, InterfaceError):
        return True
    if not isinstance(error, OperationalError | InternalError):
        return False
    cause = error.__cause__
    state = cause.sqlstate if isinstance(cause, errors.Error) else None
    if state is None:
        return isinstance(error, OperationalError)
    return state.startswith(_SERVER_AT_FAULT)


def patiently(write: Callable[[], Written], *, until: float) -> Written:
    """Return what `write` returns, asking again while the database is away.

    `write` must be repeatable. `until` is in `time.monotonic` seconds; after it, or inside a
    transaction, the error goes to the caller.
    """
    pause_s = 0.1
    while True:
        try:
            return write()
        except (OperationalError, InterfaceError, InternalError) as error:
            if not is_outage(error) or connection.in_atomic_block or time.monotonic() > until:
                raise
            if pause_s == 0.1:
                log.warning("database_away", error=type(error.__cause__ or error).__name__)
        connection.close()
        time.sleep(pause_s)
        pause_s = min(2.0, pause_s * 2)
