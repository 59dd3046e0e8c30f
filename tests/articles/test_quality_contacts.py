"""Contact data as people write it, and what only looks like it."""

import pytest

from tests.articles.good import DRAFT, codes, run


def found(text):
    return [each.value for each in run("contact-data", f"{DRAFT.html}<p>{text}</p>").findings]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Reach us on 02071234567 for a free bonus.", "02071234567"),
        ("Reach us: 0612345678 now.", "0612345678"),
        ("Reach our team under 01711234567 today.", "01711234567"),
        ("Infos: 0800123456, day and night.", "0800123456"),
        ("The number 0612345678 is open all night.", "0612345678"),
    ],
)
def test_a_number_that_begins_as_telephone_numbers_do_is_one(text, number):
    assert found(text) == [number]


@pytest.mark.parametrize(
    "text",
    [
        "It is ISBN 0306406152 in all shops.",
        "Take the part number 0986494123 for it.",
        "The Teilenummer: 0986494123 fits.",
        "It reads 0101010101 in binary, and 0123456789 has all digits.",
        "Pi less three is 0.1415926535, or 3,0123456789 with a comma.",
        "See 10.1007/0123454321 for the paper.",
        "Count 00123456789012345 of them.",
        "<code>0712345678</code> is a code of its own.",
    ],
)
def test_a_number_of_another_kind_is_no_telephone_number(text):
    assert found(text) == []


@pytest.mark.parametrize(
    "shown",
    [
        "<pre>id = 0712345678</pre>",
        "<table><tbody><tr><td>0712345678</td></tr></tbody></table>",
        "<pre>contact @model and dm @x_y</pre>",
    ],
)
def test_code_and_tables_have_numbers_and_signs_of_their_own(shown):
    assert codes(run("contact-data", DRAFT.html + shown)) == []


@pytest.mark.parametrize(
    "text",
    [
        "Our team answers at 612 345 678 every day.",
        "Call us on 612 345 678 every day.",
        "Call 612 34 56 78 every day.",
        "Reach our team under 612 345 678 today.",
        "Llámanos al 612 345 678 ahora.",
        "Puede contactar con nosotros en el 912 345 678 hoy.",
        "Appelez-nous au 612 345 678 vite.",
        "Sie erreichen uns unter 712 345 678 rund um die Uhr.",
        "Bel ons op 612 345 678 vandaag.",
        "Teléfono: 612 345 678.",
    ],
)
def test_groups_of_digits_behind_a_word_of_contact_are_a_telephone_number(text):
    assert len(found(text)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "They sold 612 345 678 tonnes to 712 345 678 people.",
        "It cost € 612 345 678 or 612 345 678 €.",
        "Sales reach 612 345 678 units.",
        "We hope to reach 612 345 678 people with our calls.",
        "Call for 612 345 678 euros in aid.",
        "Operators answer 612 345 678 calls a year.",
        "Les ventes appellent 612 345 678 euros.",
        "Llegaron a 612 345 678 personas que llaman.",
        "Der Umsatz erreichte 612 345 678 Euro.",
        "They call on 612 345 678 people to vote.",
        "Call 100 200 300 as you like.",
        "Call me at 7. Then 612 345 678 came.",
        "Call us: 612 345 678 912 are too many.",
    ],
)
def test_groups_of_digits_of_another_kind_are_figures(text):
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "handle"),
    [
        ("Find us on Facebook @luckywins today.", "@luckywins"),
        ("DM @lucky_wins for a bonus.", "@lucky_wins"),
        ("Follow us at @lucky7 for more.", "@lucky7"),
        ("Message our account @luckywins now.", "@luckywins"),
        ("Contact us via @luckywins now.", "@luckywins"),
        ("Folge uns: @gluecksrad jetzt.", "@gluecksrad"),
        ("Suivez-nous sur @lachance vite.", "@lachance"),
        ("Síguenos en @lasuerte ahora.", "@lasuerte"),
        ("Volg ons op @geluk vandaag.", "@geluk"),
        ("Watch @luckywins on YouTube tonight.", "@luckywins"),
    ],
)
def test_a_handle_behind_a_word_of_contact_or_beside_a_platform_is_one(text, handle):
    assert found(text) == [handle]


@pytest.mark.parametrize(
    "text",
    [
        "Follow the @media rule of CSS, and message @property with care.",
        "Import @angular/core, and follow us with @types/node.",
        "Use the @cached_property decorator and the @Override mark.",
        "On Instagram, type @username or @yourbrand to name somebody.",
        "On Discord, write @everyone or use @mentions to tell all.",
        "Follow @decorators(x) in the code.",
        "Meet us @ noon.",
    ],
)
def test_an_at_sign_of_another_kind_is_no_handle(text):
    assert found(text) == []
