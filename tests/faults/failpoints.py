"""Places where a process may be told to die: every write that a job or a webhook makes.

A failpoint's name is `scope|file:function|moment|n`: the kind of the job (or what the process does
else), the place in our code that writes (`writes`), whether before or after, and which time in this
run. What belongs to no run has a failpoint at its first time only.
`FAILPOINT_LOG` names a file that gets the name of each one passed; `FAILPOINT` the one to die at,
by `FAILPOINT_SIGNAL`; `FAILPOINT_DIED` a file that gets its name before that, and tells when.
"""

import os
import signal
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import structlog

from tests.faults.writes import is_public

PROJECT = str(Path(__file__).resolve().parents[2])
ROOMS = tuple(f"{PROJECT}/{room}/" for room in ("orders", "articles", "queueing"))
ARRIVES_S = 0.5

_deadly = os.environ.get("FAILPOINT", "")
_how = signal.Signals[os.environ.get("FAILPOINT_SIGNAL", "SIGKILL")]
_log = os.environ.get("FAILPOINT_LOG", "")
_died = os.environ.get("FAILPOINT_DIED", "")
_passed: Counter[str] = Counter()
_lock = threading.Lock()


def hit(moment: str) -> None:
    """Pass a failpoint, or get the signal there."""
    if not (_deadly or _log):
        return
    context = structlog.contextvars.get_contextvars()
    scope = context.get("kind") or _thread()
    run = f"{context.get('job_id', '')}/{context.get('run', '')}"
    place = f"{scope}|{_place()}|{moment}"
    with _lock:
        _passed[f"{run}|{place}"] += 1
        times = _passed[f"{run}|{place}"]
        name = f"{place}|{times}"
        if _log and (times == 1 or "job_id" in context):
            with open(_log, "a") as file:
                file.write(f"{name}\n")
    if name == _deadly:
        if _died:
            Path(_died).write_text(name)
        os.kill(os.getpid(), _how)
        time.sleep(ARRIVES_S)  # another thread may be the one that takes it


def _thread() -> str:
    name = threading.current_thread().name
    return name if name.startswith("queueing-") else os.environ.get("FAILPOINT_SCOPE", "other")


def _place() -> str:
    """The innermost function of ours that is writing, beneath whatever library calls it made; for
    one with a private name, `<` and the public one of its file that led there."""
    frame = sys._getframe(2)
    place = path = None
    while frame is not None:
        code = frame.f_code
        if place is None and code.co_filename.startswith(ROOMS):
            path = code.co_filename
            place = f"{path.removeprefix(PROJECT + '/')}:{code.co_name}"
            if is_public(code.co_name):
                return place
        elif place is not None and code.co_filename == path and is_public(code.co_name):
            return f"{place}<{code.co_name}"
        frame = frame.f_back  # type: ignore[assignment]
    return place or "library"
