"""Processes that die of what people press: whoever pressed comes back and presses once more, and
the oracle judges.
"""

import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

from local import parts
from local.ports import HOST, free_port
from local.processes import Process
from tests.faults.arena import PATIENCE_S
from tests.faults.dying import Mark, scope
from tests.faults.matrix import Round
from tests.faults.people import Errand
from tests.faults.people_race import Browser, Crowd
from tests.faults.presses import EDITOR, SCENES
from tests.faults.scene import AtStripe, Command, Page, Press, Purchase, Scene
from tests.faults.wrong import Wrong

DEATHS_A_PART = 20
# Done, refused with a reason, or told to come again.
ANSWERS = frozenset({200, 201, 409, 503})


@dataclass
class Pressing:
    """Everybody who presses in a round; a worker that lives does what follows."""

    round_: Round
    _crowd: Crowd | None = field(default=None)
    _deaths: int = 0
    _site: str = ""  # where the web server answers that is pressed at

    def passed_in(self, names: Sequence[str]) -> list[str]:
        """Return the failpoints that these scenes lead past, each place and moment once."""
        found: dict[str, str] = {}
        for name in names:
            for point in self.passed(name):
                found.setdefault(point.partition("|")[2], point)
        self.part_ends()
        return list(found.values())

    def missed_of(self, points: Sequence[str]) -> list[str]:
        """Have a process die of a press at each of these; return those that none got to."""
        missed = [point for point in points if not self.dies_at(point)]
        self.part_ends()
        return missed

    def passed(self, name: str) -> list[str]:
        """Press once, and return the failpoints that this led past, in the scope of that name."""
        log = Path(self.round_.arena.env["VAR_DIR"]) / "failpoints-press.log"
        log.unlink(missing_ok=True)
        self._play(name, FAILPOINT_LOG=str(log))
        return list(dict.fromkeys(log.read_text().splitlines())) if log.exists() else []

    def dies_at(self, point: str) -> bool:
        """Have the process die of the press at that point; False when it did not get there."""
        mark = Mark.of(self.round_.arena, point)
        died = mark.died_there(self._play(scope(point), **mark.settings))
        self.round_.injected += died
        self._deaths += 1
        if self._deaths % DEATHS_A_PART == 0:
            self.part_ends()
        return died

    def part_ends(self) -> None:
        """Bring everything to its end, have it judged, and go on from an empty database."""
        self.round_.people.finish()
        self.round_.begin_again()
        self._crowd = None

    def _play(self, name: str, **settings: str) -> Process:
        scene = SCENES[name]
        arena = self.round_.arena
        if scene.once:
            self.part_ends()
        self._come()
        errand = Errand(**scene.wish, editor=EDITOR)
        self._lead(scene, errand)
        press = scene.begins(arena, errand)
        with self._somebody(press, settings | {"FAILPOINT_SCOPE": name}) as process:
            self._press(press, errand, process)
        if process.exit_code == -signal.SIGKILL and not isinstance(press, AtStripe):
            with self._somebody(press, {}) as again:
                self._press(press, errand, again)
        scene.goes_on(arena, errand)
        if not scene.done(errand):
            what = f"{name!r} was pressed, and pressed again; it has not happened once"
            self.round_.wrong.append(Wrong(promise="I1", how="lost", what=what))
        errand.waits = lambda: False
        if scene.orders:
            self.round_.people.want(errand)
        return process

    def _come(self) -> None:
        """Have a worker and everybody's browser there."""
        if not self.round_.arena.workers:
            # A failed order waits for whoever resumes it.
            self.round_.arena.worker(REFUND_AFTER_S="3600")
        if self._crowd is None:
            self._crowd = Crowd(self.round_)

    def _lead(self, scene: Scene, errand: Errand) -> None:
        """Have the errand's people lead its order to where the scene begins."""
        if scene.at_once is not None:
            scene.at_once(self.round_.arena, errand)
        if not scene.at:
            return
        self.round_.people.want(errand)
        errand.waits = lambda: errand.order is not None and errand.order.status == scene.at

        def is_there() -> bool:
            self.round_.people.act()
            return errand.waits()

        self.round_.arena.until(is_there, what=f"the order is at {scene.at}")

    @contextmanager
    def _somebody(self, press: Press, settings: dict[str, str]) -> Iterator[Process]:
        """Yield the process in which it is pressed, ended afterwards; one with no settings of its
        own for a page is the web server as it runs."""
        arena = self.round_.arena
        if isinstance(press, AtStripe):
            arena.stop_web()
            arena.start_web(**settings)
            process = arena.web
            yield process
            arena.stop_web()
            arena.start_web()
        elif isinstance(press, Command):
            command = [sys.executable, f"{parts.PROJECT}/manage.py", *press.words]
            log = Path(arena.env["VAR_DIR"]) / "log" / "command.log"
            yield Process("command", command, log=log, env=arena.env | settings).start()
        elif settings:
            with _another_web(arena.env | settings) as (web, self._site):
                yield web
        else:
            self._site = arena.env["SITE_URL"]
            yield arena.web

    def _press(self, press: Press, errand: Errand, process: Process) -> None:
        """Press, and return once there was an answer, or nobody is left to give one."""
        arena = self.round_.arena
        if isinstance(press, AtStripe):
            arena.control(press.path, press.body)
            arena.until(
                lambda: not process.running or press.is_told(arena), what="Stripe has told it"
            )
        elif isinstance(press, Command):
            arena.until(lambda: not process.running, what=f"{press.words[0]} has ended")
        else:
            self._ask(press, errand, self._site)

    def _ask(self, press: Page | Purchase, errand: Errand, site: str) -> None:
        try:
            if isinstance(press, Purchase):
                answer = _bought(press, site)
            else:
                browser = self._browser(press, errand).at(site)
                ask = browser.post if press.fields else browser.look
                answer = ask(press.path, **press.fields)
        except httpx2.TransportError:
            return  # it died of it
        if answer.status_code not in ANSWERS:
            what = f"{press} was answered {answer.status_code}"
            self.round_.wrong.append(Wrong(promise="I7", how="illegal", what=what))

    def _browser(self, page: Page, errand: Errand) -> Browser:
        assert self._crowd is not None
        assert errand.order is not None
        return self._crowd.editors[EDITOR] if page.by_editor else self._crowd.customer(errand.order)


@contextmanager
def _another_web(env: Mapping[str, str]) -> Iterator[tuple[Process, str]]:
    """Yield a web server beside the one that runs, with its address."""
    env = {**env, "WEB_PORT": str(free_port())}
    web = parts.process("web", env, log_name="another-web").start()
    try:
        web.wait_until(parts.parts(env)["web"].ready, timeout_s=PATIENCE_S)
        yield web, f"http://{HOST}:{env['WEB_PORT']}"
    finally:
        web.stop(grace_s=1)


def _bought(press: Purchase, site: str) -> httpx2.Response:
    with httpx2.Client(base_url=site, trust_env=False, timeout=60) as program:
        key = {"Idempotency-Key": press.key}
        return program.post("/api/v1/purchase", json=press.body, headers=key)
