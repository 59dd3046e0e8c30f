"""The forms. The rules are `orders.briefs`'; this says how each field looks and reads."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django import forms
from django.urls import reverse

from articles.document import Block
from articles.models import SHORTEST_ARTICLE_WORDS, Domain
from orders import briefs, revisions, wishes
from orders.briefs import BriefInput, BriefInvalid
from orders.models import Product
from orders.templatetags.pages import niche_words

# What each product asks for, and what it leaves open.
REQUIRED: Final[dict[str, tuple[str, ...]]] = {
    Product.ARTICLE: ("topic", "keyword", "target_url", "anchor_text", "email"),
    Product.INTEGRATION: ("target_url", "anchor_text", "email"),
}
OPTIONAL: Final[dict[str, tuple[str, ...]]] = {
    Product.ARTICLE: (
        "niche", "words", "audience", "tone", "must_mention", "must_avoid", "secondary_keywords",
        "link_position", "references", "notes",
    ),
    Product.INTEGRATION: ("keyword", "link_position", "tone", "must_avoid", "notes"),
}  # fmt: skip
WHERE: Final = (
    ("", "Where it reads best"),
    ("early", "In the first third"),
    ("middle", "In the middle"),
    ("late", "In the last third"),
)
_HIDDEN: Final[dict[str, tuple[str, ...]]] = {
    Product.ARTICLE: ("product", "domain"),
    Product.INTEGRATION: ("product", "domain", "article"),
}


def _lines(label: str, about: str) -> forms.CharField:
    return forms.CharField(
        required=False,
        label=label,
        help_text=f"{about} One a line.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class OrderForm(forms.Form):
    """A brief for one site, with the fields of its product. Valid, it has the checked `brief`."""

    product = forms.CharField(required=False, widget=forms.HiddenInput)
    domain = forms.CharField(required=False, widget=forms.HiddenInput)
    article = forms.CharField(required=False, widget=forms.HiddenInput)
    topic = forms.CharField(
        required=False,
        label="Topic",
        help_text="What the article is about, as you would tell a writer.",
    )
    keyword = forms.CharField(
        required=False,
        label="Keyword",
        help_text="The phrase that readers search for. It goes into title and introduction.",
    )
    target_url = forms.CharField(
        required=False,
        label="Target URL",
        help_text="The public page that your link opens, starting with https://.",
        widget=forms.TextInput(attrs={"inputmode": "url", "spellcheck": "false"}),
    )
    anchor_text = forms.CharField(
        required=False,
        label="Anchor text",
        help_text="The words that carry the link, exactly as they should read in a sentence.",
    )
    email = forms.CharField(
        required=False,
        label="E-mail",
        help_text="We send the link to your order here, and nothing else.",
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    niche = forms.CharField(required=False, label="Subject area")
    words = forms.CharField(
        required=False,
        label="Length in words",
        widget=forms.NumberInput(
            attrs={"min": SHORTEST_ARTICLE_WORDS, "max": briefs.LONGEST_ARTICLE_WORDS}
        ),
    )
    audience = forms.CharField(
        required=False,
        label="Readers",
        help_text="Whom the article is for, such as first-time buyers.",
    )
    tone = forms.CharField(
        required=False, label="Tone", help_text="How it should sound, such as calm and factual."
    )
    must_mention = _lines("Must mention", "Words that have to stand in the text as they are.")
    must_avoid = _lines("Must avoid", "Words that may stand nowhere in what we write, in any form.")
    secondary_keywords = _lines("Further keywords", "Phrases to use once or twice each.")
    link_position = forms.CharField(
        required=False, label="Place of your link", widget=forms.Select(choices=WHERE)
    )
    references = _lines(
        "References",
        "Public pages of other sites than yours that the writer should know. One that we cannot "
        "open is left out; links to them are not followed.",
    )
    notes = forms.CharField(
        required=False,
        label="Notes for the writer",
        help_text="Tone, facts to mention, things to leave out. Plain text.",
        widget=forms.Textarea(attrs={"rows": 5}),
    )

    brief: BriefInput

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        site: Domain,
        at: datetime,
        initial: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial=initial, auto_id="%s")
        self.site = site
        self.at = at
        asked = str((initial or {} if data is None else data).get("product", ""))
        self.sold: str = Product(asked) if asked in REQUIRED else Product.ARTICLE
        self.seen = (*REQUIRED[self.sold], *OPTIONAL[self.sold])
        for name in set(self.fields) - {*self.seen, *_HIDDEN[self.sold]}:
            del self.fields[name]
        if self.sold == Product.INTEGRATION:
            self.fields["keyword"].help_text = ABOUT_THE_PLACE
        else:
            self.fields["niche"].widget = forms.Select(
                choices=[(niche, niche_words(niche)) for niche in site.niches]
            )
            words = f"Left empty: {site.words_default}, as this site prefers."
            self.fields["words"].help_text = words
        for name in self.seen:
            self._prepare(name)

    def clean(self) -> dict[str, Any]:
        given = {name: self.data[name] for name in self.fields if name in self.data}
        try:
            self.brief = briefs.validate(given, at=self.at)
        except BriefInvalid as invalid:
            for name, reasons in invalid.errors.items():
                self._add(name, reasons)
        return self.cleaned_data

    def required_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in REQUIRED[self.sold]]

    def optional_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in OPTIONAL[self.sold]]

    @property
    def is_folded(self) -> bool:
        """Whether the optional part may stay closed: nothing in it was written or is wrong."""
        wrong = any(self[name].errors for name in OPTIONAL[self.sold])
        open_for = {*wishes.NAMES, "notes"} & set(OPTIONAL[self.sold])
        return not wrong and not any(self[name].value() for name in open_for)

    def _add(self, name: str, reasons: list[str]) -> None:
        """A hidden field has no place for its reasons, so they go on top."""
        seen = name in self.seen
        told = reasons if seen else [f"{name.capitalize()}: {reason}" for reason in reasons]
        self.add_error(name if seen else None, told)

    def _prepare(self, name: str) -> None:
        widget = self.fields[name].widget
        hint = f"{name}_helptext " if self.fields[name].help_text else ""
        widget.attrs |= {
            # The error's place is always there, so that it can be filled when a field is left.
            "aria-describedby": f"{hint}{name}_error",
            "hx-post": f"{reverse('order-check')}?field={name}",
            "hx-trigger": "change",
            "hx-target": f"#{name}_error",
            "hx-sync": "this:replace",
        }
        if name in briefs.LONGEST and not isinstance(widget, forms.Select):
            # Room beyond the limit: a text pasted too long is told about, not silently cut.
            widget.attrs["maxlength"] = briefs.LONGEST[name] * 2 * wishes.MOST.get(name, 1)
        if name in REQUIRED[self.sold]:
            widget.attrs["aria-required"] = "true"


ABOUT_THE_PLACE: Final = (
    "What the paragraph around your link should be about. Left empty: your anchor text."
)


class ChangesForm(forms.Form):
    """What a customer wants changed. Valid, its notes are cleaned as every text of theirs is."""

    REASONS: Final = (
        ("tone", "The tone"),
        ("facts", "Something is not right"),
        ("missing", "Something is missing"),
        ("too-long", "It is too long or too short"),
        ("link", "The sentence around the link"),
    )

    reasons = forms.MultipleChoiceField(
        required=False, choices=REASONS, widget=forms.CheckboxSelectMultiple
    )
    notes = forms.CharField(
        required=False,
        label="Your changes",
        help_text="10 to 2000 characters. Say what should be different, as to a writer.",
        widget=forms.Textarea(attrs={"rows": 6, "aria-required": "true"}),
    )
    block = forms.TypedChoiceField(
        required=False,
        label="Paragraph",
        help_text="Point at one paragraph if your wish is about that one alone.",
        coerce=int,
        empty_value=None,
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, blocks: Sequence[Block]) -> None:
        super().__init__(data, auto_id="%s")
        choices = [(block.number, f"{block.number}: {_begin(block.text)}") for block in blocks]
        self.fields["block"].choices = [("", "The whole article"), *choices]  # type: ignore[attr-defined]

    def clean_notes(self) -> str:
        try:
            return briefs.wish(self.cleaned_data["notes"], chars=revisions.NOTES_CHARS)
        except BriefInvalid as invalid:
            raise forms.ValidationError(invalid.errors["notes"]) from None


def _begin(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:60].rsplit(' ', 1)[0]} …"
