"""Which notes ask for a new text, in each language that is sold, and what the gate makes of it."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.quality import State, check
from articles.quality.rewriting import asks_for_rewrite
from tests.articles.good import BRIEF, DRAFT, codes

NEW_TEXT = (
    "Please rewrite the whole article in a friendlier tone.",
    "Write it again from scratch, please.",
    "This is not what we wanted. Start over.",
    "Rewrite everything except the introduction.",
    "We need a completely different text.",
    "Rewrite the article and shorten the title.",
    "Bitte schreiben Sie den ganzen Text neu.",
    "Den Artikel bitte komplett neu schreiben, bis auf die Einleitung.",
    "Fangen Sie noch einmal von vorn an.",
    "Wir brauchen einen völlig neuen Text.",
    "Bitte alles umschreiben.",
    "Merci de réécrire tout l'article.",
    "Repartez de zéro, s'il vous plaît.",
    "Réécrivez le texte entièrement, sauf le titre.",
    "Il faut refaire le texte.",
    "Por favor, reescriba todo el artículo.",
    "Escríbanlo de nuevo, desde cero.",
    "Hay que rehacer el texto, salvo el título.",
    "Herschrijf het hele artikel, alstublieft.",
    "Schrijf de tekst helemaal opnieuw.",
    "Begin opnieuw, behalve de inleiding.",
)
A_CHANGE = (
    "Please rewrite the second paragraph.",
    "Do not rewrite the article, just fix the date.",
    "Please don’t rewrite it all.",
    "Make it shorter.",
    "Rewrite “old words” as “new words”.",
    "Rewrite the introduction and keep the article.",
    "There is no need to start over.",
    "The title should be rewritten.",
    "Mention our new article about bread from scratch.",
    "Explain how to start a garden from scratch.",
    "Mention the brand new tool.",
    "Bitte den zweiten Absatz neu schreiben.",
    "Bitte schreiben Sie den Text nicht neu.",
    "Nur die Überschrift umschreiben.",
    "Bitte ohne neu zu schreiben kürzen.",
    "Bitte die neue Version der App erwähnen.",
    "Réécrivez le deuxième paragraphe.",
    "Ne réécrivez pas l'article.",
    "Sans réécrire le texte, raccourcissez-le.",
    "Parlez de la nouvelle version.",
    "Reescriba el segundo párrafo.",
    "No reescriba el artículo.",
    "Sin reescribir el texto, acórtelo.",
    "Mencione la nueva versión.",
    "Herschrijf de tweede alinea.",
    "Herschrijf het artikel niet.",
    "Het artikel hoeft niet opnieuw geschreven te worden.",
    "Noem de nieuwe versie.",
    "",
)


def revised(notes, *, kept, change="revision"):
    """What the gate says of a hundred sentences of which so many are left."""
    before = "".join(f"<p>It holds true for case number {n}.</p>" for n in range(100))
    after = "".join(
        f"<p>{'It' if n < kept else 'Anew it'} holds true for case number {n}.</p>"
        for n in range(100)
    )
    return check(
        replace(DRAFT, html=after),
        BRIEF,
        before=replace(DRAFT, html=before),
        change=change,
        asked=notes,
    )["untouched-text"]


@pytest.mark.parametrize("notes", NEW_TEXT)
def test_notes_that_ask_for_a_new_text_are_known(notes):
    assert asks_for_rewrite(notes)
    assert asks_for_rewrite(f"Thank you so far!\n{notes.upper()}")


@pytest.mark.parametrize("notes", A_CHANGE)
def test_notes_that_ask_for_less_are_no_such_wish(notes):
    assert not asks_for_rewrite(notes)


@given(st.sampled_from(A_CHANGE), st.sampled_from(A_CHANGE), st.sampled_from(NEW_TEXT))
def test_wishes_for_less_never_add_up_to_one_for_all_and_hide_none(one, other, whole):
    assert not asks_for_rewrite(f"{one}\n{other}")
    assert asks_for_rewrite(f"{one}\n{whole}\n{other}")


@given(st.text())
def test_whatever_the_notes_they_can_be_read(notes):
    assert asks_for_rewrite(notes) in {True, False}


@pytest.mark.parametrize(
    ("notes", "kept", "state"),
    [
        (NEW_TEXT[0], 0, State.PASSED),
        (NEW_TEXT[0], 49, State.PASSED),
        (A_CHANGE[0], 49, State.WARNED),
        (A_CHANGE[0], 50, State.PASSED),
        ("", 49, State.WARNED),
    ],
)
def test_a_new_text_that_was_asked_for_is_no_warning_and_its_share_is_shown(notes, kept, state):
    result = revised(notes, kept=kept)
    assert (result.state, result.value, result.threshold) == (state, kept, 50)
    assert codes(result) == ["text-not-kept"] * (state is State.WARNED)


def test_an_integration_keeps_the_text_whatever_was_asked():
    assert "text-not-kept" in codes(revised(NEW_TEXT[0], kept=94, change="integration"))
