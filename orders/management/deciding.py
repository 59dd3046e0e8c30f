"""The commands that decide about orders, and so about money, named on the command line."""

import getpass
import re
from typing import Any, ClassVar, Final
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone
from structlog.contextvars import bound_contextvars

from orders import endings, fulfilment, holds
from orders.lifecycle import TransitionRefused
from orders.models import Order

_REFUSALS: Final = (
    TransitionRefused,
    fulfilment.ResumeRefused,
    holds.NotHeld,
    endings.RefundRefused,
)


def order_named(wanted: str) -> Order:
    """Return the order of that id or short code.

    :raises CommandError: there is none
    """
    if re.fullmatch(r"[0-9a-fA-F-]{32,36}", wanted):
        try:
            orders = Order.objects.filter(pk=UUID(wanted))
        except ValueError:
            raise CommandError(f"{wanted} is no order's id") from None
    else:
        orders = Order.objects.filter(code=wanted.upper())
    order = orders.first()
    if order is None:
        raise CommandError(f"no order {wanted}")
    return order


class Deciding(BaseCommand):
    """Does `act` to each order, recorded with who asked for it; refused ones are reported."""

    done: ClassVar[str]
    read_by: ClassVar[str] = "the customer reads it in the history"

    def act(self, *, order: Order, **who: Any) -> object:
        """Do it to one order; raises what the product's verbs refuse with."""
        raise NotImplementedError

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("orders", nargs="+", metavar="order", help="id or short code")
        parser.add_argument("--actor", default=None, help="default: the name you are logged in by")
        parser.add_argument("--reason", required=True, help=self.read_by)
        parser.add_argument("--dry-run", action="store_true", help="count, change nothing")

    def handle(self, *, orders: list[str], dry_run: bool, **options: Any) -> None:
        found = [order_named(wanted) for wanted in orders]
        done = sum(self._done(order, dry_run=dry_run, options=options) for order in found)
        self.stdout.write(f"{done} {'would be ' if dry_run else ''}{self.done}")
        if done < len(found):
            raise CommandError(f"{len(found) - done} refused")

    def _done(self, order: Order, *, dry_run: bool, options: dict[str, Any]) -> bool:
        who = {"actor": options["actor"] or getpass.getuser(), "reason": options["reason"]}
        # What is logged on the way would read as if it were done.
        told = {"rehearsal": True} if dry_run else {}
        try:
            with bound_contextvars(**told), transaction.atomic():
                self.act(order=order, at=timezone.now(), **who)
                transaction.set_rollback(dry_run)
        except _REFUSALS as refused:
            self.stderr.write(str(refused))
            return False
        return True
