"""Which calls have a cost that nobody knows."""

from typing import Final

from django.db.models import Q

from articles.models import CallOutcome, ModelCall

_TURNED_AWAY: Final = (CallOutcome.BUSY, CallOutcome.REFUSED)
# May have been billed, at a price that is not known. A call that was turned away without a token
# written cost nothing that anybody would bill.
UNPRICED: Final = Q(cost_usd__isnull=True) & ~Q(
    outcome__in=_TURNED_AWAY, output_tokens__isnull=True
)
UNPRICED_SQL: Final = (
    "cost_usd IS NULL AND NOT (outcome IN ('busy', 'refused') AND output_tokens IS NULL)"
)


def is_unpriced(call: ModelCall) -> bool:
    """Return whether the call may have cost something that nobody knows."""
    turned_away = call.outcome in _TURNED_AWAY and call.output_tokens is None
    return call.cost_usd is None and not turned_away
