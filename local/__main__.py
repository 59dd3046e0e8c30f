"""`python -m local run | demo [--once] | services -- command… | lint`."""

import argparse
import os
import subprocess
import sys
import time

import environ

from local import demo, lint, stack
from local.interrupts import interrupts
from local.parts import PROJECT
from local.processes import CannotStart
from local.screen import LogFollower, line
from local.shop import Shop
from local.stack import Stack

WATCH_S = 0.5
INTERRUPTED = 130  # as shells say it: 128 and the signal's number


def main() -> int:
    """Run the command; return the exit code."""
    arguments = _parse()
    environ.Env.read_env(PROJECT / ".env")  # what is exported wins, as in the settings
    interrupts.install()
    try:
        return int(arguments.act(arguments))
    except CannotStart as refusal:
        print(f"byline: {refusal}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return INTERRUPTED


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local", description="Byline on one machine.")
    commands = parser.add_subparsers(required=True)
    commands.add_parser("run", help="everything, until Ctrl-C").set_defaults(act=_run)
    demo_parser = commands.add_parser("demo", help="everything, and the demo's orders")
    demo_parser.add_argument("--once", action="store_true", help="end after the orders")
    demo_parser.set_defaults(act=_demo)
    services = commands.add_parser("services", help="the databases, while a command runs")
    services.add_argument("command", nargs="+")
    services.set_defaults(act=_services)
    commands.add_parser("lint", help="every check").set_defaults(act=lambda _: lint.lint() > 0)
    return parser.parse_args()


def _run(_: argparse.Namespace) -> int:
    with stack.running(os.environ) as everything:
        _show(everything)
        logs = {process.name: process.log for process in everything.processes}
        with LogFollower(logs):
            _stay_up(everything)
    return 0


def _demo(arguments: argparse.Namespace) -> int:
    with stack.running(os.environ) as everything:
        with Shop(
            site=everything.site, sandbox=everything.sandbox, logins=everything.logins
        ) as shop:
            outcome = demo.play(shop, lost_causes=demo.LOST_CAUSES, meanwhile=everything.check)
        if not arguments.once:
            line(str(outcome))
            _show(everything)
            _stay_up(everything)
    if arguments.once:
        line(str(outcome))  # the last line, below those of a part that would not stop
    return int(outcome.failed > 0)


def _services(arguments: argparse.Namespace) -> int:
    with stack.servers(os.environ) as env:
        return subprocess.run(arguments.command, env=env, check=False).returncode


def _stay_up(everything: Stack) -> None:
    """Return on Ctrl-C; raise when a part ends by itself."""
    try:
        while True:
            time.sleep(WATCH_S)
            everything.check()
    except KeyboardInterrupt:
        line("stopping")


def _show(everything: Stack) -> None:
    who = everything.logins
    line(f"""
Byline is up. Ctrl-C stops it.

  Shop       {everything.site}/
  API        {everything.site}/api/docs/
  Admin      {everything.site}/admin/   {
        _login(who, "DJANGO_SUPERUSER_USERNAME", "DJANGO_SUPERUSER_PASSWORD")
    }, {_login(who, "EDITOR_USERNAME", "EDITOR_PASSWORD")}
  Flower     {everything.flower}/   {_login(who, "FLOWER_USER", "FLOWER_PASSWORD")}
  Sandbox    {everything.sandbox}/   payment pages, inbox at /inbox
  Logs       {everything.env["VAR_DIR"]}/log/
""")


def _login(who: dict[str, str], user: str, password: str) -> str:
    return f"{who[user]} / {who[password]}"


if __name__ == "__main__":
    sys.exit(main())
