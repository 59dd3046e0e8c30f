"""A sandbox of its own for this room, and a receiver for its webhooks."""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
import sendgrid
import stripe

from local.ports import free_port
from local.processes import Process

ROOT = Path(__file__).resolve().parents[2]
SECRET = "whsec_of_this_test"
PATIENCE_S = 15


@dataclass
class Received:
    """One webhook as it came in."""

    body: bytes
    signature: str


@dataclass
class Receiver:
    """A web server that takes webhooks and answers as told: the next of `answers`, then 200."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)

    def events(self) -> list[stripe.Event]:
        """What came in, its signature verified by Stripe's own code."""
        return [
            stripe.Webhook.construct_event(one.body, one.signature, SECRET) for one in self.received
        ]


@dataclass
class SandboxProcess:
    """A running sandbox, at `url`."""

    process: Process
    url: str


@dataclass
class Control:
    """What a test may tell the sandbox, and read back."""

    http: httpx.Client

    def get(self, path: str, **query: Any) -> Any:
        answer = self.http.get(f"/control{path}", params=query)
        answer.raise_for_status()
        return answer.json()

    def post(self, path: str, content: Any = None) -> Any:
        answer = self.http.post(f"/control{path}", json=content)
        answer.raise_for_status()
        return answer.json()

    def knob(self, **knob: Any) -> None:
        self.post("/knobs", knob)

    def calls(self, **filters: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get("/calls", **filters)["calls"]
        return found


def wait_until(ready: Callable[[], object]) -> None:
    """Wait for what another process does; fail if it never does."""
    until = time.monotonic() + PATIENCE_S
    while not ready():
        assert time.monotonic() < until, "it never came"
        time.sleep(0.02)


@pytest.fixture(scope="session")
def receiver_server() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            status = receiver.answers.pop(0) if receiver.answers else 200
            receiver.received.append(Received(body, self.headers["stripe-signature"]))
            self.send_response(status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver.url = f"http://127.0.0.1:{server.server_port}/hook"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield receiver
        server.shutdown()


@pytest.fixture(scope="session")
def sandbox_process(
    receiver_server: Receiver, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SandboxProcess]:
    """A sandbox of this room's own: resetting it disturbs nobody."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {
        **os.environ,
        "BYLINE_ENV": "development",
        "SANDBOX_PORT": str(port),
        "SANDBOX_WEBHOOK_URL": receiver_server.url,
        "SANDBOX_WEBHOOK_SECRET": SECRET,
        "PYTHONPATH": str(ROOT),
    }
    log = tmp_path_factory.mktemp("sandbox") / "sandbox.log"
    process = Process("sandbox", [sys.executable, "-m", "sandbox"], log=log, env=environment)
    process.start()
    try:
        process.wait_until(lambda: url in process.tail(), timeout_s=PATIENCE_S)
        yield SandboxProcess(process, url)
    finally:
        process.stop()
    assert "Traceback" not in log.read_text()


@pytest.fixture
def control(sandbox_process: SandboxProcess, receiver_server: Receiver) -> Iterator[Control]:
    """A sandbox that remembers nothing of the tests before."""
    with httpx.Client(base_url=sandbox_process.url, timeout=30) as http:
        http.post("/control/reset").raise_for_status()
        receiver_server.answers.clear()
        receiver_server.received.clear()
        yield Control(http)


@pytest.fixture
def receiver(control: Control, receiver_server: Receiver) -> Receiver:
    """The receiver of a sandbox that has just been reset."""
    return receiver_server


@pytest.fixture
def stripe_client(control: Control, sandbox_process: SandboxProcess) -> stripe.StripeClient:
    return stripe.StripeClient(
        "sk_test_sandbox", base_addresses={"api": f"{sandbox_process.url}/stripe"}
    )


@pytest.fixture
def sendgrid_client(
    control: Control, sandbox_process: SandboxProcess
) -> sendgrid.SendGridAPIClient:
    return sendgrid.SendGridAPIClient("SG.sandbox", host=f"{sandbox_process.url}/sendgrid")


@pytest.fixture
def openai_client(control: Control, sandbox_process: SandboxProcess) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(
        api_key="sk-sandbox", base_url=f"{sandbox_process.url}/openai/v1", max_retries=0
    ) as client:
        yield client
