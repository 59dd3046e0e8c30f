"""What Django loads for `ENGINE = "tests.faults.postgresql"`."""

from collections.abc import Callable
from typing import Any

from django.db.backends.postgresql import base

from tests.faults import failpoints
from tests.faults.writes import is_write


class DatabaseWrapper(base.DatabaseWrapper):
    """Tells `failpoints` before each write and after each commit."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.execute_wrappers.append(_around)

    def _commit(self) -> None:
        failpoints.hit("before-commit")
        super()._commit()
        failpoints.hit("after-commit")


def _around(
    execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    if not is_write(str(sql)):
        return execute(sql, params, many, context)
    failpoints.hit("before-write")
    done = execute(sql, params, many, context)
    if not context["connection"].in_atomic_block:
        failpoints.hit("after-write")
    return done
