"""What writes, read off the source: every place is died at, or is known not to be a job's."""

from itertools import chain
from pathlib import Path

import pytest

from local.parts import PROJECT
from tests.faults import ways, writes


@pytest.mark.parametrize(
    ("source", "places"),
    [
        ("def pay(): Order.objects.filter(pk=1).update(status='paid')", {"pay"}),
        ("def a():\n _b()\ndef c():\n _b()\ndef _b(): x.save()", {"_b<a", "_b<c"}),
        ("def a():\n _b()\ndef _b():\n _c()\ndef _c(): x.save()", {"_c<a"}),
        ("def _alone(): x.save()", {"_alone"}),
        ("def a(): wait(lambda: Call.objects.create(n=1))", {"<lambda><a"}),
        ("class A:\n def __call__(self): x.delete()", {"__call__"}),
        ("_END = f'UPDATE {x}'\ndef a(cursor): cursor.execute(_END)", {"a"}),
        ("def a(cursor, statement): cursor.execute(statement)", {"a"}),
        ("_LOOK = 'SELECT 1 FOR UPDATE'\ndef a(cursor): cursor.execute(_LOOK)", set()),
        ("def a(): known.update({'a': 1})", set()),
        ("def a(): client.v1.refunds.create({})", set()),
    ],
)
def test_a_file_is_read_for_what_writes(source, places):
    assert set(writes.of_source(source)) == places


def test_each_place_that_nobody_need_pass_is_there():
    places = writes.places(Path(PROJECT))
    known = chain(*ways.NOT_PASSED.values())

    assert [one for one in known if not any(place.startswith(one) for place in places)] == []


def test_a_place_that_nobody_passed_is_named():
    points = ["email|orders/mailer.py:was_sent|before-write|1"]

    assert "orders/mailer.py:was_sent" not in ways.unpassed(points)
    assert "orders/mailer.py:was_not_sent" in ways.unpassed(points)
