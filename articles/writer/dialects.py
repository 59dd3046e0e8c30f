"""What servers that call themselves OpenAI-compatible take, found out by asking.

A dialect is how JSON is asked for and what the limit of tokens is called. The richest is tried
first; a server's complaint leads to a plainer one, which is remembered once it has worked.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import Any, Final

from articles.writer.chain import Model

_FORMS: Final = ("json_schema", "json_object", "text")
LIMIT: Final = "max_completion_tokens"
_OLD_LIMIT: Final = "max_tokens"
FORM: Final = "response_format"
# What a complaint is about, by the words in it: the longer names first, as they hold the shorter.
_ABOUT: Final = {
    LIMIT: (LIMIT,),
    FORM: (FORM, "json_schema", "json_object", "structured output", "grammar", "guided"),
}
# Said of a field that is known, and of a prompt that leaves too little room.
_LENGTH: Final = re.compile(r"too large|maximum context|context (?:length|size|window)")
_TOLD: Final = """

## Form of the answer
Answer with one JSON object, and nothing before or after it. Its JSON schema:
{schema}"""

_learned: dict[tuple[str, str], Dialect] = {}


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """One way to ask. `told`: the schema stands in the prompt too, for servers that ignore it."""

    form: str = _FORMS[0]
    limit: str = LIMIT
    told: bool = False

    def simpler(self, complaint: frozenset[str]) -> Dialect | None:
        """Return what to try after a complaint about these fields, None when nothing is left."""
        if LIMIT in complaint and self.limit == LIMIT:
            return replace(self, limit=_OLD_LIMIT)
        if FORM in complaint and self.form != _FORMS[-1]:
            return replace(self, form=_FORMS[_FORMS.index(self.form) + 1])
        return None

    def system(self, prompt: str, schema: dict[str, Any]) -> str:
        """Return the system prompt, with the schema in it where nothing else conveys it."""
        if self.form == _FORMS[0] and not self.told:
            return prompt
        return prompt + _TOLD.format(schema=json.dumps(schema))

    def fields(self, *, name: str, schema: dict[str, Any], most_tokens: int) -> dict[str, Any]:
        """Return the fields of the request in which servers differ."""
        limit: dict[str, Any] = {self.limit: most_tokens}
        if self.form == "text":
            return limit
        form: dict[str, Any] = {"type": self.form}
        if self.form == "json_schema":
            form["json_schema"] = {"name": name, "strict": True, "schema": schema}
        return limit | {FORM: form}


def known(model: Model) -> Dialect:
    """Return the dialect to begin with: as learned in this process, else as the settings say."""
    richest = Dialect(form=model.output) if model.output else Dialect()
    return _learned.get(_key(model), richest)


def remember(model: Model, dialect: Dialect) -> bool:
    """Keep what worked; return whether that was news."""
    news = known(model) != dialect
    if news:
        _learned[_key(model)] = dialect
    return news


def forget() -> None:
    """Begin to learn anew."""
    _learned.clear()


def complaint(words: str) -> frozenset[str]:
    """Return which of the fields above a server's error says that it does not know."""
    if is_about_length(words):
        return frozenset()
    lower = words.lower()
    return frozenset(field for field, said in _ABOUT.items() if any(word in lower for word in said))


def is_about_length(words: str) -> bool:
    """Return whether a server's error says that prompt and answer are more than it takes."""
    return bool(_LENGTH.search(words.lower()))


def _key(model: Model) -> tuple[str, str]:
    return model.base_url, model.name
