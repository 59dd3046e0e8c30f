"""Histories and e-mails: what happened, read-only."""

from typing import TYPE_CHECKING

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from orders.admin.drawing import FactsOfOrder, ReadOnly
from orders.models import OrderEvent, OutgoingEmail
from queueing.admin import QuickPaginator

if TYPE_CHECKING:
    HistoryPage = admin.ModelAdmin[OrderEvent]
    EmailPage = admin.ModelAdmin[OutgoingEmail]
else:  # Django's own class takes no parameters
    HistoryPage = EmailPage = admin.ModelAdmin


class HistoryOfOrder(FactsOfOrder):
    model = OrderEvent
    verbose_name_plural = "History"
    fields = ("at", "what", "was", "became", "actor")
    show_change_link = False


class EmailsOfOrder(FactsOfOrder):
    model = OutgoingEmail
    verbose_name_plural = "E-mails"
    fields = ("kind", "version", "to", "state", "sends", "created_at", "sent_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[OutgoingEmail]:
        found = super().get_queryset(request).select_related("order", "version")
        return found.defer("version__html", "version__report", "version__provenance")


@admin.register(OrderEvent)
class OrderEventAdmin(ReadOnly, HistoryPage):
    """Every line of every order's history, newest first."""

    list_display = ("at", "order", "what", "was", "became", "actor")
    list_display_links = ("what",)
    list_filter = ("became", "at")
    list_select_related = ("order",)
    search_fields = ("order__code__exact", "actor__exact")
    search_help_text = "Order code or actor, whole"
    ordering = ("-pk",)
    paginator = QuickPaginator
    show_full_result_count = False


@admin.register(OutgoingEmail)
class OutgoingEmailAdmin(ReadOnly, EmailPage):
    """Every e-mail, and whether it left."""

    list_display = ("kind", "order", "to", "state", "sends", "created_at", "sent_at")
    list_filter = ("state", "kind", "created_at")
    search_fields = ("to__exact", "order__code__exact", "message_id__exact")
    search_help_text = "Recipient, order code or SendGrid's id, whole"
    ordering = ("-created_at", "-pk")
    paginator = QuickPaginator
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[OutgoingEmail]:
        found = super().get_queryset(request).select_related("order", "version")
        return found.defer("version__html", "version__report", "version__provenance")
