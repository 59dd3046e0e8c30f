"""The one clock of the ledger: the database's, because workers' clocks differ."""

from datetime import datetime

from django.db import connection

# `at` is given by tests and schedules that live in another time; everyone else passes None.
# STABLE, unlike clock_timestamp(), so that an index serves comparisons with it; unlike now() it
# does not stand still inside a transaction.
NOW = "coalesce(%(at)s::timestamptz, statement_timestamp())"

# Rings the dispatcher's bell when the transaction commits.
BELL = "queueing"

# Carries the subject of what changed to whoever follows it (`queueing.listening`).
NEWS = "queueing_news"


def read() -> datetime:
    """Return what time it is for everybody."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now
