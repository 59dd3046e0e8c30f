"""What production writes down when something breaks."""

import json
import subprocess
import sys
from pathlib import Path

from django.conf import settings

BREAKS = """
import logging.config, structlog
from config import logs
logging.config.dictConfig(logs.configure(readable=False, level="INFO"))
class UniqueViolation(Exception):
    pass
try:
    try:
        raise UniqueViolation("duplicate key\\nDETAIL:  Key (email)=(ada@example.com) exists.")
    except UniqueViolation as cause:
        raise ValueError("no order") from cause
except ValueError:
    structlog.get_logger("ours").exception("broke", order="7F3K")
    logging.getLogger("theirs").exception("broke too")
"""


def test_a_row_that_the_database_quotes_stays_out_of_the_logs():
    ended = subprocess.run(
        [sys.executable, "-c", BREAKS],
        cwd=Path(settings.BASE_DIR),
        capture_output=True,
        text=True,
        check=True,
    )

    lines = [json.loads(line) for line in ended.stderr.splitlines()]
    assert [line["event"] for line in lines] == ["broke", "broke too"]
    for line in lines:
        assert "duplicate key" in line["exception"]
        assert "ValueError: no order" in line["exception"]
        assert "ada@example.com" not in line["exception"]
