"""`manage.py seed`: the demo's publishers and their articles, into the database."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from articles import seed


class Command(BaseCommand):
    help = "Store the demo's domains and articles that are not there yet; change none that are."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="count, but store nothing")
        parser.add_argument(
            "--in-production",
            action="store_true",
            help="also where BYLINE_ENV is not development; customers can order what it stores",
        )

    def handle(self, *, dry_run: bool, in_production: bool, **options: Any) -> None:
        if not (settings.DEVELOPMENT or in_production):
            raise CommandError(
                "These are made-up publishers, and customers could order of them. It is done with "
                "BYLINE_ENV=development, or with --in-production; nothing was stored."
            )
        with transaction.atomic():
            seeded = seed.plant(at=timezone.now())
            transaction.set_rollback(dry_run)
        would = "would be " if dry_run else ""
        self.stdout.write(
            f"{seeded.domains} domains, {seeded.new_domains} of them {would}new; "
            f"{seeded.articles} articles, {seeded.new_articles} of them {would}new"
        )
