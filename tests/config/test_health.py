"""What whoever watches gets to hear."""

import socket
import time

import psycopg
import pytest
from django.db import connection

from config import health


@pytest.fixture(autouse=True)
def _nobody_has_looked():
    health.look.forget()
    yield
    health.look.forget()


@pytest.fixture
def looks(monkeypatch):
    """The connections that were asked for, as they were asked for."""
    asked = []
    connect = psycopg.connect

    def counted(**given):
        asked.append(given)
        return connect(**given)

    monkeypatch.setattr(health.psycopg, "connect", counted)
    return asked


def test_livez_answers_without_the_database(client):
    assert client.get("/livez").json() == {"status": "ok"}


@pytest.mark.django_db
def test_readyz_answers_while_the_database_does(client):
    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json()["database"] == "ok"


@pytest.mark.django_db
def test_many_who_ask_at_once_make_one_connection(client, looks):
    assert {client.get("/readyz").status_code for _ in range(20)} == {200}

    assert len(looks) == 1


@pytest.mark.django_db
def test_readyz_is_503_when_the_database_refuses(client, monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "NAME", "no_such_database")

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert "no_such_database" not in answer.content.decode()


@pytest.mark.django_db
def test_readyz_does_not_wait_for_a_database_that_says_nothing(client, monkeypatch, looks):
    with socket.socket() as silent:  # takes the connection, and never a word
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        monkeypatch.setitem(connection.settings_dict, "HOST", "127.0.0.1")
        monkeypatch.setitem(connection.settings_dict, "PORT", str(silent.getsockname()[1]))
        began = time.monotonic()

        answer = client.get("/readyz")

    assert answer.status_code == 503
    assert [given["connect_timeout"] for given in looks] == [health.WAIT_S]
    assert time.monotonic() - began < 15, "half of what the pool lets a customer wait"
