"""`manage.py import_article`: articles that exist, into the catalogue with their texts."""

import csv
import getpass
import sys
from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from articles import importing
from articles.importing import HasText, ImportRefused


class Command(BaseCommand):
    help = (
        "Store articles that exist with the texts that readers find there. One that has a text "
        "already stays as it is."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("urls", nargs="*", metavar="url", help="the article's address")
        parser.add_argument(
            "--list",
            metavar="FILE",
            help="addresses, one a line or first in a CSV's rows; - reads stdin",
        )
        parser.add_argument("--domain", metavar="HOST", help="default: by the address' host")
        parser.add_argument(
            "--html", metavar="FILE", help="the text of the one article; - reads stdin"
        )
        parser.add_argument("--title", default="", help="of the one article; default: the page's")
        parser.add_argument("--open", action="store_true", help="customers may buy a link in it")
        parser.add_argument("--actor", default=None, help="default: the name you are logged in by")
        parser.add_argument("--dry-run", action="store_true", help="read, but store nothing")

    def handle(self, *, urls: list[str], dry_run: bool, **options: Any) -> None:
        wanted = [*urls, *_listed(options["list"])]
        if not wanted:
            raise CommandError("name an address, or a --list of them")
        if len(wanted) > 1 and (options["html"] or options["title"]):
            raise CommandError("--html and --title are of one article")
        html = _read(options["html"]) if options["html"] else ""
        ended = Counter(
            self._one(url, html=html, dry_run=dry_run, options=options)
            for url in dict.fromkeys(wanted)
        )
        would = "would be " if dry_run else ""
        self.stdout.write(
            f"{ended['imported']} {would}imported, {ended['there']} there already, "
            f"{ended['failed']} failed"
        )
        if ended["failed"]:
            raise CommandError(f"{ended['failed']} of {ended.total()} were not imported")

    def _one(self, url: str, *, html: str, dry_run: bool, options: dict[str, Any]) -> str:
        host = options["domain"]
        try:
            text = importing.read(
                domain=importing.domain_of(f"https://{host}/" if host else url),
                url=url,
                html=html,
                title=options["title"],
            )
            with transaction.atomic():
                imported = importing.store(
                    text,
                    by=options["actor"] or getpass.getuser(),
                    opened=options["open"],
                    at=timezone.now(),
                )
                transaction.set_rollback(dry_run)
        except HasText:
            self.stdout.write(f"{url}: there already")
            return "there"
        except ImportRefused as refused:
            self.stderr.write(f"{url}: {refused}")
            return "failed"
        sold = "on sale" if imported.article.is_open_for_integration else "not on sale"
        self.stdout.write(f"{url}: {imported.version.words} words, {sold}")
        for note in imported.notes:
            self.stdout.write(f"  {note}")
        return "imported"


def _listed(path: str | None) -> list[str]:
    """Return the first cell of each line; empty lines, comments and a heading are no addresses."""
    if path is None:
        return []
    rows = csv.reader(_read(path).splitlines())
    cells = (row[0].strip() for row in rows if row)
    return [cell for cell in cells if cell and not cell.startswith("#") and cell.lower() != "url"]


def _read(path: str) -> str:
    try:
        return sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} cannot be read: {error}") from None
