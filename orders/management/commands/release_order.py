from typing import Any

from orders import holds
from orders.management.deciding import Deciding
from orders.models import Order


class Command(Deciding):
    help = "Let held orders go on from where they stand."
    done = "released"

    def act(self, *, order: Order, **who: Any) -> object:
        return holds.release(order=order, **who)
