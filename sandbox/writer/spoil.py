"""Bad text on command: what language models do when they do badly, each way by its name."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from dataclasses import replace
from html import escape
from typing import Any

from sandbox.writer.article import Writer
from sandbox.writer.brief import Brief, Prompt, visible
from sandbox.writer.obey import obeyed
from sandbox.writer.reply import Reply
from sandbox.writer.spoil_edits import EDITS, in_one_edit

Json = dict[str, Any]

ENGLISH = (
    "This text is written in another language, and nobody has ordered it that way. "
    "We do not know why this happens, but some models do it again and again for no good reason. "
    "That is why a person has to look at it before any of our customers gets to read it. "
)
GERMAN = (
    "Dieser Text ist in einer anderen Sprache geschrieben, und niemand hat ihn so bestellt. "
    "Wir wissen nicht, warum das so ist, aber es kommt bei manchen Modellen immer wieder vor. "
    "Deshalb muss jemand genau hinsehen, bevor eine Kundin oder ein Kunde das hier liest. "
)


def spoil(reply: Reply, prompt: Prompt, names: tuple[str, ...]) -> Reply:
    """Return the reply made worse in each named way, in the order of the names.

    What spoils an article leaves a repair as it is: a repair gets worse by `rubbish`, `empty`,
    `half_json`, `other_schema`, `cut_off`, `endless`, `refusal`, `wrong_find` and `useless_repair`
    only, and the last leaves everything else as it is. A revision or an integration gets worse by
    all the others, and by `rewrites_all` and `drops_link`. `obedient` does what the data says in
    every one of them.
    """
    for name in names:
        if name in _WHOLE:
            reply = _WHOLE[name](reply)
        elif name == "obedient":
            if reply.content and prompt.brief:
                reply = _said_anew(reply, obeyed(reply.content, prompt.brief, prompt))
        elif name == "useless_repair":
            reply = _said_anew(reply, _NO_EDITS) if prompt.task == "repair" else reply
        elif (
            prompt.task in _SPOILT_BY.get(name, ("revision", "integration"))
            and reply.content
            and prompt.brief
        ):
            reply = _edits_spoilt(reply, name, prompt, prompt.brief)
        elif name in _BODY and reply.content and isinstance(reply.content.get("html"), str):
            html = _BODY[name](reply.content["html"], prompt.brief)
            reply = _said_anew(reply, {**reply.content, "html": html})
    return reply


_SPOILT_BY = {"wrong_find": ("repair", "revision", "integration")}
_NO_EDITS: Json = {"title": None, "meta_description": None, "slug": None, "edits": []}


def _edits_spoilt(reply: Reply, name: str, prompt: Prompt, brief: Brief) -> Reply:
    content = reply.content or {}
    if name in EDITS:
        content = EDITS[name](content, brief, prompt)
    elif name in _BODY:
        content = in_one_edit(content, brief, prompt, _BODY[name])
    return _said_anew(reply, content)


def _said_anew(reply: Reply, content: Json) -> Reply:
    return replace(reply, content=content, text=json.dumps(content, ensure_ascii=False))


def _rubbish(reply: Reply) -> Reply:
    rng = random.Random(reply.text)
    letters = "abcdefghijklmnopqrstuvwxyz     {}[]\"':,<>/"
    text = "".join(rng.choice(letters) for _ in range(max(400, len(reply.text) // 2)))
    return replace(reply, text=text, content=None)


def _empty(reply: Reply) -> Reply:
    return replace(reply, text="", content=None)


def _half_json(reply: Reply) -> Reply:
    return replace(reply, text=reply.text[: len(reply.text) // 2], content=None)


def _other_schema(reply: Reply) -> Reply:
    other = {"headline": "A note", "sections": [{"body": "Some words."}], "ok": True}
    return replace(reply, text=json.dumps(other), content=None)


def _cut_off(reply: Reply) -> Reply:
    text = reply.text[: int(len(reply.text) * 0.7)]
    return replace(reply, text=text, content=None, finish_reason="length")


def _endless(reply: Reply) -> Reply:
    """Return an answer that says one thing again and again until it is stopped."""
    begun = reply.text[: len(reply.text) // 3].rstrip("\\")
    said = "And so it goes on and on, again and again. "
    return replace(reply, text=begun + said * 1_500, content=None, finish_reason="length")


def _refusal(reply: Reply) -> Reply:
    return replace(reply, text="", content=None, refusal="I'm sorry, I can't help with that.")


_WHOLE: dict[str, Callable[[Reply], Reply]] = {
    "rubbish": _rubbish,
    "empty": _empty,
    "half_json": _half_json,
    "other_schema": _other_schema,
    "cut_off": _cut_off,
    "endless": _endless,
    "refusal": _refusal,
}


def _link(brief: Brief) -> re.Pattern[str]:
    # The disclosure and internal links hold no link to the ordered address.
    return re.compile(rf'<a href="{re.escape(_attribute(brief.target_url))}"[^>]*>(.*?)</a>')


def _attribute(url: str) -> str:
    return url.replace("&", "&amp;").replace('"', "&quot;")


def _too_short(html: str, brief: Brief) -> str:
    blocks = html.split("\n")
    begun = max(1, min(3, len(blocks) // 3))  # of an article, or of one section of it
    kept = [one for one in blocks[begun:] if _link(brief).search(one)]
    return "\n".join([*blocks[:begun], *kept])


def _no_link(html: str, brief: Brief) -> str:
    return _link(brief).sub(r"\1", html)


def _wrong_anchor(html: str, brief: Brief) -> str:
    return _link(brief).sub(lambda one: one.group(0).replace(one.group(1), "this page"), html)


def _link_twice(html: str, brief: Brief) -> str:
    return f"{html}\n<p>{Writer(brief, salt='again').link_sentence()}</p>"


def _wrong_rel(html: str, brief: Brief) -> str:
    wrong = "nofollow" if brief.link_rel == "dofollow" else "noopener"
    start = f'<a href="{_attribute(brief.target_url)}"'
    return re.sub(re.escape(start) + '( rel="[^"]*")?', f'{start} rel="{wrong}"', html)


def _before_end(html: str, extra: str) -> str:
    head, _, tail = html.rpartition("\n")
    return f"{head}\n{extra}\n{tail}" if head else f"{extra}\n{tail}"


def _foreign_link(html: str, brief: Brief) -> str:
    stranger = ("https://casino.example.net/win", "Lucky Games", "dofollow")
    sentence = Writer(brief, salt="stranger").linked_sentence(*stranger)
    return _before_end(html, f"<p>{sentence}</p>")


def _foreign_name(html: str, _brief: Brief) -> str:
    return _before_end(html, "<p>Many players swear by lucky-casino.net and its daily bonus.</p>")


def _placeholder(html: str, _brief: Brief) -> str:
    return _before_end(html, "<p>For more on this, see [insert the name of the company here].</p>")


def _repetition(html: str, brief: Brief) -> str:
    (sentence,) = Writer(brief, salt="again and again").spare_sentences(1)
    return _before_end(html, f"<p>{' '.join([sentence] * 12)}</p>")


def _other_language(html: str, brief: Brief) -> str:
    blocks = html.split("\n")
    foreign = ENGLISH if brief.language == "de" else GERMAN
    return "\n".join(
        one if _link(brief).search(one) or not one.startswith("<p>") else f"<p>{foreign}</p>"
        for one in blocks
    )


def _language_slips(html: str, brief: Brief) -> str:
    foreign = ENGLISH if brief.language == "de" else GERMAN
    return _before_end(html, f"<p>{foreign.partition('. ')[0]}.</p>")


def _babble(html: str, brief: Brief) -> str:
    """Return the text with its words in no order at all, and no link."""
    rng = random.Random(html)
    words = visible(html).lower().split()
    rng.shuffle(words)
    lines = [words[at : at + 60] for at in range(0, len(words), 60)]
    return "\n".join(f"<p>{escape(' '.join(line), quote=False)}</p>" for line in lines)


def _contact_data(html: str, _brief: Brief) -> str:
    contact = "Write to sales@cheap-offers.example.net or call +49 30 9018 2000 for a good price."
    return _before_end(html, f"<p>{contact}</p>")


def _script(html: str, _brief: Brief) -> str:
    return _before_end(html, "<script>alert(document.cookie)</script>")


def _no_disclosure(html: str, brief: Brief) -> str:
    first, _, rest = html.partition("\n")
    return rest if brief.disclosure and visible(first) == brief.disclosure else html


def _heading_skips(html: str, brief: Brief) -> str:
    if "<h2>" in html:
        return html.replace("<h2>", "<h4>", 1).replace("</h2>", "</h4>", 1)
    heading = Writer(brief, salt=f"skip {html}").spare_heading()
    return f"<h4>{heading}</h4>\n{html}"


_BODY: dict[str, Callable[[str, Any], str]] = {
    "too_short": _too_short,
    "no_link": _no_link,
    "wrong_anchor": _wrong_anchor,
    "link_twice": _link_twice,
    "wrong_rel": _wrong_rel,
    "foreign_link": _foreign_link,
    "foreign_name": _foreign_name,
    "placeholder": _placeholder,
    "repetition": _repetition,
    "other_language": _other_language,
    "language_slips": _language_slips,
    "babble": _babble,
    "contact_data": _contact_data,
    "script": _script,
    "no_disclosure": _no_disclosure,
    "heading_skips": _heading_skips,
}
