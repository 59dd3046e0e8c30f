"""Articles that publishers wrote, on the pages of who imports, decides, buys and reviews.

Wide and on a phone, light and dark, with hard content.
`PICTURES=folder pytest tests/browser/test_publishers_pages.py` keeps a picture of each.
"""

import pytest
from django.urls import reverse
from django.utils import timezone

from articles import importing
from articles.models import Article, SiteChange
from articles.publishing import changes
from articles.publishing.found import GONE, Found
from orders import access, lifecycle, reviews
from orders.models import Order
from tests.articles import pages
from tests.browser.test_admin_pages import DJANGOS, let_in, take_cookies
from tests.browser.test_every_page import ADDRESS, LONG
from tests.browser.test_order_states import picture
from tests.orders import factories
from tests.orders.factories import AT

pytestmark = pytest.mark.browser

WIDTHS = (1280, 360)
WISH = f"Please keep the tone. {LONG} And do not touch my second paragraph. " * 8


def imported(**given: object) -> Article:
    """An article with long words that was put on sale with its text."""
    domain = factories.active_domain(**given)
    text = importing.read(
        domain=domain,
        url=f"https://{domain.host}/a-{domain.pk}-season-in-the-garden-that-was-rather-long",
        html=f"<h2>{LONG}</h2>{factories.text_of(ADDRESS)}",
        title=f"A season in the garden: {LONG[:120]}",
    )
    return importing.store(text, by="edith", opened=True, at=AT).article


def linked(article: Article, **given: object) -> Order:
    """An order of a link in the article, delivered to the customer, who wrote long notes."""
    order = factories.integration_in_work(article, notes=WISH[:1900], **given)
    live = article.live_version
    order.brief["disclosure"] = None
    link = f'<a href="{order.brief["target_url"]}" rel="sponsored">oak raised beds</a>'
    version = factories.text_of_article(
        article,
        live.html.replace("Wood is what", f"With {link} wood is what"),
        parent=live,
        order_key=order.subject,
        report=factories.PASSED,
        backlink_metadata={"revisionNotes": WISH},
        provenance={"model": "a-model", "gate_version": "gate-1", "who": ["customer"]},
    )
    lifecycle.deliver(order=order, version=version, at=AT)
    return order


def site_change(article: Article, found: Found, **given: object) -> SiteChange:
    return SiteChange.objects.create(
        article=article,
        left=article.live_version,
        title=found.title,
        excerpt=found.excerpt,
        content=found.content,
        is_gone=found.is_gone,
        difference=changes._said(article, found),
        digest=found.digest,
        found_at=timezone.now(),
        **given,
    )


@pytest.fixture
def shop(transactional_db) -> dict[str, str]:
    """What customers see of such an article."""
    article = imported()
    factories.open_article(article.domain)
    work, review = factories.integration_in_work(article, notes=WISH[:1900]), linked(article)
    host = article.domain.host
    return {
        "domain": f"/domains/{host}/",
        "form": f"/order/?domain={host}&product=integration&article={article.pk}",
        "order-in-work": access.open_url(work),
        "order-in-review": access.open_url(review),
        "version": f"{review.get_absolute_url()}versions/{review.version.number}/",
        "live-page": article.url,
    }


@pytest.fixture
def desk(transactional_db, settings) -> dict[str, str]:
    """What editors see of such an article, and of what its site made of it."""
    article = imported()
    blog = pages.article(pages.wordpress_domain(settings), url=ADDRESS)
    order = linked(article)
    waiting = reviews.submit(order=order, version=order.version, actor="customer", at=AT)
    live = article.live_version
    html = live.html.replace("Snails", f"CORRECTION {LONG} <b>Snails</b>")
    open_one = site_change(article, Found(title=LONG, excerpt=LONG, content=html))
    gone = site_change(blog, GONE)
    decided = site_change(
        imported(), Found(title=live.title, content="<p>Theirs.</p>"),
        decided_by="edith", decided_at=AT, reason=WISH, settled_at=AT,
    )  # fmt: skip

    def page(name: str, *given: object) -> str:
        return reverse(f"admin:{name}", args=given)

    return {
        "import-text": page("articles_article_import_text", blog.pk),
        "articles": page("articles_article_changelist"),
        "article": page("articles_article_change", article.pk),
        "version": page("articles_articleversion_change", live.pk),
        "domain-admin": page("articles_domain_change", article.domain_id),
        "changes": page("articles_sitechange_changelist"),
        "change": page("articles_sitechange_change", open_one.pk),
        "change-gone": page("articles_sitechange_change", gone.pk),
        "change-decided": page("articles_sitechange_change", decided.pk),
        "review-of-link": page("orders_review_change", waiting.pk),
        "order-of-link": page("orders_order_change", order.pk),
    }


def faults_of(visitor, name: str, colours: str) -> dict[str, object]:
    """What is wrong with the open page at each width; a picture is kept of it."""
    found: dict[str, object] = {}
    visitor.page.evaluate(
        "document.querySelectorAll('details').forEach(each => { each.open = true })"
    )
    for width in WIDTHS:
        visitor.page.set_viewport_size({"width": width, "height": 900})
        picture(visitor, f"{name}-{width}-{colours}")
        if visitor.pixels_too_wide() > 0:
            found[f"{name}-{width}"] = f"{visitor.pixels_too_wide()} px too wide"
        faults = [each for each in visitor.accessibility_faults() if not each.startswith(DJANGOS)]
        if faults:
            found[f"{name}-{width} axe"] = faults
    return found


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_who_buys_a_link_in_a_publishers_article_can_read_it_all(visitor_with, shop, colours):
    visitor = visitor_with(color_scheme=colours)
    found = {}
    for name, address in shop.items():
        visitor.visit(address)
        found |= faults_of(visitor, name, colours)

    assert found == {}


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_who_imports_and_decides_can_read_it_all(visitor_with, desk, colours):
    visitor = visitor_with(color_scheme=colours)
    let_in(visitor)
    found = {}
    for name, address in desk.items():
        visitor.visit(address)
        found |= faults_of(visitor, name, colours)

    assert found == {}


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_an_import_is_told_of_from_the_empty_form_to_what_came_of_it(
    visitor_with, transactional_db, colours
):
    visitor = visitor_with(color_scheme=colours)
    client, imports = let_in(visitor), reverse("admin:articles_article_import")
    found = {}
    page = visitor.visit(reverse("admin:articles_sitechange_changelist"))
    found |= faults_of(visitor, "changes-empty", colours)
    visitor.visit(imports)
    found |= faults_of(visitor, "import", colours)
    page.evaluate("document.querySelector('.desk-import').noValidate = true")
    page.click("css=.desk-import button[type=submit]")
    found |= faults_of(visitor, "import-unfilled", colours)
    page.fill("[name=address]", ADDRESS)
    page.click("css=.desk-import button[type=submit]")
    found |= faults_of(visitor, "import-refused", colours)
    # The page's process knows content types by numbers that a test before this one took away.
    html = f'{factories.text_of(ADDRESS)}<iframe src="https://video.example.com/1"></iframe>'
    season = f"https://{factories.active_domain().host}/season"
    answer = client.post(imports, {"address": season, "title": LONG, "html": html})
    take_cookies(visitor, client)
    visitor.visit(answer["Location"])
    assert "1 × iframe" in page.inner_text(".messagelist")
    found |= faults_of(visitor, "imported", colours)

    assert Article.objects.get().live_version is not None
    assert found == {}
