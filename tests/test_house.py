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


def test_every_setting_stands_in_the_example_and_the_example_names_no_other():
    example = (ROOT / ".env.example").read_text()
    named = set(re.findall(r"^(?:# )?([A-Z][A-Z0-9_]+)=", example, re.MULTILINE))

    assert named == set(settings.ENVIRONMENT_NAMES)


def test_every_setting_is_explained_in_the_configuration_reference():
    reference = (ROOT / "docs" / "configuration.md").read_text()
    missing = [name for name in settings.ENVIRONMENT_NAMES if f"`{name}`" not in reference]

    assert missing == []


def test_every_kind_of_job_is_named_in_the_operations_guide():
    from queueing import registry

    guide = (ROOT / "docs" / "operations.md").read_text()
    ours = [
        kind.name for kind in registry.kinds() if not kind.handler.__module__.startswith("tests")
    ]

    assert ours
    assert [name for name in ours if f"`{name}`" not in guide] == []


def test_every_management_command_is_named_in_the_operations_guide():
    guide = (ROOT / "docs" / "operations.md").read_text()
    ours = {
        path.stem
        for path in ROOT.glob("*/management/commands/*.py")
        if path.parts[-4] in PACKAGES and not path.name.startswith("_")
    }

    assert ours
    assert sorted(name for name in ours if f"`{name}`" not in guide) == []


def test_every_status_is_drawn_in_the_architecture():
    from orders.models import Status

    architecture = (ROOT / "docs" / "architecture.md").read_text()

    assert [status for status in Status.values if status not in architecture] == []


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


def test_every_link_between_the_documents_leads_somewhere():
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("*/README.md")]
    dead = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in pages
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)[^)]*\)", page.read_text())
        if not (page.parent / target).exists()
    ]

    assert pages
    assert dead == []
