"""Starting and stopping, refusing to, and what thousands of waiting calls cost."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys

import httpx
import psutil
import pytest

from local.ports import free_port
from tests.sandbox.conftest import ROOT

WAITING_CALLS = 2000


def run(**environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sandbox"],
        cwd=ROOT,
        env={**os.environ, "BYLINE_ENV": "development", **environment},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


@pytest.mark.parametrize("said", ["production", "Production "])
def test_it_never_starts_in_production(said):
    refused = run(BYLINE_ENV=said)

    assert refused.returncode == 1
    assert refused.stderr == "sandbox: the sandbox does not start with BYLINE_ENV=production\n"


def test_a_busy_port_is_one_clear_line():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        refused = run(SANDBOX_PORT=str(port))

    assert refused.returncode == 1
    assert re.fullmatch(
        rf"sandbox: port {port} cannot be used \(.+\); set SANDBOX_PORT\n", refused.stderr
    )


def test_a_port_that_is_no_number_is_one_clear_line():
    refused = run(SANDBOX_PORT="eighty")

    assert refused.stderr.startswith("sandbox: SANDBOX_PORT must be a port number")
    assert refused.stderr.count("\n") == 1


def test_it_stops_on_sigterm_while_calls_wait():
    port = free_port()
    with subprocess.Popen(
        [sys.executable, "-m", "sandbox"],
        cwd=ROOT,
        env={**os.environ, "BYLINE_ENV": "development", "SANDBOX_PORT": str(port)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            assert str(port) in process.stdout.readline()
            url = f"http://127.0.0.1:{port}"
            knob = {"service": "openai", "latency_ms": 60_000}
            httpx.post(f"{url}/control/knobs", json=knob).raise_for_status()
            with pytest.raises(httpx.TimeoutException):
                httpx.get(f"{url}/openai/v1/models", timeout=0.2)
            process.send_signal(signal.SIGTERM)

            assert process.wait(timeout=15) == -signal.SIGTERM
        finally:
            process.kill()


def test_thousands_of_waiting_calls_fit_into_200_megabytes(control, sandbox_process):
    process = psutil.Process(sandbox_process.process.pid)
    control.knob(service="openai", latency_ms=60_000)
    body = {"model": "m", "messages": [{"role": "user", "content": "Hello. " * 1500}]}

    async def one(client: httpx.AsyncClient) -> None:
        await client.post("/openai/v1/chat/completions", json=body)

    async def all_at_once() -> tuple[int, int]:
        limits = httpx.Limits(max_connections=WAITING_CALLS)
        async with httpx.AsyncClient(
            base_url=sandbox_process.url, limits=limits, timeout=120, trust_env=False
        ) as client:
            calls = [asyncio.create_task(one(client)) for _ in range(WAITING_CALLS)]
            query = {"count": 1, "limit": WAITING_CALLS}
            for _ in range(600):
                await asyncio.sleep(0.1)
                counted = await asyncio.to_thread(control.get, "/calls", **query)
                if counted["count"] == WAITING_CALLS:
                    break
            used = process.memory_info().rss
            for call in calls:
                call.cancel()
            await asyncio.gather(*calls, return_exceptions=True)
            return counted["count"], used

    waiting, used_bytes = asyncio.run(all_at_once())

    assert waiting == WAITING_CALLS
    assert used_bytes < 200_000_000
