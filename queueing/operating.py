"""What an operator may do to jobs in the admin: each asked for once more, then recorded."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from queueing import service
from queueing.models import Job, State, Step

if TYPE_CHECKING:
    JobPage = admin.ModelAdmin[Job]
else:  # Django's own class takes no parameters
    JobPage = admin.ModelAdmin

PERMISSION: Final = "queueing.operate_queue"
AT_ONCE: Final = 100  # jobs on one confirmation; the rest is the commands' work


@dataclass(frozen=True, kw_only=True)
class Verb:
    """One thing to do to a job: its words, the states it starts from, and who does it."""

    name: str
    label: str
    done: str
    effect: str
    starts: frozenset[State]
    act: Callable[..., Job]


_SETTLED_BADLY: Final = frozenset({State.FAILED, State.CANCELLED})
VERBS: Final = {
    verb.name: verb
    for verb in (
        Verb(
            name="retry",
            label="Retry",
            done="retried",
            effect="It runs again with all its tries; steps that are stored are not done again.",
            starts=_SETTLED_BADLY,
            act=service.retry,
        ),
        Verb(
            name="retry-from-step",
            label="Retry from a step",
            done="retried",
            effect="That step and the later ones are forgotten and done again, paid ones too.",
            starts=_SETTLED_BADLY,
            act=service.retry_from_step,
        ),
        Verb(
            name="promote",
            label="Promote",
            done="promoted",
            effect="It goes before everything else that waits, of any kind, and at once; jobs that "
            "were promoted before it keep their places.",
            starts=frozenset({State.WAITING}),
            act=service.promote,
        ),
        Verb(
            name="cancel",
            label="Cancel",
            done="cancelled",
            effect="It stops and writes nothing more. What it was for stays undone, an order "
            "in its place, until the job is retried.",
            starts=frozenset({State.WAITING, State.ACTIVE}),
            act=service.cancel,
        ),
    )
}


class Asked(forms.Form):
    """Why, for the job's record."""

    reason = forms.CharField(max_length=500, help_text="Kept with your name in the job's notes.")


class AskedWithStep(Asked):
    """Why, and where it begins again."""

    step = forms.ChoiceField(label="From step")
    field_order = ("step", "reason")

    def __init__(self, *args: Any, jobs: Iterable[Job], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stored = Step.objects.filter(job__in=jobs).order_by("pk").values_list("name", flat=True)
        steps: Any = self.fields["step"]
        steps.choices = [(name, name) for name in dict.fromkeys(stored)]


def _asking(verb: Verb) -> Callable[[JobPage, HttpRequest, QuerySet[Job]], HttpResponse | None]:
    """The list's action: leads to the confirmation of the chosen jobs."""

    @admin.action(description=f"{verb.label}: selected jobs", permissions=["operate"])
    def ask(page: JobPage, request: HttpRequest, jobs: QuerySet[Job]) -> HttpResponse | None:
        chosen = list(jobs.values_list("pk", flat=True)[: AT_ONCE + 1])
        if len(chosen) > AT_ONCE:
            page.message_user(
                request, f"Choose {AT_ONCE} at most; nothing was changed.", messages.ERROR
            )
            return None
        return redirect(address(verb, chosen))

    ask.__name__ = verb.name
    return ask


def address(verb: Verb, jobs: Iterable[UUID]) -> str:
    """Return where doing this to these jobs is confirmed."""
    query = urlencode({"job": [str(job) for job in jobs]}, doseq=True)
    return f"{reverse('admin:queueing_job_operate', args=[verb.name])}?{query}"


class Operated(JobPage):
    """An admin of jobs with the verbs above, on its list and on each job's page."""

    actions = tuple(_asking(verb) for verb in VERBS.values())

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(PERMISSION)

    def has_view_permission(self, request: HttpRequest, obj: Job | None = None) -> bool:
        return super().has_view_permission(request, obj) or self.has_operate_permission(request)

    def get_urls(self) -> list[URLPattern]:
        operate = self.admin_site.admin_view(self.operate)
        ours = path("operate/<slug:name>/", operate, name="queueing_job_operate")
        return [ours, *super().get_urls()]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        obj: Job | None = kwargs.get("obj")
        if obj is not None and self.has_operate_permission(request):
            context["verbs"] = [
                (verb.label, address(verb, [obj.pk]))
                for verb in VERBS.values()
                if obj.state in verb.starts
            ]
        return super().render_change_form(request, context, *args, **kwargs)

    def operate(self, request: HttpRequest, name: str) -> HttpResponse:
        """Ask once more; once that is answered, do it to each job and report the refused ones."""
        if not self.has_operate_permission(request):
            raise PermissionDenied
        verb, jobs = VERBS.get(name), _named(request)
        if verb is None or not jobs:
            raise Http404
        answer = request.POST if request.method == "POST" else None
        form = AskedWithStep(answer, jobs=jobs) if verb.name == "retry-from-step" else Asked(answer)
        if form.is_valid():
            self._do(request, verb, jobs, form.cleaned_data)
            if len(jobs) > 1:
                return redirect("admin:queueing_job_changelist")
            return redirect("admin:queueing_job_change", jobs[0].pk)
        return TemplateResponse(
            request,
            "admin/queueing/job/operate.html",
            self.admin_site.each_context(request)
            | {"title": f"{verb.label}?", "verb": verb, "jobs": jobs, "form": form}
            | {"opts": self.opts, "count": len(jobs)},
        )

    def _do(
        self, request: HttpRequest, verb: Verb, jobs: list[Job], answered: dict[str, str]
    ) -> None:
        done = 0
        for job in jobs:
            try:
                verb.act(job_id=job.pk, actor=request.user.get_username(), **answered)
                done += 1
            except service.Refused as refused:
                self.message_user(request, f"Nothing changed: {refused}.", messages.WARNING)
        if done:
            self.message_user(request, f"{done} {verb.done}.", messages.SUCCESS)


def _named(request: HttpRequest) -> list[Job]:
    """The jobs that the address names; what is no id names none."""
    named = []
    for given in request.GET.getlist("job")[:AT_ONCE]:
        try:
            named.append(UUID(given))
        except ValueError:
            continue
    return list(Job.objects.filter(pk__in=named).order_by("created_at", "pk"))
