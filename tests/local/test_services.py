"""The suite stands on real servers and stays on this machine."""

import os
import socket
from pathlib import Path

import psycopg
import pytest
import redis
import stripe

from local import parts
from local.ports import past_proxies
from orders import mailer, stripe_client
from tests.sandbox_client import Sandbox
from tests.services import LeftTheMachine


def test_postgresql_answers_where_the_settings_say() -> None:
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        row = connection.execute("SHOW max_connections").fetchone()

    assert row == ("300",)


def test_redis_answers_where_the_settings_say() -> None:
    with redis.Redis.from_url(os.environ["REDIS_URL"]) as client:
        assert client.ping()


@pytest.mark.parametrize("address", [("93.184.215.14", 80), ("example.com", 80)])
def test_no_test_reaches_another_machine(address: tuple[str, int]) -> None:
    with pytest.raises(LeftTheMachine, match=address[0]):
        socket.create_connection(address, timeout=1)


def test_a_proxy_in_the_environment_is_not_asked_for_this_machine() -> None:
    env = {"HTTP_PROXY": "http://proxy.example:3128", "NO_PROXY": "intranet.example, 10.0.0.1"}

    told = past_proxies(env)

    assert told["NO_PROXY"] == told["no_proxy"]
    assert told["NO_PROXY"] == "intranet.example,10.0.0.1,127.0.0.1,localhost,::1"
    assert parts.environment(env, var_dir=Path("/var")).items() >= told.items()


@pytest.mark.django_db
def test_the_sdks_reach_the_sandbox_although_a_proxy_is_named(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")  # where nobody listens

    with pytest.raises(stripe.InvalidRequestError, match="No such checkout"):
        stripe_client.client().v1.checkout.sessions.retrieve("cs_test_nobodys")

    assert mailer.send_test(to="ada@example.com")
