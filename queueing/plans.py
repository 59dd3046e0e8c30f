"""Plans that are the same whatever the planner was told (docs/adr/0130).

A burst of jobs is older than its statistics for a minute. The planner then takes any index for as
good as another, or none at all, and what is asked every second reads the whole burst.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.db import connection, transaction

# What is left is the index that has the rows in the order that the statement asks for.
_OFF: Final = ("enable_seqscan", "enable_bitmapscan", "enable_sort", "jit")
OPTIONS: Final = " ".join(f"-c {setting}=off" for setting in _OFF)
"""For a session of its own."""
_SET: Final = "; ".join(f"SET LOCAL {setting} = off" for setting in _OFF)


@contextmanager
def by_order() -> Iterator[None]:
    """A transaction in which rows are read by the index of their order."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_SET)
        yield
