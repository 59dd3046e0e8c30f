"""Whoever pays for calls: keeps each one's usage, and may have a say before it is made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol, runtime_checkable

from articles.writer.chain import Model
from articles.writer.usage import Record, Usage


@runtime_checkable
class Account(Protocol):
    """A record that also says which models to ask, and when."""

    def __call__(self, usage: Usage) -> None:
        """Keep what one call took."""

    def choose(self, models: Sequence[Model]) -> Sequence[Model]:
        """Return the models to ask, in that order."""

    def turn(self, model: Model) -> AbstractContextManager[None]:
        """Hold one of the places that the model has for calls while one is made.

        What the call raises passes through it, so that it learns how the model is.

        :raises WriterAway: there is none now, or the model does not answer anybody
        """


class _Plain:
    """For callers without a ledger: the whole chain, whenever they like."""

    def __init__(self, record: Record) -> None:
        self._record = record

    def __call__(self, usage: Usage) -> None:
        self._record(usage)

    def choose(self, models: Sequence[Model]) -> Sequence[Model]:
        return models

    @contextmanager
    def turn(self, model: Model) -> Iterator[None]:
        yield


def account_of(record: Record) -> Account:
    """Return the record as an account, whatever it is."""
    return record if isinstance(record, Account) else _Plain(record)
