"""An order ends while its link is live: staff see it, and an editor takes it off the page."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from articles.document import plain
from articles.models import Article, ArticleVersion
from articles.publishing import standing
from orders import endings, leftovers, publications, reviews
from orders.models import Order, Publication
from queueing import registry, runner
from queueing.models import Job, Outcome
from queueing.process import Process
from tests.orders import factories
from tests.orders.callers import client_of
from tests.orders.factories import AT
from tests.orders.looking import Looked, look
from tests.orders.test_unlinking import linked, now, run_removal, with_disclosure
from tests.races import rival_before

pytestmark = pytest.mark.django_db

LATER = AT + timedelta(minutes=5)
LIST = "/admin/orders/order/leftovers/"


def run_cleanup() -> list[Outcome]:
    kind = registry.kind_named(leftovers.KIND)
    jobs = Job.objects.filter(kind=kind.name, state="waiting")
    jobs.update(run_at=AT)
    return [runner.run(job_id=job.pk, kind=kind, process=Process()).outcome for job in list(jobs)]


def live_with_a_dead_link(*, orders: int = 2) -> tuple[Article, list]:
    """A page on which the second order's text is live; the first one, whose link it carries too,
    has been refunded."""
    article = with_disclosure()
    bought = [linked(article, number) for number in range(1, orders + 1)]
    version = now(bought[1]).version
    article.live_version = version
    article.save(update_fields=["live_version"])
    endings.refund(order=bought[0], actor="mia", reason="asked for it", at=LATER)
    return article, bought


def test_a_page_is_listed_once_an_order_whose_link_is_live_has_ended():
    article, (first, *_) = live_with_a_dead_link()

    (one,) = leftovers.found()

    assert (one.article, [order.code for order in one.orders]) == (article, [first.code])
    assert (one.job, one.is_under_way) == (None, False)


def test_an_editor_takes_the_link_off_and_all_else_stays():
    article, (first, second) = live_with_a_dead_link()
    before = now(second).version
    run_removal()

    leftovers.remove(article_id=article.pk, by="edith", at=LATER)
    assert run_cleanup() == [Outcome.SUCCEEDED]

    article.refresh_from_db()
    assert article.live_version != before
    assert plain(article.live_version.html) == plain(before.html)
    assert "shop-1" not in article.live_version.html
    assert article.live_version.html.count("shop-2") == 1
    assert leftovers.found() == []
    told = first.events.order_by("-pk").values_list("what", "actor")[:2]
    assert list(told) == [
        ("Its link is off the live page", "system"),
        ("Its link is taken off the live page", "edith"),
    ]


def test_a_page_whose_text_was_never_made_anew_gets_it_made_first():
    article, _ = live_with_a_dead_link()
    Job.objects.filter(kind=endings.LINK_REMOVAL).update(state="cancelled", finished_at=AT)

    leftovers.remove(article_id=article.pk, by="edith", at=LATER)
    assert [run_cleanup() for _ in range(9)] == [[Outcome.PARKED]] * 9  # it waits for the text
    assert Job.objects.get(kind=leftovers.KIND).failures == 0
    assert run_removal() == [Outcome.SUCCEEDED]
    assert run_cleanup() == [Outcome.SUCCEEDED]

    assert leftovers.found() == []


def test_a_text_that_was_rejected_is_not_put_out():
    article, _ = live_with_a_dead_link()
    run_removal()
    rejected = leftovers.text_without(article)
    type(rejected).objects.filter(pk=rejected.pk).update(backlink_review_status="REJECTED")
    assert leftovers.text_without(article) is None

    leftovers.remove(article_id=article.pk, by="edith", at=LATER)
    assert run_removal() == [Outcome.SUCCEEDED]
    assert run_cleanup() == [Outcome.SUCCEEDED]

    article.refresh_from_db()
    assert article.live_version.number > rejected.number


@pytest.mark.parametrize("pages", [1, 3])
def test_looking_for_them_costs_the_same_however_many_there_are(django_assert_num_queries, pages):
    made = [live_with_a_dead_link()[0] for _ in range(pages)]

    with django_assert_num_queries(5) as asked:
        found = leftovers.found()

    assert [(one.article, len(one.orders)) for one in found] == [(article, 1) for article in made]
    assert [query["sql"] for query in asked.captured_queries if '"report"' in query["sql"]] == []


def test_an_articles_orders_are_found_by_indexes():
    article, _ = live_with_a_dead_link()

    with CaptureQueriesContext(connection) as asked:
        assert endings.dead_pages(article_id=article.pk)

    # An OR over the join would read every order; each half alone has its indexes. What the planner
    # makes of them depends on how many rows there are.
    (sql,) = [query["sql"] for query in asked.captured_queries]
    assert " UNION " in sql
    assert " OR " not in sql
    assert {"article_id", "version_id"} <= indexed(Order)
    assert "article_id" in indexed(ArticleVersion)


def indexed(model):
    """The columns that an index of the table begins with."""
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, model._meta.db_table)
    return {each["columns"][0] for each in found.values() if each["index"] and each["columns"]}


def test_only_a_removal_that_failed_now_is_not_done():
    article, (first, *_) = live_with_a_dead_link()
    jobs = Job.objects.filter(kind=leftovers.KIND)
    run_removal()
    leftovers.remove(article_id=article.pk, by="edith", at=LATER)
    editor = client_of("editor", first)

    def standing_when(created_at: datetime, state: str) -> str:
        times = {"created_at": created_at, "finished_at": created_at}
        jobs.update(state=state, error_class="Overtaken", **times)
        return look(editor, LIST).all("//table//td[3]")[0].strip()

    assert standing_when(LATER, "completed") == "⚠ Live"
    assert standing_when(LATER, "failed") == "⚠ Not done"
    assert standing_when(LATER, "cancelled") == "⚠ Not done"
    assert standing_when(AT, "failed") == "⚠ Live"  # that was about an earlier link


def test_orders_that_follow_are_published_after_it():
    article, (_, _, third) = live_with_a_dead_link(orders=3)
    run_removal()
    leftovers.remove(article_id=article.pk, by="edith", at=LATER)
    run_cleanup()
    article.refresh_from_db()

    assert standing(article=article, version=now(third).version) == now(third).version
    review = reviews.submit(order=third, version=now(third).version, actor="customer", at=LATER)
    reviews.approve(review=review, by="edith", at=LATER)
    assert publications.to_publish(publication_id=Publication.objects.get().pk) is not None


def test_an_editor_who_asks_while_the_text_is_being_made_shuts_out_no_other_order():
    article, (_, _, third) = live_with_a_dead_link(orders=3)
    leftovers.remove(article_id=article.pk, by="edith", at=LATER)  # beside the rejection's own job
    assert set(run_removal()) == {Outcome.SUCCEEDED}
    assert run_cleanup() == [Outcome.SUCCEEDED]
    article.refresh_from_db()

    version = now(third).version

    assert standing(article=article, version=version) == version
    assert ArticleVersion.objects.filter(html=article.live_version.html).count() == 1


def test_a_page_of_its_own_whose_order_was_rejected_loses_the_link_too():
    review = factories.waiting_review()
    article = review.version.article
    article.live_version, article.url, article.published_at = review.version, "https://x.test/", AT
    article.save()
    reviews.reject(review=review, by="mia", note="Not for this site.", at=LATER)

    (one,) = leftovers.found()
    run_removal()
    leftovers.remove(article_id=article.pk, by="edith", at=LATER)

    assert [order.code for order in one.orders] == [review.order.code]
    assert run_cleanup() == [Outcome.SUCCEEDED]
    assert leftovers.found() == []


def test_asked_twice_it_is_one_job_and_a_clean_page_is_refused():
    article, _ = live_with_a_dead_link()
    run_removal()
    leftovers.remove(article_id=article.pk, by="edith", at=LATER)
    leftovers.remove(article_id=article.pk, by="erik", at=LATER)

    assert Job.objects.get(kind=leftovers.KIND).actor == "edith"
    run_cleanup()
    with pytest.raises(leftovers.NothingLeft):
        leftovers.remove(article_id=article.pk, by="erik", at=LATER)


@pytest.mark.django_db(transaction=True)
def test_what_goes_live_meanwhile_is_not_undone():
    article, (_, _, third) = live_with_a_dead_link(orders=3)
    run_removal()
    newer = now(third).version
    leftovers.remove(article_id=article.pk, by="edith", at=LATER)

    def publish_the_third() -> None:
        Article.objects.filter(pk=article.pk).update(live_version=newer)

    with rival_before("FOR UPDATE OF", publish_the_third):
        assert run_cleanup() == [Outcome.FAILED]
    assert run_cleanup() == [Outcome.SUCCEEDED]

    article.refresh_from_db()
    assert article.live_version == newer


def test_the_staffs_page_shows_it_and_only_editors_get_the_button():
    article, (first, *_) = live_with_a_dead_link()
    operator, editor = client_of("operator", first), client_of("editor", first)

    assert look(operator, LIST).all("//form[contains(@action, 'remove')]") == []
    seen = look(editor, LIST)
    assert first.code in seen.text
    done = Looked(editor.post(f"{LIST}{article.pk}/remove/", follow=True))

    assert "is being published without the link" in done.text
    assert "Being published" in done.text
    assert Job.objects.get(kind=leftovers.KIND).actor == "editor"
    assert reverse("admin:orders_order_leftovers") in look(editor, "/admin/").all("//a/@href")
