"""`migrate`, which may think inside its transactions for as long as it must.

All other sessions of ours are ended after half a lease of silence in a transaction
(docs/adr/0014). A migration holds no job, and may think for longer between two statements.
"""

from typing import Any, Final

from django.core.management.commands import migrate
from django.db import connections

LIMIT: Final = "idle_in_transaction_session_timeout"


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate with the limit lifted; it holds again afterwards."""
        connection = connections[options["database"]]
        with connection.cursor() as cursor:
            cursor.execute(f"SHOW {LIMIT}")
            (usual,) = cursor.fetchone()
            cursor.execute(f"SET {LIMIT} = 0")
        try:
            super().handle(*args, **options)
        finally:
            # A session that broke has no limit to get back, and must not hide why it did.
            if connection.is_usable():
                with connection.cursor() as cursor:
                    cursor.execute(f"SET {LIMIT} = %s", [usual])
