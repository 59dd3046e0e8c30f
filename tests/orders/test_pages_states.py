"""The table of the order's page, walked: heading and card of every state, of both products."""

import pytest

from orders.models import Product
from tests.orders.looking import let_in, look
from tests.orders.states import STATES, order_at

pytestmark = pytest.mark.django_db
OF_WRITING = ("writing", "write this", "your article is ready", "for a writer")


@pytest.mark.parametrize("product", Product.values)
@pytest.mark.parametrize("state", STATES)
def test_each_state_has_its_heading_and_its_card(
    client, state, product, django_assert_max_num_queries
):
    order = order_at(state, product=product)
    let_in(client, order)

    with django_assert_max_num_queries(6):
        page = look(client, order.get_absolute_url())

    told = STATES[state]
    assert page.one("//h2[@id='now-h']") == told.heading_of(product)
    card = page.one("//section[@aria-labelledby='now-h']")
    assert [words for words in told.card if words not in card] == []
    # One thing is the next to do.
    assert len(page.all("//main//*[contains(@class, 'button big')]")) <= 1
    if product == Product.INTEGRATION:
        said = page.one("//*[@id='status-region']").casefold()
        assert "placing your link" in said
        assert [words for words in OF_WRITING if words in said] == []
