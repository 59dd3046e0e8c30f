"""Every state of an order's page as a person sees it, wide and on a phone, light and dark.

`PICTURES=folder pytest tests/browser/test_order_states.py` keeps a picture of each.
"""

import os
from pathlib import Path

import pytest

from orders import access
from orders.models import Product
from tests.orders.states import STATES, order_at

pytestmark = pytest.mark.browser
WIDTHS = (1280, 360)


def picture(visitor, name: str) -> None:
    folder = os.environ.get("PICTURES")
    if folder:
        # What scrolls inside the page is painted only where it is on screen.
        size = visitor.page.viewport_size
        height = visitor.page.evaluate("document.documentElement.scrollHeight")
        visitor.page.set_viewport_size({"width": size["width"], "height": height})
        visitor.page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
        visitor.page.set_viewport_size(size)


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_each_state_fits_a_phone_and_everybody(visitor_with, colours):
    visitor = visitor_with(color_scheme=colours)
    found = {}
    for state in STATES:
        for product in Product.values:
            order = order_at(state, product=product)
            visitor.visit(access.open_url(order))
            for width in WIDTHS:
                visitor.page.set_viewport_size({"width": width, "height": 900})
                name = f"{state.replace(' ', '-')}-{product}-{width}-{colours}"
                picture(visitor, name)
                if visitor.pixels_too_wide() > 0:
                    found[name] = "too wide"
        faults = visitor.accessibility_faults()
        if faults:
            found[state] = faults

    assert found == {}
