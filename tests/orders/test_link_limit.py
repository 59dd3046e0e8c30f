"""The site's limit of links to other sites, judged again when a text is to go live."""

from datetime import timedelta

import pytest

from articles.models import Domain
from orders import publications, reviews
from orders.models import Publication
from tests.orders import factories
from tests.orders.factories import AT
from tests.orders.test_reviews import everything
from tests.orders.test_unlinking import linked, now, with_disclosure

pytestmark = pytest.mark.django_db

LATER = AT + timedelta(minutes=5)


def two_links_in_review():
    """The second order of an article, submitted; its text carries the first one's link too."""
    article = with_disclosure()
    linked(article, 1)
    second = linked(article, 2)
    return reviews.submit(order=second, version=now(second).version, actor="customer", at=AT)


def lower_the_limit(review, to: int) -> None:
    Domain.objects.filter(pk=review.order.domain_id).update(outbound_limit=to)


def test_a_text_at_the_limit_is_approved():
    review = two_links_in_review()
    lower_the_limit(review, 2)

    reviews.approve(review=review, by="edith", at=LATER)

    assert publications.to_publish(publication_id=Publication.objects.get().pk) is not None


def test_links_of_two_orders_that_exceed_it_together_are_not_approved():
    review = two_links_in_review()
    lower_the_limit(review, 1)
    before = everything(review.order)

    with pytest.raises(reviews.TooManyLinks, match=r"2 links to other sites, and .* allows 1\."):
        reviews.approve(review=review, by="edith", at=LATER)

    assert everything(review.order) == before


def test_a_limit_lowered_after_the_approval_stops_the_publication_with_its_reason():
    review = two_links_in_review()
    reviews.approve(review=review, by="edith", at=LATER)
    lower_the_limit(review, 1)

    with pytest.raises(
        publications.PublicationRefused, match=r"allows 1\. It must be approved anew"
    ):
        publications.to_publish(publication_id=Publication.objects.get().pk)


def test_links_to_the_sites_own_pages_do_not_count():
    domain = factories.active_domain(outbound_limit=1)
    other = factories.open_article(domain, url="https://pages.example.net/other")
    html = factories.text_of(other.url, f"https://{domain.host}/third", "https://shop.example.com/")
    review = factories.waiting_review(domain=domain)
    version = factories.next_version_of(review.order, html=html)

    assert reviews.opening_of(domain, version).excess is None
