"""What a customer may order: every field checked before money moves, for form and API alike."""

import hashlib
import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator

from articles.brief import Brief
from articles.models import SHORTEST_ARTICLE_WORDS, Domain, LinkPolicy
from orders import public_urls
from orders.models import Product

# The Federal Trade Commission asks for plain words where the reader begins.
DISCLOSURE: Final = "Sponsored: this article contains a paid link."
OFFERED: Final = frozenset({Product.ARTICLE})
LONGEST: Final = {
    "topic": 200,
    "niche": 40,
    "keyword": 80,
    "anchor_text": 100,
    "notes": 2000,
    "target_url": public_urls.LONGEST,
    "email": 254,
}
LONGEST_ARTICLE_WORDS: Final = 3000
LINKS_ORDERED: Final = 1

_REQUIRED: Final = ("product", "domain", "topic", "keyword", "target_url", "anchor_text", "email")
FIELDS: Final = (*_REQUIRED, "niche", "notes", "language", "words")
# Control, invisible and direction-changing characters, halves of pairs, private use: none of them
# can be seen, and each has been used to make a text say other than it shows.
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_LARGEST_ID: Final = 2**63
_TAG: Final = re.compile(r"<[a-zA-Z/!?]")
_is_email = EmailValidator(allowlist=[])

Errors = dict[str, list[str]]


class BriefInvalid(Exception):
    """The brief cannot be ordered. `errors` has the reasons by field, for the customer."""

    def __init__(self, errors: Errors) -> None:
        super().__init__(f"invalid: {', '.join(sorted(errors))}")
        self.errors = errors


class _Wrong(ValueError):
    """What is wrong with one field, in words for the customer."""


@dataclass(frozen=True, kw_only=True)
class BriefInput:
    """A checked wish, with the site that it is for; `at` is when it was checked."""

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

    @property
    def price_cents(self) -> int:
        """The price today, in the smallest unit of the domain's currency."""
        if self.product == Product.INTEGRATION:
            return self.domain.price_integration_cents
        return self.domain.price_article_cents

    def digest(self) -> str:
        """Return the SHA-256 of what was asked, to tell a repeated purchase from another."""
        asked = {name: getattr(self, name) for name in FIELDS} | {"domain": self.domain.pk}
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
            disclosure=DISCLOSURE if sponsored else None,
            outbound_limit=domain.outbound_limit,
        )


def validate(raw: Mapping[str, object], *, at: datetime) -> BriefInput:
    """Return the brief that was typed or sent, cleaned.

    `raw` has the names of `FIELDS`; `domain` is a host or an id. Optional fields may be missing,
    None or empty and are then the domain's own. One query.

    :raises BriefInvalid: with every reason, not only the first
    """
    errors: Errors = {name: ["There is no such field."] for name in raw if name not in FIELDS}

    def checked(name: str, check: Callable[[object], Any], missing: Any = None) -> Any:
        value = raw.get(name)
        if value is None or (isinstance(value, str) and not value.strip()):
            if name in _REQUIRED:
                errors[name] = ["This is needed."]
            return missing
        try:
            return check(value)
        except _Wrong as wrong:
            errors[name] = [str(wrong)]
            return missing

    given: dict[str, Any] = {
        "product": checked("product", _product),
        "domain": checked("domain", _domain),
        "topic": checked("topic", _line("topic")),
        "keyword": checked("keyword", _line("keyword")),
        "target_url": checked("target_url", _target_url),
        "anchor_text": checked("anchor_text", _line("anchor_text")),
        "email": checked("email", _email),
        "notes": checked("notes", _notes, missing=""),
    }
    domain = given["domain"]
    if domain is None:
        domain = Domain(niches=[])  # so that the other fields' reasons are told too
    given["niche"] = checked("niche", _niche(domain), missing=next(iter(domain.niches), ""))
    given["language"] = checked("language", _language(domain), missing=domain.language)
    given["words"] = checked("words", _words, missing=domain.words_default)
    if given["target_url"] and public_urls.host_of(given["target_url"]) == domain.host:
        errors["target_url"] = ["This page is on the publisher's own site; link to another."]
    if errors:
        raise BriefInvalid(errors)
    return BriefInput(**given, at=at)


def wish(value: object, *, chars: tuple[int, int]) -> str:
    """Return a wish for changes, cleaned as every text of a customer's is; `chars` bounds it.

    :raises BriefInvalid: with the reason under `notes`
    """
    shortest, longest = chars
    try:
        text = _text(value, longest=longest)
        if len(text) < shortest:
            raise _Wrong(f"Say what to change in at least {shortest} characters.")
    except _Wrong as wrong:
        raise BriefInvalid({"notes": [str(wrong)]}) from None
    return text


def _text(value: object, *, longest: int) -> str:
    """Return the text in one spelling (NFC), refusing what cannot be seen and what is markup."""
    if not isinstance(value, str):
        raise _Wrong("This must be text.")
    # Measured before anything else is done to it: normalising a huge text takes long.
    if len(value) > 4 * longest + 1000:
        raise _Wrong(f"Use at most {longest} characters; these are {len(value)}.")
    text = unicodedata.normalize("NFC", value.replace("\r\n", "\n").strip())
    unseen = next((c for c in text if c not in "\n\t" and unicodedata.category(c) in _UNSEEN), None)
    if unseen is not None:
        raise _Wrong(f"Remove the invisible or control character U+{ord(unseen):04X}.")
    if _TAG.search(text):
        raise _Wrong("Write plain text: HTML is not accepted. Put a space after “<” to mean less.")
    if len(text) > longest:
        raise _Wrong(f"Use at most {longest} characters; these are {len(text)}.")
    return text


def _line(name: str) -> Callable[[object], str]:
    def check(value: object) -> str:
        text = _text(value, longest=LONGEST[name])
        if "\n" in text or "\t" in text:
            raise _Wrong("Use one line, without line breaks or tabs.")
        return " ".join(text.split())

    return check


def _notes(value: object) -> str:
    return _text(value, longest=LONGEST["notes"])


def _product(value: object) -> str:
    if value not in Product.values:
        raise _Wrong(f"Choose one of: {', '.join(sorted(OFFERED))}.")
    if value not in OFFERED:
        raise _Wrong("This product is not on sale yet.")
    return str(value)


def _domain(value: object) -> Domain:
    """Find the site by id or by host; what is not sold is not told apart from what is not there."""
    sold = Domain.objects.filter(is_active=True)
    number = _whole(value)
    found = None
    if number is not None:
        found = sold.filter(pk=number).first() if 0 < number < _LARGEST_ID else None
    elif not isinstance(value, str):
        raise _Wrong("Name the site by its host or its id.")
    elif value.isascii() and value.isprintable():
        found = sold.filter(host=value.strip().lower()).first()
    if found is None:
        raise _Wrong("We sell nothing on this site.")
    if found.outbound_limit < LINKS_ORDERED:
        raise _Wrong("This site's articles may not carry another link.")
    return found


def _niche(domain: Domain) -> Callable[[object], str]:
    def check(value: object) -> str:
        niche = _line("niche")(value).lower().replace(" ", "-")
        if domain.niches and niche not in domain.niches:
            raise _Wrong(f"This site writes about: {', '.join(domain.niches)}.")
        return niche

    return check


def _language(domain: Domain) -> Callable[[object], str]:
    def check(value: object) -> str:
        if not isinstance(value, str) or value.strip().lower() != domain.language:
            raise _Wrong(f"This site publishes in “{domain.language}”.")
        return domain.language

    return check


def _words(value: object) -> int:
    words = _whole(value)
    if words is None:
        raise _Wrong("This must be a whole number.")
    if not SHORTEST_ARTICLE_WORDS <= words <= LONGEST_ARTICLE_WORDS:
        raise _Wrong(f"Order {SHORTEST_ARTICLE_WORDS} to {LONGEST_ARTICLE_WORDS} words.")
    return words


def _whole(value: object) -> int | None:
    """Read a whole number: a form sends digits, the API a number. True is one to Python alone."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and re.fullmatch(r"\s*[0-9]{1,18}\s*", value):
        return int(value)
    return None


def _email(value: object) -> str:
    email = _line("email")(value).lower()
    try:
        _is_email(email)
    except ValidationError:
        raise _Wrong("Enter a valid e-mail address.") from None
    return email


def _target_url(value: object) -> str:
    text = _line("target_url")(value)
    try:
        return public_urls.public_url(text)
    except public_urls.NotPublic as refused:
        raise _Wrong(str(refused)) from None
