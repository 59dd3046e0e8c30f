from typing import Any

from orders import fulfilment
from orders.management.deciding import Deciding
from orders.models import Order


class Command(Deciding):
    help = "Try failed orders again instead of refunding them, while their refund has not gone out."
    done = "taken up again"
    read_by = "kept with your name in the notes of the order's job"

    def act(self, *, order: Order, **who: Any) -> object:
        return fulfilment.resume(order=order, **who)
