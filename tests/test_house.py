"""Rules of the house that no linter knows."""

import re
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
_PRODUCT = ("config", "orders", "articles", "queueing", "sandbox", "local")
PACKAGES = (*_PRODUCT, "evaluation", "benchmarks", "tests")
LONGEST_FILE_LINES = 400


def python_files() -> list[Path]:
    return [
        path
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if "migrations" not in path.parts
    ]


def test_no_file_is_longer_than_a_reader_can_hold():
    long = [
        f"{path.relative_to(ROOT)}: {count}"
        for path in python_files()
        if (count := len(path.read_text().splitlines())) > LONGEST_FILE_LINES
    ]

    assert long == []


def test_nothing_is_called_utils_or_common():
    rooms = [path for path in python_files() if {"utils.py", "common"} & set(path.parts)]

    assert rooms == []


def test_only_the_lifecycle_writes_an_orders_status():
    writers = re.compile(r"order\.status\s*=[^=]|update\([^)]*\bstatus=", re.DOTALL)
    offenders = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "orders").rglob("*.py")
        if path.name != "lifecycle.py" and "migrations" not in path.parts
        if writers.search(path.read_text())
    ]

    assert offenders == []


def test_every_decision_has_a_number_of_its_own_and_carries_it_in_its_title():
    numbers = []
    for path in sorted((ROOT / "docs" / "adr").glob("*.md")):
        numbers.append(path.name[:4])
        assert re.match(f"# (?:ADR )?{numbers[-1]}\\b", path.read_text()), path.name

    assert [number for number in numbers if numbers.count(number) > 1] == []
