"""The proof that a process died at its failpoint is of this run, and of no earlier one."""

from itertools import count
from types import SimpleNamespace
from typing import Any, cast

from tests.faults import dying


def test_a_mark_begins_without_the_file_that_an_earlier_run_left(monkeypatch, tmp_path):
    monkeypatch.setattr(dying, "_notes", count(1))
    (tmp_path / "died-1").write_text("a|point|before|1")

    arena = cast(Any, SimpleNamespace(env={"VAR_DIR": str(tmp_path)}))
    mark = dying.Mark.of(arena, "a|point|before|1")

    assert mark.file.name == "died-1"
    assert not mark.file.exists()
