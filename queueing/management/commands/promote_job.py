from typing import Any
from uuid import UUID

from queueing import service
from queueing.management.by_hand import ByHand
from queueing.models import Job


class Command(ByHand):
    help = "Put waiting jobs before all others of their kind, their delay over."
    done = "promoted"

    def act(self, *, job_id: UUID, **who: Any) -> Job:
        return service.promote(job_id=job_id, **who)
