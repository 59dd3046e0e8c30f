"""The desk's screen of an approved text: what is true of its publication, and what can be done."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from orders import endings, holds, publications, reviews
from orders.models import Publication, Review
from tests.orders import factories
from tests.orders.factories import AT
from tests.orders.looking import Looked
from tests.orders.test_desk import LIST, desk, editor

pytestmark = pytest.mark.django_db

REASON = "The post was stored as “pending”: the user may not publish."


def approved() -> Publication:
    return reviews.approve(review=factories.waiting_review(), by="edith", at=AT)


def failed() -> Publication:
    publication = approved()
    publications.give_up(publication_id=publication.pk, reason=REASON, at=AT)
    return Publication.objects.select_related("review__order").get(pk=publication.pk)


def hold(publication: Publication) -> None:
    order = publication.review.order
    holds.hold(order=order, cause="work", reason="the job of it is cancelled", at=AT)


def screen(review: Review) -> Looked:
    return Looked(editor().get(desk(review)))


def offered(page: Looked) -> list[str]:
    return page.all("//section[@aria-labelledby='decided-h']//button")


def test_one_that_is_being_published_needs_nothing():
    page = screen(approved().review)

    assert "It is being published" in page.text
    assert offered(page) == []


def test_one_that_has_failed_says_why_and_what_can_be_done():
    page = screen(failed().review)

    assert "It could not be published" in page.text
    assert REASON in page.text
    assert offered(page) == ["Publish again", "Decide anew"]


def test_one_of_a_held_order_is_not_said_to_be_published():
    publication = approved()
    hold(publication)

    page = screen(publication.review)

    assert "It is being published" not in page.text
    assert "It waits: while the order is held, nothing of it is published" in page.text


def test_one_that_has_failed_of_a_held_order_offers_nothing_that_would_be_refused():
    publication = failed()
    hold(publication)

    page = screen(publication.review)

    assert REASON in page.text
    assert offered(page) == ["Decide anew"]


def test_one_that_the_editors_look_at_again_leads_there_and_offers_nothing():
    publication = failed()
    again = reviews.reopen(review=publication.review, by="edith", at=AT)

    page = screen(publication.review)

    assert offered(page) == []
    links = page.all("//section[@aria-labelledby='decided-h']//a/@href")
    assert links == [reverse("admin:orders_review_change", args=[again.pk])]


def test_who_looks_at_it_again_reads_why_it_could_not_be_published():
    again = reviews.reopen(review=failed().review, by="edith", at=AT)

    assert f"It could not be published: {REASON}" in screen(again).text


def test_one_of_an_order_that_has_ended_offers_nothing():
    publication = failed()
    endings.refund(order=publication.review.order, actor="mia", reason="goodwill", at=AT)

    page = screen(publication.review)

    assert "The order was ended: goodwill" in page.text
    assert offered(page) == []


def test_a_publication_that_failed_costs_the_screen_no_query():
    client, waiting, stuck = editor(), approved().review, failed().review
    client.get(desk(waiting))

    counted = []
    for review in (waiting, stuck):
        with CaptureQueriesContext(connection) as asked:
            client.get(desk(review))
        counted.append(len(asked))

    assert counted[0] == counted[1]


def test_the_list_says_first_how_each_one_stands():
    failed()

    page = Looked(editor().get(reverse(LIST)))

    (row,) = page.all("//table[@id='result_list']/tbody/tr")
    heads = page.all("//table[@id='result_list']/thead//th")
    assert [head.strip() for head in heads][1] == "Standing"
    assert "Could not be published" in row
