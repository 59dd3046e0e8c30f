"""The pages that briefs name as references: served here, as no page of strangers stays as it is."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

FILE = Path(__file__).parent / "references.toml"


class Pages:
    """The pages by the public addresses that briefs name, and where each is served."""

    def __init__(self, *, origin: str) -> None:
        self._origin = origin
        self._texts: dict[str, str] = tomllib.loads(FILE.read_text(encoding="utf-8"))
        self._paths = {address: f"/{n}" for n, address in enumerate(self._texts, 1)}

    def served_at(self, address: str) -> str:
        """Return where the page of a public address is served.

        :raises KeyError: there is no such page
        """
        return f"{self._origin}{self._paths[address]}"

    def page(self, path: str) -> str | None:
        """Return the page's HTML, None where there is none."""
        for address, its in self._paths.items():
            if its == path:
                blocks = self._texts[address].strip().split("\n\n")
                said = "".join(f"<p>{escape(block)}</p>" for block in blocks)
                return f"<!doctype html><title>Reference</title><main>{said}</main>"
        return None


@contextmanager
def serving() -> Iterator[Pages]:
    """Yield the pages while they are served on this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = pages.page(self.path)
            body = (found or "").encode()
            self.send_response(404 if found is None else 200)
            self.send_header("content-type", "text/html; charset=utf-8")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing: the figures are what is printed."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        pages = Pages(origin=f"http://127.0.0.1:{server.server_address[1]}")
        Thread(target=server.serve_forever, daemon=True).start()
        yield pages
        server.shutdown()
