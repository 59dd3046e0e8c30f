"""The body of a request reaches Django only as far as the limit goes."""

import asyncio

import pytest

from config.asgi import bounded


def given_to_django(chunks: list[bytes]) -> list[dict]:
    """Send a body in chunks, then hang up; return all that Django was handed."""
    sent = [
        {"type": "http.request", "body": chunk, "more_body": number < len(chunks)}
        for number, chunk in enumerate(chunks, start=1)
    ] + [{"type": "http.disconnect"}]
    got: list[dict] = []

    async def receive():
        return sent.pop(0)

    async def django(scope, receive, send):
        while not got or got[-1]["type"] != "http.disconnect":
            got.append(await receive())

    asyncio.run(bounded(django)({"type": "http"}, receive, None))
    return got


@pytest.fixture(autouse=True)
def ten_bytes(settings):
    settings.REQUEST_BYTES_MAX = 10


def test_a_body_inside_the_limit_arrives_as_it_was_sent():
    got = given_to_django([b"01234", b"56789"])

    assert [message.get("body") for message in got] == [b"01234", b"56789", None]
    assert [message.get("more_body") for message in got] == [True, False, None]


def test_a_body_past_the_limit_ends_one_byte_behind_it_and_the_rest_is_dropped():
    got = given_to_django([b"0123456"] * 1000)

    assert b"".join(message.get("body", b"") for message in got) == b"01234560123"
    assert [message.get("more_body") for message in got] == [True, False, None]


def test_a_single_huge_chunk_is_cut_too():
    (message, _hung_up) = given_to_django([b"0" * 1000])

    assert (message["body"], message["more_body"]) == (b"0" * 11, False)
