import getpass
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from queueing import registry, service


class Command(BaseCommand):
    help = "Drop the attempts and steps of old settled jobs; the jobs themselves stay."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", nargs="?", help="without it: every kind")
        parser.add_argument(
            "--older-than-s",
            type=float,
            help="seconds since settlement; without it: what the settings keep",
        )
        parser.add_argument("--actor", default=None, help="default: the name you are logged in by")
        parser.add_argument("--reason", default="", help="kept with your name at each job")
        parser.add_argument("--dry-run", action="store_true", help="count, change nothing")

    def handle(
        self, *, kind: str | None, older_than_s: float | None, dry_run: bool, **options: Any
    ) -> None:
        if kind is not None:
            try:
                registry.kind_named(kind)
            except registry.UnknownKind as unknown:
                raise CommandError(str(unknown)) from None
        count = service.clean_queue(
            kind,
            None if older_than_s is None else timedelta(seconds=older_than_s),
            actor=options["actor"] or getpass.getuser(),
            reason=options["reason"],
            dry_run=dry_run,
        )
        self.stdout.write(f"{count} {'would be ' if dry_run else ''}cleaned")
