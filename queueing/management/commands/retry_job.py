import getpass
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from queueing import service


class Command(BaseCommand):
    help = "Let a failed or cancelled job run again, recorded with who asked for it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("job_ids", nargs="+", type=UUID, metavar="job")
        parser.add_argument("--from-step", help="forget this stored step and the later ones")
        parser.add_argument("--actor", default=None, help="default: the name you are logged in by")
        parser.add_argument("--reason", default="")
        parser.add_argument("--dry-run", action="store_true", help="count, change nothing")

    def handle(self, *, job_ids: list[UUID], dry_run: bool, **options: Any) -> None:
        who = {"actor": options["actor"] or getpass.getuser(), "reason": options["reason"]}
        retried = 0
        for job_id in job_ids:
            try:
                with transaction.atomic():
                    if options["from_step"]:
                        service.retry_from_step(job_id=job_id, step=options["from_step"], **who)
                    else:
                        service.retry(job_id=job_id, **who)
                    transaction.set_rollback(dry_run)
                retried += 1
            except service.Refused as refused:
                self.stderr.write(str(refused))
        self.stdout.write(f"{retried} {'would be ' if dry_run else ''}retried")
        if retried < len(job_ids):
            raise CommandError(f"{len(job_ids) - retried} refused")
