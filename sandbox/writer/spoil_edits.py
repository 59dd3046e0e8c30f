"""Bad edits on command: what language models do to a text that they should have left alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.writer.article import Writer
from sandbox.writer.brief import Brief, Prompt
from sandbox.writer.page import Page, without_link
from sandbox.writer.reword import said_whole

Json = dict[str, Any]


def rewrites_all(content: Json, brief: Brief, prompt: Prompt) -> Json:
    """Return edits that replace every block; disclosure and ordered link are as they should be."""
    page = Page(brief, prompt)
    writer = Writer(brief, salt="all of it anew")
    edits = [one for one in content["edits"] if one["op"] == "insert_after"]
    linked = False
    for number, html in page.before.items():
        if page.discloses(html):
            continue
        new = f"<p>{' '.join(writer.spare_sentences(20))}</p>"
        if not linked and (page.holds_link(html) or number == len(page.before)):
            new, linked = f"<p>{writer.link_sentence()}</p>", True
        edits.append({"op": "replace", "block": number, "html": new})
    return {**content, "edits": edits}


def drops_link(content: Json, brief: Brief, prompt: Prompt) -> Json:
    """Return the edits with the ordered link's words left and the link gone."""
    target = brief.target_url
    whole = said_whole(content["edits"], prompt.blocks or ())
    edits = [{**one, "html": without_link(one["html"], target)} for one in whole]
    named = {one["block"] for one in edits if one["op"] != "insert_after"}
    page = Page(brief, prompt)
    for number, html in page.before.items():
        if number not in named and page.holds_link(html):
            bare = without_link(html, target)
            edits.append({"op": "replace", "block": number, "html": bare})
    return {**content, "edits": edits}


def wrong_find(content: Json, brief: Brief, prompt: Prompt) -> Json:
    """Return the edits as changes of words that stand nowhere, as models misremember them."""
    edits = [{**one, "op": "reword", "find": _NOWHERE} for one in content["edits"]]
    return {**content, "edits": edits}


_NOWHERE = "as nobody has ever put it in these words"


def in_one_edit(
    content: Json, brief: Brief, prompt: Prompt, spoil: Callable[[str, Brief], str]
) -> Json:
    """Return the edits with the first one spoilt that `spoil` can spoil."""
    edits = said_whole(content["edits"], prompt.blocks or ())
    for place, one in enumerate(edits):
        worse = spoil(one["html"], brief) if one["html"] else ""
        if worse != one["html"]:
            edits[place] = {**one, "html": worse}
            break
    return {**content, "edits": edits}


EDITS: dict[str, Callable[[Json, Brief, Prompt], Json]] = {
    "rewrites_all": rewrites_all,
    "drops_link": drops_link,
    "wrong_find": wrong_find,
}
