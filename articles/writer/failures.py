"""Turns the SDK's errors into the writer's own."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx2
import openai

from articles.writer.errors import (
    WriterBusy,
    WriterError,
    WriterRefused,
    WriterTimeout,
    WriterUnavailable,
)

_CODE = re.compile(r"[a-z0-9_.-]{1,60}", re.IGNORECASE)
# 408 and 409 are a server's bad moment, whatever their hundred says.
_TRY_AGAIN = {408, 409}


def translate(error: openai.OpenAIError | httpx2.HTTPError, *, at: datetime) -> WriterError:
    """Return what the writer raises in the SDK's stead; `at` is now, for waits given as a date.

    While a body is read, the errors are the connection's own.
    """
    if isinstance(error, openai.APITimeoutError | httpx2.TimeoutException):
        return WriterTimeout("timeout", "no answer within WRITER_TIMEOUT_S")
    if isinstance(error, openai.APIStatusError):
        return _of_status(error, at=at)
    if isinstance(error, openai.APIConnectionError | httpx2.HTTPError):
        cause = type(error.__cause__ or error).__name__
        return WriterUnavailable("connection", f"no connection to the provider ({cause})")
    return WriterUnavailable("sdk", f"the client failed ({type(error).__name__})")


def _of_status(error: openai.APIStatusError, *, at: datetime) -> WriterError:
    status, code = error.status_code, error.code or ""
    said = f"HTTP {status}" + (f", {code}" if _CODE.fullmatch(code) else "")
    if status == 429 and code == "insufficient_quota":
        # Waiting does not fill an account.
        return WriterRefused("no-quota", said)
    wait_s = retry_after_s(error.response.headers, at=at)
    if status == 429 or (status == 503 and wait_s is not None):
        return WriterBusy("busy", said, retry_after_s=wait_s)
    if status >= 500 or status in _TRY_AGAIN:
        return WriterUnavailable("server", said)
    if status in {401, 403}:
        return WriterRefused("bad-key", said)
    if "content" in code or "policy" in code or "safety" in code:
        return WriterRefused("content-refused", said)
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
