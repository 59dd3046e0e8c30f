"""What holds for each page: accessible in both colours, narrow enough for a small phone."""

import pytest

from articles.quality.report import CheckResult, Finding, Level, Report, State
from orders import access, lifecycle
from orders.models import Status
from tests.orders import factories
from tests.orders.factories import active_domain

pytestmark = pytest.mark.browser

LONG = "Donaudampfschifffahrtsgesellschaftskapitän" * 3
ADDRESS = "https://shop.example.com/" + "a-very-long-path/" * 8


def _report():
    def check(name, state, *findings):
        return CheckResult(
            name=name,
            label=name,
            level="B/W",
            source="us",
            state=state,
            value=2,
            threshold=1,
            findings=findings,
        )

    wrong = Finding(code="x", message=f"Twice: {ADDRESS}", block=1)
    long = Finding(code="y", message="Long.", level=Level.WARNS, block=2)
    checks = (
        check("Ordered link", State.FAILED, wrong),
        check("Paragraphs", State.WARNED, long),
        check("Copied", State.UNKNOWN),
        check("Length", State.PASSED),
    )
    return Report(checks=checks, words=800).to_json()


def _reviewed():
    domain = active_domain()
    brief = factories.brief_of(domain, target_url=ADDRESS, topic=LONG, notes=LONG)
    order = factories.order_in_work(domain=domain, brief=brief)
    html = (
        f'<p>A line with <a href="{ADDRESS}" rel="sponsored">oak raised beds</a> for you.</p>'
        f"<h2>{LONG}</h2><table><tr><th>{LONG}</th><td>{LONG}</td></tr></table>"
        f"<pre>{LONG}</pre><ul><li>One</li></ul><blockquote>Said.</blockquote>"
    )
    version = factories.version_of(order, html=html, report=_report(), title=LONG[:120])
    lifecycle.deliver(order=order, version=version, at=factories.AT)
    return order


def _cancelled():
    order = factories.order_awaiting_payment()
    lifecycle.cancel(order=order, actor="customer", why="by the customer", at=factories.AT)
    assert order.status == Status.CANCELLED
    return order


@pytest.fixture
def addresses(transactional_db):
    """Every page that we have, with the hardest content that it may get."""
    site = active_domain(
        name=LONG[:100], description=f"{LONG} {LONG}", niches=["gardening", "food"]
    )
    for _ in range(14):
        active_domain()
    reviewed = _reviewed()
    orders = [
        factories.order_awaiting_payment(),
        factories.order_in_work(),
        reviewed,
        factories.failed_order(),
        _cancelled(),
    ]
    return [
        "/",
        "/?niche=gardening&language=en&page=2",
        "/?niche=gardening&language=fi&q=nothing",
        f"/domains/{site.host}/",
        f"/order/?domain={site.host}",
        "/how-it-works/",
        "/nothing",
        "/dev/emails",
        *(access.open_url(order) for order in orders),
        f"{reviewed.get_absolute_url()}versions/1/",
    ]


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_every_page_is_accessible(visitor_with, addresses, colours):
    visitor = visitor_with(color_scheme=colours, viewport={"width": 1280, "height": 900})
    faults = {}

    for address in addresses:
        page = visitor.visit(address)
        page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
        faults[address] = visitor.accessibility_faults()

    assert {address: found for address, found in faults.items() if found} == {}


def test_a_form_with_errors_is_accessible(visitor_with):
    domain = active_domain()
    for colours in ("light", "dark"):
        visitor = visitor_with(color_scheme=colours)
        page = visitor.visit(f"/order/?domain={domain.host}")
        page.click("text=Continue to payment")

        assert visitor.accessibility_faults() == []
        assert page.locator("#error-summary a").count() == 5


def test_no_page_is_wider_than_a_small_phone(visitor_with, addresses):
    visitor = visitor_with(viewport={"width": 320, "height": 640})
    too_wide = {}

    for address in addresses:
        page = visitor.visit(address)
        page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
        too_wide[address] = visitor.pixels_too_wide()

    assert {address: pixels for address, pixels in too_wide.items() if pixels > 0} == {}


def test_everything_to_press_is_at_least_24_pixels_high(visitor_with, addresses):
    visitor = visitor_with(viewport={"width": 360, "height": 740})
    small = {}

    for address in addresses:
        page = visitor.visit(address)
        small[address] = page.evaluate(SMALL_TARGETS)

    assert {address: found for address, found in small.items() if found} == {}


# Links inside a sentence are exempt from the rule (WCAG 2.5.8), and the skip link is off screen.
SMALL_TARGETS = """
Array.from(document.querySelectorAll("a, button, input, select, textarea, summary"))
  .filter(each => each.type !== "hidden" && !each.hidden && !each.matches(".skip, p a, li a, dd a"))
  .map(each => [each, each.getBoundingClientRect()])
  .filter(([each, box]) => box.width && (box.height < 24 || box.width < 24))
  .map(([each, box]) => `${each.outerHTML.slice(0, 90)} ${box.width}x${box.height}`)
"""


def test_printed_pages_show_the_article_and_not_the_site_around_it(visitor, addresses):
    for address in addresses:  # the keys of the orders are among them; the preview is the last
        page = visitor.visit(address)

    page.emulate_media(media="print")

    assert page.locator("article.paper").is_visible()
    assert page.locator(".site-head").is_hidden()
    assert page.locator(".site-foot").is_hidden()
