"""The article order, from the API to the customer's review, with every process real."""

import json
import time

import pytest

from articles.models import ArticleVersion
from orders.models import Order, OrderEvent, OutgoingEmail, Refund
from queueing.models import Attempt, Job, Step
from tests.flows.customer import PATIENCE_S, TURN_S
from tests.visitor import visitor

pytestmark = pytest.mark.django_db(transaction=True)


def texts_bought(sandbox) -> list[str]:
    """`step/run` of every text that the sandbox's writer handed out."""
    calls = sandbox.calls(service="openai", operation="chat.completions", work_done="true")
    return [call["x_client_request_id"].partition("/")[2] for call in calls]


def wait_until(truth, *, what: str) -> None:
    ends = time.monotonic() + PATIENCE_S
    while not truth():
        assert time.monotonic() < ends, what
        time.sleep(TURN_S)


def _sections() -> int:
    """How many sections the only order's outline has, 0 while there is none."""
    outline = Step.objects.filter(name="outline").first()
    return len(json.loads(outline.output["text"])["sections"]) if outline else 0


def test_a_paid_order_becomes_an_article_in_the_customers_hands(
    customer, domain, worker, sandbox, quiet
):
    placed = customer.buy(domain, topic="Keeping tools through the winter")
    assert customer.status()["status"] == "AWAITING_PAYMENT"

    customer.pay(placed)
    ready = customer.wait_for("QUALITY_CHECK", "FAILED")
    quiet()

    assert ready["status"] == "QUALITY_CHECK"
    assert ready["progress"]["step"] == 3
    assert ready["version"]["number"] == 1
    bought = texts_bought(sandbox)
    assert bought[0] == "outline/1"
    assert sorted(bought[1:]) == [f"section-{n}/1" for n in range(1, len(bought))]
    code = Order.objects.get().code
    assert sorted(customer.mails()) == [
        f"Order {code} received: we are writing",
        f"Order {code}: your article is ready for your review",
    ]
    assert set(OutgoingEmail.objects.values_list("state", flat=True)) == {"sent"}
    assert [event.became for event in OrderEvent.objects.all()] == [
        "",
        "PROCESSING",
        "QUALITY_CHECK",
    ]


def test_the_link_in_the_email_opens_the_order_and_shows_the_article(
    customer, domain, worker, sandbox, quiet
):
    customer.pay(customer.buy(domain, topic="Keeping tools through the winter"))
    customer.wait_for("QUALITY_CHECK")
    quiet()
    mail = next(mail for mail in sandbox.inbox(to=customer.email) if "ready" in mail["subject"])
    link = next(word for word in mail["text"].split() if word.startswith("http") and "key=" in word)

    with visitor(follow_redirects=True) as browser:
        page = browser.get(link)

        assert page.status_code == 200
        assert "key=" not in str(page.url)
        assert ArticleVersion.objects.get().title in page.text


def test_a_worker_killed_while_it_writes_buys_no_stored_step_again(
    customer, domain, worker, sandbox, quiet
):
    # The fourth section takes long: time to kill with some stored and one under way.
    sandbox.knob(service="openai", match='"name":"section"', skip=3, times=1, latency_ms=60_000)
    customer.pay(customer.buy(domain, topic="Keeping tools through the winter"))
    wait_until(
        lambda: Step.objects.filter(name__startswith="section-").count() >= 3,
        what="the first three sections were never stored",
    )

    worker.kill()
    worker.start()
    customer.wait_for("QUALITY_CHECK")
    quiet()

    bought = texts_bought(sandbox)
    steps = [step for step, _, _ in (each.partition("/") for each in bought)]
    assert sorted(steps) == ["outline", *(f"section-{n}" for n in range(1, _sections() + 1))]
    assert any(each.endswith("/2") for each in bought)
    assert list(
        Attempt.objects.filter(job__kind="article-generation")
        .order_by("number")
        .values_list("outcome", flat=True)
    ) == ["crashed", "succeeded"]
    assert Step.objects.get(name="outline").attempt == 1
    assert ArticleVersion.objects.count() == 1
    assert len([subject for subject in customer.mails() if "ready" in subject]) == 1
    assert len(customer.mails()) == 2


def test_a_worker_that_is_told_to_stop_hands_its_job_back_with_the_step_stored(
    customer, domain, worker, sandbox, quiet
):
    sandbox.knob(service="openai", times=1, latency_ms=1500)
    customer.pay(customer.buy(domain, topic="Keeping tools through the winter"))
    wait_until(
        lambda: sandbox.calls(service="openai", operation="chat.completions"),
        what="nothing was asked for",
    )

    assert worker.stop() == 0

    job = Job.objects.get(kind="article-generation")
    assert (job.state, job.failures) == ("waiting", 0)
    assert set(Step.objects.filter(job=job).values_list("name", flat=True)) == {"brief", "outline"}
    worker.start()
    customer.wait_for("QUALITY_CHECK")
    quiet()
    bought = texts_bought(sandbox)
    assert bought[0] == "outline/1"
    assert all(each.startswith("section-") and each.endswith("/2") for each in bought[1:])


def test_an_order_that_cannot_be_written_is_refunded_and_everyone_is_told(
    customer, domain, worker, sandbox, quiet
):
    sandbox.knob(service="openai", bad_text=["refusal"])
    placed = customer.buy(domain, topic="Keeping tools through the winter")
    customer.pay(placed)

    customer.wait_for("FAILED")
    quiet()

    order = Order.objects.get()
    refund = Refund.objects.get()
    assert (refund.state, refund.amount_cents) == ("succeeded", order.amount_cents)
    (call,) = sandbox.calls(service="stripe", operation="refunds.create")
    assert call["idempotency_key"] == f"refund-{refund.pk}"
    assert customer.mails()[-1].startswith(f"Order {order.code}: not published")
    assert len(sandbox.inbox(to="operators@byline.example")) == 1


def test_a_provider_that_is_down_for_a_moment_costs_time_and_nothing_else(
    customer, domain, worker, sandbox, quiet
):
    sandbox.knob(service="openai", status=503, times=2)
    customer.pay(customer.buy(domain, topic="Keeping tools through the winter"))

    customer.wait_for("QUALITY_CHECK")
    quiet()

    attempts = Attempt.objects.filter(job__kind="article-generation").order_by("number")
    assert list(attempts.values_list("outcome", "retry_in_s")) == [
        ("failed", 2),
        ("failed", 4),
        ("succeeded", None),
    ]
    bought = texts_bought(sandbox)
    assert len(bought) == 1 + _sections()
    assert all(each.endswith("/3") for each in bought)


def test_the_webhook_that_never_comes_delays_nobody(customer, domain, worker, sandbox, settings):
    sandbox.post("/control/webhooks", {"events": []})
    placed = customer.buy(domain, topic="Keeping tools through the winter")
    customer.pay(placed)
    session = placed["checkoutUrl"].rpartition("/")[2]

    # As Stripe's page sends the payer on: a browser that holds nothing of the order.
    with visitor() as browser:
        page = browser.get(
            f"{settings.SITE_URL}/orders/{customer.order_id}/paid/", params={"session_id": session}
        )
    customer.wait_for("QUALITY_CHECK")

    assert page.status_code == 200
    assert Order.objects.get().code in page.text
    assert not page.cookies
    assert OrderEvent.objects.filter(became="PROCESSING").count() == 1
