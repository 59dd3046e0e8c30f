"""The ledger to look at. Nothing here changes a row; `operating` asks `service` to."""

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.timesince import timesince

from queueing import registry
from queueing.models import Attempt, Job, JobNote, Step, Worker
from queueing.operating import Operated

if TYPE_CHECKING:
    JobPaginator = Paginator[Job]
    WorkerPage = admin.ModelAdmin[Worker]
    AttemptTable = admin.TabularInline[Attempt, Job]
    StepTable = admin.TabularInline[Step, Job]
    NoteTable = admin.TabularInline[JobNote, Job]
else:  # Django's own classes take no parameters
    JobPaginator, WorkerPage = Paginator, admin.ModelAdmin
    AttemptTable = StepTable = NoteTable = admin.TabularInline

COUNTED_UP_TO = 10_000


class QuickPaginator(JobPaginator):
    """Counts no further than anybody pages; a million rows are not counted for a list."""

    @cached_property
    def count(self) -> int:
        """The number of rows, or COUNTED_UP_TO if there are more."""
        rows: Any = self.object_list
        return len(rows.values_list("pk")[:COUNTED_UP_TO])


class ReadOnly:
    """Everyone with the permission may look, nobody may touch."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class KindFilter(admin.SimpleListFilter):
    """By registered kind, without asking the table which there are."""

    title = "kind"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """One entry per kind, in the order of dispatch."""
        return [(kind.name, kind.name) for kind in registry.kinds()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Job]) -> QuerySet[Job]:
        """The jobs of the chosen kind."""
        return queryset.filter(kind=self.value()) if self.value() else queryset


class AttemptInline(ReadOnly, AttemptTable):
    model = Attempt
    fields = (
        "number", "outcome", "started_at", "finished_at", "retry_in_s", "error_class",
        "error_reason", "traceback", "worker",
    )  # fmt: skip
    ordering = ("number",)


class StepInline(ReadOnly, StepTable):
    model = Step
    fields = ("name", "attempt", "took_ms", "at", "output")
    ordering = ("pk",)


class NoteInline(ReadOnly, NoteTable):
    model = JobNote
    fields = ("at", "actor", "action", "reason")
    ordering = ("pk",)


@admin.register(Job)
class JobAdmin(ReadOnly, Operated):
    list_display = (
        "__str__", "state", "subject", "doing", "tried", "waited", "created_at", "finished_at",
        "error_class", "error_reason",
    )  # fmt: skip
    list_filter = ("state", KindFilter, "has_detail", "created_at")
    search_fields = ("subject", "key")
    search_help_text = "Job id, subject (its beginning) or idempotency key"
    ordering = ("-created_at",)
    paginator = QuickPaginator
    show_full_result_count = False
    inlines = (AttemptInline, StepInline, NoteInline)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Job], search_term: str
    ) -> tuple[QuerySet[Job], bool]:
        """Find by what has an index; a search inside of texts would read every row."""
        term = search_term.strip()
        if not term:
            return queryset, False
        try:
            return queryset.filter(pk=UUID(term)), False
        except ValueError:
            found = queryset.filter(subject__startswith=term) | queryset.filter(key=term)
            return found, False

    @admin.display(description="tries")
    def tried(self, job: Job) -> str:
        """Failed tries of those allowed, and workers lost."""
        crashes = f", {job.crashes} lost" if job.crashes else ""
        return f"{job.failures}/{job.tries}{crashes}"

    @admin.display(description="waited")
    def waited(self, job: Job) -> str:
        """From asking for it to its first run, or until now."""
        until = job.started_at or job.finished_at or timezone.now()
        seconds = (until - job.created_at).total_seconds()
        return f"{seconds:.1f} s" if seconds < 60 else timesince(job.created_at, until)


@admin.register(Worker)
class WorkerAdmin(ReadOnly, WorkerPage):
    list_display = ("__str__", "threads", "kinds", "started_at", "seen_at")
    ordering = ("-seen_at",)
