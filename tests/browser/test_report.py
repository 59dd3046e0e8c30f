"""The quality report as a person sees it: on the order's page, beside the text, at the desk.

`PICTURES=folder pytest tests/browser/test_report.py` keeps a picture of each.
"""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.contrib.auth import get_user_model
from django.test import Client
from django.utils import timezone

from articles.brief import Brief
from articles.draft import Draft
from articles.quality import check
from orders import access, reviews
from orders.models import Review
from tests.orders import factories

pytestmark = pytest.mark.browser


@pytest.fixture
def order():
    """An order whose text has a fault of each kind, judged by the gate itself."""
    order = factories.order_in_review()
    text = order.version.html + (
        "\n<p>As an AI language model, I know it. Write to me@evil.example now.</p>"
        '\n<p>See <a href="https://casino.example.net/">this</a> in 1851.</p>'
    )
    brief = replace(Brief.from_json(order.brief), must_mention=("a wooden fence",))
    draft = Draft(title="Beds", meta_description="Short.", slug="beds", html=text)
    report = check(draft, brief).to_json()
    order.version = factories.version_of(order, html=text, report=report, number=2)
    order.save(update_fields=["version"])
    return order


def picture(page, name):
    folder = os.environ.get("PICTURES")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_the_report_leads_to_the_place_without_javascript(visitor_with, order, colours):
    visitor = visitor_with(java_script_enabled=False, color_scheme=colours)
    page = visitor.visit(access.open_url(order))

    page.locator("#look-at > summary").click()
    picture(page, f"order-1280-{colours}")
    page.set_viewport_size({"width": 360, "height": 800})
    picture(page, f"order-360-{colours}")
    page.get_by_role("link", name="Show Contact data in the article").click()

    place = page.locator(":target")
    assert "me@evil.example" in place.inner_text()
    assert place.is_visible()
    picture(page, f"version-360-{colours}")
    page.set_viewport_size({"width": 1280, "height": 900})
    picture(page, f"version-1280-{colours}")


def test_the_report_fits_a_phone_and_everybody(visitor_with, order):
    visitor = visitor_with(viewport={"width": 360, "height": 800})
    page = visitor.visit(access.open_url(order))
    page.locator("#look-at > summary").click()

    assert visitor.accessibility_faults() == []
    assert visitor.pixels_too_wide() == 0


def test_the_desk_shows_the_same_report(visitor_with, order):
    reviews.submit(order=order, version=order.version, actor="customer", at=timezone.now())
    editor = get_user_model().objects.create_superuser("ed", "ed@example.com", "x")
    client = Client()
    client.force_login(editor)
    session = client.cookies[django_settings.SESSION_COOKIE_NAME].value
    visitor = visitor_with(viewport={"width": 1280, "height": 900})
    visitor.context.add_cookies(
        [{"name": django_settings.SESSION_COOKIE_NAME, "value": session, "url": visitor.site}]
    )
    review = Review.objects.get()

    page = visitor.visit(f"/admin/orders/review/{review.pk}/change/")
    picture(page, "desk-1280")
    page.locator(".report").get_by_role("link", name="Show block").first.click()

    assert page.locator(":target").is_visible()
