"""From the storefront to the article, with scripts and without."""

import re

import pytest
from playwright.sync_api import expect

from orders.models import Order, Status
from tests.orders.factories import active_domain

pytestmark = pytest.mark.browser


@pytest.fixture
def sites(transactional_db):
    active_domain(name="The Other Place", niches=["food"])
    return active_domain(name="The Garden", niches=["gardening"])


def test_a_customer_buys_and_reads_an_article(visitor, sites, worker):
    page = visitor.visit("/")
    page.select_option("#niche", "gardening")
    expect(page.locator("#count")).to_have_text("1 site")
    assert "niche=gardening" in page.url
    page.click("text=The Garden")
    page.click("text=Write the brief")

    visitor.write_brief(target_url="http://192.168.0.1/")
    page.click("text=Continue to payment")
    expect(page.locator("#error-summary")).to_be_focused()
    page.click("#error-summary a")
    expect(page.locator("#target_url")).to_be_focused()
    assert page.input_value("#topic") == "Raised beds on a small balcony"
    page.fill("#target_url", "https://shop.example.com/raised-beds")
    page.click("text=Continue to payment")

    page.click("button[value=pay]")
    page.wait_for_url(re.compile(rf"{visitor.site}/orders/[0-9a-f-]+/$"))
    address = page.url
    # No reload from here on: the region follows the work by itself.
    page.evaluate("window.sameDocument = true")
    expect(page.locator("#now-h")).to_have_text("Your article is ready", timeout=90_000)
    assert page.evaluate("window.sameDocument") is True
    expect(page).to_have_title(re.compile("your article is ready"))
    expect(page.locator("#announcer")).to_have_text("Your article is ready")
    expect(page.locator("[aria-current=step]")).to_contain_text("Your review")
    expect(page.locator("#status-region[hx-trigger]")).to_have_count(0)

    page.click("text=Read the article")
    expect(page.locator("article .ordered-link")).to_have_text("oak raised beds")
    expect(page.locator(".report .score")).to_contain_text("checks passed")
    page.click("text=show it in the text")
    expect(page.locator("#ordered-link")).to_be_in_viewport()
    page.click("text=Back to the order")
    assert page.url == address
    order = Order.objects.get()
    assert order.status == Status.QUALITY_CHECK
    assert order.payments.count() == 1


def test_everything_works_without_scripts(visitor_with, sites, worker):
    visitor = visitor_with(java_script_enabled=False)
    page = visitor.visit("/")
    page.select_option("#niche", "gardening")
    page.click("text=Show sites")
    expect(page.locator("#count")).to_have_text("1 site")
    page.click("text=The Garden")
    page.click("text=Write the brief")

    visitor.write_brief(email="nobody")
    page.click("text=Continue to payment")
    expect(page.locator("#error-summary")).to_contain_text("E-mail")
    page.fill("#email", "ada@example.com")
    page.click("text=Continue to payment")
    page.click("button[value=cancel]")
    expect(page.locator("#now-h")).to_have_text("Finish your payment")
    page.click("text=Go to payment")
    page.click("button[value=pay]")

    ready = page.locator("#now-h", has_text="Your article is ready")
    for _ in range(60):
        if ready.count():
            break
        page.wait_for_timeout(500)
        page.click("text=Look again now")
    page.click("text=Read the article")
    expect(page.locator("article .ordered-link")).to_have_text("oak raised beds")
    assert Order.objects.count() == 1
    assert page.locator("button.theme").is_hidden()


def test_a_cancelled_order_can_be_ordered_again_with_its_brief(visitor, sites):
    page = visitor.visit(f"/order/?domain={sites.host}")
    visitor.write_brief()
    page.click("text=Continue to payment")
    page.click("button[value=cancel]")
    page.click("text=Cancel the order")
    expect(page.locator("#now-h")).to_have_text("Cancelled")

    page.click("#again")

    assert page.input_value("#topic") == "Raised beds on a small balcony"
    assert page.input_value("#email") == "ada@example.com"


def test_two_presses_on_the_button_are_one_order(visitor, sites):
    page = visitor.visit(f"/order/?domain={sites.host}")
    visitor.write_brief()

    page.locator("text=Continue to payment").dblclick()

    page.wait_for_url(f"{visitor.sandbox}/**")
    assert Order.objects.count() == 1


def test_coming_back_from_the_payment_page_brings_the_form_back_as_it_was(visitor, sites):
    page = visitor.visit(f"/order/?domain={sites.host}")
    visitor.write_brief()
    page.click("text=Continue to payment")
    page.wait_for_url(f"{visitor.sandbox}/**")

    page.go_back()
    assert page.input_value("#topic") == "Raised beds on a small balcony"
    page.click("text=Continue to payment")

    page.wait_for_url(f"{visitor.sandbox}/**")
    assert Order.objects.count() == 1
