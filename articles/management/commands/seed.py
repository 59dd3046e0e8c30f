"""`manage.py seed`: the demo's publishers and their articles, into the database."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone

from articles import seed


class Command(BaseCommand):
    help = "Store the demo's domains and articles that are not there yet; change none that are."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="count, but store nothing")

    def handle(self, *, dry_run: bool, **options: Any) -> None:
        with transaction.atomic():
            seeded = seed.plant(at=timezone.now())
            transaction.set_rollback(dry_run)
        would = "would be " if dry_run else ""
        self.stdout.write(
            f"{seeded.domains} domains, {seeded.new_domains} of them {would}new; "
            f"{seeded.articles} articles, {seeded.new_articles} of them {would}new"
        )
