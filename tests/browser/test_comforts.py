"""What scripts add: checks as fields are left, the colour switch, word of a lost connection."""

import pytest
from playwright.sync_api import expect

from orders import access
from tests.orders import factories
from tests.orders.factories import active_domain

pytestmark = pytest.mark.browser

DARK = "rgb(22, 24, 28)"
LIGHT = "rgb(246, 244, 239)"


def ground(page):
    return page.evaluate("getComputedStyle(document.body).backgroundColor")


def test_a_field_is_checked_as_it_is_left(visitor):
    page = visitor.visit(f"/order/?domain={active_domain().host}")

    page.fill("#target_url", "ftp://files.example.com/")
    page.locator("#anchor_text").focus()

    expect(page.locator("#target_url_error")).to_contain_text("http://")
    expect(page.locator("#target_url")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#announcer")).to_contain_text("http://")
    expect(page.locator("#anchor_text")).to_be_focused()
    assert page.input_value("#target_url") == "ftp://files.example.com/"

    page.fill("#target_url", "https://shop.example.com/")
    page.locator("#anchor_text").focus()
    expect(page.locator("#target_url_error")).to_be_empty()
    expect(page.locator("#target_url[aria-invalid]")).to_have_count(0)


def test_the_colour_switch_is_remembered_against_the_system(visitor_with):
    visitor = visitor_with(color_scheme="light")
    page = visitor.visit("/how-it-works/")
    switch = page.get_by_role("switch", name="Dark")
    assert ground(page) == LIGHT
    expect(switch).to_have_attribute("aria-checked", "false")

    switch.click()
    assert ground(page) == DARK
    page.reload()
    assert ground(page) == DARK
    expect(switch).to_have_attribute("aria-checked", "true")

    switch.click()
    assert ground(page) == LIGHT
    # Back to what the system says: nothing is left to remember.
    assert page.evaluate("localStorage.getItem('theme')") is None


def test_the_systems_choice_counts_until_somebody_switches(visitor_with):
    visitor = visitor_with(color_scheme="dark")
    page = visitor.visit("/how-it-works/")
    assert ground(page) == DARK

    page.emulate_media(color_scheme="light")

    assert ground(page) == LIGHT
    expect(page.get_by_role("switch", name="Dark")).to_have_attribute("aria-checked", "false")


def test_the_chosen_colours_stand_before_the_first_paint(visitor_with):
    visitor = visitor_with(color_scheme="light")
    page = visitor.visit("/how-it-works/")
    page.get_by_role("switch", name="Dark").click()
    # The deferred scripts never arrive; the ground must be dark all the same.
    page.route("**/byline.js", lambda route: route.fulfill(body="", content_type="text/javascript"))

    page.reload()

    assert ground(page) == DARK


def test_a_lost_connection_is_told_and_its_return_as_well(visitor):
    order = factories.order_in_work()
    page = visitor.visit(access.open_url(order))
    expect(page.locator("#poll-lost")).to_be_hidden()
    page.route("**/region/**", lambda route: route.fulfill(status=499))

    look_at_the_tab_again(page)
    expect(page.locator("#poll-lost")).to_be_visible()
    page.unroute("**/region/**")
    look_at_the_tab_again(page)

    expect(page.locator("#poll-lost")).to_be_hidden()


def look_at_the_tab_again(page):
    """What the browser tells a page whose tab comes to the front; it asks for news at once."""
    with page.expect_response("**/region/**"):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def test_a_swap_keeps_the_focus_where_it_was(visitor):
    order = factories.order_awaiting_payment()
    page = visitor.visit(access.open_url(order))
    page.locator("#cancel").focus()
    factories.payment_of(order, state="failed")

    look_at_the_tab_again(page)

    expect(page.locator("#now-h + p")).to_contain_text("Your bank did not confirm")
    expect(page.locator("#cancel")).to_be_focused()


def test_filters_apply_as_they_are_chosen_and_the_back_button_takes_them_back(visitor):
    active_domain(niches=["food"])
    active_domain(niches=["gardening"])
    page = visitor.visit("/")

    page.focus("#niche")
    page.select_option("#niche", "food")

    expect(page.locator("#count")).to_have_text("1 site")
    expect(page.locator("#announcer")).to_have_text("1 site")
    expect(page.locator("#niche")).to_be_focused()
    expect(page).to_have_title("Sites that fit: 1 · Byline")
    page.go_back()
    expect(page.locator("#count")).to_have_text("2 sites")
    assert page.input_value("#niche") == ""


def test_the_skip_link_is_the_first_stop_and_leads_to_the_content(visitor):
    page = visitor.visit("/")

    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")

    expect(page.locator("main")).to_be_focused()
