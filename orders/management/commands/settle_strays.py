from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from orders import strays


class Command(BaseCommand):
    help = (
        "Begin or mark paid orders, refunds and publications that nobody works on, as beat does "
        "every minute."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only count")

    def handle(self, *, dry_run: bool, **options: Any) -> None:
        found = strays.settle(at=timezone.now(), dry_run=dry_run)
        counts = f"{found.begun} begun, {found.held} held, {found.failed} failed"
        self.stdout.write(f"{counts}, {found.left} not settled" if found.left else counts)
