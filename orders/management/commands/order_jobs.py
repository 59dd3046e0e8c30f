import json
import re
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.serializers.json import DjangoJSONEncoder

from orders.jobs import order_job_status
from orders.models import Order


class Command(BaseCommand):
    help = "Show the jobs of an order, e-mails and refunds included, newest first, as JSON."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("order", help="the order's id, or its short code")

    def handle(self, *, order: str, **options: Any) -> None:
        found = _order(order)
        status = {"code": found.code, "status": found.status, **order_job_status(found.pk)}
        self.stdout.write(json.dumps(status, indent=2, cls=DjangoJSONEncoder))


def _order(wanted: str) -> Order:
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
