"""Fixtures that every room may use: the processes of a running Byline, on real parts."""

import pytest

from local import ports


@pytest.fixture
def free_port() -> int:
    """A port that nobody listens on."""
    return ports.free_port()
