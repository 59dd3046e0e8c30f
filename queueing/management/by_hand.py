"""The commands that do one thing to jobs named on the command line."""

import getpass
from typing import Any, ClassVar
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from queueing import service
from queueing.models import Job


class ByHand(BaseCommand):
    """Does `act` to each job, recorded with who asked for it; refused ones are reported."""

    done: ClassVar[str]

    def act(self, *, job_id: UUID, **who: Any) -> Job:
        """Do it to one job.

        :raises Refused: the job's state does not allow it
        """
        raise NotImplementedError

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("job_ids", nargs="+", type=UUID, metavar="job")
        parser.add_argument("--actor", default=None, help="default: the name you are logged in by")
        parser.add_argument("--reason", default="")
        parser.add_argument("--dry-run", action="store_true", help="count, change nothing")

    def handle(self, *, job_ids: list[UUID], dry_run: bool, **options: Any) -> None:
        done = sum(self._done(job_id, dry_run=dry_run, options=options) for job_id in job_ids)
        self.stdout.write(f"{done} {'would be ' if dry_run else ''}{self.done}")
        if done < len(job_ids):
            raise CommandError(f"{len(job_ids) - done} refused")

    def asked(self, options: dict[str, Any]) -> dict[str, Any]:
        """Return what `act` is told beside the job."""
        return {"actor": options["actor"] or getpass.getuser(), "reason": options["reason"]}

    def _done(self, job_id: UUID, *, dry_run: bool, options: dict[str, Any]) -> bool:
        try:
            with transaction.atomic():
                self.act(job_id=job_id, **self.asked(options))
                transaction.set_rollback(dry_run)
        except service.Refused as refused:
            self.stderr.write(str(refused))
            return False
        return True
