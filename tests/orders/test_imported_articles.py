"""An article that its publisher wrote, imported, sold, linked and live again with the link."""

import pytest

from articles import importing
from orders import fulfilment, lifecycle, reviews
from orders.models import Order, Payment, Status
from tests.articles import pages
from tests.articles.test_publishing_wordpress import Posts
from tests.orders import factories
from tests.orders.factories import AT
from tests.orders.publishing import run as publish
from tests.orders.test_api_integration import body, listed
from tests.orders.test_api_purchase import buy
from tests.orders.test_integration import place
from tests.visitor import get

TEXT = factories.text_of("https://elsewhere.example.org/")


def imported(domain, url, **given):
    text = importing.read(domain=domain, url=url, **given)
    return importing.store(text, by="edith", opened=True, at=AT).article


def sold(client, article) -> Order:
    """The order of a link in the article, bought over the API and paid."""
    (offered,) = listed(client, article.domain_id).json()["results"]
    assert (offered["id"], offered["url"]) == (article.pk, article.url)
    assert offered["openForIntegration"]
    assert buy(client, body(article)).status_code == 201
    order = Order.objects.get()
    intent = f"pi_{order.code}"
    Payment.objects.update(state=Payment.State.PAID, paid_at=AT, payment_intent=intent)
    lifecycle.pay(order=order, at=AT)
    fulfilment.begin(order=order, at=AT)
    return order


def delivered_and_live(order) -> None:
    place(order)
    assert order.status == Status.QUALITY_CHECK
    assert order.version.report["blocked"] is False
    review = reviews.submit(order=order, version=order.version, actor="customer", at=AT)
    publish(reviews.approve(review=review, by="edith", at=AT))
    order.refresh_from_db()
    assert order.status == Status.COMPLETED


@pytest.mark.django_db
def test_a_link_is_sold_in_a_post_of_a_wordpress_site(client, sandbox, settings):
    posts = Posts(sandbox.base_url)
    post = posts.add(title="A season in the garden", content=TEXT, slug="season", excerpt="Short.")
    article = imported(pages.wordpress_domain(settings), post["link"])

    order = sold(client, article)
    delivered_and_live(order)

    (after,) = posts.all()
    posts.http.close()
    assert (after["id"], after["link"]) == (post["id"], post["link"])
    assert (after["title"], after["excerpt"]) == (post["title"], post["excerpt"])
    assert order.live_url == post["link"]
    live = get(order.live_url).text
    assert order.brief["target_url"] in live
    assert "https://elsewhere.example.org/" in live


@pytest.mark.django_db(transaction=True)
def test_a_link_is_sold_in_a_text_that_was_pasted(web, client):
    domain = factories.active_domain()
    article = imported(domain, f"https://{domain.host}/season", html=TEXT, title="A season")
    assert get(article.url).status_code == 200

    order = sold(client, article)
    delivered_and_live(order)

    assert order.live_url == article.url
    assert order.brief["target_url"] in get(order.live_url).text
