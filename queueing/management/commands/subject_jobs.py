import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.core.serializers.json import DjangoJSONEncoder

from queueing import stats


class Command(BaseCommand):
    help = "Show the jobs of one subject, newest first, as JSON."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("subject")

    def handle(self, *, subject: str, **options: Any) -> None:
        status = {"subject": subject, **stats.subject_job_status(subject)}
        self.stdout.write(json.dumps(status, indent=2, cls=DjangoJSONEncoder))
