"""What of an order's payments is with us: less what went back, and what banks have taken."""

from typing import Final

from django.db.models import Q, QuerySet, Sum

from orders.models import Dispute, Order, Payment, Refund

# Rows of these states count against what was paid; a failed one gave nothing back.
_GIVEN: Final = Q(state__in=[Refund.State.PENDING, Refund.State.SUCCEEDED])
# While a bank disputes a payment, its money is not with us; lost, it never comes back.
_TAKEN: Final = Q(state__in=[Dispute.State.OPEN, Dispute.State.LOST])


def rest_cents(payment: Payment) -> int:
    """Return what of a payment is with us and not on its way back; 0 or less: nothing."""
    return payment.amount_cents - given_cents(payment)


def went_back_elsewhere(order: Order) -> bool:
    """Whether money of the order went back by other hands: at Stripe, where nobody here owed it, or
    by a bank for good."""
    given = Refund.objects.filter(_GIVEN, payment__order=order, is_foreign=True)
    lost = Dispute.objects.filter(payment__order=order, state=Dispute.State.LOST)
    return given.exists() or lost.exists()


def awaited_from_banks() -> QuerySet[Dispute]:
    """Return the disputes that are not decided yet, of payments that were taken for the price."""
    return Dispute.objects.filter(state=Dispute.State.OPEN, payment__state=Payment.State.PAID)


def awaits_bank(order: Order) -> bool:
    """Whether what was taken for the order's price is with a bank that has yet to decide."""
    return awaited_from_banks().filter(payment__order=order).exists()


def goes_back(payment: Payment) -> bool:
    """Whether we have owed the payment back, and nobody took that back to go on with its order.

    What a bank had when it was owed, or has brought back since, is owed all the same.
    """
    ours = Refund.objects.filter(payment=payment, is_foreign=False).order_by("-pk")
    newest = ours.values_list("was_taken_back", flat=True).first()
    return newest is False


def kept_cents(payment: Payment) -> int:
    """Return what of a payment may be worked for: none of one whose refund failed and may be let
    run again."""
    return 0 if has_failed(payment) else rest_cents(payment)


def has_failed(payment: Payment) -> bool:
    """Whether a refund that we owed of it did not go through; it may be let run again."""
    failed = Refund.objects.filter(payment=payment, state=Refund.State.FAILED, is_foreign=False)
    return failed.exists()


def given_cents(payment: Payment) -> int:
    """Return what of a payment went back, is on its way back, or is with a bank."""
    given = Refund.objects.filter(_GIVEN, payment=payment).aggregate(sum=Sum("amount_cents"))
    return (given["sum"] or 0) + _disputed_cents(payment)


def _disputed_cents(payment: Payment) -> int:
    """What banks have taken back; in another currency than was paid it counts as all of it."""
    taken = Dispute.objects.filter(_TAKEN, payment=payment)
    return sum(
        one.amount_cents if one.currency == payment.currency else payment.amount_cents
        for one in taken
    )
