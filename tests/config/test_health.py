"""What whoever watches gets to hear."""

import pytest
from django.db import connection


def test_livez_answers_without_the_database(client):
    assert client.get("/livez").json() == {"status": "ok"}


@pytest.mark.django_db
def test_readyz_answers_while_the_database_does(client):
    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json()["database"] == "ok"


@pytest.mark.django_db(transaction=True)
def test_readyz_is_503_when_the_database_refuses(client, settings):
    name = connection.settings_dict["NAME"]
    connection.close()
    connection.close_pool()
    connection.settings_dict["NAME"] = "no_such_database"
    connection.settings_dict["OPTIONS"]["pool"]["timeout"] = 0.2
    try:
        answer = client.get("/readyz")
    finally:
        connection.close_pool()
        connection.settings_dict["NAME"] = name
        connection.settings_dict["OPTIONS"]["pool"]["timeout"] = 30

    assert answer.status_code == 503
    assert "no_such_database" not in answer.content.decode()
