"""An order ends, and its link stands in texts that others' orders were made from."""

from datetime import timedelta
from uuid import uuid4

import pytest

from articles.document import plain
from articles.links import without_links
from articles.models import ArticleVersion, BacklinkReview
from articles.openings import newest_standing
from articles.publishing import standing
from articles.quality import GATE, INTEGRATION, PAGE, Level, Report, State
from orders import endings, lifecycle, publications, reviews, revisions
from orders.models import Order, Publication, Status
from queueing import leases, registry, runner, service
from queueing.models import Job, Outcome
from queueing.process import Process
from tests.orders import factories
from tests.orders.factories import AT

pytestmark = pytest.mark.django_db

LATER = AT + timedelta(minutes=5)


def with_disclosure():
    """A published article that is open for links and says so, as its site demands."""
    disclosure = "<p>Sponsored: this article contains a paid link.</p>"
    return factories.open_article(html=disclosure + factories.text_of())


def linked(article, number: int) -> Order:
    """The article's next integration, made from its newest standing text, before its customer."""
    target, words = f"https://shop-{number}.example.com/page", f"garden tools {number}"
    order = factories.integration_in_work(
        article, target_url=target, anchor_text=words, email=f"c{number}@example.com"
    )
    Job.objects.filter(key=f"write:{order.pk}").update(state="completed", finished_at=AT)
    ground = newest_standing(article)
    paragraph = factories.PARAGRAPHS[number]
    link = f'<a href="{target}" rel="sponsored">{words}</a>'
    version = factories.text_of_article(
        article,
        ground.html.replace(paragraph, f"{paragraph[:-1]} with {link}.", 1),
        parent=ground,
        order_key=order.subject,
        report=factories.PASSED,
        provenance={"model": "test", "rounds": 2, "who": ["customer"]},
        backlink_metadata={"targetUrl": target, "anchorText": words},
    )
    lifecycle.deliver(order=order, version=version, at=AT)
    return order


def run_removal() -> list[Outcome]:
    kind = registry.kind_named(endings.LINK_REMOVAL)
    jobs = Job.objects.filter(kind=kind.name, state="waiting")
    return [runner.run(job_id=job.pk, kind=kind, process=Process()).outcome for job in list(jobs)]


def now(order: Order) -> Order:
    return Order.objects.select_related("version__parent").get(pk=order.pk)


def rejected(order: Order) -> None:
    version = ArticleVersion.objects.get(pk=order.version_id)
    review = reviews.submit(order=order, version=version, actor="customer", at=AT)
    reviews.reject(review=review, by="mia", note="Not for this site.", at=LATER)


def test_links_are_taken_out_and_all_else_stays_byte_for_byte():
    html = (
        '<p>One <A  href="https://a.example/x"><em>t&amp;wo</em></A> three.</p>\n'
        '<p><a href="https://b.example/">four</a></p>'
    )

    assert without_links(html, to=lambda href: "a.example" in href) == (
        '<p>One <em>t&amp;wo</em> three.</p>\n<p><a href="https://b.example/">four</a></p>'
    )
    assert without_links(html, to=lambda href: False) == html


def test_a_rejected_orders_link_leaves_the_texts_made_from_its_text():
    article = with_disclosure()
    first, second, third = (linked(article, number) for number in (1, 2, 3))
    before = {order.pk: now(order).version for order in (second, third)}

    rejected(first)
    assert run_removal() == [Outcome.SUCCEEDED]

    for order in (second, third):
        version, old = now(order).version, before[order.pk]
        assert "shop-1" not in version.html
        assert plain(version.html) == plain(old.html)
        assert version.html.count("shop-2") == 1
        assert (version.order_key, version.backlink_metadata) == (
            old.order_key,
            old.backlink_metadata,
        )
        assert version.report["gate"]
        assert version.provenance == {
            "model": "test",
            "who": ["customer", "link removal"],
            "gate_version": version.report["gate"],
        }
        assert "another order's link was taken out" in order.events.last().what
    assert now(third).version.parent == now(second).version
    assert newest_standing(article) == now(third).version
    assert run_removal() == []


def test_each_successor_may_be_published_whichever_is_first():
    article = with_disclosure()
    article.live_version = article.versions.get(number=1)
    article.save(update_fields=["live_version"])
    first, second, third = (linked(article, number) for number in (1, 2, 3))
    rejected(first)
    run_removal()
    one, two = now(second).version, now(third).version

    assert standing(article=article, version=one) == one
    article.live_version = one
    assert standing(article=article, version=two) == two
    article.live_version = two
    assert standing(article=article, version=one) == two


def test_until_it_is_taken_out_nothing_with_it_is_approved():
    article = with_disclosure()
    first, second = linked(article, 1), linked(article, 2)
    review = reviews.submit(order=second, version=now(second).version, actor="customer", at=AT)
    endings.refund(order=first, actor="mia", reason="asked for it", at=LATER)

    with pytest.raises(reviews.DeadLink, match=first.code):
        reviews.approve(review=review, by="mia", at=LATER)
    run_removal()

    review.refresh_from_db()
    assert review.version == now(second).version
    reviews.approve(review=review, by="mia", at=LATER)
    assert publications.to_publish(publication_id=Publication.objects.get().pk) is not None


def test_an_approved_text_with_it_is_not_published_and_can_be_looked_at_again():
    article = with_disclosure()
    first, second = linked(article, 1), linked(article, 2)
    review = reviews.submit(order=second, version=now(second).version, actor="customer", at=AT)
    publication = reviews.approve(review=review, by="mia", at=AT)
    rejected(first)
    run_removal()

    with pytest.raises(publications.PublicationRefused, match=first.code):
        publications.to_publish(publication_id=publication.pk)
    publications.give_up(publication_id=publication.pk, reason="dead link", at=LATER)
    again = reviews.reopen(review=review, by="mia", at=LATER)

    assert again.version == now(second).version
    assert "shop-1" not in again.version.html


def test_a_rejected_order_leaves_none_of_its_versions_standing():
    article = with_disclosure()
    order = linked(article, 1)
    ground = now(order).version
    lifecycle.ask_for_changes(order=order, actor="customer", at=AT)
    later = factories.text_of_article(article, ground.html, parent=ground, order_key=order.subject)
    lifecycle.deliver(order=order, version=later, at=AT)

    rejected(order)

    statuses = article.versions.filter(order_key=order.subject).values_list(
        "backlink_review_status", flat=True
    )
    assert set(statuses) == {BacklinkReview.REJECTED}
    assert newest_standing(article).number == 1


def test_a_text_that_is_being_changed_gets_its_successor_too():
    article = with_disclosure()
    first, second = linked(article, 1), linked(article, 2)
    revisions.request(order=second, notes="Shorter, please.", actor="customer", at=AT)

    rejected(first)
    run_removal()

    assert now(second).status == Status.PROCESSING
    assert "shop-1" not in now(second).version.html
    assert newest_standing(article) == now(second).version


def test_a_page_that_another_order_has_linked_again_is_no_dead_one():
    article = with_disclosure()
    first = linked(article, 1)
    rejected(first)
    run_removal()

    again = linked(article, 1)

    assert endings.dead_links(now(again).version) == []


def test_who_may_not_approve_is_told_whether_the_link_is_still_being_taken_out(caplog):
    article = with_disclosure()
    first, second = linked(article, 1), linked(article, 2)
    review = reviews.submit(order=second, version=now(second).version, actor="customer", at=AT)
    endings.refund(order=first, actor="mia", reason="asked for it", at=LATER)
    job = Job.objects.get(kind=endings.LINK_REMOVAL)
    with pytest.raises(reviews.DeadLink, match="the new version comes by itself"):
        reviews.approve(review=review, by="mia", at=LATER)

    lease = leases.claim(job_id=job.pk, token=uuid4(), worker=uuid4()).lease
    fault = leases.Fault(error_class="RetryLater", reason="the texts changed meanwhile")
    leases.give_up_attempt(
        lease, kind=job.kind, outcome=Outcome.FAILED, fault=fault, retry_in_s=None
    )

    with pytest.raises(reviews.DeadLink, match="has stopped; an operator retries its job"):
        reviews.approve(review=review, by="mia", at=LATER)
    assert "link_removal_failed" in caplog.text
    service.retry(job_id=job.pk, actor="ops")
    assert run_removal() == [Outcome.SUCCEEDED]
    review.refresh_from_db()
    reviews.approve(review=review, by="mia", at=LATER)


def test_a_text_whose_order_is_completed_is_examined_by_that_orders_brief():
    article = with_disclosure()
    first, second = linked(article, 1), linked(article, 2)
    old = now(second).version
    Order.objects.filter(pk=second.pk).update(
        status=Status.COMPLETED, completed_at=AT, live_url="https://garden.example/open"
    )

    rejected(first)
    run_removal()

    version = newest_standing(article)
    assert (version.number, version.order_key) == (old.number + 1, "")
    report = Report.from_json(version.report)
    assert [each.name for each in report.checks] == [each.name for each in INTEGRATION]
    assert (report.gate, version.provenance["gate_version"]) == (GATE, GATE)
    assert report["target-link"].state is State.PASSED
    # The link that was taken out was nobody's any more; no other one is missing.
    assert [f.level for f in report["untouched-text"].findings] == [Level.WARNS]


@pytest.mark.parametrize("report", [{}, factories.BLOCKED])
def test_a_text_of_no_order_is_examined_as_a_page(report):
    article = with_disclosure()
    first, second = linked(article, 1), linked(article, 2)
    ground = now(second).version
    theirs = factories.text_of_article(
        article,
        ground.html.replace("<p>", "<p>Write to sales@bank.example. ", 1),
        parent=ground,
        report=report,
    )

    rejected(first)
    run_removal()

    version = newest_standing(article)
    assert version.number > theirs.number
    found = Report.from_json(version.report)
    assert [each.name for each in found.checks] == [each.name for each in PAGE]
    assert (found.gate, version.provenance["gate_version"]) == (GATE, GATE)
    # What stood there before the link went is told, and holds nothing back.
    assert [f.code for f in found["contact-data"].findings] == ["contact-data"]
    assert not found.blocked


def test_the_text_of_the_ended_order_itself_is_examined_without_its_brief():
    article = with_disclosure()
    first = linked(article, 1)
    article.live_version = now(first).version
    article.save(update_fields=["live_version"])

    rejected(first)
    run_removal()

    found = Report.from_json(article.versions.latest("number").report)
    assert [each.name for each in found.checks] == [each.name for each in PAGE]
    assert not found.blocked
