"""Two orders with a link in one article: no wish of one takes the link of the other."""

import pytest

from articles.models import ArticleVersion
from articles.quality import Report
from orders import revisions
from orders.models import Order, Revision, Status
from tests.orders.factories import AT
from tests.orders.test_revisions import ask, run_until_settled
from tests.orders.test_unlinking import linked, with_disclosure

pytestmark = pytest.mark.django_db

LOSES_THE_OTHERS_LINK = (
    'Please remove the paragraph about larch and pine. Please replace "envelope" with "napkin".'
)


def beside_another() -> tuple[Order, Order]:
    """Two orders with a link each in one article; the other one's stands in a paragraph of its
    own."""
    article = with_disclosure()
    return linked(article, 2), linked(article, 5)


def theirs_stands_in(version: ArticleVersion) -> bool:
    link = '<a href="https://shop-2.example.com/page" rel="sponsored">garden tools 2</a>'
    return link in version.html


def test_a_wish_that_takes_another_orders_link_is_carried_out_without_that(sandbox):
    _, order = beside_another()

    revision = ask(order, LOSES_THE_OTHERS_LINK)
    run_until_settled(revision)

    revision.refresh_from_db()
    assert revision.state == Revision.State.DONE
    assert theirs_stands_in(revision.version)
    assert "back of an napkin" in revision.version.html
    (first, last) = revisions.job_of(revision).stored_steps.filter(name__contains="examined")
    (fault,) = Report.from_json(first.output["report"]).blocking
    assert (fault.code, fault.value) == ("link-lost", "https://shop-2.example.com/page")
    assert not Report.from_json(last.output["report"]).blocked


def test_a_wish_that_takes_the_link_of_an_order_that_has_ended_is_carried_out(sandbox):
    other, order = beside_another()
    Order.objects.filter(pk=other.pk).update(status=Status.FAILED, failed_at=AT)

    revision = ask(order, LOSES_THE_OTHERS_LINK)
    run_until_settled(revision)

    revision.refresh_from_db()
    assert revision.state == Revision.State.DONE
    assert not theirs_stands_in(revision.version)
    assert revision.version.report["blocked"] is False
