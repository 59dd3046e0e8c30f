"""The e-mails that were accepted, newest last, kept small."""

from __future__ import annotations

import json
import zlib
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

KEPT_MAILS = 100_000
KEPT_BYTES = 48 * 1024 * 1024


@dataclass(slots=True, kw_only=True)
class Mail:
    """One accepted e-mail. `at` is Unix seconds; `packed` holds the request as it came."""

    id: str
    at: float
    to: tuple[str, ...]
    subject: str
    packed: bytes

    @property
    def request(self) -> dict[str, Any]:
        """The body of the call that sent it."""
        request: dict[str, Any] = json.loads(zlib.decompress(self.packed))
        return request

    def part(self, kind: str) -> str:
        """Return the content of a MIME type, "" when there is none."""
        for content in self.request.get("content", []):
            if content.get("type") == kind:
                return str(content["value"])
        return ""

    def as_json(self, *, whole: bool = True) -> dict[str, Any]:
        """Return the e-mail as /control/inbox shows it; not `whole`: without its contents."""
        request = self.request
        first = request["personalizations"][0]
        known = {
            "id": self.id,
            "at": self.at,
            "from": request["from"],
            "to": list(self.to),
            "subject": self.subject,
            "custom_args": {**request.get("custom_args", {}), **first.get("custom_args", {})},
            "headers": {**request.get("headers", {}), **first.get("headers", {})},
            "categories": request.get("categories", []),
        }
        if not whole:
            return known
        contents = {"text": self.part("text/plain"), "html": self.part("text/html")}
        return known | contents | {"reply_to": request.get("reply_to")}


class Inbox:
    """Every accepted e-mail, up to a bound; the oldest go first."""

    def __init__(self) -> None:
        self._mails: OrderedDict[str, Mail] = OrderedDict()
        self._bytes = 0

    def __len__(self) -> int:
        """Count the e-mails kept."""
        return len(self._mails)

    def put(self, mail: Mail) -> None:
        """Take an e-mail in."""
        self._mails[mail.id] = mail
        self._bytes += len(mail.packed)
        while len(self._mails) > KEPT_MAILS or self._bytes > KEPT_BYTES:
            _, oldest = self._mails.popitem(last=False)
            self._bytes -= len(oldest.packed)

    def get(self, name: str) -> Mail | None:
        """Return the e-mail of that message id."""
        return self._mails.get(name)

    def find(self, *, to: str = "", contains: str = "", limit: int = 1000) -> list[Mail]:
        """Return the newest e-mails first, to an address and holding a text where given."""
        found: list[Mail] = []
        for mail in reversed(list(self._mails.values())):
            if to and to.lower() not in (one.lower() for one in mail.to):
                continue
            if contains and contains not in json.dumps(mail.as_json(), ensure_ascii=False):
                continue
            found.append(mail)
            if len(found) == limit:
                break
        return found

    def clear(self) -> None:
        """Throw every e-mail away."""
        self._mails.clear()
        self._bytes = 0


def packed(request: dict[str, Any]) -> bytes:
    """Return the form in which the inbox keeps a call's body."""
    return zlib.compress(json.dumps(request).encode(), 1)
