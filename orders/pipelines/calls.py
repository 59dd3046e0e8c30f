"""What every pipeline does around a call to the language model: errors translated, usage kept."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict

from articles import writer
from articles.models import ModelCall
from articles.writer import Usage
from orders.models import Order
from queueing.errors import Permanent, RetryLater
from queueing.outage import patiently
from queueing.run import Run


@contextmanager
def provider_errors() -> Iterator[None]:
    """Turn the writer's errors into the ledger's; what is neither is retried by policy.

    :raises Permanent: the provider refused the content or the key
    :raises RetryLater: it asked for time
    """
    try:
        yield
    except writer.WriterRefused as refused:
        raise Permanent(str(refused)) from refused
    except writer.WriterBusy as busy:
        raise RetryLater(str(busy), retry_after_s=busy.retry_after_s) from busy


def recorder(run: Run, *, order: Order) -> Callable[[Usage], None]:
    """Return what stores usage and cost of each call for this job, failed calls included.

    It waits for a database that is away: the text that the call bought goes through its hands.
    """

    def record(usage: Usage) -> None:
        call = asdict(usage) | {"job_key": str(run.job_id), "order_key": order.subject}
        # Counted twice if the answer to a write that landed gets lost: better than a lost text.
        patiently(lambda: ModelCall.objects.create(**call), until=run.ends)

    return record
