"""Wishes for a new text, from the notes to the report of the version that is made of them."""

import pytest

from orders import revisions
from orders.models import Order
from queueing import registry, runner
from queueing.models import Job
from queueing.process import Process
from tests.orders import factories
from tests.orders.factories import AT

pytestmark = pytest.mark.django_db

WHOLE = "Please rewrite the whole article, it sounds too formal."


def run(job: Job) -> None:
    runner.run(job_id=job.pk, kind=registry.kind_named(job.kind), process=Process())


@pytest.mark.parametrize(
    ("notes", "block", "warns"),
    [
        (WHOLE, None, False),
        (WHOLE, 2, True),
        ("Please do not rewrite it, only make it friendlier.", None, True),
    ],
)
def test_a_new_text_is_a_warning_unless_the_whole_text_was_to_be_new(sandbox, notes, block, warns):
    order = factories.order_in_work()
    # What was asked for with the order is no wish for a change of it.
    order.brief["notes"] = "Rewrite all of our press release."
    order.save(update_fields=["brief"])
    run(Job.objects.get(key=f"write:{order.pk}"))
    sandbox.knob(service="openai", bad_text="rewrites_all", times=1)

    order = Order.objects.get(pk=order.pk)
    revision = revisions.request(order=order, notes=notes, block=block, actor="customer", at=AT)
    run(revisions.job_of(revision))

    order.refresh_from_db()
    checks = {each["name"]: each for each in order.version.report["checks"]}
    untouched = checks["untouched-text"]
    assert order.version.number == 2
    assert untouched["value"] < 50
    told = [finding["code"] for finding in untouched["findings"]]
    assert ("text-not-kept" in told) is warns
