from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from queueing import sweeper


class Command(BaseCommand):
    help = "Take jobs away from dead workers, as every worker does each second."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="count, change nothing")

    def handle(self, *, dry_run: bool, **options: Any) -> None:
        swept = sweeper.sweep(dry_run=dry_run)
        self.stdout.write(
            f"{swept.requeued} requeued, {swept.failed} failed, {swept.workers} workers gone"
            + (" (nothing changed)" if dry_run else "")
        )
