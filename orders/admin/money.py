"""What was paid, what was given back, and what Stripe told us: facts, read-only."""

from typing import TYPE_CHECKING

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from orders.admin import drawing
from orders.admin.drawing import FactsOfOrder, ReadOnly
from orders.models import Payment, Refund, StripeEvent
from queueing.admin import QuickPaginator

if TYPE_CHECKING:
    PaymentPage = admin.ModelAdmin[Payment]
    RefundPage = admin.ModelAdmin[Refund]
    EventPage = admin.ModelAdmin[StripeEvent]
    RefundTable = admin.TabularInline[Refund, Payment]
else:  # Django's own classes take no parameters
    PaymentPage = RefundPage = EventPage = admin.ModelAdmin
    RefundTable = admin.TabularInline


class PaymentsOfOrder(FactsOfOrder):
    model = Payment
    fields = ("state", "amount", "session_id", "payment_intent", "created_at", "paid_at")
    readonly_fields = ("amount",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Payment]:
        return super().get_queryset(request).select_related("order")

    @admin.display(description="Amount")
    def amount(self, payment: Payment) -> str:
        return drawing.money(payment.amount_cents, payment.currency)


class StripeEventsOfOrder(FactsOfOrder):
    model = StripeEvent
    show_change_link = True
    fields = ("type", "outcome", "trouble", "created_at", "received_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[StripeEvent]:
        return super().get_queryset(request).defer("payload")


class RefundsOfPayment(ReadOnly, RefundTable):
    model = Refund
    extra = 0
    fields = ("amount_cents", "currency", "state", "reason", "failure", "stripe_id", "refunded_at")
    show_change_link = True


@admin.register(Payment)
class PaymentAdmin(ReadOnly, PaymentPage):
    """Checkout Sessions and what became of them."""

    list_display = ("session", "order", "state", "amount", "created_at", "paid_at", "expires_at")
    list_filter = ("state", "created_at")
    list_select_related = ("order",)
    search_fields = ("session_id__exact", "payment_intent__exact", "order__code__exact")
    search_help_text = "Checkout Session, payment intent or order code, whole"
    ordering = ("-created_at", "-pk")
    paginator = QuickPaginator
    show_full_result_count = False
    inlines = (RefundsOfPayment,)
    fields = (
        "order", "number", "state", "amount", "session_id", "payment_intent", "created_at",
        "expires_at", "paid_at",
    )  # fmt: skip
    readonly_fields = ("amount",)

    @admin.display(description="Session", ordering="session_id")
    def session(self, payment: Payment) -> str:
        if not payment.session_id:
            return "Stripe has not answered"
        return f"{payment.session_id[:24]}…" if len(payment.session_id) > 25 else payment.session_id

    @admin.display(description="Amount", ordering="amount_cents")
    def amount(self, payment: Payment) -> str:
        return drawing.money(payment.amount_cents, payment.currency)


@admin.register(Refund)
class RefundAdmin(ReadOnly, RefundPage):
    """Money on its way back."""

    list_display = ("amount", "order", "state", "reason", "stripe_id", "created_at", "refunded_at")
    list_filter = ("state", "created_at")
    search_fields = ("stripe_id__exact", "payment__order__code__exact")
    search_help_text = "Stripe's refund id or order code, whole"
    ordering = ("-created_at", "-pk")
    paginator = QuickPaginator
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Refund]:
        return super().get_queryset(request).select_related("payment__order")

    @admin.display(description="Amount", ordering="amount_cents")
    def amount(self, refund: Refund) -> str:
        return drawing.money(refund.amount_cents, refund.currency)

    @admin.display(description="Order")
    def order(self, refund: Refund) -> SafeString:
        return drawing.link(refund.payment.order, refund.payment.order.code)


@admin.register(StripeEvent)
class StripeEventAdmin(ReadOnly, EventPage):
    """Everything that Stripe told us, as it came."""

    list_display = ("id", "type", "order", "outcome", "trouble", "created_at", "received_at")
    list_filter = (
        "received_at",
        ("order", admin.EmptyFieldListFilter),
        ("trouble", admin.EmptyFieldListFilter),
    )
    list_select_related = ("order",)
    search_fields = ("id__exact", "type__exact", "order__code__exact")
    search_help_text = "Event id, event type or order code, whole"
    ordering = ("-received_at",)
    paginator = QuickPaginator
    show_full_result_count = False
    fields = (
        "id", "type", "order", "outcome", "trouble", "created_at", "received_at", "drawn_payload",
    )  # fmt: skip
    readonly_fields = ("drawn_payload",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[StripeEvent]:
        match = request.resolver_match
        is_list = match is not None and (match.url_name or "").endswith("_changelist")
        found = super().get_queryset(request)
        return found.defer("payload") if is_list else found

    @admin.display(description="Payload")
    def drawn_payload(self, event: StripeEvent) -> SafeString:
        return drawing.as_json(event.payload)
