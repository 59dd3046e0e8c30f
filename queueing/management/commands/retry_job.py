from typing import Any
from uuid import UUID

from django.core.management.base import CommandParser

from queueing import service
from queueing.management.by_hand import ByHand
from queueing.models import Job


class Command(ByHand):
    help = "Let failed or cancelled jobs run again, recorded with who asked for it."
    done = "retried"

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--from-step", help="forget this stored step and the later ones")

    def asked(self, options: dict[str, Any]) -> dict[str, Any]:
        return super().asked(options) | {"step": options["from_step"]}

    def act(self, *, job_id: UUID, **who: Any) -> Job:
        step = who.pop("step")
        if step:
            return service.retry_from_step(job_id=job_id, step=step, **who)
        return service.retry(job_id=job_id, **who)
