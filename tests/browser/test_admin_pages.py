"""The staff's pages as they see them: wide and on a phone, light and dark, with hard content.

`PICTURES=folder pytest tests/browser/test_admin_pages.py` keeps a picture of each.
"""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from articles.brief import Reference
from articles.models import Article, ArticleVersion, CallOutcome, Domain, ModelCall
from orders import endings, lifecycle, reviews
from orders.models import Review
from queueing import leases, ledger
from queueing.leases import Fault
from queueing.models import Job, Outcome, Step, Worker
from tests.browser.test_every_page import ADDRESS, LONG
from tests.browser.test_order_states import picture
from tests.orders import factories
from tests.orders.test_unlinking import linked, now, with_disclosure

pytestmark = pytest.mark.browser

WIDTHS = (1280, 360)
# Advice, not WCAG, that Django's own lists and tables of rows do not follow.
DJANGOS = ("label-title-only", "empty-table-header")


def a_hard_review() -> Review:
    """A second version with long words, whose check fails, after a return with a note."""
    domain = factories.active_domain()
    wishes = {
        "audience": LONG[:120], "tone": LONG[:80], "must_mention": (LONG[:100], "untreated oak"),
        "must_avoid": (LONG[:80],), "secondary_keywords": ("planter box", LONG[:80]),
        "link_position": "late", "references": (Reference(url=ADDRESS),),
    }  # fmt: skip
    brief = factories.brief_of(domain, target_url=ADDRESS, topic=LONG[:150], notes=LONG, **wishes)
    review = factories.waiting_review(domain=domain, brief=brief, blocked=True)
    reviews.give_back(review=review, by="edith", note=f"Shorter: {LONG}", at=factories.AT)
    order = review.order
    order.refresh_from_db()
    html = (
        f'<p>Most begin with <a href="{ADDRESS}" rel="sponsored">oak raised beds</a> at home.</p>'
        f"<h2>{LONG}</h2><p>{LONG}</p><table><tr><th>{LONG}</th><td>One</td></tr></table>"
    )
    lifecycle.ask_for_changes(order=order, actor="customer", at=factories.AT)
    version = factories.next_version_of(order, html=html)
    lifecycle.deliver(order=order, version=version, at=factories.AT)
    return reviews.submit(order=order, version=version, actor="customer", at=factories.AT)


def a_failed_job() -> Job:
    job = ledger.enqueue(kind="article-generation", subject="test:none")
    claimed = leases.claim(job_id=job.pk, token=uuid4(), worker=uuid4())
    Step.objects.create(
        job=job, name="text-1", attempt=1, output={"html": LONG}, took_ms=900, at=timezone.now()
    )
    leases._end(  # the order behind it is nobody's
        claimed.lease, state="failed", outcome=Outcome.FAILED,
        fault=Fault(error_class="WriterRefused", reason=f"refused: {ADDRESS}", traceback=LONG),
    )  # fmt: skip
    return job


def calls_of(order) -> None:
    for cost, outcome in ((Decimal("0.0123"), CallOutcome.OK), (None, CallOutcome.TIMEOUT)):
        ModelCall.objects.create(
            job_key="j", order_key=order.subject, request_id="r", purpose="article",
            model="a-model-with-a-rather-long-name-2026-01-01", prompt_version="article-1",
            took_ms=1500, outcome=outcome, input_tokens=1000, output_tokens=400, cost_usd=cost,
        )  # fmt: skip


def a_leftover() -> None:
    article = with_disclosure()
    first, second = linked(article, 1), linked(article, 2)
    article.live_version = now(second).version
    article.save(update_fields=["live_version"])
    endings.refund(order=first, actor="mia", reason="asked for it", at=timezone.now())


def an_article_without_text() -> Article:
    fields = {"slug": uuid4().hex, "title": LONG[:200], "domain": factories.active_domain()}
    return Article.objects.create(**fields)


@pytest.fixture
def addresses(transactional_db) -> dict[str, str]:
    """The staff's pages by name; the desk's list is the first that anybody opens."""
    review, failed, job = a_hard_review(), factories.failed_order(), a_failed_job()
    waiting = factories.waiting_review()
    waiting.order.customer.is_vip = True
    waiting.order.customer.save(update_fields=["is_vip"])
    calls_of(waiting.order)
    a_leftover()
    started = timezone.now() - timedelta(hours=2)
    Worker.objects.create(
        host="worker-1.example.com/boot", pid=1, process_started=0, threads=8,
        kinds=["article-generation", "email"], started_at=started, seen_at=timezone.now(),
    )  # fmt: skip

    def page(name: str, *given: object) -> str:
        return reverse(f"admin:{name}", args=given)

    retry = page("queueing_job_operate", "retry")
    again = page("queueing_job_operate", "retry-from-step")
    return {
        "index": page("index"),
        "reviews": page("orders_review_changelist"),
        "review": page("orders_review_change", waiting.pk),
        "review-hard": page("orders_review_change", review.pk),
        "review-edit": page("orders_review_edit", review.pk),
        "queues": page("queueing_job_queues"),
        "jobs": page("queueing_job_changelist"),
        "job": page("queueing_job_change", job.pk),
        "job-retry": f"{retry}?job={job.pk}",
        "job-retry-from-step": f"{again}?job={job.pk}",
        "costs": page("orders_order_costs"),
        "leftovers": page("orders_order_leftovers"),
        "orders": page("orders_order_changelist"),
        "order": page("orders_order_change", waiting.order.pk),
        "order-failed": page("orders_order_change", failed.pk),
        "order-resume": page("orders_order_resume", failed.pk),
        "order-refund": page("orders_order_decide", failed.pk, "refund"),
        "articles": page("articles_article_changelist"),
        "article": page("articles_article_change", an_article_without_text().pk),
        "import": page("articles_article_import"),
        "import-text": page("articles_article_import_text", an_article_without_text().pk),
        "version": page("articles_articleversion_change", ArticleVersion.objects.latest("pk").pk),
        "domain": page("articles_domain_change", Domain.objects.latest("pk").pk),
    }


def let_in(visitor) -> Client:
    """Log the visitor in as somebody who may see and do everything; return their other browser."""
    client = Client()
    client.force_login(User.objects.create_superuser(f"root-{uuid4().hex[:6]}"))
    take_cookies(visitor, client)
    return client


def take_cookies(visitor, client: Client) -> None:
    """Let the visitor go on where the client is: logged in, with its messages."""
    visitor.context.add_cookies(
        [
            {"name": name, "value": cookie.value, "url": visitor.site}
            for name, cookie in client.cookies.items()
            if cookie.value
        ]
    )


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_the_staffs_pages_fit_a_phone_and_everybody(visitor_with, addresses, colours):
    visitor = visitor_with(color_scheme=colours)
    let_in(visitor)
    found = {}
    for name, address in addresses.items():
        page = visitor.visit(address)
        page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true })")
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            picture(visitor, f"{name}-{width}-{colours}")
            if visitor.pixels_too_wide() > 0:
                found[f"{name}-{width}"] = f"{visitor.pixels_too_wide()} px too wide"
            faults = [
                fault for fault in visitor.accessibility_faults() if not fault.startswith(DJANGOS)
            ]
            if faults:
                found[f"{name}-{width} axe"] = faults

    assert found == {}
