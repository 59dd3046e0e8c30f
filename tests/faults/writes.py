"""Where the source writes to the database: what `failpoints` would name, found by reading it.

A function that writes under a private name is named with each public one of its file that leads
there, as `failpoints` names it when it is passed. Statements that are put together elsewhere count
as writes; what merely looks like one (a dict's `update`, a call to a provider) does not.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

ROOMS: Final = ("orders", "articles", "queueing")
# They write for the shop's pages, the desk and operators, whom no job and no news of Stripe's asks.
_PEOPLES: Final = ("/admin/", "/admin.py", "/api/", "/views/", "/management/", "/migrations/")
_WRITES = re.compile(r"\b(INSERT|UPDATE|DELETE|pg_notify)\b")
_READS_ONLY = re.compile(r"\s*SELECT\b(?!.*pg_notify).*\bFOR (NO KEY )?UPDATE\b", re.DOTALL)
_ORM: Final = frozenset({
    "create", "update", "save", "delete", "bulk_create", "bulk_update", "get_or_create",
    "update_or_create",
})  # fmt: skip
_PROVIDERS: Final = ("client", "completions", "writer")


def is_write(statement: str) -> bool:
    """Whether the statement changes rows or tells others of a change."""
    return bool(_WRITES.search(statement)) and not _READS_ONLY.match(statement)


def is_public(name: str) -> bool:
    """Whether a failpoint needs no other name beside this one to tell where it is."""
    return name.endswith("__") or not name.startswith(("_", "<"))


def places(project: Path) -> set[str]:
    """Return each place that writes, as `file:function` or `file:function<the public one`."""
    found: set[str] = set()
    for room in ROOMS:
        for file in sorted((project / room).rglob("*.py")):
            path = str(file.relative_to(project))
            if not any(one in f"/{path}" for one in _PEOPLES):
                found |= {f"{path}:{place}" for place in of_source(file.read_text())}
    return found


@dataclass
class _Reading(ast.NodeVisitor):
    """What a file's functions write and whom they call; lambdas are functions of their own."""

    statements: dict[str, str]
    inside: list[str] = field(default_factory=list)
    writers: set[str] = field(default_factory=set)
    callers: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._visit_as(node, node.name)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._visit_as(node, "<lambda>")

    def visit_ListComp(self, node: ast.ListComp) -> None:
        self._visit_as(node, "<listcomp>")

    def visit_Call(self, node: ast.Call) -> None:
        called = node.func.attr if isinstance(node.func, ast.Attribute) else None
        called = node.func.id if isinstance(node.func, ast.Name) else called
        if self.inside and called:
            self.callers[called].add(self.inside[-1])
            if self._writes(node):
                self.writers.add(self.inside[-1])
        self.generic_visit(node)

    def _visit_as(self, node: ast.AST, name: str) -> None:
        # One function's lambda is not another's.
        within = next((one for one in reversed(self.inside) if one[0] != "<"), "")
        own = f"{name}{within}" if name.startswith("<") else name
        if self.inside:
            self.callers[own].add(self.inside[-1])
        self.inside.append(own)
        self.generic_visit(node)
        self.inside.pop()

    def _writes(self, node: ast.Call) -> bool:
        if not isinstance(node.func, ast.Attribute):
            return False
        if node.func.attr == "execute":
            return bool(node.args) and self._is_write(node.args[0])
        if node.func.attr not in _ORM or any(
            one in ast.unparse(node.func.value) for one in _PROVIDERS
        ):
            return False
        return node.func.attr != "update" or not node.args

    def _is_write(self, statement: ast.expr) -> bool:
        text = self.statements.get(statement.id) if isinstance(statement, ast.Name) else None
        text = _text(statement) if text is None else text
        return text is None or is_write(text)


def of_source(source: str) -> Iterator[str]:
    """Yield each function of one file that writes, as `function` or `function<the public one`."""
    tree = ast.parse(source)
    assigned = [one for one in tree.body if isinstance(one, ast.Assign)]
    statements = {
        target.id: text
        for one in assigned
        for target in one.targets
        if isinstance(target, ast.Name) and (text := _text(one.value)) is not None
    }
    reading = _Reading(statements)
    reading.visit(tree)
    for writer in reading.writers:
        name = re.sub(r"(?<=>).*", "", writer)
        if is_public(name):
            yield name
            continue
        by = _public_callers(reading, writer, set())
        yield from (f"{name}<{one}" for one in by) if by else [name]


def _public_callers(reading: _Reading, name: str, seen: set[str]) -> set[str]:
    found: set[str] = set()
    for caller in reading.callers[name] - seen:
        seen.add(caller)
        found |= {caller} if is_public(caller) else _public_callers(reading, caller, seen)
    return found


def _text(value: ast.expr) -> str | None:
    """Return a string as it stands in the source, None where it is put together elsewhere."""
    if isinstance(value, ast.Constant):
        return str(value.value)
    if isinstance(value, ast.JoinedStr):
        return "".join(str(one.value) for one in value.values if isinstance(one, ast.Constant))
    return None
