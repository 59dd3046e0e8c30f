"""The words that rows about content may hold."""

from django.db import models


class LinkPolicy(models.TextChoices):
    """How a domain marks the links that it sells."""

    SPONSORED = "sponsored", "Sponsored"
    NOFOLLOW = "nofollow", "Nofollow"
    DOFOLLOW = "dofollow", "Dofollow"


class PublisherKind(models.TextChoices):
    """Who serves a domain's pages."""

    SITE = "site", "Byline's own pages"
    WORDPRESS = "wordpress", "WordPress"


class BacklinkReview(models.TextChoices):
    """What the editors decided about the link in one version."""

    PENDING_REVIEW = "PENDING_REVIEW", "Pending review"
    APPROVED = "APPROVED", "Approved"
    REJECTED = "REJECTED", "Rejected"


class CallOutcome(models.TextChoices):
    """How one call to a language model ended."""

    OK = "ok", "Answered"
    GARBLED = "garbled", "Unusable answer"
    REFUSED = "refused", "Refused"
    BUSY = "busy", "Provider busy"
    TIMEOUT = "timeout", "Timed out"
    ERROR = "error", "Provider error"
