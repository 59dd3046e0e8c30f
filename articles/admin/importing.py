"""The admin's page that takes an article which exists into the catalogue, with its text."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils import timezone

from articles import importing
from articles.importing import Imported, ImportRefused
from articles.models import Article, Domain, PublisherKind

MAY_ADD: Final = "articles.add_article"
MAY_CHANGE: Final = "articles.change_article"


class ImportForm(forms.Form):
    """Which page, and its text where it is not to be read there."""

    address = forms.URLField(
        max_length=500,
        assume_scheme="https",
        help_text="Of the article, as readers know it.",
    )
    host = forms.CharField(
        label="Site",
        max_length=253,
        required=False,
        help_text="The domain's host; only where the address has another one.",
    )
    html = forms.CharField(
        label="Text",
        required=False,
        widget=forms.Textarea(attrs={"rows": 12}),
        help_text="HTML or plain text. Empty: it is read at the address, or by the site's "
        "WordPress.",
    )
    title = forms.CharField(
        max_length=200, required=False, help_text="Empty: the page's own, or the text's first H1."
    )
    is_open = forms.BooleanField(
        label="Customers may buy a link in it",
        required=False,
    )

    def __init__(self, *args: Any, article: Article | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.article = article
        if article is not None:
            del self.fields["host"]
            self.fields["address"].initial = article.url
            self.fields["address"].required = article.domain.publisher == PublisherKind.WORDPRESS
            self.fields["is_open"].initial = article.is_open_for_integration

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not given.get("address") and not given.get("html") and "address" not in self.errors:
            self.add_error("address", "Name the page, or paste its text.")
        return given

    def domain(self) -> Domain:
        """Return whose page it is.

        :raises ImportRefused: the catalogue has no such domain
        """
        if self.article is not None:
            return self.article.domain
        host = self.cleaned_data["host"].strip().lower()
        return importing.domain_of(f"https://{host}/" if host else self.cleaned_data["address"])


def page(
    request: HttpRequest, model_admin: ModelAdmin[Article], article_id: int | None = None
) -> HttpResponse:
    """Ask for the text of an article, or of one that is not in the catalogue yet, and store it."""
    if not request.user.has_perm(MAY_ADD if article_id is None else MAY_CHANGE):
        raise PermissionDenied
    article = None
    if article_id is not None:
        article = get_object_or_404(Article.objects.select_related("domain"), pk=article_id)
    form = ImportForm(request.POST if request.method == "POST" else None, article=article)
    imported = _imported(request, form) if form.is_valid() else None
    if imported is None:
        context = {
            "opts": Article._meta,
            "title": "Import an article" if article is None else "Import its text",
            "article": article,
            "form": form,
        }
        return TemplateResponse(
            request,
            "admin/articles/article/import.html",
            admin.site.each_context(request) | context,
        )
    _tell(request, model_admin, imported, is_new=article is None)
    return redirect("admin:articles_article_change", imported.article.pk)


def _imported(request: HttpRequest, form: ImportForm) -> Imported | None:
    given = form.cleaned_data
    try:
        text = importing.read(
            domain=form.domain(),
            url=given["address"],
            article=form.article,
            html=given["html"],
            title=given["title"],
        )
        return importing.store(
            text, by=request.user.get_username(), opened=given["is_open"], at=timezone.now()
        )
    except ImportRefused as refused:
        form.add_error(None, str(refused))
        return None


def _tell(
    request: HttpRequest, model_admin: ModelAdmin[Article], imported: Imported, *, is_new: bool
) -> None:
    article, version = imported.article, imported.version
    log = model_admin.log_addition if is_new else model_admin.log_change
    log(request, article, f"Imported its text, {version.words} words.")
    sold = "on sale" if article.is_open_for_integration else "not on sale"
    messages.success(
        request, f"“{article.title}” was imported with {version.words} words. It is {sold}."
    )
    for note in imported.notes:
        messages.warning(request, note)
