"""Ready-made domains and orders for tests, each moved there by the product's own verbs.

Every one is different, so that tests may run side by side; what matters to a test is passed in.
"""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from django.conf import settings

from articles.brief import Brief
from articles.models import Article, ArticleVersion, Domain
from orders import briefs, fulfilment, lifecycle, reviews
from orders.models import Customer, Obstacle, Order, Payment, Product, Review
from queueing.models import Job

AT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
_numbers = count(1)
PASSED = {"gate": "gate-1", "score": 100, "words": 800, "blocked": False, "checks": []}
_CHECK = {"source": "the order", "value": None, "threshold": None, "reason": ""}
BLOCKED = PASSED | {
    "score": 60,
    "blocked": True,
    "checks": [
        {"name": "length", "label": "Length", "level": "B", "state": "passed", "findings": []}
        | _CHECK,
        {
            "name": "leakage",
            "label": "Leakage",
            "level": "B",
            "state": "failed",
            "findings": [
                {
                    "code": "placeholder",
                    "message": "A placeholder was left in the text.",
                    "level": "B",
                    "value": None,
                    "threshold": None,
                    "block": 2,
                }
            ],
        }
        | _CHECK,
    ],
}


def active_domain(**given: Any) -> Domain:
    """A site that sells articles for 120.00 EUR, with sponsored links."""
    number = next(_numbers)
    fields = {
        "host": f"garden-{number}.example.com",
        "name": f"The Garden {number}",
        "niches": ["gardening"],
        "price_article_cents": 12_000,
        "price_integration_cents": 8_000,
        "currency": "eur",
        "words_default": 800,
    }
    return Domain.objects.create(**fields | given)


PARAGRAPHS = (
    "Most gardens begin with a plan that somebody drew on the back of an envelope.",
    "A raised bed warms up early in the year and keeps its soil loose for many seasons.",
    "Wood is what most people build with, and larch lasts longer than pine does.",
    "Fill the frame in layers, coarse ones below, so that water finds its way out.",
    "Water in the morning, when the soil still holds the cool of the night.",
    "Snails dislike copper, and they dislike dry sand around a bed even more.",
    "In autumn a thin cover of leaves keeps the worms at work until the frost.",
    "Turn the compost twice a year and the bed will thank you in spring.",
    "Children like a corner of their own where they can sow radishes and wait.",
    "At the end of a season note what grew well, for the next plan begins there.",
)


def text_of(*outbound: str) -> str:
    """Ten paragraphs of two sentences, with links to these addresses at their ends."""
    tails = [
        f' See <a href="{url}">number {n} of the list</a> too.' for n, url in enumerate(outbound)
    ]
    tails += [" That is worth knowing."] * (len(PARAGRAPHS) - len(tails))
    return "".join(f"<p>{text}{tail}</p>" for text, tail in zip(PARAGRAPHS, tails, strict=True))


def open_article(domain: Domain | None = None, *, html: str = "", **given: Any) -> Article:
    """A published article, open for integration, with one text."""
    domain = domain or active_domain()
    number = next(_numbers)
    fields = {
        "domain": domain,
        "slug": f"open-{number}",
        "title": f"A season with raised beds {number}",
        "url": f"https://{domain.host}/open-{number}",
        "published_at": AT,
        "is_open_for_integration": True,
        "created_at": AT,
    }
    article = Article.objects.create(**fields | given)
    text_of_article(article, html or text_of())
    return article


def text_of_article(article: Article, html: str, **given: Any) -> ArticleVersion:
    """The article's next version, stored by nobody's order."""
    newest = article.versions.order_by("-number").first()
    fields = {
        "article": article,
        "number": newest.number + 1 if newest else 1,
        "title": article.title,
        "meta_description": "A year in the garden.",
        "slug": article.slug,
        "html": html,
        "words": 180,
        "created_at": AT,
    }
    return ArticleVersion.objects.create(**fields | given)


def raw_integration(article: Article, /, **given: object) -> dict[str, object]:
    """What a customer types to buy a link in that article; None takes a field away."""
    wish = {"product": "integration", "article": article.pk, "topic": None, "keyword": None}
    return raw_brief(article.domain, **wish | given)


def integration_in_work(article: Article, *, at: datetime = AT, **given: object) -> Order:
    """A paid order of a link in that article, whose job waits."""
    brief = briefs.validate(raw_integration(article, **given), at=at)
    return order_in_work(
        at=at,
        domain=article.domain,
        email=brief.email,
        brief=brief.to_brief(),
        product=Product.INTEGRATION,
        article=article,
        amount_cents=brief.price_cents,
    )


def raw_brief(domain: Domain, /, **given: object) -> dict[str, object]:
    """What a customer types to buy an article; None takes a field away."""
    fields: dict[str, object] = {
        "product": "article",
        "domain": domain.host,
        "topic": "Raised beds on a small balcony",
        "niche": "gardening",
        "keyword": "raised beds",
        "target_url": "https://shop.example.com/raised-beds?size=small#oak",
        "anchor_text": "oak raised beds",
        "email": "ada@example.com",
    }
    return {name: value for name, value in (fields | given).items() if value is not None}


def brief_of(domain: Domain, /, **given: Any) -> Brief:
    """The brief as an order on that domain stores it."""
    fields = {
        "topic": "Raised beds on a small balcony",
        "niche": "gardening",
        "keyword": "raised beds",
        "target_url": "https://shop.example.com/raised-beds",
        "anchor_text": "oak raised beds",
        "words": domain.words_default,
        "host": domain.host,
        "link_policy": domain.link_policy,
        "language": domain.language,
        "disclosure": "Sponsored: this article contains a paid link.",
        "outbound_limit": domain.outbound_limit,
    }
    return Brief(**fields | given)


def customer(email: str | None = None, **given: Any) -> Customer:
    email = email or f"customer-{next(_numbers)}@example.com"
    found, _ = Customer.objects.get_or_create(email=email, defaults={"created_at": AT} | given)
    return found


def order_awaiting_payment(
    *,
    domain: Domain | None = None,
    email: str | None = None,
    brief: Brief | None = None,
    at: datetime = AT,
    **given: Any,
) -> Order:
    """An order that nobody has paid, without a Checkout Session."""
    domain = domain or active_domain()
    number = next(_numbers)
    fields = {
        "code": f"T{number:05}",
        "customer": customer(email),
        "product": Product.ARTICLE,
        "domain": domain,
        "brief": (brief or brief_of(domain)).to_json(),
        "amount_cents": domain.price_article_cents,
        "currency": domain.currency,
        "brief_digest": f"{number:064}",
        "created_at": at,
        "updated_at": at,
    }
    order = Order.objects.create(**fields | given)
    lifecycle.place(order=order, actor="customer", at=at)
    return order


def payment_of(order: Order, *, at: datetime = AT, **given: Any) -> Payment:
    """An open Checkout Session of the order that Stripe knows nothing of."""
    number = next(_numbers)
    fields = {
        "order": order,
        "number": order.payments.count() + 1,
        "session_id": f"cs_test_{number}",
        "session_url": f"{settings.SANDBOX_URL}/stripe/checkout/cs_test_{number}",
        "amount_cents": order.amount_cents,
        "currency": order.currency,
        "created_at": at,
        "expires_at": at + timedelta(hours=23),
    }
    return Payment.objects.create(**fields | given)


def order_in_work(*, at: datetime = AT, **given: Any) -> Order:
    """A paid order whose job waits and whose confirmation e-mail is recorded."""
    order = order_awaiting_payment(at=at, **given)
    payment_of(
        order,
        at=at,
        state=Payment.State.PAID,
        paid_at=at,
        payment_intent=f"pi_test_{next(_numbers)}",
    )
    lifecycle.pay(order=order, at=at)
    fulfilment.begin(order=order, at=at)
    return order


def order_in_review(*, at: datetime = AT, html: str = "", **given: Any) -> Order:
    """A paid order whose first version lies before the customer; its job is completed."""
    order = order_in_work(at=at, **given)
    job = Job.objects.get(key=f"write:{order.pk}")
    Job.objects.filter(pk=job.pk).update(state="completed", started_at=at, finished_at=at)
    lifecycle.deliver(order=order, version=version_of(order, html=html, at=at), at=at)
    return order


def waiting_review(
    *,
    at: datetime = AT,
    blocked: bool = False,
    written: dict[str, Any] | None = None,
    **given: Any,
) -> Review:
    """A first version that its customer submitted and that no editor has decided on."""
    order = order_in_work(at=at, **given)
    job = Job.objects.get(key=f"write:{order.pk}")
    Job.objects.filter(pk=job.pk).update(state="completed", started_at=at, finished_at=at)
    report = BLOCKED if blocked else PASSED
    version = version_of(order, report=report, at=at, **(written or {}))
    lifecycle.deliver(order=order, version=version, at=at)
    assert order.version is not None
    return reviews.submit(order=order, version=order.version, actor="customer", at=at)


def failed_order(*, at: datetime = AT, reason: str = "GateBlocked: no-link", **given: Any) -> Order:
    """A paid order that was given up: its refund is owed, its e-mails are recorded."""
    order = order_in_work(at=at, **given)
    fulfilment.give_up(order=order, reason=reason, obstacle=Obstacle.GATE, at=at)
    return order


def version_of(order: Order, *, html: str = "", at: datetime = AT, **given: Any) -> ArticleVersion:
    """A first version, of a new article, with the ordered link once in its body."""
    brief = Brief.from_json(order.brief)
    rel = f' rel="{brief.link_rel}"' if brief.link_rel else ""
    link = f'<a href="{brief.target_url}"{rel}>{brief.anchor_text}</a>'
    article = Article.objects.create(
        domain=order.domain, slug=f"page-{next(_numbers)}", title=brief.topic, created_at=at
    )
    fields = {
        "article": article,
        "number": 1,
        "title": brief.topic,
        "meta_description": f"All about {brief.keyword}.",
        "slug": article.slug,
        "html": html or f"<p>{brief.disclosure}</p><p>Most people begin with {link} at home.</p>",
        "words": 800,
        "report": PASSED,
        "provenance": {"model": "test", "prompt_version": "1", "gate_version": "gate-1", "who": []},
        "order_key": order.subject,
        "backlink_metadata": {"targetUrl": brief.target_url, "anchorText": brief.anchor_text},
        "created_at": at,
    }
    return ArticleVersion.objects.create(**fields | given)


def next_version_of(order: Order, *, html: str = "", at: datetime = AT) -> ArticleVersion:
    """The next version of the order's article, made from the current one, stored and no more."""
    current = order.version
    assert current is not None
    return ArticleVersion.objects.create(
        article=current.article,
        number=current.number + 1,
        parent=current,
        title=current.title,
        meta_description=current.meta_description,
        slug=current.slug,
        html=html or f"{current.html}<p>One more thing is worth a word.</p>",
        words=current.words + 8,
        report=current.report,
        provenance=current.provenance,
        order_key=order.subject,
        backlink_metadata=current.backlink_metadata,
        created_at=at,
    )
