"""Every e-mail, word for word and rule for rule, as it was last read by a person.

After a change to an e-mail, `UPDATE_SNAPSHOTS=1 pytest tests/orders/test_email_snapshots.py`
writes the files in `email_snapshots/` anew; read their diff as a customer would.
"""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from orders import notifications
from orders.models import OutgoingEmail
from orders.views.samples import VARIANTS, sample

SNAPSHOTS = Path(__file__).parent / "email_snapshots"
AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _same_addresses_everywhere(settings):
    settings.SECRET_KEY = "the key of the snapshots"
    settings.SITE_URL = "https://byline.example"


def written(name: str) -> notifications.Message:
    variant = VARIANTS[name]
    return notifications.render(variant.kind, sample(variant, at=AT))


@pytest.mark.parametrize("name", VARIANTS)
def test_an_email_reads_as_it_was_last_read_by_a_person(name):
    message = written(name)
    text, html = SNAPSHOTS / f"{name}.txt", SNAPSHOTS / f"{name}.html"

    if os.environ.get("UPDATE_SNAPSHOTS") == "1":
        text.write_text(message.text, encoding="utf-8")
        html.write_text(message.html, encoding="utf-8")

    assert f"<title>{message.subject}</title>" in message.html  # so the subject is held too
    assert message.text == text.read_text(encoding="utf-8")
    assert message.html == html.read_text(encoding="utf-8")


def test_every_email_has_its_two_snapshots_and_no_snapshot_is_left_over():
    expected = {f"{name}.{form}" for name in VARIANTS for form in ("txt", "html")}

    assert {path.name for path in SNAPSHOTS.iterdir()} == expected
    assert {variant.kind for variant in VARIANTS.values()} == set(OutgoingEmail.Kind.values)


@pytest.mark.parametrize("name", [name for name, it in VARIANTS.items() if it.product != "article"])
def test_an_email_of_a_link_speaks_of_no_writing(name):
    message = written(name)

    for words in ("we are writing", "could not write", "your article is"):
        assert words not in (message.subject + message.text).casefold()


@pytest.mark.parametrize("name", [name for name, it in VARIANTS.items() if it.refund_waits])
def test_a_refund_that_waits_is_not_called_on_its_way(name):
    message = written(name)

    assert "2 March 2026, 10:30 UTC" in " ".join(message.text.split())
    assert "on its way" not in message.subject + message.text
