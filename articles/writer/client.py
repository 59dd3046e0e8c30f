"""The connection to the model: one question out, one judged answer back, every call accounted."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import httpx2
import openai
from django.conf import settings
from django.utils import timezone

from articles.models import CallOutcome
from articles.writer import failures
from articles.writer.errors import WriterError, WriterGarbled, WriterTimeout
from articles.writer.reading import Answer, read_completion
from articles.writer.usage import Record, Usage, price_usd

OPENAI_ITSELF = "https://api.openai.com/v1"
# As JSON a character may take six bytes; the longest text that is read fits well within.
LARGEST_BODY_BYTES = 4_000_000

log = logging.getLogger(__name__)
_one_at_a_time = threading.Lock()


@dataclass(frozen=True, kw_only=True)
class Question:
    """All that a call depends on: two prompts, and the shape that the answer must have."""

    purpose: str
    prompt_version: str
    system: str
    user: str
    schema: dict[str, Any] = field(repr=False)


def ask(
    question: Question,
    *,
    request_id: str,
    record: Record,
    read: Callable[[dict[str, Any]], object],
) -> dict[str, Any]:
    """Return the model's raw reply as JSON-ready data: text, finish_reason, model, prompt_version.

    `record` hears of the call however it ended. `read` is what the caller will do with the reply
    later: what it calls garbled is worth another call, so it must not be stored as the answer.

    :raises WriterError: one of its kinds, by who acts on it
    """
    started = time.monotonic()
    outcome, answer = CallOutcome.ERROR, Answer()
    try:
        answer = read_completion(_create(question, request_id=request_id))
        answer.check()
        reply = {
            "text": answer.text,
            "finish_reason": answer.finish_reason,
            "model": answer.model or settings.WRITER_MODEL,
            "prompt_version": question.prompt_version,
        }
        _try_to_read(reply, read, request_id=request_id)
        outcome = CallOutcome.OK
    except WriterError as error:
        outcome = error.outcome
        raise
    finally:
        took_ms = round((time.monotonic() - started) * 1000)
        record(_usage(question, answer, outcome, request_id=request_id, took_ms=took_ms))
    return reply


def _try_to_read(
    reply: dict[str, Any], read: Callable[[dict[str, Any]], object], *, request_id: str
) -> None:
    try:
        read(reply)
    except WriterGarbled:
        raise
    except Exception as error:
        # A fault of ours, not of the answer: it is paid for and must be kept. The step that
        # reads it will meet the same fault, and can run again once that is mended.
        log.warning("answer to %s kept unread: %s", request_id, type(error).__name__)


def _create(question: Question, *, request_id: str) -> str:
    """Return the body of the provider's 2xx answer, unread.

    The SDK's own reading trusts the wire; ours has to name what is wrong with it.
    """
    give_up_at = time.monotonic() + settings.WRITER_TIMEOUT_S
    answering = _client().chat.completions.with_streaming_response.create(
        model=settings.WRITER_MODEL,
        messages=[
            {"role": "system", "content": question.system},
            {"role": "user", "content": question.user},
        ],
        response_format={
            "type": "json_schema",
            "json_schema": {"name": question.purpose, "strict": True, "schema": question.schema},
        },
        max_completion_tokens=settings.WRITER_MAX_OUTPUT_TOKENS,
        extra_headers={"X-Client-Request-Id": request_id},
    )
    try:
        with answering as answer:
            return _body(answer.iter_bytes(), give_up_at=give_up_at)
    except (openai.OpenAIError, httpx2.HTTPError) as error:
        # The provider's own words may quote the prompt or the key: they end here.
        raise failures.translate(error, at=timezone.now()) from None


def _body(pieces: Iterator[bytes], *, give_up_at: float) -> str:
    """Return the whole body, as long as it ends in time and in reason.

    The connection's timeout runs anew with every byte, so one that drips would hold its thread
    for hours, and an endless one would fill the memory.
    """
    body = bytearray()
    for piece in pieces:
        body += piece
        if len(body) > LARGEST_BODY_BYTES:
            raise WriterGarbled("too-long", f"an answer of more than {LARGEST_BODY_BYTES} bytes")
        if time.monotonic() > give_up_at:
            raise WriterTimeout("timeout", "the answer did not end within WRITER_TIMEOUT_S")
    return body.decode("utf-8", errors="replace")


def _usage(
    question: Question, answer: Answer, outcome: CallOutcome, *, request_id: str, took_ms: int
) -> Usage:
    model = answer.model or settings.WRITER_MODEL
    cost = None
    if answer.input_tokens is not None and answer.output_tokens is not None:
        cost = price_usd(
            model=model,
            base_url=settings.OPENAI_BASE_URL or OPENAI_ITSELF,
            input_tokens=answer.input_tokens,
            cached_tokens=answer.cached_tokens or 0,
            output_tokens=answer.output_tokens,
        )
    return Usage(
        request_id=request_id,
        purpose=question.purpose,
        model=model,
        prompt_version=question.prompt_version,
        input_tokens=answer.input_tokens,
        cached_tokens=answer.cached_tokens,
        output_tokens=answer.output_tokens,
        cost_usd=cost,
        took_ms=took_ms,
        outcome=outcome,
    )


def _client() -> openai.OpenAI:
    """Return this process' client: safe for threads, and one pool of connections for them all."""
    with _one_at_a_time:
        return _connect(
            settings.OPENAI_BASE_URL or OPENAI_ITSELF,
            settings.OPENAI_API_KEY,
            settings.WRITER_TIMEOUT_S,
            settings.WRITER_CONNECT_TIMEOUT_S,
            settings.WORKER_THREADS,
        )


@lru_cache(maxsize=4)
def _connect(
    base_url: str, api_key: str, timeout_s: float, connect_timeout_s: float, threads: int
) -> openai.OpenAI:
    # A thread that waits for a connection would spend its answer's time on it: one for each.
    limits = httpx2.Limits(max_connections=threads, max_keepalive_connections=threads)
    timeout = openai.Timeout(timeout_s, connect=connect_timeout_s)
    return openai.OpenAI(
        base_url=base_url,
        api_key=api_key,
        timeout=timeout,
        max_retries=0,  # the ledger retries, and counts its tries
        http_client=openai.DefaultHttpxClient(limits=limits, timeout=timeout),
    )
