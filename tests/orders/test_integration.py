"""The integration pipeline, run in this process against the sandbox's writer."""

from functools import partial

import pytest

from articles import quality
from articles.document import parse
from articles.links import links
from articles.models import ArticleVersion
from orders.models import Order, OutgoingEmail, Refund, Status
from queueing.models import State
from tests.orders import factories
from tests.orders.looking import let_in, look
from tests.orders.test_generation import job_of, run
from tests.queueing.threads import alongside_later, wait_until_blocked
from tests.races import rival_before

pytestmark = pytest.mark.django_db

KIND = "backlink-integration"
THEIRS = {"target_url": "https://other.example.net/larch", "anchor_text": "larch boards"}


def place(order: Order) -> None:
    run(order, kind=KIND)
    order.refresh_from_db()


def texts_bought(sandbox, order: Order) -> list[str]:
    """The steps whose text the sandbox's writer handed out, in order: `on-<ground>/text-<n>`."""
    ids = [
        call["x_client_request_id"] or ""
        for call in sandbox.calls(service="openai", work_done="true")
    ]
    job = f"{job_of(order).pk}/"
    return [each.removeprefix(job).rpartition("/")[0] for each in ids if each.startswith(job)]


def targets(version: ArticleVersion) -> list[str]:
    return [link.href for link in links(parse(version.html))]


def test_the_link_is_placed_as_sold_and_nearly_all_else_is_kept(sandbox):
    article = factories.open_article(html=factories.text_of("https://elsewhere.example.org/"))
    before = article.versions.get()
    order = factories.integration_in_work(article)

    place(order)

    version = order.version
    assert order.status == Status.QUALITY_CHECK
    assert (version.article, version.parent, version.number) == (article, before, 2)
    assert quality.kept_share(before.html, version.html) >= 0.95
    (link,) = [each for each in links(parse(version.html)) if "shop.example.com" in each.href]
    assert (link.href, link.text) == (order.brief["target_url"], "oak raised beds")
    assert link.rel == "sponsored"
    assert parse(version.html).blocks[0].text == order.brief["disclosure"]
    assert version.report["blocked"] is False
    assert (version.title, version.slug) == (before.title, before.slug)
    assert texts_bought(sandbox, order) == ["on-1-text-1"]
    kinds = OutgoingEmail.objects.filter(order=order).values_list("kind", flat=True)
    assert sorted(kinds) == ["backlink-integrated", "order-received"]


def test_a_page_that_discloses_in_another_of_our_sentences_gets_no_second_one(sandbox):
    ours = "Sponsored: this article contains a paid link."
    article = factories.open_article(html=f"<p>{ours}</p>{factories.text_of()}")
    order = factories.integration_in_work(article)
    german = "Anzeige: Dieser Artikel enthält einen bezahlten Link."
    Order.objects.filter(pk=order.pk).update(brief=order.brief | {"disclosure": german})

    place(order)

    blocks = [block.text for block in parse(order.version.html).blocks]
    assert blocks[0] == ours
    assert german not in blocks
    assert order.version.report["blocked"] is False


@pytest.mark.parametrize("policy", ["nofollow", "dofollow"])
def test_a_site_that_sells_no_sponsored_links_gets_its_own_mark_and_no_disclosure(sandbox, policy):
    article = factories.open_article(factories.active_domain(link_policy=policy))
    order = factories.integration_in_work(article)

    place(order)

    (link,) = links(parse(order.version.html))
    assert link.rel == (None if policy == "dofollow" else policy)
    assert "Sponsored" not in order.version.html


def test_two_orders_one_after_the_other_leave_both_links_in_the_article(sandbox):
    article = factories.open_article()
    first = factories.integration_in_work(article)
    second = factories.integration_in_work(article, **THEIRS)

    place(first)
    place(second)

    assert second.version.parent == first.version
    assert set(targets(second.version)) == {first.brief["target_url"], THEIRS["target_url"]}


@pytest.mark.django_db(transaction=True)
def test_of_two_orders_at_the_same_moment_the_later_begins_anew_on_the_newer_text(sandbox):
    article = factories.open_article()
    ours = factories.integration_in_work(article)
    theirs = factories.integration_in_work(article, **THEIRS)

    with rival_before("FOR NO KEY UPDATE", partial(run, theirs, kind=KIND)):
        place(ours)

    theirs.refresh_from_db()
    assert (theirs.version.number, ours.version.number) == (2, 3)
    assert ours.version.parent == theirs.version
    assert set(targets(ours.version)) == {ours.brief["target_url"], THEIRS["target_url"]}
    assert texts_bought(sandbox, ours) == ["on-1-text-1", "on-2-text-1"]
    assert texts_bought(sandbox, theirs) == ["on-1-text-1"]
    assert quality.kept_share(theirs.version.html, ours.version.html) >= 0.95


@pytest.mark.django_db(transaction=True)
def test_an_order_that_comes_to_deliver_while_another_does_waits_for_it(sandbox):
    article = factories.open_article()
    ours = factories.integration_in_work(article)
    theirs = factories.integration_in_work(article, **THEIRS)
    later = []

    def begin():
        """Return once the rival waits: for the article, which this thread holds."""
        with alongside_later(partial(run, theirs, kind=KIND)) as result:
            later.append(result)
            wait_until_blocked()

    with rival_before('INSERT INTO "articles_articleversion"', begin):
        place(ours)
    later[0]()

    theirs.refresh_from_db()
    assert (ours.version.number, theirs.version.number) == (2, 3)
    assert theirs.version.parent == ours.version
    assert job_of(theirs).failures == 0, "it found the newer text by waiting, not by failing"


@pytest.mark.django_db(transaction=True)
def test_the_limit_of_links_holds_when_two_orders_race_for_the_last_place(sandbox):
    article = factories.open_article(factories.active_domain(outbound_limit=1))
    ours = factories.integration_in_work(article)
    theirs = factories.integration_in_work(article, **THEIRS)

    with rival_before("FOR NO KEY UPDATE", partial(run, theirs, kind=KIND)):
        place(ours)

    theirs.refresh_from_db()
    assert theirs.status == Status.QUALITY_CHECK
    assert (ours.status, ours.version) == (Status.FAILED, None)
    assert job_of(ours).error_class == "NoPlace"
    assert texts_bought(sandbox, ours) == ["on-1-text-1"], "nothing is bought for a full article"
    assert article.versions.count() == 2
    assert Refund.objects.get(payment__order=ours).amount_cents == ours.amount_cents
    kinds = OutgoingEmail.objects.filter(order=ours).values_list("kind", flat=True)
    assert sorted(kinds) == ["admin-order-failed", "order-failed", "order-received"]


def test_an_article_that_filled_up_before_the_work_began_costs_no_text(sandbox):
    article = factories.open_article(factories.active_domain(outbound_limit=1))
    order = factories.integration_in_work(article)
    factories.text_of_article(article, factories.text_of("https://elsewhere.example.org/"))

    place(order)

    assert (order.status, job_of(order).state) == (Status.FAILED, State.FAILED)
    assert texts_bought(sandbox, order) == []
    assert Refund.objects.filter(payment__order=order).count() == 1


def test_links_to_the_sites_own_pages_elsewhere_do_not_use_up_the_limit(sandbox):
    domain = factories.active_domain(outbound_limit=1)
    served = factories.open_article(domain, url="http://byline.example/sites/garden/open")
    article = factories.open_article(domain, html=factories.text_of(served.url))
    order = factories.integration_in_work(article)

    place(order)

    assert order.status == Status.QUALITY_CHECK
    assert served.url in targets(order.version)


def test_the_customer_sees_the_link_and_what_changed(client, sandbox):
    order = factories.integration_in_work(factories.open_article())
    place(order)
    browser = let_in(client, order)

    page = look(browser, order.get_absolute_url())
    version = look(browser, f"{order.get_absolute_url()}versions/2/")

    assert page.one("//section[contains(@class,'now')]/h2") == "Your link is in the article"
    assert order.brief["topic"] in page.text
    assert version.has_class("ordered-link") == ["oak raised beds"]
    (comparison,) = version.has_class("comparison")
    assert "Compared with the article as it was" in comparison
    assert "of the sentences are as they were" in comparison
    assert "oak raised beds” to https://shop.example.com/raised-beds" in comparison
    assert version.all("//section[contains(@class,'comparison')]//ins")
    added = version.all("//section[contains(@class,'comparison')]//ins/*[@class='hidden-words']")
    assert set(added) == {"added:", "end"}
