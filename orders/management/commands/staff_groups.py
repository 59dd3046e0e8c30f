"""`manage.py staff_groups`: the groups Editors and Operators with their permissions."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from orders import staff


class Command(BaseCommand):
    help = "Make the groups Editors and Operators hold what this release says; members stay."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say what would change")

    def handle(self, *, dry_run: bool, **options: Any) -> None:
        for granted in staff.put_groups(dry_run=dry_run):
            self.stdout.write(
                f"{granted.group}: {len(granted.given)} given, {len(granted.taken)} taken"
            )
            for name in granted.given:
                self.stdout.write(f"  + {name}")
            for name in granted.taken:
                self.stdout.write(f"  - {name}")
