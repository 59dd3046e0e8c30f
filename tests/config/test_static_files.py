"""Static files as the event loop can send them: whole, with WhiteNoise's headers."""

from pathlib import Path

import pytest
from django.conf import settings

SHEET = "/static/byline.css"


@pytest.fixture
def sheet() -> bytes:
    return (Path(settings.BASE_DIR) / "static" / "byline.css").read_bytes()


def test_a_file_is_answered_whole_and_not_as_a_stream(client, sheet):
    response = client.get(SHEET)

    assert response.status_code == 200
    assert not response.streaming
    assert response.content == sheet
    assert response["Content-Type"].startswith("text/css")
    assert int(response["Content-Length"]) == len(sheet)


def test_who_has_it_already_is_told_so(client):
    had = client.get(SHEET)

    again = client.get(SHEET, headers={"If-Modified-Since": had["Last-Modified"]})

    assert (again.status_code, again.content) == (304, b"")


def test_a_part_of_it_is_answered_with_that_part(client, sheet):
    response = client.get(SHEET, headers={"Range": "bytes=10-19"})

    assert (response.status_code, response.content) == (206, sheet[10:20])


def test_its_headers_alone_are_those_of_the_whole(client, sheet):
    response = client.head(SHEET)

    assert (response.status_code, response.content) == (200, b"")
    assert int(response["Content-Length"]) == len(sheet)
