"""Database connections are few: a thread that is busy elsewhere keeps none from the others."""

from django.db import connection


def let_go(*, what: str) -> None:
    """Give this thread's connection back to the pool for as long as `what` takes.

    :raises RuntimeError: in a transaction, which would stay open all the while
    """
    blocks = getattr(connection, "atomic_blocks", [])
    if any(not getattr(block, "_from_testcase", False) for block in blocks):
        raise RuntimeError(f"{what} would hold a transaction open")
    if not blocks:
        connection.close()
