"""The changes that sites' own people made, for a named person to decide on."""

from __future__ import annotations

from difflib import unified_diff
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from articles.document import parse
from articles.models import SiteChange
from articles.publishing import changes
from articles.publishing.source import as_shown

if TYPE_CHECKING:
    ChangePage = admin.ModelAdmin[SiteChange]
else:  # Django's own class takes no parameters
    ChangePage = admin.ModelAdmin

MAY_OVERWRITE = "articles.overwrite_site"
_UNKNOWN = "—"


@admin.register(SiteChange)
class SiteChangeAdmin(ChangePage):
    """What was found, kept as it was. Saving one, with a reason, has it overwritten."""

    list_display = ("article", "site", "difference", "found_at", "decided_by", "settled_at")
    list_filter = (
        ("settled_at", admin.EmptyFieldListFilter),
        ("decided_at", admin.EmptyFieldListFilter),
    )
    list_select_related = ("article__domain",)
    list_per_page = 50
    show_full_result_count = False
    actions = None
    fields = (
        "article",
        "address",
        "difference",
        "left",
        "found_at",
        "passages",
        "title",
        "excerpt",
        "content",
        "decided_by",
        "decided_at",
        "settled_at",
        "reason",
    )
    readonly_fields = fields[:-1]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(MAY_OVERWRITE) or super().has_view_permission(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Deciding is all that there is to change, and it is done once."""
        is_open = obj is None or not (obj.decided_by or obj.settled_at)
        return is_open and request.user.has_perm(MAY_OVERWRITE)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> Any:
        match = request.resolver_match
        is_list = match is not None and (match.url_name or "").endswith("_changelist")
        found = super().get_queryset(request)
        return found.defer("content", "excerpt") if is_list else found

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        context |= {"title": "Overwrite what the site's own people made of this page?"}
        context |= {"show_save_and_continue": False}
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(
        self, request: HttpRequest, obj: SiteChange, form: ModelForm[SiteChange], change: bool
    ) -> None:
        by, reason = request.user.get_username(), form.cleaned_data["reason"]
        changes.overwrite(change=obj, by=by, reason=reason, at=timezone.now())

    def change_view(
        self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Decide, or say that somebody was first."""
        try:
            return super().change_view(request, object_id, *args, **kwargs)
        except changes.AlreadyDecided as refused:
            messages.error(request, str(refused))
            return redirect("admin:articles_sitechange_change", object_id)

    def response_change(self, request: HttpRequest, obj: SiteChange) -> HttpResponse:
        messages.success(
            request,
            "The next publication of this article puts its text over what was found. Try the "
            "publication again.",
        )
        return redirect("admin:articles_sitechange_changelist")

    @admin.display(description="Site")
    def site(self, change: SiteChange) -> str:
        return change.article.domain.host

    @admin.display(description="Address")
    def address(self, change: SiteChange) -> str:
        return change.article.url or _UNKNOWN

    @admin.display(description="Line by line")
    def passages(self, change: SiteChange) -> str | SafeString:
        if change.is_gone or change.left is None:
            return _UNKNOWN
        was, now = (
            [block.html for block in parse(html).blocks]
            for html in map(as_shown, (changes.left_there(change.left).content, change.content))
        )
        lines = unified_diff(was, now, "as we left it", "as it was found", lineterm="")
        return format_html("<pre>{}</pre>", "\n".join(lines))
