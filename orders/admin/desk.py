"""The review desk: what waits for an editor, and one screen to decide it on."""

from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator
from django.views.decorators.http import require_http_methods, require_POST

from articles.document import parse
from orders import claims, publications, reviews, revisions, rework
from orders.admin import drawing, rewriting, screen
from orders.admin.desk_forms import NOTE_CHARS, DecisionForm, WriterForm
from orders.lifecycle import TransitionRefused
from orders.models import Review
from orders.publications import PublicationRefused
from orders.report import drawn
from orders.reviews import ReviewRefused
from orders.templatetags.pages import duration

if TYPE_CHECKING:
    DeskPage = admin.ModelAdmin[Review]
else:  # Django's own class takes no parameters
    DeskPage = admin.ModelAdmin

Decision = Review.Decision
MAY_DECIDE: Final = "orders.decide_review"
MAY_OVERRIDE: Final = "orders.override_gate"
REASON_CHARS: Final = 120  # of why a publication failed, in the list; its screen has all of it
_PURPOSES: Final = ("Sec-Purpose", "Purpose", "X-Moz")  # where browsers say that they prefetch
_DONE: Final = {
    Decision.APPROVED: "Order {code} is approved; its page is being published.",
    Decision.RETURNED: "Order {code} is back with the customer, who gets your note by e-mail.",
    Decision.REJECTED: "Order {code} is rejected; its refund is on its way.",
}


class StandingFilter(admin.SimpleListFilter):
    """What waits for an editor, to decide or to see why an approved text could not be published,
    unless something else is asked for."""

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
                return queryset.filter(pk__in=publications.stuck().values("pk"))
            case "decided":
                return queryset.exclude(decision="")
            case "all":
                return queryset
        # One list of ids: as alternatives of one query, they would read every review.
        undecided = Review.objects.filter(decision="").order_by().values("pk")
        stuck = publications.stuck().order_by().values("pk")
        return queryset.filter(pk__in=undecided.union(stuck))


@admin.register(Review)
class ReviewDesk(drawing.ReadOnly, DeskPage):
    """Oldest first. Nothing is decided from the list: a decision takes a look at the text."""

    list_display = ("subject", "standing", "age", "vip", "blocking", "held", "product", "site")
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
            ("decide", require_POST(self.decide)),
            ("ask_writer", require_POST(self.ask_writer)),
            ("edit", require_http_methods(["GET", "HEAD", "POST"])(self.edit)),
            ("take_over", require_POST(self.take_over)),
            ("release", require_POST(self.release)),
            ("publish_again", require_POST(self.publish_again)),
            ("reopen", require_POST(self.reopen)),
        ]
        return [
            path(
                f"<int:review_id>/{name.replace('_', '-')}/",
                self.admin_site.admin_view(view),
                name=f"orders_review_{name}",
            )
            for name, view in own
        ] + super().get_urls()

    # --- The list ------------------------------------------------------------------------------

    @admin.display(description="Review", ordering="order__code")
    def subject(self, review: Review) -> str:
        return f"{review.order.code}, version {review.version.number}"

    @admin.display(description="Waits for", ordering="submitted_at")
    def age(self, review: Review) -> str:
        return duration(screen.waited(review).total_seconds())

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

    @admin.display(description="With", empty_value=drawing.UNKNOWN)
    def held(self, review: Review) -> str | None:
        at = timezone.now()
        holder = claims.holder(review, at=at)
        if not holder or review.claimed_at is None:
            return None
        return f"{holder}, for {duration((at - review.claimed_at).total_seconds())}"

    @admin.display(description="Standing")
    def standing(self, review: Review) -> str | SafeString:
        publication = screen.publication_of(review)
        if publication is not None and publications.is_stuck(publication, review.order):
            why = Truncator(publication.reason).chars(REASON_CHARS)
            words = '<strong class="held">⚠ Could not be published</strong> {}'
            return format_html(words, why)
        if publication is not None:
            return f"{review.get_decision_display()}: {publication.get_state_display().lower()}"
        return review.get_decision_display() if review.decision else "Waiting"

    # --- One review ----------------------------------------------------------------------------

    def change_view(
        self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Show all that a decision needs, on one screen; an editor who opens it claims it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if not object_id.isascii() or not object_id.isdecimal() or len(object_id) > 18:
            raise Http404
        review = self._whole(int(object_id))
        self._claim(request, review)
        return self._screen(request, review, typed={})

    def decide(self, request: HttpRequest, review_id: int) -> HttpResponse:
        """Carry out one decision; what was typed stays on the screen when it is refused."""
        review = self._decidable(request, review_id)
        form = DecisionForm(request.POST)
        if not form.is_valid():
            return self._unclear(request, review, form)
        wish = form.cleaned_data
        if wish["decision"] == Decision.REJECTED and wish["note"].strip() and not wish["sure"]:
            return self._asked_once_more(request, review, wish)
        try:
            _decide(request, review, wish)
        except (ReviewRefused, TransitionRefused) as refused:
            return self._refused(request, review, refused)
        done = _DONE[wish["decision"]].format(code=review.order.code)
        messages.success(request, done)
        return redirect("admin:orders_review_changelist")

    def ask_writer(self, request: HttpRequest, review_id: int) -> HttpResponse:
        """Return the version and have the writer change it at once."""
        review = self._decidable(request, review_id)
        form = WriterForm(request.POST, blocks=parse(review.version.html).blocks)
        if not form.is_valid():
            return self._unclear(request, review, form)
        try:
            rework.ask_writer(
                review=review,
                by=request.user.get_username(),
                notes=form.cleaned_data["notes"],
                block=form.cleaned_data["block"],
                at=timezone.now(),
                seen=form.cleaned_data["seen"],
            )
        except (ReviewRefused, TransitionRefused) as refused:
            return self._refused(request, review, refused)
        messages.success(
            request,
            f"The writer changes order {review.order.code}; its customer reads the new version, "
            "then it comes back to you.",
        )
        return redirect("admin:orders_review_changelist")

    def edit(self, request: HttpRequest, review_id: int) -> HttpResponse:
        """Change the text by hand; what is stored is a new version, and the review is about it."""
        review = self._decidable(request, review_id)
        if review.decision:
            messages.error(request, "This review is decided; its text stays as it is.")
            return redirect("admin:orders_review_change", review_id)
        self._claim(request, review)
        outcome = rewriting.page(request, review)
        if isinstance(outcome, HttpResponse):
            return outcome
        messages.success(request, f"Stored as version {outcome.number}, with your name.")
        return redirect("admin:orders_review_change", review_id)

    def take_over(self, request: HttpRequest, review_id: int) -> HttpResponse:
        """Claim what somebody else holds; what was typed meanwhile stays on the screen."""
        review = self._decidable(request, review_id)
        other = claims.take_over(review=review, by=request.user.get_username(), at=timezone.now())
        if other:
            self.log_change(request, review, f"Taken over from {other}.")
            messages.success(request, f"You took this review over from {other}.")
        return self._screen(request, self._whole(review_id), typed=request.POST)

    def release(self, request: HttpRequest, review_id: int) -> HttpResponse:
        """Let go of one's own claim, for the next editor."""
        review = self._decidable(request, review_id)
        claims.release(review=review, by=request.user.get_username())
        return redirect("admin:orders_review_changelist")

    def publish_again(self, request: HttpRequest, review_id: int) -> HttpResponse:
        """Put a failed publication on the queue again."""
        review = self._decidable(request, review_id)
        publication = screen.publication_of(review)
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

    def _claim(self, request: HttpRequest, review: Review) -> None:
        """Claim what an editor opens; a browser that fetches ahead has opened nothing."""
        fetches_ahead = any("prefetch" in request.headers.get(name, "") for name in _PURPOSES)
        if request.method == "HEAD" or fetches_ahead or not request.user.has_perm(MAY_DECIDE):
            return
        claims.claim(review=review, by=request.user.get_username(), at=timezone.now())

    def _unclear(self, request: HttpRequest, review: Review, form: forms.Form) -> HttpResponse:
        for errors in form.errors.values():
            messages.error(request, " ".join(map(str, errors)))
        return self._screen(request, review, typed=request.POST, status=400)

    def _refused(self, request: HttpRequest, review: Review, refused: Exception) -> HttpResponse:
        messages.error(request, str(refused))
        return self._screen(request, self._whole(review.pk), typed=request.POST, status=409)

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
        context = self.admin_site.each_context(request) | {
            "opts": self.opts,
            "title": f"Review of order {order.code}, version {version.number}",
            "may_decide": request.user.has_perm(MAY_DECIDE),
            "may_override": request.user.has_perm(MAY_OVERRIDE),
            "typed": typed,
            "note_chars": NOTE_CHARS,
            "writer_chars": revisions.NOTES_CHARS,
            "claim_minutes": settings.REVIEW_CLAIM_MINUTES,
            **screen.shown(review, reader=request.user.get_username(), at=timezone.now()),
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
