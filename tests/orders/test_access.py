"""Who may open an order."""

import pytest

from orders import access
from tests.orders import factories

pytestmark = pytest.mark.django_db


def test_a_key_opens_its_own_order_and_no_other():
    one, other = factories.order_awaiting_payment(), factories.order_awaiting_payment()

    assert access.opens(one, access.access_key(one))
    assert not access.opens(other, access.access_key(one))
    assert not access.opens(one, "")


def test_a_key_has_128_bits_and_fits_an_address():
    key = access.access_key(factories.order_awaiting_payment())

    assert len(key) == 22
    assert key.replace("-", "").replace("_", "").isalnum()


def test_a_raised_key_version_makes_the_old_key_useless():
    order = factories.order_awaiting_payment()
    leaked = access.access_key(order)

    order.key_version += 1

    assert not access.opens(order, leaked)


def test_another_secret_gives_another_key(settings):
    order = factories.order_awaiting_payment()
    key = access.access_key(order)

    settings.SECRET_KEY = "another" * 10

    assert not access.opens(order, key)
