from typing import Any
from uuid import UUID

from queueing import service
from queueing.management.by_hand import ByHand
from queueing.models import Job


class Command(ByHand):
    help = "Cancel waiting or running jobs; what they were for stays undone."
    done = "cancelled"

    def act(self, *, job_id: UUID, **who: Any) -> Job:
        return service.cancel(job_id=job_id, **who)
