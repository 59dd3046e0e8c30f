"""An order that could not be made says what it failed over, and nothing that is not so."""

from importlib import import_module

import pytest
from django.apps import apps

from articles.openings import TOO_LARGE
from orders import fulfilment, notifications
from orders.models import Obstacle, Order
from orders.progress import progress
from queueing.models import Job
from tests.orders import factories
from tests.orders.factories import AT
from tests.orders.test_generation import run as run_once
from tests.orders.test_generation import run_until_settled

pytestmark = pytest.mark.django_db

KIND = "backlink-integration"


def told(order: Order) -> tuple[str, str, str]:
    """What it failed over, and how page and e-mail say it."""
    order = Order.objects.get(pk=order.pk)
    message = notifications.message_for(order.emails.get(kind="order-failed"))
    return order.obstacle, progress(order, at=AT).detail, " ".join(message.text.split())


def says(order: Order, obstacle: str, words: str) -> None:
    over, page, email = told(order)
    assert over == obstacle
    assert words in page
    assert words in email


def link_in_work() -> Order:
    return factories.integration_in_work(factories.open_article())


def test_an_article_that_is_full_by_now(sandbox):
    article = factories.open_article(factories.active_domain(outbound_limit=1))
    order = factories.integration_in_work(article)
    factories.text_of_article(article, factories.text_of("https://elsewhere.example/a"))

    run_once(order, kind=KIND)

    says(order, Obstacle.FULL, "carries all the links to other sites that its site allows")


def test_an_article_that_links_to_the_page_by_now(sandbox):
    article = factories.open_article()
    order = factories.integration_in_work(article)
    factories.text_of_article(article, factories.text_of(order.brief["target_url"]))

    run_once(order, kind=KIND)

    says(order, Obstacle.LINKED, "has a link to your page already")


def test_an_article_that_is_too_large_by_now(sandbox):
    article = factories.open_article()
    order = factories.integration_in_work(article)
    factories.text_of_article(article, factories.text_of() * 200)

    run_once(order, kind=KIND)

    says(order, Obstacle.LARGE, "larger than what we can work on")


def test_a_link_whose_texts_the_gate_blocked(sandbox):
    sandbox.knob(service="openai", bad_text=["no_link"])
    order = link_in_work()

    while Job.objects.get(key=f"write:{order.pk}").state == "waiting":
        run_once(order, kind=KIND)

    says(order, Obstacle.GATE, "no text with your link in it was good enough")


def test_an_article_whose_texts_the_gate_blocked(sandbox):
    sandbox.knob(service="openai", bad_text=["too_short", "useless_repair"])
    order = factories.order_in_work()

    run_until_settled(order)

    says(order, Obstacle.GATE, "no text was good enough")


@pytest.mark.parametrize("make", [factories.order_in_work, link_in_work])
def test_work_that_broke_off_blames_no_text_and_no_article(sandbox, make):
    sandbox.knob(service="openai", bad_text=["refusal"])
    order = make()
    kind = Job.objects.get(key=f"write:{order.pk}").kind

    run_once(order, kind=kind)

    says(order, "", "Our work broke off")
    assert "good enough" not in "".join(told(order))


def test_an_order_that_is_taken_up_again_failed_over_nothing():
    order = factories.failed_order()
    Job.objects.filter(kind="article-generation").update(
        state="failed", finished_at=AT, error_class="GateBlocked", error_reason="x"
    )

    fulfilment.resume(order=Order.objects.get(pk=order.pk), actor="mia", at=AT)

    assert Order.objects.get(pk=order.pk).obstacle == ""


@pytest.mark.parametrize(
    ("reason", "obstacle"),
    [
        ("GateBlocked: still blocked after 3 rounds: no-link", Obstacle.GATE),
        ("NoPlace: The article links to this page already.", Obstacle.LINKED),
        (f"NoPlace: {TOO_LARGE}", Obstacle.LARGE),
        ("NoPlace: The article carries 1 of the 1 link to other sites that", Obstacle.FULL),
        ("WriterRefused: content-refused", ""),
    ],
)
def test_the_migration_reads_from_the_refund_what_an_order_failed_over(reason, obstacle):
    order = factories.failed_order(reason=reason)
    other = factories.failed_order(reason="BudgetSpent: x")
    Order.objects.update(obstacle="")

    import_module("orders.migrations.0019_what_orders_failed_over").say_what_over(apps, None)

    assert Order.objects.get(pk=order.pk).obstacle == obstacle
    assert Order.objects.get(pk=other.pk).obstacle == ""
