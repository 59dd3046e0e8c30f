"""The demo's customer who buys a link in an article, with every process real."""

import pytest

from local import demo
from local.shop import Shop
from orders.models import Order
from tests.orders import factories

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_link_is_bought_over_the_api_and_found_in_the_article(
    web, worker, sandbox, settings, capsys
):
    factories.active_domain()
    article = factories.open_article()

    with Shop(site=settings.SITE_URL, sandbox=settings.SANDBOX_URL) as shop:
        played = demo.play(shop, journeys={"integration": demo.integration}, meanwhile=lambda: None)

    assert (played.completed, played.failed) == (1, 0), capsys.readouterr().out
    order = Order.objects.get()
    assert (order.article, order.version.parent.number) == (article, 1)
