"""What a customer may order: every field checked before money moves, for form and API alike."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator

from articles import catalogue, named_hosts, openings
from articles import links as articles_links
from articles.brief import Brief, LinkPosition, Reference
from articles.disclosures import disclosure
from articles.models import SHORTEST_ARTICLE_WORDS, Article, Domain, LinkPolicy
from articles.openings import Opening
from orders import public_urls, wishes
from orders.models import Product
from orders.typed import Wrong, line, text, whole

OFFERED: Final = frozenset({Product.ARTICLE, Product.INTEGRATION})
LONGEST: Final = {
    "topic": 200,
    "niche": 40,
    "keyword": 80,
    "anchor_text": 100,
    "notes": 2000,
    "target_url": public_urls.LONGEST,
    "email": 254,
} | wishes.LONGEST
LONGEST_ARTICLE_WORDS: Final = 3000
LINKS_ORDERED: Final = 1

_ALWAYS_REQUIRED: Final = ("product", "domain", "target_url", "anchor_text", "email")
_REQUIRED: Final[dict[str, frozenset[str]]] = {
    Product.ARTICLE: frozenset({*_ALWAYS_REQUIRED, "topic", "keyword"}),
    Product.INTEGRATION: frozenset({*_ALWAYS_REQUIRED, "article"}),
}
# What a product has no use for is refused: ignored, it would look as if it had been done.
_REFUSED: Final[dict[str, dict[str, str]]] = {
    Product.ARTICLE: {"article": "A new article is written; name none that exists."},
    Product.INTEGRATION: {
        "topic": "The article has its own topic; leave this out.",
        "words": "The article keeps its length; leave this out.",
        **dict.fromkeys(wishes.OF_A_NEW_ARTICLE, "The article is written already; leave this out."),
    },
}
FIELDS: Final = (
    "product", "domain", "article", "topic", "keyword", "target_url", "anchor_text", "email",
    "niche", "notes", "language", "words", *wishes.NAMES,
)  # fmt: skip
_LARGEST_ID: Final = 2**63
_is_email = EmailValidator(allowlist=[])

Errors = dict[str, list[str]]


class BriefInvalid(Exception):
    """The brief cannot be ordered. `errors` has the reasons by field, for the customer."""

    def __init__(self, errors: Errors) -> None:
        super().__init__(f"invalid: {', '.join(sorted(errors))}")
        self.errors = errors


@dataclass(frozen=True, kw_only=True)
class BriefInput:
    """A checked wish, with the site that it is for; `at` is when it was checked.

    `article` is where an integration's link goes; topic and words are that article's then.
    """

    product: str
    domain: Domain
    topic: str
    niche: str
    keyword: str
    target_url: str
    anchor_text: str
    notes: str
    email: str
    language: str
    words: int
    at: datetime
    article: Article | None = None
    audience: str = ""
    tone: str = ""
    must_mention: tuple[str, ...] = ()
    must_avoid: tuple[str, ...] = ()
    secondary_keywords: tuple[str, ...] = ()
    link_position: LinkPosition = ""
    references: tuple[str, ...] = ()

    @property
    def price_cents(self) -> int:
        """The price today, in the smallest unit of the domain's currency."""
        return price_cents(self.domain, self.product)

    def digest(self) -> str:
        """Return the SHA-256 of what was asked, to tell a repeated purchase from another."""
        asked = {name: getattr(self, name) for name in FIELDS} | {"domain": self.domain.pk}
        # Left out, they leave the digest what it was before there were any.
        asked = {name: value for name, value in asked.items() if value or name not in wishes.NAMES}
        del asked["article"]  # so that a new article's digest is what it was before there were two
        if self.article is not None:
            asked["article"] = self.article.pk
            del asked["topic"], asked["words"]  # the article's own, which others may change
        return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()

    def to_brief(self) -> Brief:
        """Return what the writer and the gate get: the wish and the site's rules."""
        domain = self.domain
        sponsored = domain.link_policy == LinkPolicy.SPONSORED
        return Brief(
            topic=self.topic,
            niche=self.niche,
            keyword=self.keyword,
            target_url=self.target_url,
            anchor_text=self.anchor_text,
            notes=self.notes,
            language=self.language,
            words=self.words,
            host=domain.host,
            link_policy=domain.link_policy,  # type: ignore[arg-type]  # the same three words
            disclosure=disclosure(self.language) if sponsored else None,
            outbound_limit=domain.outbound_limit,
            audience=self.audience,
            tone=self.tone,
            must_mention=self.must_mention,
            must_avoid=self.must_avoid,
            secondary_keywords=self.secondary_keywords,
            link_position=self.link_position,
            references=tuple(Reference(url=url) for url in self.references),
            site_niches=tuple(domain.niches),
        )


def price_cents(domain: Domain, product: str) -> int:
    """Return what the product costs on that site today, in the currency's smallest unit."""
    if product == Product.INTEGRATION:
        return domain.price_integration_cents
    return domain.price_article_cents


def validate(raw: Mapping[str, object], *, at: datetime) -> BriefInput:
    """Return the brief that was typed or sent, cleaned.

    `raw` has the names of `FIELDS`; `domain` is a host or an id, `article` an id. Optional fields
    may be missing, None or empty and are then the domain's own, or the article's. One query for a
    new article, four at most for a link in one.

    :raises BriefInvalid: with every reason, not only the first
    """
    errors: Errors = {name: ["There is no such field."] for name in raw if name not in FIELDS}
    product = str(raw.get("product"))
    required = _REQUIRED.get(product, _REQUIRED[Product.ARTICLE])

    def checked(name: str, check: Callable[[object], Any], missing: Any = None) -> Any:
        value = raw.get(name)
        if value is None or value == [] or (isinstance(value, str) and not value.strip()):
            if name in required:
                errors[name] = ["This is needed."]
            return missing
        try:
            return check(value)
        except Wrong as wrong:
            errors[name] = [str(wrong)]
            return missing

    given: dict[str, Any] = {
        "product": checked("product", _product),
        "domain": checked("domain", _domain),
        "topic": checked("topic", _words_in("topic")),
        "target_url": checked("target_url", _target_url),
        "anchor_text": checked("anchor_text", _anchor_text),
        "email": checked("email", _email),
        "notes": checked("notes", _notes, missing=""),
        **{name: checked(name, check, wishes.NONE[name]) for name, check in wishes.CHECKS.items()},
    }
    # An integration is found by its anchor, which says what the place is about.
    given["keyword"] = checked("keyword", _words_in("keyword"), missing=given["anchor_text"])
    domain = given["domain"]
    if domain is None:
        domain = Domain(niches=[])  # so that the other fields' reasons are told too
    given["niche"] = checked("niche", _niche(domain), missing=next(iter(domain.niches), ""))
    given["language"] = checked("language", _language(domain), missing=domain.language)
    given["words"] = checked("words", _words, missing=domain.words_default)
    if given["target_url"] and public_urls.host_of(given["target_url"]) == domain.host:
        errors["target_url"] = ["This page is on the publisher's own site; link to another."]
    anchor = given["anchor_text"] or ""
    if given["target_url"] and _names_another_site(anchor, given["target_url"]):
        errors["anchor_text"] = ["This names another site than the one that your link leads to."]
    for name, reasons in wishes.contradictions(given).items():
        errors.setdefault(name, reasons)
    for name, reason in _REFUSED.get(product, {}).items():
        checked(name, _refused(reason))
    if product == Product.INTEGRATION and given["domain"] is not None:
        opening = checked("article", _opening(domain))
        if opening is not None:
            given |= _of_article(opening)
            _check_room(opening, given["target_url"], errors)
    if errors:
        raise BriefInvalid(errors)
    return BriefInput(**given, at=at)


def wish(value: object, *, chars: tuple[int, int]) -> str:
    """Return a wish for changes, cleaned as every text of a customer's is; `chars` bounds it.

    :raises BriefInvalid: with the reason under `notes`
    """
    shortest, longest = chars
    try:
        cleaned = text(value, longest=longest)
        if len(cleaned) < shortest:
            raise Wrong(f"Say what to change in at least {shortest} characters.")
    except Wrong as wrong:
        raise BriefInvalid({"notes": [str(wrong)]}) from None
    return cleaned


def _line(name: str) -> Callable[[object], str]:
    return lambda value: line(value, longest=LONGEST[name])


def _words_in(name: str) -> Callable[[object], str]:
    def check(value: object) -> str:
        words = _line(name)(value)
        if not any(letter.isalnum() for letter in words):
            raise Wrong("Use words: these are signs without a letter or digit.")
        return words

    return check


def _anchor_text(value: object) -> str:
    return wishes.sayable(_words_in("anchor_text")(value))


def _names_another_site(anchor: str, target_url: str) -> bool:
    """Whether a reader who clicks the anchor expects to come to another site.

    One that compares ("Asana vs Monday.com") says no such thing; an address does, and so does a
    name that is all of the anchor.
    """
    named = [*articles_links.addresses(anchor), *named_hosts.whole_host(anchor)]
    target = articles_links.host_of(target_url)
    return any(
        not named_hosts.of_one_owner(articles_links.host_named(each), target) for each in named
    )


def _notes(value: object) -> str:
    return text(value, longest=LONGEST["notes"])


def _product(value: object) -> str:
    if value not in Product.values:
        raise Wrong(f"Choose one of: {', '.join(sorted(OFFERED))}.")
    if value not in OFFERED:
        raise Wrong("This product is not on sale yet.")
    return str(value)


def _domain(value: object) -> Domain:
    """Find the site by id or by host; what is not sold is not told apart from what is not there."""
    sold = Domain.objects.filter(is_active=True)
    number = whole(value)
    found = None
    if number is not None:
        found = sold.filter(pk=number).first() if 0 < number < _LARGEST_ID else None
    elif not isinstance(value, str):
        raise Wrong("Name the site by its host or its id.")
    elif value.isascii() and value.isprintable():
        found = sold.filter(host=value.strip().lower()).first()
    if found is None:
        raise Wrong("We sell nothing on this site.")
    if found.outbound_limit < LINKS_ORDERED:
        raise Wrong("This site's articles may not carry another link.")
    return found


def _refused(reason: str) -> Callable[[object], None]:
    def check(value: object) -> None:
        raise Wrong(reason)

    return check


def _opening(domain: Domain) -> Callable[[object], Opening]:
    """Find the article by id; one that is not open is not told apart from one that is not there."""

    def check(value: object) -> Opening:
        number = whole(value)
        if number is None:
            raise Wrong("Name the article by its id.")
        if 0 < number < _LARGEST_ID:
            found = catalogue.open_articles(domain).filter(pk=number)
            for opening in openings.openings(domain, found):
                return opening
        raise Wrong(f"{domain.host} has no such article that is open for a link.")

    return check


def _of_article(opening: Opening) -> dict[str, Any]:
    article, text = opening.article, opening.version
    return {"article": article, "topic": article.title, "words": max(1, text.words)}


def _check_room(opening: Opening, target_url: str | None, errors: Errors) -> None:
    if target_url and opening.links_to(target_url):
        errors.setdefault("target_url", [openings.LINKED_ALREADY])
    elif opening.closed is not None:
        errors["article"] = [opening.closed]


def _niche(domain: Domain) -> Callable[[object], str]:
    def check(value: object) -> str:
        niche = _line("niche")(value).lower().replace(" ", "-")
        if domain.niches and niche not in domain.niches:
            raise Wrong(f"This site writes about: {', '.join(domain.niches)}.")
        return niche

    return check


def _language(domain: Domain) -> Callable[[object], str]:
    def check(value: object) -> str:
        if not isinstance(value, str) or value.strip().lower() != domain.language:
            raise Wrong(f"This site publishes in “{domain.language}”.")
        return domain.language

    return check


def _words(value: object) -> int:
    words = whole(value)
    if words is None:
        raise Wrong("This must be a whole number.")
    if not SHORTEST_ARTICLE_WORDS <= words <= LONGEST_ARTICLE_WORDS:
        raise Wrong(f"Order {SHORTEST_ARTICLE_WORDS} to {LONGEST_ARTICLE_WORDS} words.")
    return words


def _email(value: object) -> str:
    email = _line("email")(value).lower()
    try:
        _is_email(email)
    except ValidationError:
        raise Wrong("Enter a valid e-mail address.") from None
    return email


def _target_url(value: object) -> str:
    return wishes.public(line(value, longest=LONGEST["target_url"]))
