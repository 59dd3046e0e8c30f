"""The parts of a running Byline: what each is started with, and how it shows that it is ready.

The commands are the Procfile's own lines, so that what is tried here is what production runs; the
sandbox, which production never sees, is added.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx2
from celery import Celery

from local import ports
from local.embedded import port_setting
from local.processes import Process

PROJECT = Path(__file__).resolve().parent.parent
# The order in which they stop: nobody new comes in, then running work is handed back, and what the
# work talks to goes last.
STOP_ORDER = ("web", "beat", "flower", "worker", "sandbox")


@dataclass(frozen=True, kw_only=True)
class Part:
    process: Process
    ready: Callable[[], bool]


def environment(env: Mapping[str, str], *, var_dir: Path) -> dict[str, str]:
    """Return what the parts are started with: what the user gave, and our defaults spelled out.

    :raises CannotStart: a port setting is not a number
    """
    web = port_setting(env, "WEB_PORT", default=8000)
    return {
        "BYLINE_ENV": "development",
        **env,
        "WEB_PORT": str(web),
        "FLOWER_PORT": str(port_setting(env, "FLOWER_PORT", default=5555)),
        "SANDBOX_PORT": str(port_setting(env, "SANDBOX_PORT", default=8010)),
        "SITE_URL": env.get("SITE_URL") or f"http://{ports.HOST}:{web}",
        "VAR_DIR": str(var_dir),
        # The Procfile says `python`: this one.
        "PATH": f"{Path(sys.executable).parent}:{env.get('PATH', '/usr/bin:/bin')}",
        "PYTHONPATH": str(PROJECT),
        "PYTHONUNBUFFERED": "1",
        **ports.past_proxies(env),
    }


def wanted_ports(env: Mapping[str, str]) -> list[ports.Port]:
    """Return the ports of the parts. `env` as `environment` returns it."""
    wanted = (("WEB_PORT", "web"), ("FLOWER_PORT", "Flower"), ("SANDBOX_PORT", "the sandbox"))
    return [
        ports.Port(number=int(env[setting]), setting=setting, part=part) for setting, part in wanted
    ]


def parts(env: Mapping[str, str]) -> dict[str, Part]:
    """Return every part by name, not started. `env` as `environment` returns it."""
    address = f"http://{ports.HOST}"
    nodes = {"WORKER_NAME": f"byline-{env['WEB_PORT']}"}
    return {
        "sandbox": Part(
            process=process("sandbox", env),
            ready=partial(_responds, f"{address}:{env['SANDBOX_PORT']}/"),
        ),
        "web": Part(
            process=process("web", env),
            ready=partial(_responds, f"{address}:{env['WEB_PORT']}/readyz"),
        ),
        "worker": Part(
            process=process(
                "worker", {**env, **nodes}, grace_s=float(env.get("STOP_GRACE_S") or 150) + 10
            ),
            ready=partial(worker_answers, env.get("REDIS_URL", ""), name=nodes["WORKER_NAME"]),
        ),
        # It serves nobody: that it still runs is all that can be asked.
        "beat": Part(process=process("beat", env), ready=lambda: True),
        "flower": Part(
            process=process("flower", env),
            # 401: it is there, and asks who we are.
            ready=partial(_responds, f"{address}:{env['FLOWER_PORT']}/", status=401),
        ),
    }


def process(
    name: str, env: Mapping[str, str], *, grace_s: float = 20, log_name: str = ""
) -> Process:
    """Return the named part's process; its log is `VAR_DIR/log/<log_name or name>.log`."""
    line = "exec python -m sandbox" if name == "sandbox" else procfile()[name]
    return Process(
        name,
        ["/bin/sh", "-c", line],
        log=Path(env["VAR_DIR"]) / "log" / f"{log_name or name}.log",
        env=env,
        stop_grace_s=grace_s,
    )


def procfile() -> dict[str, str]:
    """Return the command line of every process that production runs."""
    lines = (PROJECT / "Procfile").read_text().splitlines()
    return {name: line.strip() for name, _, line in (text.partition(":") for text in lines)}


def worker_answers(redis_url: str, *, name: str) -> bool:
    """Ask the worker over the broker; it answers once it takes messages."""
    with Celery(broker=redis_url, set_as_current=False) as asker:
        try:
            replies = asker.control.ping(timeout=0.3)
        except OSError:
            return False
    return any(node.startswith(f"{name}@") for node in _nodes(replies))


def _nodes(replies: list[dict[str, object]]) -> Iterator[str]:
    for reply in replies:
        yield from reply


def _responds(url: str, *, status: int = 200) -> bool:
    try:
        return httpx2.get(url, timeout=5, trust_env=False).status_code == status
    except httpx2.HTTPError:
        return False
