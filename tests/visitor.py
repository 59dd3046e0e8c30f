"""Who asks our servers over HTTP in a test: past any proxy, and as patient as a busy machine needs.

No test says by a wait for an answer how fast we are, and httpx2 gives up after five seconds.
"""

from typing import Any, Final

import httpx2

PATIENCE_S: Final = 60


def visitor(**how: Any) -> httpx2.Client:
    """Return a client of no cookies; `how` is for httpx2: `base_url=…, follow_redirects=True`."""
    return httpx2.Client(trust_env=False, timeout=PATIENCE_S, **how)


def get(url: str, **how: Any) -> httpx2.Response:
    """Return the answer to one GET of a stranger's."""
    with visitor(**how) as stranger:
        return stranger.get(url)
