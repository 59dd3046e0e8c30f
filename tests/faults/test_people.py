"""The people of the matrix are patient: an order that was cut short is gone on with."""

from dataclasses import dataclass
from typing import Any, cast

import pytest

from orders.models import Order, Product, Status
from tests.faults.arena import Arena
from tests.faults.people import Errand, People
from tests.sandbox_client import Sandbox

# Transactions are real: who is refused closes the connection.
pytestmark = pytest.mark.django_db(transaction=True)


@dataclass
class OnlyTheSandbox:
    """As much of an arena as it takes to place an order and pay it."""

    sandbox: Sandbox

    def control(self, path: str, body: dict[str, Any]) -> Any:
        return self.sandbox.post(f"/control/{path}", body)

    def knob(self, **knob: Any) -> None:
        self.sandbox.knob(**knob)


@pytest.mark.parametrize("product", Product.values)
def test_who_was_told_that_the_payment_page_cannot_be_had_asks_again_and_pays(sandbox, product):
    people = People(cast(Arena, OnlyTheSandbox(sandbox)))
    sandbox.knob(service="stripe", operation="checkout.sessions.create", status=400, times=1)
    (errand,) = people.want(Errand(product=product))

    assert not people.act()
    assert Order.objects.get().status == Status.AWAITING_PAYMENT
    assert not errand.paid

    assert not people.act()
    assert errand.order == Order.objects.get()
    assert errand.paid
