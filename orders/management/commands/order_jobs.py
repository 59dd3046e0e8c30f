import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.core.serializers.json import DjangoJSONEncoder

from orders.jobs import order_job_status
from orders.management.deciding import order_named


class Command(BaseCommand):
    help = "Show the jobs of an order, e-mails and refunds included, newest first, as JSON."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("order", help="the order's id, or its short code")

    def handle(self, *, order: str, **options: Any) -> None:
        found = order_named(order)
        status = {"code": found.code, "status": found.status, **order_job_status(found.pk)}
        self.stdout.write(json.dumps(status, indent=2, cls=DjangoJSONEncoder))
