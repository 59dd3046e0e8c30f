"""The review desk: what waits for an editor, and one screen to decide it on."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q, QuerySet, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from articles import sanitise
from articles.models import ArticleVersion, ModelCall
from orders import publications, reading, reviews
from orders.admin import drawing
from orders.difference import Difference, difference
from orders.lifecycle import TransitionRefused
from orders.models import OrderEvent, Publication, Review, Revision
from orders.publications import PublicationRefused
from orders.report import drawn
from orders.reviews import ReviewRefused
from orders.templatetags.pages import duration
from queueing.models import Job

if TYPE_CHECKING:
    DeskPage = admin.ModelAdmin[Review]
else:  # Django's own class takes no parameters
    DeskPage = admin.ModelAdmin

Decision = Review.Decision
MAY_DECIDE: Final = "orders.decide_review"
MAY_OVERRIDE: Final = "orders.override_gate"
NOTE_CHARS: Final = 2000
_DONE: Final = {
    Decision.APPROVED: "Order {code} is approved; its page is being published.",
    Decision.RETURNED: "Order {code} is back with the customer, who gets your note by e-mail.",
    Decision.REJECTED: "Order {code} is rejected; its refund is on its way.",
}


class DecisionForm(forms.Form):
    """One decision as the desk sends it; `seen` is when the order had last changed."""

    decision = forms.ChoiceField(choices=Decision.choices)
    seen = forms.CharField(max_length=40)
    note = forms.CharField(max_length=NOTE_CHARS, required=False)
    override_reason = forms.CharField(max_length=NOTE_CHARS, required=False)
    sure = forms.BooleanField(required=False)

    def clean_seen(self) -> datetime:
        try:
            return datetime.fromisoformat(self.cleaned_data["seen"])
        except ValueError:
            raise forms.ValidationError("Open the review again.") from None


class StandingFilter(admin.SimpleListFilter):
    """What waits for a decision, unless something else is asked for."""

    title = "standing"
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("failed", "Could not be published"), ("decided", "Decided"), ("all", "All")]

    def choices(self, changelist: Any) -> Any:
        first, *others = super().choices(changelist)
        return [{**first, "display": "Waiting"}, *others]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Review]) -> QuerySet[Review]:
        match self.value():
            case "failed":
                return queryset.filter(publication__state=Publication.State.FAILED)
            case "decided":
                return queryset.exclude(decision="")
            case "all":
                return queryset
        return queryset.filter(decision="")


@admin.register(Review)
class ReviewDesk(drawing.ReadOnly, DeskPage):
    """Oldest first. Nothing is decided from the list: a decision takes a look at the text."""

    list_display = ("subject", "age", "blocking", "vip", "product", "site", "standing")
    list_filter = (StandingFilter, "order__product")
    list_per_page = 50
    search_fields = ("order__code__exact", "decided_by__exact")
    search_help_text = "Order code or editor, whole"
    ordering = ("submitted_at", "pk")
    show_full_result_count = False
    actions = None

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(MAY_DECIDE) or super().has_view_permission(request, obj)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Review]:
        related = ("order__customer", "order__domain", "version", "publication")
        found = super().get_queryset(request).select_related(*related)
        return found.defer("version__html", "version__provenance")

    def get_urls(self) -> list[URLPattern]:
        own = [
            ("decide", "decide", self.decide),
            ("publish-again", "publish_again", self.publish_again),
            ("reopen", "reopen", self.reopen),
        ]
        return [
            path(
                f"<int:review_id>/{address}/",
                self.admin_site.admin_view(require_POST(view)),
                name=f"orders_review_{name}",
            )
            for address, name, view in own
        ] + super().get_urls()

    # --- The list ------------------------------------------------------------------------------

    @admin.display(description="Review", ordering="order__code")
    def subject(self, review: Review) -> str:
        return f"{review.order.code}, version {review.version.number}"

    @admin.display(description="Waits for", ordering="submitted_at")
    def age(self, review: Review) -> str:
        return duration(_waited(review).total_seconds())

    @admin.display(description="Blocking findings")
    def blocking(self, review: Review) -> str | SafeString:
        if not reviews.is_blocked(review.version):
            return "none"
        report = drawn(review.version.report)
        found = len(report.failed) if report is not None else 0
        words = f"{found} failed" if found else "no report"
        return format_html('<strong class="held">⚠ {}</strong>', words)

    @admin.display(description="VIP", ordering="order__customer__is_vip")
    def vip(self, review: Review) -> str:
        return "★ VIP" if review.order.customer.is_vip else drawing.UNKNOWN

    @admin.display(description="Product")
    def product(self, review: Review) -> str:
        return review.order.get_product_display()

    @admin.display(description="Site")
    def site(self, review: Review) -> str:
        return review.order.domain.host

    @admin.display(description="Standing")
    def standing(self, review: Review) -> str:
        publication = _publication(review)
        if publication is not None:
            return f"{review.get_decision_display()}: {publication.get_state_display().lower()}"
        return review.get_decision_display() if review.decision else "Waiting"

    # --- One review ----------------------------------------------------------------------------

    def change_view(
        self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Show all that a decision needs, on one screen."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if not object_id.isascii() or not object_id.isdecimal() or len(object_id) > 18:
            raise Http404
        return self._screen(request, self._whole(int(object_id)), typed={})

    def decide(self, request: HttpRequest, review_id: int) -> HttpResponse:
        """Carry out one decision; what was typed stays on the screen when it is refused."""
        review = self._decidable(request, review_id)
        form = DecisionForm(request.POST)
        if not form.is_valid():
            for errors in form.errors.values():
                messages.error(request, " ".join(map(str, errors)))
            return self._screen(request, review, typed=request.POST, status=400)
        wish = form.cleaned_data
        if wish["decision"] == Decision.REJECTED and wish["note"].strip() and not wish["sure"]:
            return self._asked_once_more(request, review, wish)
        try:
            _decide(request, review, wish)
        except (ReviewRefused, TransitionRefused) as refused:
            messages.error(request, str(refused))
            return self._screen(request, self._whole(review_id), typed=request.POST, status=409)
        done = _DONE[wish["decision"]].format(code=review.order.code)
        messages.success(request, done)
        return redirect("admin:orders_review_changelist")

    def publish_again(self, request: HttpRequest, review_id: int) -> HttpResponse:
        """Put a failed publication on the queue again."""
        review = self._decidable(request, review_id)
        publication = _publication(review)
        try:
            if publication is None:
                raise PublicationRefused("Nobody has approved this version.")
            publications.retry(
                publication=publication, by=request.user.get_username(), at=timezone.now()
            )
        except PublicationRefused as refused:
            messages.error(request, str(refused))
        else:
            messages.success(request, f"Order {review.order.code} is being published again.")
        return redirect("admin:orders_review_change", review_id)

    def reopen(self, request: HttpRequest, review_id: int) -> HttpResponse:
        """Put a version that could not be published up for another decision."""
        review = self._decidable(request, review_id)
        try:
            again = reviews.reopen(review=review, by=request.user.get_username(), at=timezone.now())
        except ReviewRefused as refused:
            messages.error(request, str(refused))
            return redirect("admin:orders_review_change", review_id)
        return redirect("admin:orders_review_change", again.pk)

    def _decidable(self, request: HttpRequest, review_id: int) -> Review:
        if not request.user.has_perm(MAY_DECIDE):
            raise PermissionDenied
        return self._whole(review_id)

    def _whole(self, review_id: int) -> Review:
        related = ("order__customer", "order__domain", "version__parent", "publication")
        return get_object_or_404(Review.objects.select_related(*related), pk=review_id)

    def _screen(
        self, request: HttpRequest, review: Review, *, typed: Any, status: int = 200
    ) -> HttpResponse:
        order, version = review.order, review.version
        target_url = order.brief["target_url"]
        before = _seen_last(review)
        context = self.admin_site.each_context(request) | {
            "opts": self.opts,
            "title": f"Review of order {order.code}, version {version.number}",
            "review": review,
            "order": order,
            "brief": order.brief,
            "version": version,
            "publication": _publication(review),
            "pieces": reading.pieces(version.html, target_url=target_url),
            "place": reading.place(version.html, target_url=target_url),
            "source": sanitise.clean(version.html),
            "before": before,
            "difference": _difference(before, version),
            "report": drawn(version.report),
            "is_blocked": reviews.is_blocked(version),
            "is_newest": order.version_id == version.pk,
            "may_decide": request.user.has_perm(MAY_DECIDE),
            "may_override": request.user.has_perm(MAY_OVERRIDE),
            "waited_s": _waited(review).total_seconds(),
            "typed": typed,
            "note_chars": NOTE_CHARS,
            "seen": order.updated_at.isoformat(),
            **_story(review),
        }
        return TemplateResponse(request, "admin/orders/review/desk.html", context, status=status)

    def _asked_once_more(
        self, request: HttpRequest, review: Review, wish: dict[str, Any]
    ) -> HttpResponse:
        context = self.admin_site.each_context(request) | {
            "opts": self.opts,
            "title": f"Reject order {review.order.code}?",
            "review": review,
            "order": review.order,
            "note": wish["note"],
            "seen": wish["seen"].isoformat(),
        }
        return TemplateResponse(request, "admin/orders/review/reject.html", context)


def _decide(request: HttpRequest, review: Review, wish: dict[str, Any]) -> None:
    """Make the call that the form asks for.

    :raises ReviewRefused: see the verbs
    :raises TransitionRefused: the order has left the editors
    """
    given: dict[str, Any] = {
        "review": review,
        "by": request.user.get_username(),
        "at": timezone.now(),
        "seen": wish["seen"],
    }
    match wish["decision"]:
        case Decision.APPROVED:
            reviews.approve(
                **given,
                override_reason=wish["override_reason"],
                may_override=request.user.has_perm(MAY_OVERRIDE),
            )
        case Decision.RETURNED:
            reviews.give_back(**given, note=wish["note"])
        case Decision.REJECTED:
            reviews.reject(**given, note=wish["note"])


def _seen_last(review: Review) -> ArticleVersion | None:
    """The text that the editors decided on last; before the first time, what it was made from."""
    earlier = Review.objects.filter(order=review.order, submitted_at__lt=review.submitted_at)
    last = earlier.select_related("version").order_by("-submitted_at").first()
    return last.version if last is not None else review.version.parent


def _difference(before: ArticleVersion | None, version: ArticleVersion) -> Difference | None:
    if before is None or before.pk == version.pk:
        return None
    return difference(sanitise.clean(before.html), sanitise.clean(version.html))


def _story(review: Review) -> dict[str, Any]:
    """What happened to the order, and what it cost: the same number of queries for any order."""
    order = review.order
    calls = ModelCall.objects.filter(order_key=order.subject)
    return {
        "events": list(OrderEvent.objects.filter(order=order)),
        "jobs": list(Job.objects.filter(subject=order.subject).order_by("created_at")),
        "wishes": list(Revision.objects.filter(order=order).order_by("number")),
        "others": list(Review.objects.filter(order=order).exclude(pk=review.pk)),
        "calls": calls.aggregate(
            number=Count("pk"),
            cost=Sum("cost_usd"),
            unknown=Count("pk", filter=Q(cost_usd__isnull=True)),
        ),
    }


def _publication(review: Review) -> Publication | None:
    return getattr(review, "publication", None)


def _waited(review: Review) -> timedelta:
    return (review.decided_at or timezone.now()) - review.submitted_at
