"""The changes that sites' own people made, for a named person to decide on."""

from __future__ import annotations

from difflib import unified_diff
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
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


class StateFilter(admin.SimpleListFilter):
    """Whether there is something to decide."""

    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("open", "To be decided"),
            ("decided", "Decided, not published since"),
            ("over", "Over"),
        ]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() == "over":
            return queryset.filter(settled_at__isnull=False)
        if self.value() in ("open", "decided"):
            here = queryset.filter(settled_at__isnull=True)
            is_open = self.value() == "open"
            return here.filter(decided_by="") if is_open else here.exclude(decided_by="")
        return queryset


@admin.register(SiteChange)
class SiteChangeAdmin(ChangePage):
    """What was found, kept as it was. Saving one, with a reason, has it overwritten."""

    list_display = ("page", "site", "state", "difference", "found_at")
    list_filter = (StateFilter,)
    list_select_related = ("article__domain",)
    list_per_page = 50
    show_full_result_count = False
    actions = None
    readonly_fields = (
        *("article", "address", "difference", "compared_with", "found_at", "passages"),
        *("title", "excerpt", "content", "state", "decided_by", "decided_at", "settled_at"),
    )

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

    def get_fieldsets(self, request: HttpRequest, obj: SiteChange | None = None) -> Any:
        """What there is to know of this one: a page that is gone has no text."""
        if obj is None or obj.is_gone:
            compared, stands = [], []
        else:
            compared = ["compared_with", "passages"]
            stands = [("As it stands there", {"fields": ["title", "excerpt", "content"]})]
        decided = ["decided_by", "decided_at"] if obj and obj.decided_by else []
        over = ["settled_at"] if obj and obj.settled_at else []
        is_asked = bool(decided) or self.has_change_permission(request, obj)
        reason = ["reason"] if is_asked else []
        return [
            (None, {"fields": ["difference", "article", "address", "found_at", *compared]}),
            *stands,
            ("Decision", {"fields": ["state", *decided, *reason, *over]}),
        ]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        change = context["original"]
        if self.has_change_permission(request, change):
            asked, verb = (
                "Put our text over what the site made of this page?",
                "Have it overwritten",
            )
            if change.is_gone:
                asked, verb = "Publish this page as a new post?", "Have it made anew"
            context |= {"title": asked, "verb": verb}
        else:
            context |= {"title": "A change on a site"}
        return super().render_change_form(request, context, *args, **kwargs)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().changelist_view(
            request, (extra_context or {}) | {"title": "Changes on sites"}
        )

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
        does = "makes a new post" if obj.is_gone else "puts its text over what was found"
        messages.success(
            request, f"The next publication of this article {does}. Try the publication again."
        )
        return redirect("admin:articles_sitechange_changelist")

    @admin.display(description="Page")
    def page(self, change: SiteChange) -> str:
        return change.article.title

    @admin.display(description="State")
    def state(self, change: SiteChange) -> str:
        if change.settled_at:
            return "Over"
        return "Decided" if change.decided_by else "To be decided"

    @admin.display(description="Compared with")
    def compared_with(self, change: SiteChange) -> str | SafeString:
        left = change.left
        if left is None:
            return "Nothing: we have put no text there."
        address = reverse("admin:articles_articleversion_change", args=[left.pk])
        how = "imported from there" if "imported_from" in left.provenance else "put there"
        return format_html('<a href="{}">Version {}</a>, as it was {}', address, left.number, how)

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
        return format_html('<pre class="facts">{}</pre>', "\n".join(lines))
