from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.validators import validate_email

from orders import mailer
from queueing.errors import RetryLater


class Command(BaseCommand):
    help = "Send one e-mail through SendGrid now, and say what SendGrid answered."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("address")
        parser.add_argument(
            "--dry-run", action="store_true", help="check the address, send nothing"
        )

    def handle(self, *, address: str, dry_run: bool, **options: Any) -> None:
        try:
            validate_email(address)
        except ValidationError:
            raise CommandError(f"{address} is no e-mail address") from None
        if dry_run:
            self.stdout.write("0 sent, 1 would be")
            return
        try:
            message_id = mailer.send_test(to=address)
        except (mailer.EmailRefused, RetryLater, mailer.ReplyLost) as failed:
            raise CommandError(str(failed)) from None
        self.stdout.write(f"1 sent: SendGrid accepted it as {message_id or 'a message without id'}")
