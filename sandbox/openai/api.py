"""The service behind /openai: chat completions and the list of models."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections import OrderedDict
from typing import Any

from sandbox.edge import Answer, Request, Route
from sandbox.openai import manners
from sandbox.openai.requests import Completion, OpenAiRefusal, read
from sandbox.openai.structured import fit
from sandbox.settings import OPENAI_KEY
from sandbox.writer import Reply, reply_to

MODELS = ("gpt-4.1-mini", "gpt-4.1", "gpt-4o-mini")
# OpenAI caches prompts of 1024 tokens and more, in steps of 128.
CACHED_FROM_TOKENS = 1024
CACHED_STEP_TOKENS = 128
KEPT_BEGINNINGS = 20_000
CHUNK_CHARACTERS = 400

Json = dict[str, Any]


class OpenAiApi:
    """Answers like OpenAI; what it says comes from the writer."""

    name = "openai"

    def __init__(self) -> None:
        self._seen_beginnings: OrderedDict[str, None] = OrderedDict()
        self.routes = [
            Route("POST", "/v1/chat/completions", "chat.completions", self._complete),
            Route("GET", "/v1/models", "models.list", self._models),
            Route("GET", "/v1/models/<>", "models.retrieve", self._model),
        ]

    def headers(self) -> dict[str, str]:
        """Return OpenAI's headers of every answer."""
        return {"x-request-id": f"req_{secrets.token_hex(16)}", "openai-version": "2020-10-01"}

    def refusal(self, *, status: int, message: str, code: str | None) -> Answer:
        """Return an error in OpenAI's shape."""
        kinds = {401: "invalid_request_error", 429: "requests", 404: "invalid_request_error"}
        kind = kinds.get(status, "server_error" if status >= 500 else "invalid_request_error")
        if status == 429:
            code = code or "rate_limit_exceeded"
        return _refused(OpenAiRefusal(message, status=status, kind=kind, code=code))

    def _complete(self, request: Request) -> Answer:
        try:
            _authorise(request)
            manners.refuse(request.knob.manners or (), request.body)
            completion = read(request.body)
        except OpenAiRefusal as refusal:
            return _refused(refusal)
        reply = reply_to(
            user_text=completion.user_text,
            system_text=completion.system_text,
            form=completion.form,
            bad_text=request.knob.bad_text or (),
            call_id=request.headers.get("x-client-request-id", ""),
        )
        text = reply.text
        if completion.schema is not None and reply.content is not None:
            text = json.dumps(
                fit(completion.schema, reply.content, spare=reply.spare), ensure_ascii=False
            )
        text = manners.dress(
            request.knob.manners or (), text, asked=completion.system_text, spare=reply.spare
        )
        finish = reply.finish_reason
        if completion.longest_tokens and _tokens(text) > completion.longest_tokens:
            text, finish = text[: completion.longest_tokens * 4], "length"
        return self._answer(request, completion, reply, text=text, finish=finish)

    def _answer(
        self, request: Request, completion: Completion, reply: Reply, *, text: str, finish: str
    ) -> Answer:
        name = f"chatcmpl-{secrets.token_urlsafe(21)}"
        head = {
            "id": name,
            "created": int(request.at),
            "model": completion.model,
            "service_tier": "default",
            "system_fingerprint": "fp_sandbox",
        }
        usage = self._usage(completion, text)
        if completion.stream:
            return Answer(
                body=_stream(head, text, finish, usage if completion.stream_usage else None),
                headers={"content-type": "text/event-stream; charset=utf-8"},
                result_id=name,
            )
        message: Json = {
            "role": "assistant",
            "content": None if reply.refusal else text,
            "refusal": reply.refusal,
            "annotations": [],
        }
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish}
        body = {**head, "object": "chat.completion", "choices": [choice], "usage": usage}
        body = manners.shape(request.knob.manners or (), body)
        return Answer.of_json(body, result_id=name)

    def _usage(self, completion: Completion, text: str) -> Json:
        prompt = sum(_tokens(said) + 4 for _, said in completion.messages)
        cached = self._cached_tokens(completion)
        written = _tokens(text)
        return {
            "prompt_tokens": prompt,
            "completion_tokens": written,
            "total_tokens": prompt + written,
            "prompt_tokens_details": {"cached_tokens": cached, "audio_tokens": 0},
            "completion_tokens_details": {
                "reasoning_tokens": 0,
                "audio_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
        }

    def _cached_tokens(self, completion: Completion) -> int:
        """Tokens of the longest beginning, in steps, that an earlier prompt had too."""
        said = "".join(text for _, text in completion.messages)
        digest, cached, known = hashlib.sha256(), 0, True
        for end in range(CACHED_STEP_TOKENS, len(said) // 4 + 1, CACHED_STEP_TOKENS):
            digest.update(said[(end - CACHED_STEP_TOKENS) * 4 : end * 4].encode())
            begun = digest.hexdigest()
            known = known and begun in self._seen_beginnings
            cached = end if known else cached
            self._seen_beginnings[begun] = None
        while len(self._seen_beginnings) > KEPT_BEGINNINGS:
            self._seen_beginnings.popitem(last=False)
        return cached if cached >= CACHED_FROM_TOKENS else 0

    def _models(self, request: Request) -> Answer:
        try:
            _authorise(request)
        except OpenAiRefusal as refusal:
            return _refused(refusal)
        return Answer.of_json({"object": "list", "data": [_model_shape(one) for one in MODELS]})

    def _model(self, request: Request) -> Answer:
        try:
            _authorise(request)
        except OpenAiRefusal as refusal:
            return _refused(refusal)
        return Answer.of_json(_model_shape(request.ids[0]))


def _model_shape(name: str) -> Json:
    return {"id": name, "object": "model", "created": 1744316542, "owned_by": "system"}


def _tokens(text: str) -> int:
    # About right for English, and the same for the same text: nobody is billed by it.
    return -(-len(text) // 4)


def _authorise(request: Request) -> None:
    given = request.headers.get("authorization", "").removeprefix("Bearer ").strip()
    if not given:
        message = "You didn't provide an API key in the Authorization header."
        raise OpenAiRefusal(message, status=401)
    if given != OPENAI_KEY:
        shown = f"{given[:3]}***{given[-4:]}" if len(given) > 10 else "***"
        message = f"Incorrect API key provided: {shown}."
        raise OpenAiRefusal(message, status=401, code="invalid_api_key")


def _refused(refusal: OpenAiRefusal) -> Answer:
    return Answer.of_json(refusal.as_json(), status=refusal.status, worked=False)


def _stream(head: Json, text: str, finish: str, usage: Json | None) -> bytes:
    def chunk(delta: Json, reason: str | None = None) -> Json:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        return {**head, "object": "chat.completion.chunk", "choices": [choice], "usage": None}

    chunks = [chunk({"role": "assistant", "content": "", "refusal": None})]
    for start in range(0, len(text), CHUNK_CHARACTERS):
        chunks.append(chunk({"content": text[start : start + CHUNK_CHARACTERS]}))
    chunks.append(chunk({}, finish))
    if usage is not None:
        chunks.append({**chunk({}), "choices": [], "usage": usage})
    lines = [f"data: {json.dumps(one)}\n\n" for one in chunks]
    return "".join([*lines, "data: [DONE]\n\n"]).encode()
