"""The people of the matrix are patient: an order that was cut short is gone on with."""

from dataclasses import dataclass
from typing import Any, cast

import pytest

from orders.models import Order, Product, Status
from queueing import registry, runner
from queueing.models import Job
from queueing.process import Process
from tests.faults.arena import Arena
from tests.faults.people import Errand, People
from tests.orders.stripe_side import receive
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


@pytest.mark.parametrize("product", Product.values)
def test_a_doomed_order_is_refused_and_no_other(sandbox, product):
    people = People(cast(Arena, OnlyTheSandbox(sandbox)))
    # The one's number begins the other's, and their subjects are the same.
    doomed, other = people.want(
        Errand(product=product, number=1, doomed=True), Errand(product=product, number=17)
    )
    for _ in ("placed", "paid"):
        people.act()
    for event in sandbox.get("/control/stripe/events", type="checkout.session.completed")["events"]:
        receive(event)

    for job in Job.objects.filter(key__startswith="write:"):
        runner.run(job_id=job.pk, kind=registry.kind_named(job.kind), process=Process())

    statuses = [Order.objects.get(pk=one.order.pk).status for one in (doomed, other) if one.order]
    assert statuses == [Status.FAILED, Status.QUALITY_CHECK]
