"""A browser for the whole folder, and a visitor for each test."""

import os
from collections.abc import Callable, Iterator

import pytest
from django.conf import LazySettings
from playwright.sync_api import Browser, sync_playwright

from tests import chromium
from tests.browser.visitor import Visitor
from tests.processes import Running

FLAGS = [
    "--no-sandbox",  # as root, in containers
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    # Whatever a page may ask for, nothing leaves the machine.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    # Playwright keeps an event loop in this thread, which Django takes for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "yes"
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium.find(), args=FLAGS)
            yield browser
            browser.close()
    finally:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def visitor_with(
    browser: Browser, web: Running, settings: LazySettings
) -> Iterator[Callable[..., Visitor]]:
    """Visitors with options of a browser context: `visitor_with(color_scheme="dark")`.

    None of them may have met an error in the console or a request that left our site.
    """
    visitors: list[Visitor] = []

    def make(**options: object) -> Visitor:
        context = browser.new_context(**options)  # type: ignore[arg-type]
        visitors.append(Visitor(context, site=settings.SITE_URL, sandbox=settings.SANDBOX_URL))
        return visitors[-1]

    yield make
    for visitor in visitors:
        visitor.context.close()
    assert [visitor.complaints for visitor in visitors if visitor.complaints] == []
    assert [visitor.strays for visitor in visitors if visitor.strays] == []


@pytest.fixture
def visitor(visitor_with: Callable[..., Visitor]) -> Visitor:
    return visitor_with(viewport={"width": 1280, "height": 900})
