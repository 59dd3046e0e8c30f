"""What a change of a text takes beside writing the text again, by the calls that were stored."""

from __future__ import annotations

from typing import Final

from django.db.models import Sum

from articles.models import ArticleVersion, ModelCall

# Integration and revision by block must stay below these shares.
INTEGRATION_SHARE_MOST: Final = 0.20
REVISION_SHARE_MOST: Final = 0.30
_MEASURED_ARTICLES: Final = 200  # the newest; bounds what is read


def output_tokens(job_key: str) -> int | None:
    """Return the tokens that the models wrote for a job, None if one call's are not known."""
    calls = ModelCall.objects.filter(job_key=job_key).values_list("output_tokens", flat=True)
    known = list(calls)
    return None if not known or None in known else sum(filter(None, known))


def tokens_a_word() -> float | None:
    """Return the tokens written for each word of the newest new articles, their outlines and
    repairs among them; None before there is one.
    """
    written = ArticleVersion.objects.filter(parent=None, job_key__isnull=False)
    newest = dict(written.order_by("-pk").values_list("job_key", "words")[:_MEASURED_ARTICLES])
    calls = ModelCall.objects.filter(job_key__in=newest, output_tokens__isnull=False)
    spent = dict(calls.order_by().values_list("job_key").annotate(tokens=Sum("output_tokens")))
    words = sum(newest[job_key] for job_key in spent)
    return sum(spent.values()) / words if words else None


def share_of_writing(version: ArticleVersion) -> float | None:
    """Return the output tokens of the job that delivered a changed text as a share of what
    writing all of it would take; None where either is not known.
    """
    took, each = output_tokens(version.job_key or ""), tokens_a_word()
    return None if took is None or not each or not version.words else took / (each * version.words)
