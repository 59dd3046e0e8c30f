"""Stands in for the kind of job that publishes, until the pipelines have one."""

import pytest

from queueing import registry


@pytest.fixture(scope="session", autouse=True)
def _publication_kind() -> None:
    try:
        registry.kind_named("publication")
    except registry.UnknownKind:
        registry.handles("publication")(lambda run: None)
