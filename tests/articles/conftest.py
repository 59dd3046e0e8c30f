"""Sites of others that articles are read from: one answer over HTTP, the sandbox's WordPress."""

import contextlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from tests.articles.test_publishing_wordpress import Posts


@pytest.fixture
def serve():
    """A function that serves one answer and returns its address."""
    answer = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            body = answer["body"].encode()
            self.send_response(answer["status"])
            self.send_header("content-type", answer["kind"])
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            with contextlib.suppress(ConnectionError):
                self.wfile.write(body)

        def log_message(self, *_):
            pass

    def serving(body, *, status=200, kind="text/html; charset=utf-8"):
        answer.update(body=body, status=status, kind=kind)
        return f"http://127.0.0.1:{server.server_address[1]}/page"

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield serving
        server.shutdown()


@pytest.fixture
def posts(sandbox):
    """The posts of the sandbox's WordPress, as its own editors see them and write them."""
    posts = Posts(sandbox.base_url)
    yield posts
    posts.http.close()
