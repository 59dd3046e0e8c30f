"""Saying that something about a subject has changed, to whoever follows it.

Told by the database, in the caller's transaction: nobody hears of what was rolled back, and no
broker is asked. Only the subject is told; what changed is read where it is kept.
"""

from django.db import connection

from queueing.clock import NEWS


def tell(subject: str) -> None:
    """Let its followers know when the current transaction commits, or now if there is none."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [NEWS, subject])
