"""The suite stands on real servers and stays on this machine."""

import os
import socket

import psycopg
import pytest
import redis

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
