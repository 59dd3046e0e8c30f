# ruff: noqa: N815 (the wire is camelCase; each name is spelled out here)
"""The words of a purchase: what a customer sends, and what comes back."""

from typing import Any, Final

from rest_framework import serializers

from articles.models import SHORTEST_ARTICLE_WORDS
from orders import briefs, wishes
from orders.api.serializers import ProblemDocument
from orders.briefs import LONGEST


def _wish(name: str, about: str) -> serializers.CharField:
    return serializers.CharField(
        max_length=LONGEST[name], required=False, allow_null=True, help_text=about
    )


def _wishes(name: str, about: str) -> serializers.ListField:
    return serializers.ListField(
        child=serializers.CharField(max_length=LONGEST[name]),
        source=None if "_" not in name else name,
        max_length=wishes.MOST[name],
        required=False,
        allow_null=True,
        help_text=about,
    )


class PurchaseRequest(serializers.Serializer[Any]):
    """What a customer orders."""

    # `orders.briefs` checks it; these fields give its own their public names, and document them.

    product = serializers.ChoiceField(choices=sorted(briefs.OFFERED), help_text="What is bought.")
    domain = serializers.CharField(help_text="The site's host, or its id, from the catalogue.")
    article = serializers.IntegerField(
        min_value=1,
        max_value=2**63 - 1,
        required=False,
        allow_null=True,
        help_text="Of an integration: the id of an article of the site that is open for a link.",
    )
    topic = serializers.CharField(
        max_length=LONGEST["topic"],
        required=False,
        allow_null=True,
        help_text="What a new article is about; needed for one, and for one alone.",
    )
    keyword = serializers.CharField(
        max_length=LONGEST["keyword"],
        required=False,
        allow_null=True,
        help_text="What a new article should be found by, needed for one; of an integration, what "
        "the place of the link is about, the anchor text when left out.",
    )
    targetUrl = serializers.CharField(
        source="target_url",
        max_length=LONGEST["target_url"],
        help_text="Where the link leads: a public http(s) address.",
    )
    anchorText = serializers.CharField(
        source="anchor_text", max_length=LONGEST["anchor_text"], help_text="The link's words."
    )
    email = serializers.EmailField(
        max_length=LONGEST["email"], help_text="Where we write when something happens."
    )
    niche = serializers.CharField(
        max_length=LONGEST["niche"],
        required=False,
        allow_null=True,
        help_text="One of the site's; its first when left out.",
    )
    notes = serializers.CharField(
        max_length=LONGEST["notes"],
        required=False,
        allow_null=True,
        help_text="Anything else the writer should know.",
    )
    language = serializers.CharField(
        max_length=2, required=False, allow_null=True, help_text="ISO 639-1; the site's own."
    )
    words = serializers.IntegerField(
        min_value=SHORTEST_ARTICLE_WORDS,
        max_value=briefs.LONGEST_ARTICLE_WORDS,
        required=False,
        allow_null=True,
        help_text="Length of a new article; the site's own when left out.",
    )
    audience = _wish("audience", "Whom a new article is for.")
    tone = _wish("tone", "How the text should sound.")
    mustMention = _wishes("must_mention", "What has to stand in a new article word for word.")
    mustAvoid = _wishes("must_avoid", "What may stand nowhere in what we write, in any form.")
    secondaryKeywords = _wishes("secondary_keywords", "Phrases a new article uses once or twice.")
    linkPosition = serializers.ChoiceField(
        source="link_position",
        choices=["early", "middle", "late"],
        required=False,
        allow_null=True,
        help_text="The third of the text that holds the link; where it reads best when left out.",
    )
    references = _wishes(
        "references",
        "Addresses of public pages, on other sites than the target's, that the writer of a new "
        "article should know; one that we cannot open is left out. Links to them are nofollow.",
    )


PURCHASE_NAMES: Final = {
    name: field.source or name for name, field in PurchaseRequest().fields.items()
}


class PurchaseAnswer(serializers.Serializer[Any]):
    orderId = serializers.UUIDField()
    accessKey = serializers.CharField(help_text="Opens this order; keep it secret.")
    checkoutUrl = serializers.URLField(
        allow_null=True,
        help_text="Where the customer pays; null in a repeat once nothing is left to pay, or while "
        "a bank or our staff look at a payment.",
    )
    statusUrl = serializers.URLField()


class UnpaidPurchaseProblem(ProblemDocument):
    """The order is stored, only its payment page is missing; nothing is lost."""

    orderId = serializers.UUIDField(required=False)
    accessKey = serializers.CharField(required=False)
    statusUrl = serializers.URLField(required=False)
