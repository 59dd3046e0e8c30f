"""The live pages in a browser: narrow, wide, dark; nothing asked elsewhere, nothing refused."""

import os
import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.urls import reverse
from playwright.sync_api import sync_playwright

from articles import seed
from articles.models import Article
from tests import chromium
from tests.articles import pages
from tests.articles.pages import AT, LINK
from tests.articles.test_publishing import publish

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WIDTHS = [320, 360, 1280]
WORDS = "Most people begin small and learn as they go, which is what a balcony is good for. " * 3
LONG = (
    "<p>Sponsored: this article contains a paid link.</p>"
    f"<h2>Where to begin</h2><p>{WORDS} Then they find {LINK}. {WORDS}</p>"
    f"<ul><li>Soil</li><li>Water, and {'a' * 90}</li></ul>"
    f"<h3>A table</h3><table><thead><tr><th>Wood</th><th>Years</th><th>{'Weight ' * 6}</th></tr>"
    f"</thead><tbody><tr><td>Oak</td><td>15</td><td>{'heavy ' * 12}</td></tr></tbody></table>"
    f"<blockquote><p>{WORDS}</p></blockquote><pre>{'x = 1; ' * 30}</pre>"
)


@pytest.fixture
def addresses(web):
    """A live article and the list of its site, with two more articles."""
    seed.plant(at=AT)
    domain = Article.objects.get(slug="a-first-household-budget-that-survives-the-month").domain
    version = pages.version(pages.article(domain, slug="beds"), html=LONG)
    return [publish(version).url, settings.SITE_URL + reverse("live-site", args=[domain.host])]


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_the_live_pages_fit_every_screen_and_break_no_rule(addresses, colours):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=["--no-sandbox"])
        for address in addresses:
            page = browser.new_page(color_scheme=colours)
            said, asked = [], []
            page.on("console", lambda message, said=said: said.append(message.text))
            page.on("request", lambda request, asked=asked: asked.append(request.url))
            for width in WIDTHS:
                page.set_viewport_size({"width": width, "height": 900})
                page.goto(address)
                assert page.evaluate("document.documentElement.scrollWidth") <= width
                _keep(page, f"{colours}-{width}", address)
                found = Axe().run(page)
                assert found.violations_count == 0, found.generate_report()
            assert said == []
            assert {
                url for url in asked if not url.startswith((settings.SITE_URL, "data:"))
            } == set()
            page.close()
        browser.close()


def _keep(page, name, address):
    """Store a picture where `SCREENSHOTS` names a folder, for whoever changes the look."""
    folder = os.environ.get("SCREENSHOTS")
    if folder:
        last = re.sub(r"\W+", "-", address.split("/sites/")[1]).strip("-")
        page.screenshot(path=Path(folder) / f"{last}-{name}.png", full_page=True)
