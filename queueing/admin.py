"""The ledger to look at. Nothing here changes a row; `operating` asks `service` to."""

import json
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.timesince import timesince
from django_celery_results.admin import GroupResultAdmin, TaskResultAdmin
from django_celery_results.models import GroupResult, TaskResult

from queueing import registry
from queueing.models import Attempt, Job, JobNote, State, Step, Worker
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
        "error_reason", "raised", "worker",
    )  # fmt: skip
    readonly_fields = ("raised",)
    ordering = ("number",)

    @admin.display(description="traceback")
    def raised(self, attempt: Attempt) -> str:
        """Folded up: it is long, and its indentation says something."""
        return _folded("Traceback", attempt.traceback)


class StepInline(ReadOnly, StepTable):
    model = Step
    fields: ClassVar[tuple[str, ...]] = ("name", "attempt", "took_ms", "at", "stored")
    readonly_fields: ClassVar[tuple[str, ...]] = ("stored",)
    ordering = ("pk",)

    @admin.display(description="output")
    def stored(self, step: Step) -> str:
        """Folded up: it may be a whole article."""
        return _folded("Output", json.dumps(step.output, indent=2, ensure_ascii=False))


class NoteInline(ReadOnly, NoteTable):
    model = JobNote
    fields = ("at", "actor", "action", "reason")
    ordering = ("pk",)


def _folded(name: str, text: str) -> str:
    if not text:
        return "—"
    return format_html(
        '<details><summary>{}</summary><pre class="facts">{}</pre></details>', name, text
    )


@admin.register(Job)
class JobAdmin(ReadOnly, Operated):
    list_display = (
        "__str__", "state", "subject", "doing", "tried", "waited", "created_at", "finished_at",
        "error_class", "error_reason",
    )  # fmt: skip
    list_filter = ("state", KindFilter, "has_detail", "created_at")
    search_fields = ("subject", "key")
    search_help_text = "Job id, subject (its beginning), idempotency key, error class or reason"
    ordering = ("-created_at",)
    paginator = QuickPaginator
    show_full_result_count = False
    inlines: ClassVar[Any] = (AttemptInline, StepInline, NoteInline)
    fieldsets: ClassVar[Any] = (
        (None, {"fields": ("kind", "subject", "state", "doing", "tried", "waited", "worked")}),
        ("Error", {"fields": ("error_class", "error_reason")}),
        ("Times", {"fields": ("created_at", "run_at", "started_at", "finished_at")}),
        (
            "Technical",
            {
                "classes": ("collapse",),
                "fields": (
                    "id", "key", "arguments", "actor", "rank", "priority", "attempts",
                    "dispatched_at", "lease_until", "worker", "has_detail",
                ),
            },
        ),
    )  # fmt: skip
    readonly_fields: ClassVar[tuple[str, ...]] = ("tried", "waited", "worked")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Job], search_term: str
    ) -> tuple[QuerySet[Job], bool]:
        """Find by what has an index. Errors are looked for in jobs that failed or wait, which are
        few; a search inside of all texts would read every row."""
        term = search_term.strip()
        if not term:
            return queryset, False
        wrong = Q(error_class__iexact=term) | Q(error_reason__icontains=term)
        found = (
            Q(subject__startswith=term)
            | Q(key=term)
            | Q(subject__in=self.subjects(term))
            | Q(state=State.FAILED) & wrong
            | Q(state=State.WAITING) & wrong
        )
        with suppress(ValueError):
            found |= Q(pk=UUID(term))
        return queryset.filter(found), False

    def subjects(self, term: str) -> list[str]:
        """Return the subjects that somebody who knows what they stand for means by the term."""
        return []

    @admin.display(description="tries")
    def tried(self, job: Job) -> str:
        """Failed tries of those allowed, and workers lost."""
        crashes = f", {job.crashes} lost" if job.crashes else ""
        return f"{job.failures}/{job.tries}{crashes}"

    @admin.display(description="waited")
    def waited(self, job: Job) -> str:
        """Due and not taken, until now if it is so still; unknown is "—"."""
        waits = job.state == State.WAITING
        if job.waited_ms is None and not waits:
            return "—"
        due_s = (timezone.now() - job.run_at).total_seconds() if waits else 0.0
        seconds = (job.waited_ms or 0) / 1000 + max(0.0, due_s)
        return (
            f"{seconds:.1f} s"
            if seconds < 60
            else timesince(timezone.now() - timedelta(seconds=seconds))
        )

    @admin.display(description="worked")
    def worked(self, job: Job) -> str:
        """What its runs took that have ended; unknown is "—"."""
        return "—" if job.worked_ms is None else f"{job.worked_ms / 1000:.1f} s"


@admin.register(Worker)
class WorkerAdmin(ReadOnly, WorkerPage):
    list_display = ("__str__", "threads", "kinds", "started_at", "seen_at")
    ordering = ("-seen_at",)


# Celery's own record beside ours: its admin lets rows be made up and deleted.
admin.site.unregister([TaskResult, GroupResult])


@admin.register(TaskResult)
class TaskResults(ReadOnly, TaskResultAdmin):  # type: ignore[misc]  # the package has no types
    """What Celery kept of each task."""


@admin.register(GroupResult)
class GroupResults(ReadOnly, GroupResultAdmin):  # type: ignore[misc]  # the package has no types
    """What Celery kept of groups; we make none."""
