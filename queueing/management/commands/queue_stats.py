import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from queueing import stats
from queueing.registry import UnknownKind


class Command(BaseCommand):
    help = "Count the jobs of a kind, or of every kind."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", nargs="?")
        parser.add_argument("--json", action="store_true", help="print an object per kind")

    def handle(self, *, kind: str | None, **options: Any) -> None:
        try:
            counts = {kind: stats.queue_stats(kind)} if kind else stats.all_queue_stats()
        except UnknownKind as unknown:
            raise CommandError(str(unknown)) from None
        if options["json"]:
            self.stdout.write(json.dumps(counts))
            return
        columns = list(next(iter(counts.values()), {}))
        self.stdout.write(f"{'kind':24}" + "".join(f"{column:>11}" for column in columns))
        for name, row in counts.items():
            self.stdout.write(f"{name:24}" + "".join(f"{row[column]:>11}" for column in columns))
