"""Asking for work: a row in the caller's transaction, and a bell that rings when it commits."""

import json
from collections.abc import Mapping
from datetime import datetime
from uuid import uuid4

from queueing.clock import BELL, NOW
from queueing.models import Job
from queueing.registry import kind_named

Arguments = Mapping[str, str | int | None]

_ENQUEUE = f"""
WITH added AS (
    INSERT INTO queueing_job (
        id, kind, subject, arguments, key, rank, priority, state, doing, attempts, failures,
        crashes, tries, run_at, created_at, error_class, error_reason, actor, has_detail
    ) VALUES (
        %(id)s, %(kind)s, %(subject)s, %(arguments)s::jsonb, %(key)s, %(rank)s, %(priority)s,
        'waiting', '', 0, 0, 0, %(tries)s, coalesce(%(run_at)s::timestamptz, {NOW}), {NOW},
        '', '', %(actor)s, true
    )
    ON CONFLICT (key) DO NOTHING
    RETURNING *
)
SELECT added.*, pg_notify('{BELL}', '')::text AS rung FROM added
"""  # noqa: S608  the interpolated parts are constants of this package


def enqueue(
    *,
    kind: str,
    subject: str,
    arguments: Arguments | None = None,
    key: str | None = None,
    priority: int = 5,
    run_at: datetime | None = None,
    actor: str = "",
    at: datetime | None = None,
) -> Job:
    """Record a job in the current transaction and return it; the broker is not talked to.

    It starts once the transaction commits, not before `run_at`, or never if that rolls back.
    With a `key` that a job already has, that job is returned and nothing is added, whatever its
    state. Lower `priority` comes first inside a kind.

    :raises UnknownKind: no handler is registered for `kind`
    :raises ValueError: `arguments` holds long text
    :raises TypeError: `arguments` holds more than text and numbers
    """
    known = kind_named(kind)
    _refuse_content(arguments or {})
    added = Job.objects.raw(
        _ENQUEUE,
        {
            "id": uuid4(),
            "kind": kind,
            "subject": subject,
            "arguments": json.dumps(dict(arguments or {})),
            "key": key,
            "rank": known.rank,
            "priority": priority,
            "tries": known.policy.tries,
            "run_at": run_at,
            "actor": actor,
            "at": at,
        },
    )
    for job in added:
        return job
    # ON CONFLICT waited for the other transaction, so the row that won is visible now.
    return Job.objects.get(key=key)


def _refuse_content(arguments: Arguments) -> None:
    """Arguments travel to logs and admin pages: ids belong there, what customers write does not."""
    for name, value in arguments.items():
        if isinstance(value, str) and len(value) > 100:
            raise ValueError(f"argument {name!r} is text of {len(value)} characters, not an id")
        if not isinstance(value, str | int | None):
            raise TypeError(f"argument {name!r} is a {type(value).__name__}, not an id")
