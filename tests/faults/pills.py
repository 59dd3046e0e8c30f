"""Orders that harm the worker that writes them, told by their topic.

Only a process with the harness's settings looks here, and only with `PILLS`: a limit in megabytes
on the address space of the process. The kernel kills a process that eats the machine's memory
as it kills one that is told to die, so that is one pill; the other meets the limit inside.
`FAILPOINT_DIED` names the file whose time tells when: of the death, or of the first bite.
"""

import os
import resource
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

KILL = ", with a pill that kills"
EAT = ", with a pill that eats memory"
_BITE = 64 * 2**20


def hand_out() -> None:
    """Have this process swallow the pills of the orders that it writes."""
    limit_mb = int(os.environ.get("PILLS") or 0)
    if not limit_mb:
        return
    from queueing.run import Run

    resource.setrlimit(resource.RLIMIT_AS, (limit_mb * 2**20,) * 2)
    stored = Run.once

    def once(self: Run, name: str, *args: Any, **kwargs: Any) -> Any:
        _swallow(str((self.steps.get("brief") or {}).get("topic", "")))
        return stored(self, name, *args, **kwargs)

    Run.once = once  # type: ignore[method-assign]


def _swallow(topic: str) -> None:
    for pill, effect in _EFFECTS.items():
        if topic.endswith(pill):
            _note(pill)
            effect()


def _note(pill: str) -> None:
    """Note the moment; one that was left without memory is not well from its first bite on."""
    died = os.environ.get("FAILPOINT_DIED")
    if died and (pill == KILL or not Path(died).exists()):
        Path(died).write_text(pill)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _eat() -> None:
    eaten = []
    while True:
        eaten.append(bytearray(_BITE))


_EFFECTS: dict[str, Callable[[], None]] = {KILL: _die, EAT: _eat}
