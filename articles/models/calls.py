"""What each text cost: calls to language models."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone


class CallOutcome(models.TextChoices):
    """How one call to a language model ended. What timed out or got lost may have been written, and
    billed; after an error nothing was.
    """

    OK = "ok", "Answered"
    GARBLED = "garbled", "Unusable answer"
    REFUSED = "refused", "Refused"
    BUSY = "busy", "Provider busy"
    TIMEOUT = "timeout", "Timed out"
    LOST = "lost", "Answer lost"
    ERROR = "error", "Provider error"


class ModelCall(models.Model):
    """One call to a language model: what it was for, what it took and what it cost.

    Unknown is NULL, never 0: a call that timed out may have been billed.
    """

    job_key = models.CharField(max_length=80, db_index=True, help_text="Which job made it.")
    order_key = models.CharField(max_length=80, blank=True, help_text="Which order it served.")
    request_id = models.CharField(max_length=120, help_text="Sent as X-Client-Request-Id.")
    purpose = models.CharField(max_length=40, help_text="article, repair, …")
    model = models.CharField(max_length=120)
    prompt_version = models.CharField(max_length=40)
    input_tokens = models.PositiveIntegerField(null=True, blank=True)
    cached_tokens = models.PositiveIntegerField(
        null=True, blank=True, help_text="Those of the input tokens that the provider had cached."
    )
    output_tokens = models.PositiveIntegerField(null=True, blank=True)
    cost_usd = models.DecimalField(
        max_digits=12, decimal_places=6, null=True, blank=True, help_text="Empty when unknown."
    )
    took_ms = models.PositiveIntegerField(help_text="Milliseconds until the answer or the error.")
    outcome = models.CharField(max_length=10, choices=CallOutcome)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]
        verbose_name = "model call"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(outcome__in=CallOutcome.values), name="modelcall_outcome_known"
            ),
            models.CheckConstraint(
                condition=Q(cost_usd__isnull=True) | Q(cost_usd__gte=0),
                name="modelcall_cost_not_negative",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["order_key", "created_at"], name="modelcall_of_order"),
            models.Index(fields=["-created_at", "-id"], name="modelcall_by_age"),
            models.Index(fields=["model", "-created_at"], name="modelcall_by_model"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} by {self.model}: {self.outcome}"
