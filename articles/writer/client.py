"""The connection to the model: one question out, one judged answer back, every call accounted."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import httpx2
import openai
from django.conf import settings
from django.utils import timezone

from articles.models import CallOutcome
from articles.writer import chain, dialects, failures
from articles.writer.account import account_of
from articles.writer.chain import Model
from articles.writer.dialects import Dialect
from articles.writer.errors import (
    WriterAway,
    WriterBusy,
    WriterError,
    WriterGarbled,
    WriterRefused,
    WriterTimeout,
    WriterUnavailable,
    WriterUnsupported,
)
from articles.writer.reading import Answer, read_completion
from articles.writer.usage import Record, Usage, cost_usd

# A provider that asks for more patience than this is as good as away, where there is another.
LONG_WAIT_S = 60.0
# Kinds of rubbish that come of a server that takes a schema and does not hold the model to it.
_IGNORED_THE_SCHEMA = {"not-json", "wrong-schema"}
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
    """Return a model's raw reply as JSON-ready data: text, finish_reason, model, prompt_version.

    The next model of the chain is asked when one refuses, or certainly did not do the work. A
    useless answer is asked for once more: of the next model, or of the same when there is no other.
    `record` hears of every call however it ended; an `Account` also rules which models are asked.
    `read` is what the caller will do with the reply later: what it calls garbled is worth another
    call, so it must not be stored as the answer.

    :raises WriterError: one of its kinds, by who acts on it
    """
    account, models = account_of(record), chain.models()
    ended: WriterError | None = None
    useless: WriterGarbled | None = None
    left = list(account.choose(models))
    while left:
        model = left.pop(0)
        is_first = model.word == models[0].word
        mine = request_id if is_first else chain.request_id_at(model, request_id)
        try:
            with account.turn(model):
                return _converse(model, question, request_id=mine, record=account, read=read)
        except WriterGarbled as garbled:
            if useless is not None:
                raise
            useless = garbled
            left.append(model)
        except WriterError as error:
            if not _leads_on(error):
                if useless is not None:
                    raise useless from error
                raise
            ended = error if ended is None else _what_counts(ended, error)
            log.info("model %s was no help: %s", model.word, error.kind)
    # A useless answer was bought, so it costs the try, whatever the second call came to; unless no
    # model would write it at all: the next try could only buy the same refusals again.
    worst = ended if isinstance(ended, WriterRefused) else useless or ended
    assert worst is not None  # noqa: S101  the chain has a model
    raise worst


def _leads_on(error: WriterError) -> bool:
    """Whether another model may be asked in the same breath.

    Not after an answer that got lost: the first may have done the work, and one try buys once.
    Nor for a long line: the provider's own wish counts, not how many others wait (ADR 0090).
    """
    match error:
        case WriterRefused():
            return True
        case WriterUnavailable():
            return not error.perhaps_bought
        case WriterBusy():
            return (error.retry_after_s or 0) > LONG_WAIT_S
        case WriterAway():
            is_patient = error.in_line and error.asked_s <= LONG_WAIT_S
            return not (is_patient or error.perhaps_bought)
    return False


def _what_counts(first: WriterError, second: WriterError) -> WriterError:
    """A model that may yet do it weighs more than one that will not; then whoever comes sooner."""
    if isinstance(first, WriterAway) and isinstance(second, WriterAway):
        return min(first, second, key=lambda away: away.wait_s)
    order = (WriterAway, WriterBusy, WriterUnavailable, WriterRefused)
    return min(first, second, key=lambda error: [isinstance(error, k) for k in order].index(True))


def _converse(
    model: Model,
    question: Question,
    *,
    request_id: str,
    record: Record,
    read: Callable[[dict[str, Any]], object],
) -> dict[str, Any]:
    """Ask in the richest dialect that the server takes; a complaint costs a call, but no text."""
    dialect = dialects.known(model)
    while True:
        call = Call(model=model, dialect=dialect, question=question, request_id=request_id)
        try:
            reply = call.make(record=record, read=read)
        except WriterUnsupported as unsupported:
            plainer = dialect.simpler(unsupported.complaint)
            if plainer is None:
                raise
            dialect = plainer
            continue
        except WriterGarbled as garbled:
            if garbled.kind in _IGNORED_THE_SCHEMA:
                dialects.remember(model, replace(dialect, told=True))
            raise
        if dialects.remember(model, dialect):
            log.info("model %s takes %s and %s", model.word, dialect.form, dialect.limit)
        return reply


@dataclass(frozen=True, kw_only=True)
class Call:
    """One question to one model in one dialect."""

    model: Model
    dialect: Dialect
    question: Question
    request_id: str

    def make(self, *, record: Record, read: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        """Return the judged reply.

        :raises WriterError: one of its kinds
        """
        started = time.monotonic()
        outcome, answer = CallOutcome.ERROR, Answer()
        try:
            answer = read_completion(self._send())
            answer.check()
            reply = {
                "text": answer.text,
                "finish_reason": answer.finish_reason,
                "model": answer.model or self.model.name,
                "prompt_version": self.question.prompt_version,
            }
            _try_to_read(reply, read, request_id=self.request_id)
            outcome = CallOutcome.OK
        except WriterError as error:
            outcome = error.outcome
            raise
        finally:
            took_ms = round((time.monotonic() - started) * 1000)
            record(self._usage(answer, outcome, took_ms=took_ms))
        return reply

    def _send(self) -> str:
        """Return the body of the provider's 2xx answer, unread.

        The SDK's own reading trusts the wire; ours has to name what is wrong with it.
        """
        asked = self.question
        give_up_at = time.monotonic() + self.model.timeout_s
        answering = _client(self.model).chat.completions.with_streaming_response.create(
            model=self.model.name,
            messages=[
                {"role": "system", "content": self.dialect.system(asked.system, asked.schema)},
                {"role": "user", "content": asked.user},
            ],
            extra_headers={"X-Client-Request-Id": self.request_id},
            extra_body=self.dialect.fields(
                name=asked.purpose, schema=asked.schema, most_tokens=self.model.max_output_tokens
            ),
        )
        try:
            with answering as answer:
                return _body(answer.iter_bytes(), give_up_at=give_up_at)
        except (openai.OpenAIError, httpx2.HTTPError) as error:
            # The provider's own words may quote the prompt or the key: they end here.
            raise failures.translate(error, at=timezone.now()) from None

    def _usage(self, answer: Answer, outcome: CallOutcome, *, took_ms: int) -> Usage:
        cost = None
        if answer.input_tokens is not None and answer.output_tokens is not None:
            cost = cost_usd(
                self.model,
                name=answer.model or self.model.name,
                input_tokens=answer.input_tokens,
                cached_tokens=answer.cached_tokens or 0,
                output_tokens=answer.output_tokens,
            )
        return Usage(
            request_id=self.request_id,
            purpose=self.question.purpose,
            model=self.model.name,
            prompt_version=self.question.prompt_version,
            input_tokens=answer.input_tokens,
            cached_tokens=answer.cached_tokens,
            output_tokens=answer.output_tokens,
            cost_usd=cost,
            took_ms=took_ms,
            outcome=outcome,
        )


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


def _client(model: Model) -> openai.OpenAI:
    """Return this process' client: safe for threads, and one pool of connections for them all."""
    with _one_at_a_time:
        return _connect(
            model.base_url,
            model.api_key,
            model.timeout_s,
            model.connect_timeout_s,
            settings.WORKER_THREADS * settings.WRITER_SECTIONS_AT_ONCE,
        )


@lru_cache(maxsize=16)
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
