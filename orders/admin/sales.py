"""Orders and customers."""

from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from articles.brief import Brief
from articles.models import ArticleVersion
from orders import purchase
from orders.admin import costs, drawing, leftovers, money_verbs, resuming
from orders.admin.money import PaymentsOfOrder, StripeEventsOfOrder
from orders.admin.records import EmailsOfOrder, HistoryOfOrder
from orders.lifecycle import TransitionRefused
from orders.models import Customer, Order, Refund, Review, Status
from queueing.admin import QuickPaginator
from queueing.models import Job
from queueing.operating import PERMISSION

if TYPE_CHECKING:
    OrderPage = admin.ModelAdmin[Order]
    CustomerPage = admin.ModelAdmin[Customer]
else:  # Django's own class takes no parameters
    OrderPage = CustomerPage = admin.ModelAdmin

# Which permission a section of the order's page needs, beside the order's own.
_SECTIONS: Final = {
    "jobs": "queueing.view_job",
    "versions": "articles.view_articleversion",
    "refunds": "orders.view_refund",
}


class HeldFilter(admin.SimpleListFilter):
    """Orders that wait for an operator's look."""

    title = "held"
    parameter_name = "held"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Held for a check"), ("no", "Not held")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        match self.value():
            case "yes":
                return queryset.exclude(held_reason="")
            case "no":
                return queryset.filter(held_reason="")
        return queryset


@admin.register(Order)
class OrderAdmin(OrderPage):
    """Where every order stands, and one page with all that happened to it."""

    list_display = (
        "code", "standing", "price", "created", "domain", "customer", "product", "delivered",
    )  # fmt: skip
    list_filter = ("status", HeldFilter, "product", "created_at")
    search_fields = ("code",)
    search_help_text = "Order code or id, e-mail address, host, or a Stripe id (cs_…, pi_…, re_…)"
    ordering = ("-created_at",)
    paginator = QuickPaginator
    show_full_result_count = False
    actions = ("cancel_unpaid",)
    view_on_site = False  # its page opens for its customer alone
    inlines = (HistoryOfOrder, PaymentsOfOrder, EmailsOfOrder, StripeEventsOfOrder)
    fieldsets = (
        (None, {"fields": ("code", "standing", "product", "domain", "customer", "price")}),
        ("Brief", {"fields": ("drawn_brief",)}),
        ("Result", {"fields": ("version", "article", "live_url")}),
        ("Work", {"fields": ("holds", "jobs", "versions", "refunds")}),
        (
            "Times",
            {
                "classes": ("collapse",),
                "fields": (
                    "created_at", "paid_at", "delivered_at", "submitted_at", "completed_at",
                    "failed_at", "ended_because", "obstacle", "updated_at",
                )
            },
        ),
        (
            "Technical",
            {
                "classes": ("collapse",),
                "fields": ("id", "idempotency_key", "brief_digest", "key_version"),
            },
        ),
    )  # fmt: skip

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        decide = view(money_verbs.decide)
        return [
            path("<uuid:order_id>/resume/", view(resuming.resume), name="orders_order_resume"),
            path("<uuid:order_id>/<slug:verb>/decide/", decide, name="orders_order_decide"),
            path("costs/", view(costs.page), name="orders_order_costs"),
            path("leftovers/", view(leftovers.page), name="orders_order_leftovers"),
            path(
                "leftovers/<int:article_id>/remove/",
                view(leftovers.remove),
                name="orders_order_leftovers_remove",
            ),
            *super().get_urls(),
        ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Order | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        # A version's text is long and nobody reads it here.
        found = (
            super().get_queryset(request).select_related("domain", "customer", "article", "version")
        )
        return found.defer("version__html", "version__report", "version__provenance")

    def get_readonly_fields(self, request: HttpRequest, obj: Order | None = None) -> list[str]:
        return [
            name for _, options in self.get_fieldsets(request, obj) for name in options["fields"]
        ]

    def get_fieldsets(self, request: HttpRequest, obj: Order | None = None) -> Any:
        hidden = {name for name, needed in _SECTIONS.items() if not request.user.has_perm(needed)}
        return [
            (title, options | {"fields": [n for n in options["fields"] if n not in hidden]})
            for title, options in self.fieldsets
            if not set(options["fields"]) <= hidden
        ]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        nothing_to_save = {"show_save": False, "show_save_and_continue": False}
        order = kwargs.get("obj")
        if order and order.status == Status.FAILED and request.user.has_perm(PERMISSION):
            context["resume_url"] = reverse("admin:orders_order_resume", args=[order.pk])
        if order:
            context["money_verbs"] = money_verbs.offered(request, order)
        return super().render_change_form(request, context | nothing_to_save, *args, **kwargs)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Order], search_term: str
    ) -> tuple[QuerySet[Order], bool]:
        """Find by what has an index; a search inside of texts would read every row."""
        term = search_term.strip()
        by_payment = "_" in term  # an order has several payments
        return (queryset.filter(_named(term)) if term else queryset), by_payment

    @admin.action(description="Cancel selected unpaid orders", permissions=["change"])
    def cancel_unpaid(self, request: HttpRequest, orders: QuerySet[Order]) -> None:
        cancelled = 0
        for order in orders:
            try:
                purchase.cancel(
                    order=order,
                    actor=request.user.get_username(),
                    why="by our staff",
                    at=timezone.now(),
                )
                cancelled += 1
            except TransitionRefused as refused:
                self.message_user(request, str(refused), level=messages.WARNING)
        if cancelled:
            self.message_user(request, f"{cancelled} cancelled; nothing was charged for them.")

    @admin.display(description="Status", ordering="status")
    def standing(self, order: Order) -> str | SafeString:
        status = order.get_status_display()
        if not order.held_reason:
            return status
        return format_html('{} <strong class="held">⚠ Held: {}</strong>', status, order.held_reason)

    @admin.display(description="Price", ordering="amount_cents")
    def price(self, order: Order) -> str:
        return drawing.money(order.amount_cents, order.currency)

    @admin.display(description="Created", ordering="created_at")
    def created(self, order: Order) -> str | None:
        return drawing.moment(order.created_at)

    @admin.display(description="Delivered", ordering="delivered_at", empty_value=drawing.UNKNOWN)
    def delivered(self, order: Order) -> str | None:
        return drawing.moment(order.delivered_at)

    @admin.display(description="Brief")
    def drawn_brief(self, order: Order) -> SafeString:
        # In the brief's own order: the database keeps none.
        return drawing.facts(
            (field.name.replace("_", " ").capitalize(), _plain(order.brief.get(field.name)))
            for field in fields(Brief)
        )

    @admin.display(description="Jobs")
    def jobs(self, order: Order) -> str | SafeString:
        found = Job.objects.filter(subject=order.subject).order_by("-created_at")
        drawn = drawing.table(
            ["Job", "State", "Tries", "Doing", "Error", "Created", "Finished"],
            [
                (
                    drawing.link(job, job),
                    job.get_state_display(),
                    f"{job.try_number} of {job.tries}",
                    job.doing,
                    ": ".join(filter(None, [job.error_class, job.error_reason])),
                    drawing.moment(job.created_at),
                    drawing.moment(job.finished_at),
                )
                for job in found
            ],
        )
        ledger = f"{reverse('admin:queueing_job_changelist')}?q={order.subject}"
        return format_html('{}<p><a href="{}">All of them in the ledger</a></p>', drawn, ledger)

    @admin.display(description="Versions")
    def versions(self, order: Order) -> SafeString:
        found = ArticleVersion.objects.filter(order_key=order.subject).order_by("-created_at")
        reviews = list(Review.objects.filter(order=order).order_by("submitted_at"))
        return drawing.table(
            ["Version", "Words", "Score", "Gate", "Written by", "Asked and decided by", "Created"],
            [
                (
                    drawing.link(version, f"v{version.number} {version.title}"),
                    version.words,
                    version.report.get("score"),
                    drawing.gated(version),
                    drawing.written_by(version),
                    drawing.people(version, reviews),
                    drawing.moment(version.created_at),
                )
                for version in found.defer("html")
            ],
        )

    @admin.display(description="Holds")
    def holds(self, order: Order) -> SafeString:
        return drawing.table(
            ["Held since", "Why", "Cause", "Ended", "By"],
            [
                (
                    drawing.moment(hold.began_at),
                    hold.reason,
                    hold.cause,
                    drawing.moment(hold.ended_at),
                    hold.ended_by,
                )
                for hold in order.holds.all()
            ],
        )

    @admin.display(description="Refunds")
    def refunds(self, order: Order) -> SafeString:
        found = Refund.objects.filter(payment__order=order)
        return drawing.table(
            ["Amount", "State", "Reason", "Failure", "At Stripe", "Owed since", "Refunded"],
            [
                (
                    drawing.link(refund, drawing.money(refund.amount_cents, refund.currency)),
                    refund.get_state_display(),
                    refund.reason,
                    refund.failure,
                    refund.stripe_id,
                    drawing.moment(refund.created_at),
                    drawing.moment(refund.refunded_at),
                )
                for refund in found
            ],
        )


@admin.register(Customer)
class CustomerAdmin(CustomerPage):
    """Who buys. Only the VIP mark is the staff's to change."""

    list_display = ("email", "is_vip", "order_count", "created_at")
    list_filter = ("is_vip",)
    search_fields = ("email__startswith",)
    search_help_text = "E-mail address, from its beginning"
    ordering = ("-created_at", "-pk")
    paginator = QuickPaginator
    show_full_result_count = False
    fields = ("email", "is_vip", "order_count", "created_at")
    readonly_fields = ("email", "order_count", "created_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Customer | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Customer]:
        # Counted for the customers on the page alone; a join would count every order there is.
        number = (
            Order.objects.filter(customer=OuterRef("pk"))
            .order_by()
            .values("customer")
            .annotate(number=Count("pk"))
            .values("number")
        )
        return (
            super().get_queryset(request).annotate(number_of_orders=Coalesce(Subquery(number), 0))
        )

    @admin.display(description="Orders")
    def order_count(self, customer: Customer) -> SafeString:
        return format_html(
            '<a href="{}?q={}">{}</a>',
            reverse("admin:orders_order_changelist"),
            customer.email,
            getattr(customer, "number_of_orders", 0),
        )


def _named(term: str) -> Q:
    """Return which orders a search for the term means."""
    by_prefix = {
        "cs_": Q(payments__session_id=term),
        "pi_": Q(payments__payment_intent=term),
        "re_": Q(payments__refunds__stripe_id=term),
    }
    if term[:3] in by_prefix:
        return by_prefix[term[:3]]
    if "@" in term:
        return Q(customer__in=Customer.objects.filter(email__startswith=term.lower()))
    if "." in term:
        return Q(domain__host__startswith=term.lower())
    try:
        return Q(pk=UUID(term))
    except ValueError:
        return Q(code__startswith=term.upper())


def _plain(value: object) -> object:
    if isinstance(value, list):
        return "; ".join(
            # Of a page that was read, its beginning.
            " ".join(str(told)[:200] for told in item.values())
            if isinstance(item, dict)
            else str(item)
            for item in value
        )
    return value
