"""Turns the SDK's errors into the writer's own."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx2
import openai

from articles.writer.dialects import complaint, is_about_length
from articles.writer.errors import (
    WriterBusy,
    WriterError,
    WriterRefused,
    WriterTimeout,
    WriterUnavailable,
    WriterUnpaid,
    WriterUnsupported,
)

_CODE = re.compile(r"[a-z0-9_.-]{1,60}", re.IGNORECASE)
# 408 and 409 are a server's bad moment, whatever their hundred says.
_TRY_AGAIN = {408, 409}
_OF_CONTENT = ("content", "policy", "safety")
# Codes with which providers say that the account is empty; others answer 402.
_OF_MONEY = {"insufficient_quota", "billing_hard_limit_reached"}
# Something in between gave up waiting; whoever writes may be writing still.
_GATEWAY_GAVE_UP = {408, 504, 524}
_CONTEXT = "context_length_exceeded"
_TOO_LARGE = (
    "prompt and answer exceed what the model takes at once; lower WRITER_MAX_OUTPUT_TOKENS, or"
    " WRITER_MODEL_<WORD>_MAX_OUTPUT_TOKENS"
)
# Statuses with which servers answer fields that they do not know: older llama.cpp with a 500.
_COMPLAINING = {400, 422, 500, 501}
_NOTHING_WAS_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)


def translate(error: openai.OpenAIError | httpx2.HTTPError, *, at: datetime) -> WriterError:
    """Return what the writer raises in the SDK's stead; `at` is now, for waits given as a date.

    While a body is read, the errors are the connection's own.
    """
    cause = error.__cause__ or error
    if isinstance(cause, _NOTHING_WAS_SENT):
        return WriterUnavailable("connection", f"no connection to the provider ({_name(cause)})")
    if isinstance(error, openai.APITimeoutError | httpx2.TimeoutException):
        return WriterTimeout("timeout", "no answer within WRITER_TIMEOUT_S")
    if isinstance(error, openai.APIStatusError):
        return _unsupported(error) or _of_status(error, at=at)
    if isinstance(error, openai.APIConnectionError | httpx2.HTTPError):
        lost = f"the connection to the provider broke ({_name(cause)})"
        return WriterUnavailable("connection", lost, perhaps_bought=True)
    return WriterUnavailable("sdk", f"the client failed ({_name(error)})")


def _name(error: BaseException) -> str:
    return type(error).__name__


def _unsupported(error: openai.APIStatusError) -> WriterUnsupported | None:
    if error.status_code not in _COMPLAINING or any(w in _code(error) for w in _OF_CONTENT):
        return None
    about = complaint(_words(error))
    if not about:
        return None
    reason = f"HTTP {error.status_code}: {', '.join(sorted(about))}"
    return WriterUnsupported("unsupported", reason, complaint=about)


def _words(error: openai.APIStatusError) -> str:
    return f"{error.message} {error.body}"


def _code(error: openai.APIStatusError) -> str:
    return str(error.code or "")  # some servers repeat the status there, as a number


def _of_status(error: openai.APIStatusError, *, at: datetime) -> WriterError:
    status, code = error.status_code, _code(error)
    said = f"HTTP {status}" + (f", {code}" if _CODE.fullmatch(code) else "")
    if code in _OF_MONEY or status == 402:
        return WriterUnpaid("no-quota", said)
    wait_s = retry_after_s(error.response.headers, at=at)
    if status == 429 or (status == 503 and wait_s is not None):
        return WriterBusy("busy", said, retry_after_s=wait_s)
    if status >= 500 or status in _TRY_AGAIN:
        return WriterUnavailable("server", said, perhaps_bought=status in _GATEWAY_GAVE_UP)
    return _refused(error, said)


def _refused(error: openai.APIStatusError, said: str) -> WriterRefused:
    code = _code(error)
    if error.status_code in {401, 403}:
        return WriterRefused("bad-key", said)
    if any(word in code for word in _OF_CONTENT):
        return WriterRefused("content-refused", said)
    if code == _CONTEXT or is_about_length(_words(error)):
        return WriterRefused("too-large", f"{said}: {_TOO_LARGE}")
    return WriterRefused("invalid-request", said)


def retry_after_s(headers: Mapping[str, str], *, at: datetime) -> float | None:
    """Return the wait that the provider asks for in seconds, None when it asks for none.

    It may be given as seconds or as an HTTP date; what is neither asks for nothing.
    """
    asked = headers.get("retry-after", "").strip()
    try:
        wait_s = float(asked)
    except ValueError:
        return _until(asked, at=at)
    return max(wait_s, 0.0) if math.isfinite(wait_s) else None


def _until(asked: str, *, at: datetime) -> float | None:
    try:
        then = parsedate_to_datetime(asked)
    except ValueError:
        return None
    if then.tzinfo is None:  # "-0000" is how the format spells UTC of an unknown place
        then = then.replace(tzinfo=UTC)
    return max((then - at).total_seconds(), 0.0)
