"""The order form: nothing typed is lost, and one press is one order."""

import re
from uuid import uuid4

import pytest
from django.test import Client

from orders import access, fulfilment
from orders.models import Order, Status
from tests.orders import factories
from tests.orders.factories import (
    active_domain,
    open_article,
    raw_brief,
    raw_integration,
    text_of,
    text_of_article,
)
from tests.orders.looking import Looked, let_in, look

pytestmark = pytest.mark.django_db


def written(domain, **given):
    """What a browser sends from the form."""
    return raw_brief(domain, **{"token": str(uuid4()), **given})


def send(client, fields):
    return client.post("/order/", fields)


def test_the_form_shows_price_link_policy_and_refund_rule_before_payment(client):
    domain = active_domain()

    page = look(client, "/order/", domain=domain.host, product="article")

    assert page.status == 200
    assert page.fields()["domain"] == domain.host
    assert page.all("//section//h2") == ["1 Product", "2 Brief", "3 Review"]
    for words in ("€120.00", "rel=sponsored", "the whole price goes back by itself"):
        assert words in page.text


def test_every_field_has_a_label_and_knows_where_its_reason_will_stand(client):
    page = look(client, "/order/", domain=active_domain().host)

    for name in page.all("//form//*[@id][self::input or self::select or self::textarea]/@id"):
        if page.all(f"//*[@id='{name}']/@type") == ["hidden"]:
            continue
        assert page.one(f"//label[@for='{name}']")
        assert f"{name}_error" in page.one(f"//*[@id='{name}']/@aria-describedby").split()
        assert page.all(f"//*[@id='{name}_error']") == [""]


def test_without_a_site_the_way_goes_back_to_the_sites(client):
    response = client.get("/order/", follow=True)

    assert response.redirect_chain == [("/", 302)]
    assert "Choose a site first" in Looked(response).text


@pytest.mark.parametrize("host", ["nobody.example", "a\0b", "x" * 5000])
def test_a_site_that_is_not_sold_cannot_be_ordered_on(client, host):
    assert client.get("/order/", {"domain": host}).status_code == 404
    assert client.post("/order/", {"domain": host}).status_code == 404


def test_an_error_keeps_what_was_typed_and_leads_to_its_field(client):
    domain = active_domain()
    fields = written(
        domain, target_url="http://localhost/", topic='He said "<b>hi</b>"', notes="Be kind."
    )

    page = Looked(send(client, fields))

    assert page.status == 400
    assert page.one("//title").startswith("Error: ")
    assert page.all("//*[@id='error-summary']//a/@href") == ["#topic", "#target_url"]
    assert page.one("//input[@id='topic']/@value") == fields["topic"]
    assert page.one("//input[@id='target_url']/@aria-invalid") == "true"
    assert page.one("//*[@id='target_url_error']")
    assert page.fields()["token"] == fields["token"]
    assert page.one("//textarea[@id='notes']") == "Be kind."
    assert page.all("//details[@open]"), "what was written in the folded part must be seen"
    assert "<b>hi" not in page.response.content.decode()
    assert not Order.objects.exists()


def test_a_field_is_checked_alone_when_it_is_left(client):
    domain = active_domain()
    fields = written(domain, target_url="ftp://files.example.com/", email=None)

    wrong = client.post("/order/check/?field=target_url", fields)
    fine = client.post("/order/check/?field=topic", fields)

    assert "http://" in wrong.content.decode()
    assert fine.content.decode().strip() == ""
    assert not Order.objects.exists()


@pytest.mark.parametrize("field", ["", "nothing", "__class__"])
def test_only_fields_of_the_form_are_checked(client, field):
    fields = written(active_domain())

    assert client.post(f"/order/check/?field={field}", fields).status_code == 404


def test_an_order_is_kept_and_its_writer_sent_on_to_pay(client, sandbox):
    response = send(client, written(active_domain()))

    order = Order.objects.get()
    assert response.status_code == 302
    assert response["Location"] == order.payments.get().session_url
    assert order.status == Status.AWAITING_PAYMENT
    assert client.get(order.get_absolute_url()).status_code == 200


def test_a_second_press_is_the_same_order(client, sandbox):
    fields = written(active_domain())

    first, second = send(client, fields), send(client, fields)

    assert first["Location"] == second["Location"]
    assert Order.objects.count() == 1
    assert len(sandbox.calls(service="stripe", operation="checkout.sessions.create")) == 1


def test_a_form_sent_again_with_another_brief_asks_before_it_orders_twice(client, sandbox):
    fields = written(active_domain())
    send(client, fields)

    page = Looked(send(client, fields | {"topic": "Something else"}))

    assert page.status == 409
    assert page.one("//input[@id='topic']/@value") == "Something else"
    assert "that order is kept" in page.one("//*[@id='error-summary']")
    assert Order.objects.count() == 1
    again = send(client, page.fields())
    assert again.status_code == 302
    assert Order.objects.count() == 2


def test_a_token_that_is_none_is_replaced(client, sandbox):
    fields = written(active_domain(), token="x" * 600)

    send(client, fields)

    assert re.fullmatch(r"page-[0-9a-f-]{36}", Order.objects.get().idempotency_key)


def test_with_stripe_down_the_order_is_kept_and_can_be_paid_later(client, sandbox):
    sandbox.knob(service="stripe", operation="checkout.sessions.create", status=500)

    response = send(client, written(active_domain()))
    page = Looked(client.get(response["Location"]))

    order = Order.objects.get()
    assert response["Location"] == order.get_absolute_url()
    assert "cannot be opened just now" in page.text
    assert page.one("//button[@id='pay']") == "Go to payment"
    sandbox.clear_knobs()
    paying = client.post(f"{order.get_absolute_url()}pay/")
    assert paying["Location"] == order.payments.get(state="open").session_url


def test_too_many_orders_from_one_network_are_told_to_wait_and_keep_what_they_typed(
    client, sandbox, settings
):
    settings.PURCHASES_PER_HOUR = 1
    from_here = Client(REMOTE_ADDR=f"10.{uuid4().int % 250}.{uuid4().int % 250}.9")
    domain = active_domain()
    assert send(from_here, written(domain)).status_code == 302

    response = send(from_here, written(domain, topic="A second one"))

    page = Looked(response)
    assert page.status == 429
    assert int(response["Retry-After"]) > 0
    assert page.one("//input[@id='topic']/@value") == "A second one"
    assert Order.objects.count() == 1


def test_ordering_again_starts_from_the_earlier_brief_for_who_may_open_it(client):
    order = factories.order_awaiting_payment(email="ada@example.com")
    address = {"domain": order.domain.host, "again": str(order.pk)}

    stranger = look(Client(), "/order/", **address)
    owner = look(let_in(client, order), "/order/", **address)

    assert owner.one("//input[@id='topic']/@value") == order.brief["topic"]
    assert owner.one("//input[@id='email']/@value") == "ada@example.com"
    assert stranger.all("//input[@id='topic']/@value") == []
    assert stranger.all("//input[@id='email']/@value") == []


def test_a_form_without_its_csrf_token_is_refused_in_plain_words():
    domain = active_domain()
    strict = Client(enforce_csrf_checks=True)

    page = Looked(strict.post("/order/", written(domain)))

    assert page.status == 403
    assert page.one("//h1") == "We could not tell that this came from you"
    assert not Order.objects.exists()


def test_the_cookie_of_a_new_order_opens_that_order_alone(client, sandbox):
    other = factories.order_awaiting_payment()

    send(client, written(active_domain()))

    order = Order.objects.exclude(pk=other.pk).get()
    assert access.cookie_name(order) in client.cookies
    assert client.get(other.get_absolute_url()).status_code == 404


# --- A link in an article that exists ------------------------------------------------------------


def for_link(article, **given):
    return {"token": str(uuid4()), **raw_integration(article, **given)}


def test_a_link_is_ordered_in_the_chosen_article_for_its_own_price(client, sandbox):
    article = open_article()

    page = look(client, "/order/", **wanted(article))

    assert page.one("//h1") == "Order a link in an article"
    assert page.one("//p[@class='chosen-name']/span") == article.title
    assert "€80.00" in page.text
    assert "€120.00" not in page.text
    assert page.fields()["article"] == str(article.pk)
    assert not page.all("//*[@id='topic' or @id='words' or @id='niche']")
    assert "All three are needed." in page.text
    sent = page.fields() | {
        "target_url": "https://shop.example.com/raised-beds",
        "anchor_text": "oak raised beds",
        "email": "ada@example.com",
    }
    assert send(client, sent).status_code == 302
    order = Order.objects.get()
    assert (order.product, order.article, order.amount_cents) == ("integration", article, 8_000)


def wanted(article, /, **given):
    host = article.domain.host
    return {"domain": host, "product": "integration", "article": article.pk} | given


@pytest.mark.parametrize("named", ["", "x", "0", "9" * 5000, "١"])
def test_without_an_open_article_the_way_goes_back_to_the_sites_page(client, named):
    article = open_article()

    response = client.get("/order/", wanted(article, article=named), follow=True)

    assert response.redirect_chain == [(f"/domains/{article.domain.host}/", 302)]
    assert "Choose an article that takes a link" in Looked(response).text


def test_an_article_that_filled_up_meanwhile_is_told_on_top_and_nothing_typed_is_lost(client):
    article = open_article(active_domain(outbound_limit=1))
    fields = for_link(article, notes="Near the wood.")
    text_of_article(article, text_of("https://elsewhere.example.org/"))

    page = Looked(send(client, fields))

    assert page.status == 400
    assert "Article: The article carries 1 of the 1 link" in page.one("//*[@id='error-summary']")
    assert page.one("//textarea[@id='notes']") == "Near the wood."
    assert page.fields()["article"] == str(article.pk)
    assert not Order.objects.exists()


def test_a_page_that_is_linked_already_is_told_at_its_field_as_it_is_left(client):
    article = open_article(html=text_of("https://shop.example.com/raised-beds?size=small"))

    told = client.post("/order/check/?field=target_url", for_link(article))

    assert "The article links to this page already." in told.content.decode()
    assert client.post("/order/check/?field=topic", for_link(article)).status_code == 404


def test_ordering_again_keeps_the_article_and_leaves_the_keyword_open(client):
    article = open_article()
    order = factories.integration_in_work(article)
    fulfilment.give_up(order=order, reason="NoPlace: full", at=factories.AT)
    browser = let_in(client, order)

    page = look(browser, order.get_absolute_url())
    again = look(browser, page.one("//a[@id='again']/@href"))

    assert page.one("//section[contains(@class,'now')]/h2") == "We could not place your link"
    assert again.fields()["article"] == str(article.pk)
    assert again.one("//input[@id='anchor_text']/@value") == "oak raised beds"
    assert again.all("//input[@id='keyword']/@value") == []


def test_the_form_of_a_link_asks_the_database_three_times(client, django_assert_num_queries):
    article = open_article()

    with django_assert_num_queries(3):
        client.get("/order/", wanted(article))


WISHES = {
    "audience": "people with a small yard",
    "must_mention": "drainage holes\nuntreated oak",
    "link_position": "late",
    "references": "https://beds.example.com/guide",
}


def test_wishes_are_kept_on_an_error_shown_on_the_order_and_there_when_ordering_again(
    client, sandbox
):
    fields = written(active_domain(), **WISHES)

    page = Looked(send(client, fields | {"must_avoid": "drainage", "topic": ""}))

    assert page.status == 400
    assert page.all("//*[@id='error-summary']//a/@href") == ["#topic", "#must_avoid"]
    assert page.all("//details[@open]")
    for name in ("must_mention", "references"):
        assert page.one(f"//textarea[@id='{name}']").split() == WISHES[name].split()
    assert page.one("//select[@id='link_position']/option[@selected]/@value") == "late"

    send(client, fields)
    order = Order.objects.get()
    brief = look(client, f"/orders/{order.pk}/").text
    for words in ("drainage holes; untreated oak", "last third", WISHES["references"]):
        assert words in brief
    again = look(client, "/order/", domain=order.domain.host, again=str(order.pk))
    for name in ("must_mention", "references"):
        assert again.one(f"//textarea[@id='{name}']").split() == WISHES[name].split()
