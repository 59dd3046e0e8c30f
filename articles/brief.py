"""What was ordered, as plain data: all that the writer and the gate may know of an order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, Self, get_args

LinkPolicy = Literal["sponsored", "nofollow", "dofollow"]
# The third of the article that the ordered link stands in; "" leaves it to the writer.
LinkPosition = Literal["", "early", "middle", "late"]

# What the link's `rel` says under each policy; a followed link carries no `rel` at all.
_LINK_RELS: dict[str, str | None] = {
    "sponsored": "sponsored",
    "nofollow": "nofollow",
    "dofollow": None,
}


@dataclass(frozen=True, kw_only=True)
class LinkCandidate:
    """A page of the same site that the article may link to."""

    url: str
    title: str


@dataclass(frozen=True, kw_only=True)
class Reference:
    """A page that the customer wants the writer to know; `text` is "" where it was not to be had.

    Its address may be cited.
    """

    url: str
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class Brief:
    """One order's wish and the rules of the site it is written for.

    `words` is the ordered length. `outbound_limit` counts links that leave the site, the ordered
    one included. `allowed_references` are addresses that the text may cite, `allowed_contacts`
    e-mail addresses and phone numbers that it may name. `disclosure` is the sentence that must
    stand first, None where the policy asks for none. `site_niches` is all that the site writes
    about, `niche` what the text is about.
    """

    topic: str
    niche: str
    keyword: str
    target_url: str
    anchor_text: str
    words: int
    host: str
    link_policy: LinkPolicy = "sponsored"
    notes: str = ""
    language: str = "en"
    disclosure: str | None = None
    outbound_limit: int = 1
    internal_links: tuple[LinkCandidate, ...] = ()
    allowed_references: tuple[str, ...] = ()
    allowed_contacts: tuple[str, ...] = ()
    audience: str = ""
    tone: str = ""
    must_mention: tuple[str, ...] = ()
    must_avoid: tuple[str, ...] = ()
    secondary_keywords: tuple[str, ...] = ()
    link_position: LinkPosition = ""
    references: tuple[Reference, ...] = ()
    site_niches: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.link_policy not in _LINK_RELS:
            raise ValueError(f"unknown link policy {self.link_policy!r}")
        if self.words < 1:
            raise ValueError(f"words must be positive, not {self.words}")
        if self.outbound_limit < 0:
            raise ValueError(f"outbound_limit must not be negative, not {self.outbound_limit}")
        if self.link_position not in get_args(LinkPosition):
            raise ValueError(f"unknown link position {self.link_position!r}")
        # Whoever asks what may be cited asks one field.
        cited = dict.fromkeys((*self.allowed_references, *(ref.url for ref in self.references)))
        object.__setattr__(self, "allowed_references", tuple(cited))

    @property
    def link_rel(self) -> str | None:
        """Return the `rel` of the ordered link, None where the site sells a followed link."""
        return _LINK_RELS[self.link_policy]

    def to_json(self) -> dict[str, Any]:
        """Return the brief as JSON-ready data; `from_json` gives an equal brief back."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Return the brief that `to_json` wrote.

        :raises ValueError: a value is out of range
        :raises TypeError: a field is missing or not one of a brief's
        """
        lists = {
            field.name: tuple(data.get(field.name, ()))
            for field in fields(cls)
            if field.default == ()
        }
        links = tuple(LinkCandidate(**link) for link in lists["internal_links"])
        references = tuple(Reference(**each) for each in lists["references"])
        return cls(**{**data, **lists, "internal_links": links, "references": references})
