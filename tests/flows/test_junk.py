"""A model that writes junk never reaches a customer: a real worker, the whole way to the refund."""

import pytest

from articles.models import ArticleVersion
from orders.models import Order, Refund, Revision, Status
from queueing.models import Attempt, Job, Outcome
from tests.orders import factories

pytestmark = pytest.mark.django_db(transaction=True)

JUNK = {
    "random letters": ["rubbish"],
    "half of the JSON": ["half_json"],
    "one sentence without end": ["endless"],
    "the same sentence over and over, never mended": ["repetition", "useless_repair"],
    "words in no order, never mended": ["babble", "useless_repair"],
    "another language, never mended": ["other_language", "useless_repair"],
}


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize("bad_text", JUNK.values(), ids=JUNK)
def test_a_junk_model_ends_in_one_refund_and_no_text(customer, domain, sandbox, quiet, bad_text):
    sandbox.knob(service="openai", bad_text=bad_text)
    placed = customer.buy(domain, topic="Keeping tools through the winter")
    customer.pay(placed)

    customer.wait_for("FAILED")
    quiet()

    order = Order.objects.get()
    assert (order.status, order.version) == (Status.FAILED, None)
    assert ArticleVersion.objects.filter(job_key__isnull=False).count() == 0
    refund = Refund.objects.get()
    assert (refund.state, refund.amount_cents) == ("succeeded", order.amount_cents)
    assert len(sandbox.calls(service="stripe", operation="refunds.create")) == 1
    outcomes = Attempt.objects.filter(job__kind="article-generation").values_list("outcome")
    assert (Outcome.CRASHED,) not in set(outcomes)
    assert [subject for subject in customer.mails() if "ready" in subject] == []


def test_a_model_that_rewords_what_stands_nowhere_ends_in_one_refund_too(
    customer, domain, worker, sandbox, quiet
):
    sandbox.knob(service="openai", bad_text=["no_link"])
    sandbox.knob(service="openai", match='"name":"repair"', bad_text=["wrong_find"])
    customer.pay(customer.buy(domain, topic="Keeping tools through the winter"))

    customer.wait_for("FAILED")
    quiet()

    assert Refund.objects.get().state == "succeeded"
    assert Order.objects.get().version is None


def test_a_link_placed_in_another_language_never_reaches_the_page(
    customer, domain, worker, sandbox, quiet
):
    article = factories.open_article(domain)
    sandbox.knob(service="openai", bad_text=["other_language"])
    place = {"product": "integration", "article": article.pk, "keyword": None}
    customer.pay(customer.buy(domain, **place))

    customer.wait_for("FAILED")
    quiet()

    assert "other-language" in Job.objects.get(kind="backlink-integration").error_reason
    assert Refund.objects.get().state == "succeeded"
    assert (Order.objects.get().version, article.versions.count()) == (None, 1)


def test_a_change_made_in_another_language_leaves_the_earlier_text_and_the_money(
    customer, domain, worker, sandbox, quiet
):
    customer.pay(customer.buy(domain, topic="Keeping tools through the winter"))
    customer.wait_for("QUALITY_CHECK")
    sandbox.knob(service="openai", bad_text=["other_language"])
    wish = "Please add one more sentence about patience to the introduction."
    customer.post("/api/v1/purchase/request-revision", revisionNotes=wish).raise_for_status()
    quiet()

    assert customer.wait_for("QUALITY_CHECK")["version"]["number"] == 1
    assert "other-language" in Job.objects.get(kind="backlink-revision").error_reason
    assert Revision.objects.get().state == Revision.State.FAILED
    assert (Order.objects.get().article.versions.count(), Refund.objects.count()) == (1, 0)
