"""How the tests ask the sandbox's model, with the same schemas as any client."""

import json
from typing import Any

import openai
from openai.types.chat import ChatCompletion

ARTICLE: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["title", "meta_description", "slug", "html"],
    "properties": {
        name: {"type": "string"} for name in ("title", "meta_description", "slug", "html")
    },
}
MAYBE = {"anyOf": [{"type": "string"}, {"type": "null"}]}
REPAIR: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["title", "meta_description", "slug", "edits"],
    "properties": {
        "title": MAYBE,
        "meta_description": MAYBE,
        "slug": MAYBE,
        "edits": {"type": "array", "items": {"$ref": "#/$defs/Edit"}},
    },
    "$defs": {
        "Edit": {
            "type": "object",
            "additionalProperties": False,
            "required": ["op", "block", "html"],
            "properties": {
                "op": {"type": "string", "enum": ["replace", "insert_after", "delete"]},
                "block": {"type": "integer"},
                "html": {"type": "string"},
            },
        }
    },
}


def ask(
    client: openai.OpenAI,
    user: str,
    *,
    name: str = "article",
    schema: Any = ARTICLE,
    rules: str = "You write. " * 600,
    **more: Any,
) -> ChatCompletion:
    form = {"type": "json_schema", "json_schema": {"name": name, "strict": True, "schema": schema}}
    return client.chat.completions.create(
        model="gpt-4.1-mini",
        messages=[
            {"role": "system", "content": rules},
            {"role": "user", "content": user},
        ],
        response_format=form,  # type: ignore[arg-type]
        max_completion_tokens=16_000,
        **more,
    )


def article_prompt(brief: dict[str, Any]) -> str:
    return f"Write it.\n\n<brief>\n{json.dumps(brief)}\n</brief>\n"


def article(client: openai.OpenAI, brief: dict[str, Any]) -> dict[str, str]:
    said: dict[str, str] = json.loads(content(ask(client, article_prompt(brief))))
    return said


def content(completion: ChatCompletion) -> str:
    text = completion.choices[0].message.content
    assert text is not None
    return text


def repaired(
    client: openai.OpenAI, brief: dict[str, Any], html: str, findings: list[dict[str, Any]]
) -> str:
    """The article's HTML after the edits that the model proposes for it."""
    blocks = html.split("\n")
    document = "\n".join(f"[{number}] {block}" for number, block in enumerate(blocks, 1))
    user = (
        f"{article_prompt(brief)}<document>\n{document}\n</document>\n"
        f"<findings>\n{json.dumps(findings)}\n</findings>"
    )
    edits = json.loads(content(ask(client, user, name="repair", schema=REPAIR)))["edits"]
    now: dict[int, list[str]] = {0: []} | {n: [block] for n, block in enumerate(blocks, 1)}
    for edit in edits:
        if edit["op"] != "insert_after":
            now[edit["block"]][0:1] = [edit["html"]] if edit["html"] else []
    for edit in edits:
        if edit["op"] == "insert_after":
            now[edit["block"]].append(edit["html"])
    return "\n".join(block for kept in now.values() for block in kept)
