"""Streams of news about an order, from the web server as it runs, over HTTP."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit
from uuid import uuid4

import httpx2
import psutil
import pytest
from django.db import connection, transaction
from django.utils import timezone

from local import ports
from orders import access, lifecycle
from orders.models import Order, Refund, Status
from orders.streams import MOST_OF_AN_ORDER
from tests import processes
from tests.orders import factories
from tests.visitor import PATIENCE_S, visitor

pytestmark = pytest.mark.django_db(transaction=True)

OwnWeb = tuple[processes.Running, str]


class Browser:
    """Somebody whom the order let in."""

    def __init__(self, site: str, order: Order | None) -> None:
        self._http = visitor(base_url=site)
        if order is not None:
            opened = urlsplit(access.open_url(order))
            self._http.get(f"{opened.path}?{opened.query}")

    def get(self, path: str) -> httpx2.Response:
        with self._http.stream("GET", path) as answer:
            if answer.headers.get("content-type") != "text/event-stream":
                answer.read()
        return answer

    @contextmanager
    def following(self, order: Order) -> Iterator["Stream"]:
        with self._http.stream("GET", events(order)) as answer:
            stream = Stream(answer)  # named: an iterator that nobody holds closes its answer
            yield stream

    def close(self) -> None:
        self._http.close()


class Stream:
    def __init__(self, answer: httpx2.Response) -> None:
        self.status = answer.status_code
        self.headers = answer.headers
        self._lines = answer.iter_lines()

    def event(self) -> str | None:
        """The next event's name, waited for; None: the stream has ended."""
        for line in self._lines:
            if line.startswith("event: "):
                return line.removeprefix("event: ")
        return None

    def until(self, name: str | None) -> list[str]:
        """The events up to that one."""
        passed = []
        while (event := self.event()) != name:
            assert event is not None, passed
            passed.append(event)
        return passed


def events(order: Order) -> str:
    return f"{order.get_absolute_url()}events/"


@pytest.fixture
def browser(settings) -> Iterator[Callable[..., Browser]]:
    with ExitStack() as end:

        def make(order: Order | None = None, site: str = settings.SITE_URL) -> Browser:
            one = Browser(site, order)
            end.callback(one.close)
            return one

        yield make


@pytest.fixture
def own_web() -> Iterator[Callable[..., OwnWeb]]:
    """Web servers of the test's own, with other settings, and their addresses."""
    with ExitStack() as end:

        def start(**changes: str) -> OwnWeb:
            port = ports.free_port()
            server = processes.web_at(port, **changes)
            end.callback(server.kill)
            server.start()
            return server, f"http://127.0.0.1:{port}"

        yield start


def sessions(server: processes.Running) -> list[int]:
    """The process ids of the database's sessions in which the server listens for news."""
    ports_of_it = [one.laddr.port for one in psutil.Process(server.pid).net_connections("tcp")]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity"
            " WHERE application_name = 'byline-news' AND client_port = ANY(%s)",
            [ports_of_it],
        )
        return [pid for (pid,) in cursor.fetchall()]


def test_a_stream_tells_of_what_commits_and_carries_no_data(web, browser):
    order = factories.order_in_work()
    with browser(order).following(order) as stream:
        first = stream.event()
        lifecycle.note(order=order, what="Something happened", actor="system", at=timezone.now())
        second = stream.event()

    assert (first, second) == ("changed", "changed")
    assert stream.status == 200
    assert stream.headers["content-type"] == "text/event-stream"
    assert "no-cache" in stream.headers["cache-control"]
    assert stream.headers["x-accel-buffering"] == "no"
    assert stream.headers["x-frame-options"] == "DENY"
    assert "content-length" not in stream.headers


def test_what_is_rolled_back_is_no_news(web, browser):
    order = factories.order_in_work()
    with browser(order).following(order) as stream:
        stream.event()
        with transaction.atomic():
            lifecycle.note(order=order, what="Never happened", actor="system", at=timezone.now())
            transaction.set_rollback(True)
        other = factories.order_in_work()
        lifecycle.note(order=other, what="Of another", actor="system", at=timezone.now())

        assert stream.event() == "queue"  # others moved; this order did not


def test_two_browsers_on_one_order_both_hear(web, browser):
    order = factories.order_in_work()
    with (
        browser(order).following(order) as one,
        browser(order).following(order) as two,
    ):
        for stream in (one, two):
            stream.event()
        lifecycle.note(order=order, what="Something happened", actor="system", at=timezone.now())

        assert [one.event(), two.event()] == ["changed", "changed"]


def test_a_stranger_is_answered_like_for_an_order_that_does_not_exist(web, browser):
    order = factories.order_in_work()
    stranger = browser(factories.order_in_work())

    closed = stranger.get(events(order))
    missing = stranger.get(events(Order(pk=uuid4())))

    assert closed.status_code == missing.status_code == 404
    assert closed.content == missing.content


def test_a_final_state_ends_the_stream_and_no_other_begins(web, browser):
    order = factories.order_awaiting_payment()
    someone = browser(order)
    with someone.following(order) as stream:
        stream.event()
        lifecycle.cancel(order=order, actor="customer", why="tested", at=timezone.now())

        assert stream.until("over") == ["changed"]
        assert stream.event() is None
    assert someone.get(events(order)).status_code == 204


def test_a_failed_order_is_followed_until_its_refund_is_settled(web, browser):
    order = factories.failed_order()
    with browser(order).following(order) as stream:
        stream.event()
        Refund.objects.update(state="succeeded", stripe_id="re_1", refunded_at=timezone.now())
        lifecycle.note(order=order, what="Refunded", actor="stripe", at=timezone.now())

        assert stream.until("over") == ["changed"]


def test_a_key_that_was_made_useless_ends_its_stream_at_the_next_news(web, browser):
    order = factories.order_in_work()
    with browser(order).following(order) as stream:
        stream.event()
        Order.objects.update(key_version=2)
        lifecycle.note(order=order, what="Something happened", actor="system", at=timezone.now())

        assert stream.until("over") == ["changed"]


def test_a_worker_at_work_is_heard_at_each_step_until_the_customer_is_asked(
    web, browser, start_worker
):
    order = factories.order_in_work()
    with browser(order).following(order) as stream:
        stream.event()
        start_worker()
        heard = stream.until("over")

    # Reading the brief, writing, the gate, delivery.
    assert heard.count("changed") >= 4
    order.refresh_from_db()
    assert order.status == Status.QUALITY_CHECK


def test_many_streams_hold_one_session_of_the_database_and_no_threads(own_web, browser):
    server, site = own_web()
    orders = [factories.order_in_work() for _ in range(4)]
    process = psutil.Process(server.pid)
    with ExitStack() as open_ones:

        def follow(order: Order) -> None:
            stream = open_ones.enter_context(browser(order, site).following(order))
            assert stream.event() == "changed"

        follow(orders[0])
        threads, held = process.num_threads(), connections_of(process)
        for order in orders * 9:
            follow(order)
        all_open = process.num_threads(), connections_of(process)

    assert len(sessions(server)) == 1
    assert all_open[0] <= threads + 1  # the second of the two that look
    assert all_open[1] <= held + 1


def connections_of(process: psutil.Process) -> int:
    """How many connections to PostgreSQL and Redis it holds."""
    theirs = {
        urlsplit(os.environ[name]).port
        for name in ("DATABASE_URL", "REDIS_URL")
        if name in os.environ
    }
    return sum(
        bool(one.raddr) and one.raddr.port in theirs for one in process.net_connections("tcp")
    )


def test_beyond_their_limits_streams_are_refused_until_one_ends(own_web, browser):
    _, site = own_web(STREAMS_MAX=str(MOST_OF_AN_ORDER + 1))
    order, other, third = (factories.order_in_work() for _ in range(3))
    with ExitStack() as open_ones:
        for _ in range(MOST_OF_AN_ORDER):
            open_ones.enter_context(browser(order, site).following(order)).event()
        one_too_many = browser(order, site).get(events(order))
        with browser(other, site).following(other) as stream:
            stream.event()
            process_is_full = browser(third, site).get(events(third))

    assert (one_too_many.status_code, process_is_full.status_code) == (503, 503)
    assert one_too_many.headers["retry-after"] == "30"
    with browser(order, site).following(order) as stream:
        assert stream.event() == "changed"


def test_no_streams_can_be_wanted(own_web, browser):
    _, site = own_web(STREAMS_MAX="0")
    order = factories.order_in_work()
    someone = browser(order, site)

    assert someone.get(events(order)).status_code == 503
    assert someone.get(order.get_absolute_url()).status_code == 200


def test_a_lost_session_ends_its_streams_and_the_next_ones_listen_anew(own_web, browser):
    server, site = own_web()
    order = factories.order_in_work()
    someone = browser(order, site)
    with someone.following(order) as stream:
        stream.event()
        (lost,) = sessions(server)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [lost])

        assert stream.event() is None
    with someone.following(order) as stream:
        stream.event()
        lifecycle.note(order=order, what="Something happened", actor="system", at=timezone.now())
        assert stream.event() == "changed"
    assert sessions(server) != [lost]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_that_is_told_to_stop_ends_its_streams_by_itself(own_web, browser, number):
    server, site = own_web()
    order = factories.order_in_work()
    ended: list[str | None] = []
    with browser(order, site).following(order) as stream:
        stream.event()
        reader = threading.Thread(target=lambda: ended.append(stream.event()))
        reader.start()
        os.kill(server.pid, number)
        reader.join(PATIENCE_S)
        server.process.stop()

    assert ended == [None]
    assert "timeout graceful shutdown exceeded" not in server.log()
    assert "Traceback" not in server.log()
