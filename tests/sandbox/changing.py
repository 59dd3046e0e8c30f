"""How the tests have a standing article changed, as any client would."""

import json
from typing import Any

import openai

from tests.sandbox.asking import REPAIR, article_prompt, ask, content

Json = dict[str, Any]


def changed(
    client: openai.OpenAI,
    brief: Json,
    html: str,
    *,
    notes: str | None = None,
    block: int | None = None,
    reasons: tuple[str, ...] = (),
    faults: tuple[Json, ...] = (),
) -> tuple[str, Json]:
    """The article's HTML after an integration, or after a revision by `notes`; and the reply."""
    blocks = html.split("\n")
    document = "\n".join(f"[{number}] {one}" for number, one in enumerate(blocks, 1))
    user = f"{article_prompt(brief)}<document>\n{document}\n</document>\n"
    if notes is not None:
        wish = {"notes": notes, "reasons": list(reasons), "block": block}
        user += f"<notes>\n{json.dumps(wish)}\n</notes>\n"
    user += f"<faults>\n{json.dumps(faults)}\n</faults>\n"
    reply = json.loads(content(ask(client, user, name="change", schema=REPAIR)))
    return edited(blocks, reply["edits"]), reply


def edited(blocks: list[str], edits: list[Json]) -> str:
    now = {0: list[str]()} | {number: [one] for number, one in enumerate(blocks, 1)}
    for edit in edits:
        if edit["op"] != "insert_after":
            now[edit["block"]][0:1] = [edit["html"]] if edit["op"] == "replace" else []
    for edit in edits:
        if edit["op"] == "insert_after":
            now[edit["block"]].append(edit["html"])
    return "\n".join(one for kept in now.values() for one in kept)
