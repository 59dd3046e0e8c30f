from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from orders import reconciliation


class Command(BaseCommand):
    help = "Ask Stripe what it could not tell us: sessions, refunds and disputes, as beat does."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only count")

    def handle(self, *, dry_run: bool, **options: Any) -> None:
        at = timezone.now()
        swept = reconciliation.sweep(at=at, dry_run=dry_run)
        heard = reconciliation.hear_missed(at=at, dry_run=dry_run)
        ended = reconciliation.ask_for_refunds(at=at, dry_run=dry_run)
        refunds = f"{ended} refunds {'on their way' if dry_run else 'ended'}"
        stopped = "; Stripe did not answer" if swept.stopped else ""
        self.stdout.write(
            f"{swept.asked} asked, {swept.news} with news, {swept.closed} closed, "
            f"{heard} events missed, {refunds}{stopped}"
        )
