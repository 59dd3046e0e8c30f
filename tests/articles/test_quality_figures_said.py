"""What counts as a figure or an appeal to studies, in every language that is sold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from articles.brief import Reference
from articles.quality import Level, State
from articles.quality.figures import READ, comparable, figures
from tests.articles.good import DRAFT, codes, run

SAID = {
    "en": (
        "Nine in ten agree.",
        "9 out of 10 stay.",
        "It helps one in four adults.",
        "Two thirds of adults sleep badly.",
        "Some seventy percent do.",
        "It is 12 ％ of them.",
        "It went up 5 percentage points.",
        "Two million people do.",
        "It costs five hundred dollars.",
        "They are three times as many.",
        "It is scientifically proven.",
        "According to experts, it works.",
    ),
    "de": (
        "Laut einer Studie ist das so.",
        "Laut einer neuen Studie der Universität ist das so.",
        "Studien zeigen das.",
        "Einer Umfrage zufolge ist das so.",
        "Forscher fanden heraus, was hilft.",
        "Das ist wissenschaftlich erwiesen.",
        "Neun von zehn Menschen schlafen gut.",
        "Eine von zehn Frauen schläft gut.",
        "Jeder Zehnte schläft schlecht.",
        "Zwei Drittel der Deutschen tun es.",
        "Es sind 3,5 % davon.",
        "Es sind siebzig Prozent davon.",
        "Dreimal so viele tun es.",
        "Zwei Millionen Menschen tun es.",
        "Es kostet fünfhundert Euro.",
    ),
    "fr": (
        "Selon une étude, c'est vrai.",
        "D’après une enquête récente, c'est vrai.",
        "Les chercheurs ont démontré cela.",
        "C'est scientifiquement prouvé.",
        "Neuf sur dix sont contents.",
        "Une personne sur trois dort mal.",
        "Deux tiers des Français dorment bien.",
        "Ils sont 3,5\u202f%.",
        "Ils sont soixante-dix pour cent.",
        "Cela coûte 10\u202f000 euros.",
        "Cela coûte 10 000 euros.",
    ),
    "es": (
        "Según un estudio, es así.",
        "Los estudios demuestran que es así.",
        "Está científicamente probado.",
        "Nueve de cada diez lo hacen.",
        "Una de cada tres mujeres lo hace.",
        "Dos tercios de los adultos lo hacen.",
        "Es el setenta por ciento.",
        "Lo hacen 10 mil personas.",
    ),
    "nl": (
        "Uit onderzoek blijkt dat het zo is.",
        "Volgens een recent onderzoek is het zo.",
        "Onderzoek toont aan dat het zo is.",
        "Het is wetenschappelijk bewezen.",
        "Negen van de tien doen het.",
        "Eén op de drie doet het.",
        "Driekwart van de mensen doet het.",
        "Het is 42 procent.",
        "Het is zeventig procent.",
    ),
}
UNSAID = {
    "en": (
        "That was in the 1990s, or the 1990's.",
        "Water it every second day, or once in two weeks.",
        "Two cups, three steps, 10 minutes, one in ten minutes.",
        "There are a thousand reasons, and no one in the house knows them.",
        "Half of your bees may leave, one by one.",
        "Every dollar counts, and a dollar saved is one earned.",
        "Your credit report shows every loan.",
        "It is a 2 in 1 tool on a 24/7 line.",
    ),
    "de": (
        "Das war in den 1990er Jahren.",
        "Einer von zwei Wegen führt hin, eine von drei Möglichkeiten bleibt.",
        "Gießen Sie jede zweite Woche, alle acht Stunden achten Sie darauf.",
        "Jeder Euro zählt, und ein Euro mehr schadet nicht. Tausend Dank!",
        "Eine Untersuchung beim Arzt zeigt mehr.",
    ),
    "fr": (
        "C'était dans les années 1990.",
        "Un jour sur deux, 24 heures sur 24, 7 jours sur 7.",
        "Un guide sur dix plantes, et mille mercis.",
        "Cela prend deux fois plus de temps.",
        "Le neuf est neuf, et un euro est un euro.",
    ),
    "es": (
        "Fue en los años 1990.",
        "Riegue uno de cada dos días. ¡Mil gracias!",
        "Su informe muestra el saldo, y un estudio de música no.",
    ),
    "nl": (
        "Dat was in de jaren 1990.",
        "Een van de tien tips is goed. Duizend dank!",
        "Doe het om de twee dagen, en onderzoek uw bodem.",
    ),
}
DOSES = (
    ("en", "Take 400 mg a day."),
    ("en", "Take four hundred milligrams a day."),
    ("en", "Take 400 IU of it."),
    ("en", "Eat 300 calories less and lose 10 kg."),
    ("de", "Nehmen Sie vierhundert Milligramm."),
    ("fr", "Prenez 400 milligrammes."),
    ("es", "Tome 400 miligramos."),
    ("nl", "Neem 400 milligram."),
)
FIELDS = ("title", "meta_description")


def pairs(table):
    return [(language, text) for language, texts in table.items() for text in texts]


@pytest.mark.parametrize(("language", "text"), pairs(SAID))
def test_figures_and_studies_are_known_in_every_language(language, text):
    html = f"<p>Bees fly.</p><p>{text}</p>"
    result = run("unsourced-figures", html, language=language)
    assert [(f.level, f.block) for f in result.findings] == [(Level.WARNS, 2)]
    assert run("unsourced-figures", html, language=language, niche="health").state is State.FAILED


@pytest.mark.parametrize(("language", "text"), pairs(UNSAID))
def test_decades_plans_and_ways_to_speak_are_none(language, text):
    html = f"<p>{text}</p>"
    assert run("unsourced-figures", html, language=language, niche="health").findings == ()


@pytest.mark.parametrize(("language", "text"), DOSES)
def test_doses_count_where_they_can_do_harm(language, text):
    html = f"<p>{text}</p>"
    assert codes(run("unsourced-figures", html, language=language)) == []
    sensitive = run("unsourced-figures", html, language=language, site_niches=("food", "health"))
    assert sensitive.state is State.FAILED
    sourced = run("unsourced-figures", html, language=language, niche="health", notes=text)
    assert sourced.state is State.PASSED


def test_what_a_recipe_weighs_is_no_dose():
    html = "<p>Take 200 g of flour, 2 litres of water and 3 eggs.</p>"
    assert codes(run("unsourced-figures", html, niche="health")) == []


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize(("niche", "state"), [("gardening", "warned"), ("health", "failed")])
def test_title_and_description_need_sources_too(field, niche, state):
    result = run("unsourced-figures", draft={field: "Why 80% of bees sleep"}, niche=niche)
    (finding,) = result.findings
    assert (result.state, finding.value, finding.block) == (state, "80%", None)
    assert field.replace("_", " ") in finding.message


@pytest.mark.parametrize("field", FIELDS)
def test_title_and_description_may_tell_what_the_text_has_a_source_for(field):
    allowed = ("https://a.example/",)
    link = '<a href="https://a.example/" rel="nofollow">they say</a>'
    html = DRAFT.html + f"<p>Of all bees, 80% sleep, {link}.</p>"
    given = {"niche": "health", "draft": {field: "Why 80 percent of bees sleep"}}
    assert run("unsourced-figures", html, allowed_references=allowed, **given).findings == ()
    assert run("unsourced-figures", html, **given).state is State.FAILED


@pytest.mark.parametrize(
    ("said", "source"),
    [
        ("9 out of 10 sleep.", "Nine in ten sleep."),
        ("Nine of ten adults: nine in ten sleep.", "Sleep well: 9 out of 10."),
        ("It is 70% of them.", "It is seventy percent of them."),
        ("It costs 10,000 euros.", "Es kostet 10.000 Euro, also 10 000 euros."),
        ("9 in 10 sleep.", "Neuf personnes sur dix dorment."),
    ],
)
def test_a_source_may_write_a_figure_in_another_way(said, source):
    page = Reference(url="https://b.example/", text=source)
    result = run("unsourced-figures", f"<p>{said}</p>", references_=(page,), niche="health")
    assert result.state is State.PASSED


@pytest.mark.parametrize("source", ["Eight in ten sleep.", "It is 90 percent.", "Nine sleep."])
def test_another_figure_is_no_source(source):
    page = Reference(url="https://b.example/", text=source)
    result = run("unsourced-figures", "<p>9 in 10 sleep.</p>", references_=(page,), niche="health")
    assert result.state is State.FAILED


def test_a_thousand_less_is_no_source_for_tens_of_thousands():
    html = "<p>Cela coûte 10 000 euros.</p>"
    result = run("unsourced-figures", html, language="fr", notes="Dire : 20 000 euros.")
    assert [finding.value for finding in result.findings] == ["10 000 euros"]


@given(st.integers(2, 999), st.integers(3, 1000))
def test_of_two_numbers_a_share_is_the_lesser_of_the_greater(some, of):
    assert (figures(f"Sleep {some} in {of} well.", language="en") != []) is (some < of)


@given(st.integers(1000, 99999))
def test_of_the_fours_and_fives_only_decades_are_no_dates(number):
    assert figures(f"It was {number}.", language="en") == [f"{number}"]
    assert figures(f"It was in the {number}s.", language="en") == []


@given(st.text(max_size=60), st.sampled_from([*READ, "sv"]))
def test_whatever_the_text_its_figures_stand_for_themselves(text, language):
    for figure in figures(text, language=language, doses=True):
        assert figure
        assert comparable(figure)
