"""What an editor does to a submitted text beside deciding on it: has the writer change it, or
changes it by hand. Both make a new version; the one that was reviewed stays as it is.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import Max

from articles import document, quality, sanitise
from articles.brief import Brief
from articles.document import Edit, EditRefused
from articles.draft import Draft
from articles.models import ArticleVersion
from articles.openings import opening_of
from articles.quality import Report
from orders import endings, notifications, reviews, revisions
from orders.models import Order, Product, Review, Revision
from orders.pipelines.deliveries import draft_of
from orders.pipelines.rounds import other_texts
from orders.pipelines.turns import GroundMoved, hold

_BY_HAND: Final = "edited_by"  # in the provenance of a text that an editor wrote


class NothingChanged(reviews.ReviewRefused):
    """The text is the one that was reviewed."""


@transaction.atomic
def ask_writer(
    *,
    review: Review,
    by: str,
    notes: str,
    block: int | None = None,
    at: datetime,
    seen: datetime | None = None,
) -> Revision:
    """Return the version to the customer and have the writer change it at once, as the editor asks.

    The customer reads the notes, gets the new version like any other, and submits it again.

    :raises ReviewRefused: see `reviews.give_back`
    :raises TransitionRefused: the order is not with the editors
    """
    order = reviews.give_back_untold(review=review, by=by, note=notes, at=at, seen=seen)
    revision = revisions.request(
        order=order,
        notes=notes,
        block=block,
        actor=by,
        at=at,
        what="Our writer makes the changes that the editor asked for",
    )
    version = ArticleVersion.objects.defer("html").get(pk=revision.of_version_id)
    notifications.record(
        order=order,
        kind=notifications.Kind.RETURNED,
        version=version,
        review=review,
        revision=revision,
        at=at,
    )
    return revision


def changed(
    version: ArticleVersion, *, title: str, meta_description: str, blocks: Mapping[int, str]
) -> Draft:
    """Return the text with these blocks' HTML; an empty one is gone, one not named stays as it is.

    What was not changed stays byte for byte; what was is sanitised.

    :raises EditRefused: HTML without content, or nothing left
    :raises NothingChanged: it is the text as it was
    """
    parsed = document.parse(version.html)
    edits = []
    for block in parsed.blocks:
        html = _lines(blocks.get(block.number, block.html))
        if html != _lines(block.html):
            edits.append(Edit(op="replace" if html else "delete", block=block.number, html=html))
    draft = Draft(
        title=_one_line(title) or version.title,
        meta_description=_one_line(meta_description),
        slug=version.slug,
        html=document.apply(parsed, edits).html if edits else version.html,
    )
    if draft == draft_of(version):
        raise NothingChanged("Nothing was changed, so no version was stored.")
    return draft


def judge(*, order: Order, version: ArticleVersion, draft: Draft) -> Report:
    """Return what the gate says of an editor's text.

    It is judged as a change of the last text that the writer delivered, so that a fault which an
    editor made never becomes one that "was so before".
    """
    before = version
    while _BY_HAND in before.provenance and before.parent is not None:
        before = before.parent
    own = opening_of(order.domain, version).own
    return quality.check(
        draft,
        replace(Brief.from_json(order.brief), internal_links=own),
        others=other_texts(order),
        before=draft_of(before),
        change="revision",
        checks=quality.INTEGRATION if order.product == Product.INTEGRATION else None,
        bought=endings.pages_of_others(order),
    )


def save(
    *,
    review: Review,
    version: ArticleVersion,
    draft: Draft,
    by: str,
    at: datetime,
    seen: datetime | None = None,
) -> ArticleVersion:
    """Store the editor's text as the next version, made from `version`; the review is about it now.

    :raises ReviewRefused: decided already, held by another editor, changed since it was opened, or
        `version` is not the newest text any more
    """
    # Judged before anything is locked: the gate computes for up to a second.
    report = judge(order=review.order, version=version, draft=draft)
    with transaction.atomic():
        try:
            article = hold(version)
        except GroundMoved:
            raise reviews.NewerVersion(
                "Another order has changed this article since. Ask the writer for the change: it "
                "is made to the newest text."
            ) from None
        newest = article.versions.aggregate(newest=Max("number"))["newest"]
        stored = ArticleVersion.objects.create(
            article=article,
            number=newest + 1,
            parent=version,
            title=draft.title,
            meta_description=draft.meta_description,
            slug=draft.slug,
            html=draft.html,
            words=document.words(document.parse(draft.html)),
            report=report.to_json(),
            provenance=_provenance(version, by=by, gate=report.gate),
            order_key=version.order_key,
            backlink_metadata=version.backlink_metadata,
            created_at=at,
        )
        reviews.replace_text(review=review, was=version, version=stored, by=by, at=at, seen=seen)
    return stored


def _provenance(version: ArticleVersion, *, by: str, gate: str) -> dict[str, Any]:
    """Where the words come from: the writer's, as the parent has it, and this editor's."""
    who = [*version.provenance.get("who", []), by]
    return {**version.provenance, "gate_version": gate, "who": who, _BY_HAND: by}


def _lines(html: str) -> str:
    """Return the HTML as a form's text area gives it back, so that equal texts compare equal."""
    return html.replace("\r\n", "\n").replace("\r", "\n").strip()


def _one_line(text: str) -> str:
    return " ".join(sanitise.visible(text).split())


__all__ = ["EditRefused", "NothingChanged", "ask_writer", "changed", "judge", "save"]
