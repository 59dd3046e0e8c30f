"""Editing by hand: the text block by block, a preview with what the gate says, a new version."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from articles.document import parse
from articles.draft import Draft
from articles.models import ArticleVersion
from orders import reading, reviews, rework
from orders.admin import screen
from orders.admin.desk_forms import EditForm
from orders.difference import difference
from orders.models import Review
from orders.report import drawn


def page(request: HttpRequest, review: Review) -> HttpResponse | ArticleVersion:
    """Return the page to show, or the new version once it is stored.

    What was typed stays on the page when it is refused. `version` is sent back and forth, so that
    blocks are never taken for those of another text.
    """
    version = review.version
    blocks = parse(version.html).blocks
    if request.method != "POST":
        return _shown(request, review, EditForm(version=version, blocks=blocks))
    form = EditForm(request.POST, version=version, blocks=blocks)
    if not form.is_valid():
        return _shown(request, review, form, status=400)
    wish = form.cleaned_data
    if request.POST.get("version") != str(version.pk):
        refusal = "The text has changed since you opened it. Open it anew; nothing was stored."
        return _shown(request, review, form, refusal=refusal, status=409)
    try:
        draft = rework.changed(
            version,
            title=wish["title"],
            meta_description=wish["meta_description"],
            blocks=form.texts,
        )
        if "preview" in request.POST:
            return _shown(request, review, form, draft=draft)
        return rework.save(
            review=review,
            version=version,
            draft=draft,
            by=request.user.get_username(),
            at=timezone.now(),
            seen=wish["seen"],
        )
    except (rework.EditRefused, reviews.ReviewRefused) as refused:
        return _shown(request, review, form, refusal=_said(refused), status=409)


def _said(refused: Exception) -> str:
    """Return the refusal as a sentence; the document's own begin with the edit's name."""
    words = str(refused)
    return words if isinstance(refused, reviews.ReviewRefused) else f"Not stored: {words}."


def _shown(
    request: HttpRequest,
    review: Review,
    form: EditForm,
    *,
    draft: Draft | None = None,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    order, version = review.order, review.version
    report = drawn(version.report)
    context = admin.site.each_context(request) | {
        "opts": Review._meta,
        "title": f"Edit order {order.code}, version {version.number}",
        "review": review,
        "order": order,
        "brief": order.brief,
        "version": version,
        "form": form,
        "areas": [(area, _faults(report, number)) for number, area in form.areas],
        "refusal": refusal,
        # Told of a change, the next press is about the order as it is now; a preview tells nothing.
        "seen": (not refusal and form.data.get("seen")) or order.updated_at.isoformat(),
        **screen.held(review, reader=request.user.get_username(), at=timezone.now()),
        **(_preview(review, draft) if draft is not None else {}),
    }
    return TemplateResponse(request, "admin/orders/review/edit.html", context, status=status)


def _preview(review: Review, draft: Draft) -> dict[str, Any]:
    """The text as it would be published, what is different, and what the gate says of it."""
    report = rework.judge(order=review.order, version=review.version, draft=draft)
    return {
        "draft": draft,
        "pieces": reading.pieces(draft.html, target_url=review.order.brief["target_url"]),
        "difference": difference(review.version.html, draft.html),
        "report": drawn(report.to_json()),
        "blocked": report.blocked,
        "judged": {"words": report.words, "created_at": timezone.now()},
    }


def _faults(report: Any, number: int) -> list[str]:
    """What the gate says of one block of the stored text."""
    if report is None:
        return []
    return [
        finding.message
        for check in report.to_look_at
        for finding in check.check.findings
        if finding.block == number
    ]
