import ast
from pathlib import Path

import pytest
from celery import current_app

from queueing import checks

ROOM = Path(checks.__file__).parent


def found(check):
    return [message.id for message in check()]


def test_the_settings_as_they_are_pass():
    for check in (checks.check_times, checks.check_database, checks.check_celery):
        assert found(check) == []


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("HEARTBEAT_S", 10, "queueing.E001"),
        ("REDISPATCH_AFTER_S", 1, "queueing.E002"),
        ("JOB_DEADLINE_S", 20, "queueing.E003"),
        ("POLL_S", 3, "queueing.E004"),
    ],
)
def test_times_that_do_not_fit_are_refused(settings, name, value, code):
    setattr(settings, name, value)

    assert found(checks.check_times) == [code]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"ENGINE": "django.db.backends.sqlite3"}, "queueing.E010"),
        ({"OPTIONS": {}}, "queueing.W011"),
        ({"OPTIONS": {"pool": {"max_size": 2}}}, "queueing.E012"),
        ({"DISABLE_SERVER_SIDE_CURSORS": True}, "queueing.W013"),
    ],
)
def test_a_database_that_cannot_hold_the_ledger_is_named(settings, change, code):
    wrong = {"default": settings.DATABASES["default"] | change}

    assert [message.id for message in checks.wrong_database(wrong["default"])] == [code]


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("task_acks_late", True, None),  # an hour of visibility is longer than any job
        ("task_always_eager", True, "queueing.E021"),
        ("worker_pool", "prefork", "queueing.E022"),
        ("accept_content", ["json", "pickle"], "queueing.E023"),
        ("worker_disable_prefetch", False, "queueing.W024"),
        ("result_backend", "redis://", "queueing.W025"),
    ],
)
def test_a_courier_that_wants_to_be_more_is_named(monkeypatch, name, value, code):
    monkeypatch.setitem(current_app.conf, name, value)

    assert found(checks.check_celery) == ([code] if code else [])


def test_late_acknowledgement_needs_a_visibility_longer_than_any_job(monkeypatch):
    monkeypatch.setitem(current_app.conf, "task_acks_late", True)
    monkeypatch.setitem(current_app.conf, "broker_transport_options", {"visibility_timeout": 60})

    assert found(checks.check_celery) == ["queueing.E020"]


def test_the_ledger_knows_no_order():
    """A job's link to what it is about is an opaque subject, outside of the tables too."""
    for module in ROOM.rglob("*.py"):
        if module.name == "models.py" or "migrations" in module.parts:
            continue
        for node in ast.walk(ast.parse(module.read_text())):
            if isinstance(node, ast.Attribute):
                assert node.attr not in {"order", "order_id"}, f"{module}:{node.lineno}"
