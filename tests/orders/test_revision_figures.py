"""Figures that a customer asks for in the notes for a change."""

import pytest

from articles.document import parse
from orders import revisions
from orders.models import Order
from queueing import registry, runner
from queueing.models import Job
from queueing.process import Process
from tests.orders import factories
from tests.orders.factories import AT

pytestmark = pytest.mark.django_db


def run(job: Job) -> None:
    runner.run(job_id=job.pk, kind=registry.kind_named(job.kind), process=Process())


def test_a_figure_that_the_notes_ask_for_has_the_customer_for_a_source(sandbox):
    order = factories.order_in_work()
    run(Job.objects.get(key=f"write:{order.pk}"))
    order = Order.objects.get(pk=order.pk)
    word = parse(order.version.html).blocks[1].words[1]

    notes = f'Please replace "{word}" with "42 % of {word}" everywhere.'
    revision = revisions.request(order=order, notes=notes, actor="customer", at=AT)
    run(revisions.job_of(revision))

    order.refresh_from_db()
    assert "42 %" in order.version.html
    checks = {each["name"]: each for each in order.version.report["checks"]}
    assert checks["unsourced-figures"]["findings"] == []
