"""What the review desk's pages send."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django import forms

from articles.document import Block
from articles.models import ArticleVersion
from orders.forms import ChangesForm
from orders.models import Review

NOTE_CHARS: Final = 2000
_BLOCK_CHARS: Final = 50_000
_LONGEST_ROWS: Final = 24
_ROW_CHARS: Final = 90  # about what a text area of the edit page shows in a row


_DECISIONS: Final = [
    choice for choice in Review.Decision.choices if choice[0] != Review.Decision.ENDED
]


class Seen(forms.Form):
    """`seen` is when the order had last changed, as the page that sends this showed it."""

    seen = forms.CharField(max_length=40)

    def clean_seen(self) -> datetime:
        try:
            return datetime.fromisoformat(self.cleaned_data["seen"])
        except ValueError:
            raise forms.ValidationError("Open the review again.") from None


class DecisionForm(Seen):
    """One decision."""

    decision = forms.ChoiceField(choices=_DECISIONS)
    note = forms.CharField(max_length=NOTE_CHARS, required=False)
    override_reason = forms.CharField(max_length=NOTE_CHARS, required=False)
    sure = forms.BooleanField(required=False)


class WriterForm(Seen, ChangesForm):
    """What the writer should change; bounded and cleaned like a customer's wish."""

    def __init__(self, data: Mapping[str, Any] | None = None, *, blocks: Sequence[Block]) -> None:
        super().__init__(data, blocks=blocks)
        self.fields["notes"].label = "What the writer should change"
        self.fields["block"].help_text = "Point at one paragraph if it is about that one alone."


class EditForm(Seen):
    """The whole text: title, description, and each block's HTML in a text area of its own."""

    title = forms.CharField(max_length=200)
    meta_description = forms.CharField(
        max_length=400,
        required=False,
        label="Description",
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(
        self, data: Any = None, *, version: ArticleVersion, blocks: Sequence[Block]
    ) -> None:
        first = {"title": version.title, "meta_description": version.meta_description}
        super().__init__(data, initial=first, auto_id="%s")
        self._blocks = blocks
        for block in blocks:
            self.fields[_name(block)] = forms.CharField(
                required=False,
                strip=False,
                max_length=_BLOCK_CHARS + len(block.html),
                label=f"Block {block.number}: {block.kind}",
                initial=block.html,
                widget=forms.Textarea(attrs={"rows": _rows(block.html), "spellcheck": "true"}),
            )

    @property
    def areas(self) -> list[tuple[int, forms.BoundField]]:
        """Each block's number with its text area."""
        return [(block.number, self[_name(block)]) for block in self._blocks]

    @property
    def texts(self) -> dict[int, str]:
        """The HTML that was sent for each block; one that was not sent is not named."""
        return {
            block.number: self.cleaned_data[_name(block)]
            for block in self._blocks
            if _name(block) in self.data
        }


def _name(block: Block) -> str:
    return f"text-{block.number}"


def _rows(html: str) -> int:
    needed = sum(1 + len(line) // _ROW_CHARS for line in html.splitlines())
    return min(max(needed, 2) + 1, _LONGEST_ROWS)
