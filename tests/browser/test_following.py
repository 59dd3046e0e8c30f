"""An order's page follows the work by a stream; it polls only where there is none."""

import re

import pytest
from django.db import connection
from django.utils import timezone
from playwright.sync_api import expect

from orders import access, lifecycle
from queueing.clock import NEWS
from tests.orders import factories

pytestmark = pytest.mark.browser

REGION = re.compile(r"/region/")
EVENTS = re.compile(r"/events/")


class Watched:
    """A page, and what it asked the server for since it was opened."""

    def __init__(self, visitor, order):
        self.asked = []
        visitor.page.on("request", lambda request: self.asked.append(request.url))
        self.page = visitor.page
        with self.page.expect_response(REGION):  # the look with which each stream begins
            visitor.visit(access.open_url(order))

    @property
    def fetches(self):
        return len([url for url in self.asked if REGION.search(url)])

    @property
    def streams(self):
        return len([url for url in self.asked if EVENTS.search(url)])


@pytest.fixture
def told(transactional_db):
    """What the ledger and the lifecycle told since the test began."""
    heard = []
    with connection.cursor() as cursor:
        cursor.execute(f"LISTEN {NEWS}")
        session = connection.connection
        session.add_notify_handler(heard.append)

        def now():
            cursor.execute("SELECT 1")
            return heard

        yield now
        session.remove_notify_handler(heard.append)
        cursor.execute(f"UNLISTEN {NEWS}")


def say(order, what):
    lifecycle.note(order=order, what=what, actor="system", at=timezone.now())


def look_again(page):
    """What the browser tells a page whose tab comes to the front; it asks for news at once."""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def refuse_streams(page):
    page.route(EVENTS, lambda route: route.fulfill(status=429))


def test_each_piece_of_news_is_one_fetch_and_no_poll_goes_through_meanwhile(visitor):
    order = factories.order_in_work()
    visitor.page.clock.install()
    watched = Watched(visitor, order)
    page = watched.page
    assert (watched.fetches, watched.streams) == (1, 1)

    for number, what in enumerate(["One thing", "Another thing"], start=2):
        say(order, what)
        expect(page.locator(".history")).to_contain_text(what)
        # Others' work may move meanwhile, and that is news as well.
        assert number <= watched.fetches <= number + 1
    page.clock.run_for(35_000)  # three turns of the region's own timer

    assert watched.fetches <= 4
    assert watched.streams == 1
    expect(page.locator("#announcer")).to_be_empty()  # the state is as it was
    expect(page.locator("#stream-lost")).to_be_hidden()


def test_a_worker_at_work_reaches_two_browsers_without_a_poll(visitor_with, start_worker, told):
    order = factories.order_in_work()
    both = [Watched(visitor_with(), order) for _ in range(2)]
    for watched in both:
        watched.page.evaluate("window.sameDocument = true")

    start_worker()
    for watched in both:
        expect(watched.page.locator("#now-h")).to_have_text("Your article is ready", timeout=90_000)
        expect(watched.page.locator("#announcer")).to_have_text("Your article is ready")
        assert watched.page.evaluate("window.sameDocument") is True

    for watched in both:
        assert watched.streams == 1
        assert 2 <= watched.fetches <= 1 + len(told())
    before = [watched.fetches for watched in both]
    say(order, "Nobody listens any more")
    assert [watched.fetches for watched in both] == before


def test_news_that_comes_while_nothing_new_is_answered_is_asked_for_once_more(visitor):
    order = factories.order_in_work()
    page = Watched(visitor, order).page
    page.clock.install()
    held = []

    def hold(route):
        held.append(route)

    page.route(REGION, hold)
    with page.expect_request(REGION):
        look_again(page)
    look_again(page)  # while the first one waits for its answer

    with page.expect_request(REGION, timeout=10_000):
        held.pop().fulfill(status=204)
        page.clock.run_for(1_000)


def test_without_streams_the_page_polls_says_so_and_goes_back_to_one(visitor):
    order = factories.order_in_work()
    page = visitor.page
    page.clock.install()
    refuse_streams(page)
    visitor.visit(access.open_url(order))

    page.clock.run_for(4_000)
    expect(page.locator("#stream-lost")).to_be_visible()
    expect(page.locator("#stream-lost")).to_contain_text(
        "Live updates paused; checking every 10 seconds."
    )
    say(order, "Heard by polling")
    with page.expect_request(REGION):
        page.clock.run_for(10_000)
    expect(page.locator(".history")).to_contain_text("Heard by polling")
    expect(page.locator("#stream-lost")).to_be_visible()  # in the new region as well

    page.unroute(EVENTS)
    look_again(page)
    expect(page.locator("#stream-lost")).to_be_hidden()


def test_a_final_state_ends_the_stream_and_the_poll(visitor):
    order = factories.order_awaiting_payment()
    watched = Watched(visitor, order)

    lifecycle.cancel(order=order, actor="customer", why="tested", at=timezone.now())

    expect(watched.page.locator("#now-h")).to_have_text("Cancelled")
    expect(watched.page.locator("#announcer")).to_have_text("Cancelled")
    expect(watched.page.locator("[hx-trigger], [data-events]")).to_have_count(0)
    assert (watched.fetches, watched.streams) == (2, 1)


def test_a_state_in_which_nothing_moves_opens_no_stream(visitor):
    order = factories.order_in_review()
    asked = []
    visitor.page.on("request", lambda request: asked.append(request.url))

    visitor.visit(access.open_url(order))
    expect(visitor.page.locator("#now-h")).to_be_visible()

    assert [url for url in asked if EVENTS.search(url)] == []


def test_a_tab_that_nobody_sees_leaves_its_connection_to_the_others(visitor):
    order = factories.order_in_work()
    watched = Watched(visitor, order)
    page = watched.page
    hide = "Object.defineProperty(document, 'hidden', {{ value: {}, configurable: true }});"
    turn = "document.dispatchEvent(new Event('visibilitychange'))"

    with page.expect_event("requestfailed", lambda request: EVENTS.search(request.url)):
        page.evaluate(hide.format("true") + turn)
    with page.expect_response(EVENTS):
        page.evaluate(hide.format("false") + turn)

    assert watched.streams == 2
