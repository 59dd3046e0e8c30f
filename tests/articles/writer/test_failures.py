from datetime import UTC, datetime

import httpx2
import openai
import pytest

from articles.writer import WriterBusy, WriterRefused, WriterUnavailable
from articles.writer.errors import WriterTimeout, WriterUnpaid
from articles.writer.failures import retry_after_s, translate

AT = datetime(2026, 11, 2, 9, 0, 0, tzinfo=UTC)
REQUEST = httpx2.Request("POST", "https://api.example/v1/chat/completions")
SECRET = "what-the-customer-wrote"


def status_error(status, *, code=None, headers=None):
    response = httpx2.Response(status, request=REQUEST, headers=headers)
    body = {"message": f"Invalid prompt: {SECRET}", "code": code}
    return openai.APIStatusError(f"{SECRET}", response=response, body=body)


@pytest.mark.parametrize(
    ("status", "code", "error", "kind"),
    [
        (400, None, WriterRefused, "invalid-request"),
        (400, "context_length_exceeded", WriterRefused, "too-large"),
        (400, "content_policy_violation", WriterRefused, "content-refused"),
        (400, "content_filter", WriterRefused, "content-refused"),
        (401, "invalid_api_key", WriterRefused, "bad-key"),
        (403, None, WriterRefused, "bad-key"),
        (404, "model_not_found", WriterRefused, "invalid-request"),
        (408, None, WriterUnavailable, "server"),
        (409, None, WriterUnavailable, "server"),
        (422, None, WriterRefused, "invalid-request"),
        (429, "rate_limit_exceeded", WriterBusy, "busy"),
        (429, "insufficient_quota", WriterUnpaid, "no-quota"),
        (403, "insufficient_quota", WriterUnpaid, "no-quota"),
        (400, "billing_hard_limit_reached", WriterUnpaid, "no-quota"),
        (402, None, WriterUnpaid, "no-quota"),
        (500, None, WriterUnavailable, "server"),
        (502, None, WriterUnavailable, "server"),
        (503, None, WriterUnavailable, "server"),
    ],
)
def test_a_status_is_told_to_whoever_can_act_on_it(status, code, error, kind):
    told = translate(status_error(status, code=code), at=AT)

    assert type(told) is error
    assert told.kind == kind
    assert f"HTTP {status}" in told.reason
    assert SECRET not in str(told)


def test_a_code_that_is_no_code_is_not_repeated():
    assert SECRET not in str(translate(status_error(400, code=f"{SECRET} {SECRET}"), at=AT))
    assert str(translate(status_error(400, code="a_code"), at=AT)).endswith("HTTP 400, a_code")


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_provider_says_how_long_to_wait(status):
    told = translate(status_error(status, headers={"Retry-After": "7"}), at=AT)

    assert isinstance(told, WriterBusy)
    assert told.retry_after_s == 7


def test_a_busy_provider_that_names_no_wait_leaves_it_open():
    assert translate(status_error(429), at=AT).retry_after_s is None


@pytest.mark.parametrize(
    ("header", "wait_s"),
    [
        ("0", 0),
        ("1.5", 1.5),
        (" 20 ", 20),
        ("-3", 0),
        ("Mon, 02 Nov 2026 09:00:30 GMT", 30),
        ("Mon, 02 Nov 2026 09:00:30 -0000", 30),
        ("Mon, 02 Nov 2026 08:00:00 GMT", 0),
        ("soon", None),
        ("", None),
        ("inf", None),
        ("nan", None),
        ("Mon, 99 Nov 2026 09:00:30 GMT", None),
    ],
)
def test_a_wait_is_read_as_seconds_or_as_a_date(header, wait_s):
    assert retry_after_s({"retry-after": header}, at=AT) == wait_s


def test_no_wait_is_asked_for_by_a_missing_header():
    assert retry_after_s({}, at=AT) is None


def test_no_answer_and_no_connection_are_worth_another_try():
    timeout = translate(openai.APITimeoutError(request=REQUEST), at=AT)
    connection = translate(openai.APIConnectionError(request=REQUEST), at=AT)
    other = translate(openai.OpenAIError(SECRET), at=AT)

    assert isinstance(timeout, WriterTimeout)
    assert [type(error) for error in (connection, other)] == [WriterUnavailable] * 2
    assert [error.kind for error in (timeout, connection, other)] == [
        "timeout",
        "connection",
        "sdk",
    ]
    assert SECRET not in str(other)
