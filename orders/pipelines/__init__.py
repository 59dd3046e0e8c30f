"""What jobs do: the pipelines that write, and the side effects (e-mail, refund, publication).

Importing this package registers every kind of job with the ledger.
"""

from orders.pipelines import (
    cleaning,
    emails,
    generation,
    integration,
    publishing,
    refunding,
    revision,
    unlinking,
)

__all__ = [
    "cleaning",
    "emails",
    "generation",
    "integration",
    "publishing",
    "refunding",
    "revision",
    "unlinking",
]
