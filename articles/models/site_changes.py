"""What a site's own people made of a page since a text of ours was put there."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from articles.models.content import Article, ArticleVersion


class ImportedPage(models.Model):
    """A page as its site had it when its text was imported, by which later changes are told.

    There is one where the version is all of that page. It counts until a text of ours is live.
    """

    version = models.OneToOneField(
        ArticleVersion, on_delete=models.PROTECT, related_name="imported_page"
    )
    title = models.TextField(blank=True)
    excerpt = models.TextField(blank=True)
    content = models.TextField(help_text="As the site has stored it.")

    def __str__(self) -> str:
        return f"{self.version} as it was imported"


class SiteChange(models.Model):
    """A page that is not as we left it, kept whole as it was found, and what was decided on it.

    Nothing is published there until it is as it was again or a named person has its text
    overwritten. That decision is for the text that was found and for one publication.
    """

    article = models.ForeignKey(Article, on_delete=models.PROTECT, related_name="site_changes")
    left = models.ForeignKey(
        ArticleVersion,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="What we had put there; empty: never anything.",
    )
    is_gone = models.BooleanField(default=False, help_text="No page was found at its address.")
    title = models.TextField(blank=True, help_text="The page's title at its site.")
    excerpt = models.TextField(blank=True, help_text="Its excerpt there.")
    content = models.TextField(blank=True, help_text="Its text there, as the site has stored it.")
    digest = models.CharField(max_length=64, editable=False, help_text="Of what was found.")
    difference = models.TextField(help_text="What is different, in short.")
    found_at = models.DateTimeField(help_text="When a publication found it first.")
    reason = models.TextField(help_text="Why it is overwritten.")
    decided_by = models.CharField(max_length=150, blank=True, help_text="A user name.")
    decided_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(
        null=True, blank=True, help_text="When it was over: a text of ours is live there again."
    )

    class Meta:
        ordering: ClassVar = ["-found_at", "-pk"]
        verbose_name = "change on a site"
        verbose_name_plural = "changes on sites"
        permissions: ClassVar = [("overwrite_site", "Can have a site's own changes overwritten")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["article", "digest"],
                condition=Q(settled_at__isnull=True),
                name="sitechange_open_once",
            ),
            models.CheckConstraint(
                condition=Q(decided_by="", decided_at__isnull=True, reason="")
                | (~Q(decided_by="") & Q(decided_at__isnull=False) & ~Q(reason="")),
                name="sitechange_decision_is_named_timed_and_has_a_reason",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["-found_at"], name="sitechange_by_age")]

    def __str__(self) -> str:
        return f"{self.article}: {'gone' if self.is_gone else 'changed'} on its site"
