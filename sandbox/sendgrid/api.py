"""The service behind /sendgrid: accepts what SendGrid accepts, refuses what it refuses."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator
from typing import Any

from sandbox.edge import Answer, Request, Route
from sandbox.sendgrid.inbox import Inbox, Mail, packed
from sandbox.settings import SENDGRID_KEY

LARGEST_CUSTOM_ARGS = 10_000
MOST_RECIPIENTS = 1000
KNOWN = frozenset(
    [
        "personalizations",
        "from",
        "reply_to",
        "reply_to_list",
        "subject",
        "content",
        "attachments",
        "template_id",
        "headers",
        "categories",
        "custom_args",
        "send_at",
        "batch_id",
        "asm",
        "ip_pool_name",
        "mail_settings",
        "tracking_settings",
        "sections",
    ]
)
_ADDRESS = re.compile(r"[^@\s<>]+@[^@\s<>]+\.[^@\s<>.]+")
_DOCS = "http://sendgrid.com/docs/API_Reference/Web_API_v3/Mail/errors.html"

Problem = tuple[str, str | None]


class SendGridApi:
    """Takes in e-mails and puts them into the inbox."""

    name = "sendgrid"

    def __init__(self, inbox: Inbox) -> None:
        self.inbox = inbox
        self.routes = [
            Route("POST", "/v3/mail/send", "mail.send", self._send),
            Route("GET", "/v3/scopes", "scopes.list", self._scopes),
        ]

    def headers(self) -> dict[str, str]:
        """Return SendGrid's headers of every answer."""
        return {"server": "nginx", "access-control-allow-origin": "https://sendgrid.api-docs.io"}

    def refusal(self, *, status: int, message: str, code: str | None) -> Answer:
        """Return an error in SendGrid's shape."""
        del code  # SendGrid's errors carry none.
        return _refused(status, [(message, None)])

    def _send(self, request: Request) -> Answer:
        if refused := _unauthorised(request):
            return refused
        try:
            body = json.loads(request.body)
        except ValueError:
            return _refused(400, [("Bad Request", None)])
        if not isinstance(body, dict):
            return _refused(400, [("Bad Request", None)])
        problems = list(_problems(body))
        if problems:
            return _refused(400, problems)
        sandboxed = (body.get("mail_settings") or {}).get("sandbox_mode") or {}
        if sandboxed.get("enable"):
            return Answer(status=200, outcome="only checked")
        mail = _mail(body, at=request.at)
        self.inbox.put(mail)
        return Answer(
            status=202,
            headers={"x-message-id": mail.id, "content-type": "text/plain"},
            result_id=mail.id,
        )

    def _scopes(self, request: Request) -> Answer:
        return _unauthorised(request) or Answer.of_json({"scopes": ["mail.send"]})


def _mail(body: dict[str, Any], *, at: float) -> Mail:
    people = body["personalizations"]
    to = tuple(
        person["email"]
        for one in people
        for kind in ("to", "cc", "bcc")
        for person in one.get(kind, [])
    )
    subject = people[0].get("subject") or body.get("subject") or ""
    return Mail(id=secrets.token_urlsafe(16), at=at, to=to, subject=subject, packed=packed(body))


def _problems(body: dict[str, Any]) -> Iterator[Problem]:
    for name in sorted(set(body) - KNOWN):
        yield f"Additional property {name} is not allowed", name
    yield from _people(body)
    yield from _address(body.get("from"), at="from")
    if body.get("reply_to") is not None:
        yield from _address(body["reply_to"], at="reply_to")
    yield from _contents(body)
    arguments = body.get("custom_args", {})
    if not isinstance(arguments, dict) or not all(isinstance(v, str) for v in arguments.values()):
        yield "The custom_args must be an object of strings.", "custom_args"
    elif len(json.dumps(arguments)) > LARGEST_CUSTOM_ARGS:
        yield "The custom_args may not exceed 10,000 bytes.", "custom_args"


def _people(body: dict[str, Any]) -> Iterator[Problem]:
    people = body.get("personalizations")
    if not isinstance(people, list) or not people:
        yield (
            "The personalizations field is required and must have at least one personalization.",
            "personalizations",
        )
        return
    seen: set[str] = set()
    for index, one in enumerate(people):
        at = f"personalizations.{index}"
        if not isinstance(one, dict) or not isinstance(one.get("to"), list) or not one["to"]:
            yield (
                "The to array is required for all personalization objects, and must have at "
                "least one email object with a valid email address.",
                f"{at}.to",
            )
            continue
        for kind in ("to", "cc", "bcc"):
            for place, person in enumerate(one.get(kind) or []):
                yield from _address(person, at=f"{at}.{kind}.{place}")
                email = str((person or {}).get("email", "")).lower()
                if email in seen:
                    yield (
                        "Each email address in the personalization block should be unique "
                        "between to, cc, and bcc. We found the first duplicate instance of "
                        f"[{email}] in the {at}.{kind} field.",
                        at,
                    )
                seen.add(email)
        if not (one.get("subject") or body.get("subject") or body.get("template_id")):
            yield (
                "The subject is required. You can get around this requirement if you use a "
                "template with a subject defined or if every personalization has a subject "
                "defined.",
                "subject",
            )
    if len(seen) > MOST_RECIPIENTS:
        yield "The number of recipients may not exceed 1000.", "personalizations"


def _address(person: Any, *, at: str) -> Iterator[Problem]:
    if not isinstance(person, dict) or not person.get("email"):
        what = "from object must be provided" if at == "from" else "email must be provided"
        yield f"The {what} for every email send.", f"{at}.email" if at != "from" else at
    elif not isinstance(person["email"], str) or not _ADDRESS.fullmatch(person["email"]):
        yield "Does not contain a valid address.", f"{at}.email"


def _contents(body: dict[str, Any]) -> Iterator[Problem]:
    contents = body.get("content")
    if contents is None and body.get("template_id"):
        return
    if not isinstance(contents, list) or not contents:
        yield (
            "Unless a valid template_id is provided, the content parameter is required.",
            "content",
        )
        return
    kinds = [one.get("type") if isinstance(one, dict) else None for one in contents]
    for index, one in enumerate(contents):
        if not isinstance(one, dict) or not isinstance(one.get("value"), str) or not one["value"]:
            yield (
                "The content value must be a string at least one character in length.",
                (f"content.{index}.value"),
            )
        if not isinstance(kinds[index], str) or "/" not in str(kinds[index]):
            yield "The content type is required.", f"content.{index}.type"
    order = [kind for kind in kinds if kind in ("text/plain", "text/html")]
    if order and (order != sorted(order, reverse=True) or kinds[0] != order[0]):
        yield (
            "If present, text/plain and text/html may only be provided once, text/plain first, "
            "followed by text/html, before any other content.",
            "content",
        )


def _unauthorised(request: Request) -> Answer | None:
    if request.headers.get("authorization") == f"Bearer {SENDGRID_KEY}":
        return None
    message = "The provided authorization grant is invalid, expired, or revoked"
    return _refused(401, [(message, None)])


def _refused(status: int, problems: list[Problem]) -> Answer:
    errors = [
        {"message": message, "field": place, "help": f"{_DOCS}#message" if place else None}
        for message, place in problems
    ]
    return Answer.of_json({"errors": errors}, status=status, worked=False)
