"""A press, by its kind, and the scene in which it is made."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.faults.arena import Arena
from tests.faults.killed_workers import Wish
from tests.faults.people import Errand


@dataclass(frozen=True, kw_only=True)
class Page:
    """A button of the order's page, or of an editor's; without `fields` a page that is opened."""

    path: str
    fields: Mapping[str, str] = field(default_factory=dict)
    by_editor: bool = False


@dataclass(frozen=True, kw_only=True)
class Purchase:
    """A program's purchase over the API."""

    body: Mapping[str, Any]
    key: str


@dataclass(frozen=True, kw_only=True)
class Command:
    """What an operator types behind `manage.py`."""

    words: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class AtStripe:
    """What somebody does there."""

    path: str
    body: Mapping[str, Any] = field(default_factory=dict)
    last: str = ""  # the event that comes in its own time, after the others
    about: str = ""

    def is_told(self, arena: Arena) -> bool:
        """Whether Stripe has told all of it, and was heard."""
        if self.last:
            told = arena.read("stripe/events", type=self.last, object=self.about)["events"]
            if not told:
                return False
        return not arena.read("state")["deliveries_under_way"]


Press = Page | Purchase | Command | AtStripe


@dataclass(frozen=True, kw_only=True)
class Scene:
    """One press. Its order is led to `at` by `wish`, and waits there; `begins` is asked for what is
    pressed, `goes_on` for what its people do then."""

    begins: Callable[[Arena, Errand], Press]
    at: str = ""  # "": nobody has ordered yet
    orders: bool = False  # the press itself
    once: bool = False  # it does nothing where it was done before
    wish: Wish = field(default_factory=dict)
    at_once: Callable[[Arena, Errand], None] | None = None  # before it is ordered
    goes_on: Callable[[Arena, Errand], None] = lambda arena, errand: None
    done: Callable[[Errand], bool] = lambda errand: True  # pressed twice, it has happened once
