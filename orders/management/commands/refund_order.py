from typing import Any

from orders import endings
from orders.management.deciding import Deciding
from orders.models import Order


class Command(Deciding):
    help = "Give back what is left of what was paid for orders; those under way end."
    done = "refunded"

    def act(self, *, order: Order, **who: Any) -> object:
        return endings.refund(order=order, **who)
