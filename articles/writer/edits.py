"""Buys changes to a text: repairs, revisions, integrations; and applies the edits bought.

All three send the text as numbered blocks and get edits by block back, so what nobody asked to
change stays byte for byte.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from articles import document, sanitise
from articles.brief import Brief
from articles.draft import Draft
from articles.writer import mending, prompts
from articles.writer.client import Question, ask
from articles.writer.errors import WriterGarbled
from articles.writer.mending import Finding
from articles.writer.reading import read_object, storable
from articles.writer.shapes import EditReply, RepairReply
from articles.writer.usage import Record
from articles.writer.wording import on_the_wire, references_on_the_wire, stored_draft

REPAIR_PROMPT = "repair-5"
REVISION_PROMPT = "revision-4"
INTEGRATION_PROMPT = "integration-4"


@dataclass(frozen=True, kw_only=True)
class RevisionNotes:
    """What a customer asks to have changed.

    `notes` are their words, `reasons` those that they ticked, `block` is the number of the block
    that they pointed at, None for the whole text.
    """

    notes: str
    reasons: tuple[str, ...] = ()
    block: int | None = None


def buy_repair(
    brief: Brief,
    draft: Draft,
    findings: Iterable[Finding],
    *,
    request_id: str,
    record: Record,
) -> dict[str, Any]:
    """Have the blocks mended that the findings name; return the raw reply for `apply_repair`.

    :raises WriterError: one of its kinds, by who acts on it
    """
    findings = tuple(findings)
    found = [{"code": f.code, "message": f.message, "block": f.block} for f in findings]
    # Findings speak of these too, and nobody mends words that they do not see.
    around = {
        "title": draft.title,
        "meta_description": draft.meta_description,
        "slug": draft.slug,
    }
    return _buy(
        REPAIR_PROMPT,
        brief,
        draft,
        request_id=request_id,
        record=record,
        document=f"{prompts.fence_json(around)}\n{_blocks(draft)}",
        findings=prompts.fence_json(found),
        read=lambda reply: apply_repair(draft, reply, findings),
    )


def buy_revision(
    brief: Brief,
    draft: Draft,
    *,
    notes: RevisionNotes,
    request_id: str,
    record: Record,
    faults: Iterable[Finding] = (),
) -> dict[str, Any]:
    """Have the customer's notes carried out and nothing else; return the raw reply.

    `faults` are what an earlier attempt at the same `draft` was turned down for. The reply's edits
    are to be applied to `draft` by `apply_repair`.

    :raises WriterError: one of its kinds, by who acts on it
    """
    wish = {"notes": notes.notes, "reasons": list(notes.reasons), "block": notes.block}
    # The slug is the page's address by now.
    around = {"title": draft.title, "meta_description": draft.meta_description}
    return _buy(
        REVISION_PROMPT,
        brief,
        draft,
        request_id=request_id,
        record=record,
        references=prompts.fence_json(references_on_the_wire(brief)),
        document=f"{prompts.fence_json(around)}\n{_blocks(draft)}",
        notes=prompts.fence_json(wish),
        faults=_turned_down(faults),
    )


def buy_integration(
    brief: Brief,
    draft: Draft,
    *,
    request_id: str,
    record: Record,
    faults: Iterable[Finding] = (),
) -> dict[str, Any]:
    """Have the ordered link placed in a text that stands already; return the raw reply.

    `faults` are what an earlier attempt at the same `draft` was turned down for. The reply's edits
    are to be applied to `draft` by `apply_repair`.

    :raises WriterError: one of its kinds, by who acts on it
    """
    return _buy(
        INTEGRATION_PROMPT,
        brief,
        draft,
        request_id=request_id,
        record=record,
        faults=_turned_down(faults),
    )


def apply_repair(
    draft: Draft, reply: Mapping[str, Any], findings: Iterable[Finding] | None = None
) -> Draft:
    """Return the draft with a raw reply's edits applied; other blocks stay byte for byte.

    Of a repair, `findings` say what was asked for; edits of other blocks are left out.

    :raises WriterGarbled: there are no edits in it, or they do not fit the draft
    """
    repair = _asked_for(reply, findings)
    edits = [
        document.Edit(
            op=edit.op,
            block=edit.block,
            html=storable(edit.html),
            find=storable(edit.find or ""),
        )
        for edit in repair.edits
    ]
    try:
        html = document.apply(document.parse(draft.html), edits).html
    except document.EditRefused as refused:
        raise WriterGarbled("bad-edits", _bounded(str(refused))) from None
    return stored_draft(
        title=draft.title if repair.title is None else repair.title,
        meta_description=(
            draft.meta_description if repair.meta_description is None else repair.meta_description
        ),
        slug=draft.slug if repair.slug is None else repair.slug,
        html=html,
    )


def applied(reply: Mapping[str, Any], findings: Iterable[Finding] | None = None) -> dict[str, Any]:
    """Return the edits in a raw reply that `apply_repair` applies, as a version keeps them.

    Fields that were left alone are left out, and so is `find` but for `reword`; `html` is
    sanitised.

    :raises WriterGarbled: there are no edits in it
    """
    repair = _asked_for(reply, findings)
    fields = {
        "title": repair.title,
        "meta_description": repair.meta_description,
        "slug": repair.slug,
    }
    return {
        "prompt_version": reply["prompt_version"],
        **{name: storable(value) for name, value in fields.items() if value is not None},
        "edits": [_kept(edit) for edit in repair.edits],
    }


def _asked_for(reply: Mapping[str, Any], findings: Iterable[Finding] | None) -> RepairReply:
    repair = read_object(reply["text"], RepairReply)
    return repair if findings is None else mending.asked_for(repair, findings)


def _kept(edit: EditReply) -> dict[str, Any]:
    found = {"find": storable(edit.find or "")} if edit.op == "reword" else {}
    html = sanitise.clean(storable(edit.html))
    return {"op": edit.op, "block": edit.block, **found, "html": html}


def _buy(
    name: str,
    brief: Brief,
    draft: Draft,
    *,
    request_id: str,
    record: Record,
    read: Callable[[dict[str, Any]], object] | None = None,
    **fenced: str,
) -> dict[str, Any]:
    prompt = prompts.load(name)
    question = Question(
        purpose=name.partition("-")[0],
        prompt_version=prompt.version,
        system=prompt.system,
        user=prompt.fill(
            **{"brief": prompts.fence_json(on_the_wire(brief)), "document": _blocks(draft)} | fenced
        ),
        schema=RepairReply.model_json_schema(),
    )
    return ask(
        question,
        request_id=request_id,
        record=record,
        read=read or (lambda reply: apply_repair(draft, reply)),
    )


def _blocks(draft: Draft) -> str:
    return prompts.fence_blocks([block.html for block in document.parse(draft.html).blocks])


def _turned_down(faults: Iterable[Finding]) -> str:
    # Without block numbers: they count from the text that was turned down, not from this one.
    return prompts.fence_json([{"code": f.code, "message": f.message} for f in faults])


def _bounded(text: str, *, limit: int = 200) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
