"""Threshold tests of keyphrase and readability, whose thresholds are Yoast's."""

import pytest

from articles.quality import State
from articles.quality.voice import is_passive
from tests.articles.good import DRAFT, codes, run, spoilt, text_of


def with_density(times: int, words: int) -> str:
    """An article whose introduction holds the keyphrase, `times` in `words` words in all."""
    held = "Urban beekeeping. " * times
    return f"<p>{held}{text_of(words - 2 * times)}</p>"


@pytest.mark.parametrize(
    ("times", "words", "expected"),
    [
        (2, 400, []),  # 0.5 %
        (2, 404, ["keyphrase-rare"]),
        (12, 400, []),  # 3 %
        (13, 400, ["keyphrase-frequent"]),
        (16, 400, ["keyphrase-frequent"]),  # 4 %
        (17, 400, ["keyphrase-stuffed"]),
    ],
)
def test_the_keyphrase_makes_up_its_share(times, words, expected):
    result = run("keyphrase", with_density(times, words))
    assert codes(result) == expected
    assert (result.state is State.FAILED) is (expected == ["keyphrase-stuffed"])


def test_the_keyphrase_stands_in_title_and_introduction():
    assert codes(run("keyphrase", draft={"title": "Bees"})) == ["keyphrase-not-in-title"]
    html = spoilt("yet urban beekeeping can", "yet bees can")
    assert codes(run("keyphrase", html)) == ["keyphrase-not-in-introduction"]


@pytest.mark.parametrize(
    ("title", "keyword"),
    [
        ("Why beekeeping in urban places works", "urban beekeeping"),
        ("The best boxes for bees", "best box for a bee"),
        ("Dog beds", "dog’s bed"),
        ("State-of-the-art hives", "art hive"),
        ("What is how", "what is"),
    ],
)
def test_other_forms_and_orders_of_the_keyphrase_count(title, keyword):
    assert "keyphrase-not-in-title" not in codes(
        run("keyphrase", draft={"title": title}, keyword=keyword)
    )


@pytest.mark.parametrize(
    ("holding", "others", "expected"),
    [
        (3, 7, []),
        (2, 6, ["keyphrase-in-few-subheadings"]),
        (3, 1, []),
        (4, 1, ["keyphrase-in-most-subheadings"]),
        (1, 0, []),  # one heading is no pattern
        (0, 0, []),
    ],
)
def test_the_keyphrase_stands_in_some_subheadings(holding, others, expected):
    headings = "<h2>Urban beekeeping</h2>" * holding + "<h3>Other</h3>" * others
    html = with_density(4, 400) + headings
    assert [code for code in codes(run("keyphrase", html)) if "subheadings" in code] == expected


def test_without_a_keyphrase_nothing_can_be_told():
    assert run("keyphrase", keyword=" … ").state is State.UNKNOWN


@pytest.mark.parametrize(
    ("draft", "expected"),
    [
        ({"title": "x" * 60}, []),
        ({"title": "x" * 61}, ["title-long"]),
        ({"title": " "}, ["title-missing"]),
        ({"meta_description": "x" * 121}, []),
        ({"meta_description": "x" * 120}, ["meta-length"]),
        ({"meta_description": "x" * 156}, []),
        ({"meta_description": "x" * 157}, ["meta-length"]),
        ({"slug": "the-urban-beekeeping-guide"}, []),
        ({"slug": "beekeeping"}, ["slug-without-keyphrase"]),
    ],
)
def test_title_description_and_slug_fit_search_results(draft, expected):
    result = run("title-meta-slug", draft=draft)
    assert codes(result) == expected
    assert (result.state is State.FAILED) is (expected == ["title-missing"])


def test_a_slug_of_foreign_letters_is_compared_in_plain_ones():
    draft = {"slug": "cafe-munchen"}
    assert codes(run("title-meta-slug", draft=draft, keyword="Café München")) == []
    draft = {"slug": "24-7-plumber"}
    assert codes(run("title-meta-slug", draft=draft, keyword="24/7 plumber")) == []


def sentences_of(lengths: list[int]) -> str:
    return "<p>" + " ".join("Go " + "on " * (n - 2) + "now." for n in lengths) + "</p>"


@pytest.mark.parametrize(
    ("lengths", "expected"),
    [
        ([21, 20, 20, 20], []),  # a quarter
        ([21, 21, 20, 20], ["long-sentences"]),
    ],
)
def test_a_quarter_of_the_sentences_may_be_long(lengths, expected):
    result = run("sentences", sentences_of(lengths))
    assert codes(result) == expected
    assert not expected or result.findings[0].block == 1


@pytest.mark.parametrize(("words", "expected"), [(150, []), (151, ["long-paragraph"])])
def test_paragraphs_stay_short(words, expected):
    assert codes(run("paragraphs", f"<p>{text_of(words)}</p>")) == expected


@pytest.mark.parametrize(("words", "expected"), [(300, []), (301, ["long-section"])])
def test_sections_stay_short(words, expected):
    half = f"<p>{text_of(150)}</p>"
    html = f"<p>x</p><h2>A</h2>{half}<ul><li>{text_of(words - 150)}</li></ul><h2>B</h2>{half}"
    result = run("paragraphs", html)
    assert codes(result) == expected
    assert not expected or result.findings[0].block == 2


@pytest.mark.parametrize(
    ("sentence", "passive"),
    [
        ("The hive was opened.", True),
        ("Honey is often sold in jars.", True),
        ("They got stung.", False),
        ("The box has been carefully built.", True),
        ("It isn't known.", True),
        ("Bees are busy.", False),
        ("There is need for care.", False),
        ("She is interested in bees.", False),
        ("We opened the hive.", False),
        ("There are a hundred bees.", False),
    ],
)
def test_the_passive_voice_is_told_from_the_active(sentence, passive):
    assert is_passive(sentence) is passive


PASSIVES = {
    "de": [
        "Der Stock wird einmal in der Woche geöffnet",
        "Hier wurden früher viele Bienen gehalten",
        "Wenn der Honig verkauft wird, freut das alle",
        "Das ist schon oft repariert worden",
        "Die Regeln werden vom Verein beschlossen",
    ],
    "fr": [
        "La ruche est ouverte une fois par semaine",
        "Les abeilles ont été gardées ici",
        "Ces règles sont souvent décidées par le club",
        "Le miel sera vendu au marché",
    ],
    "es": [
        "La colmena es abierta cada semana",
        "Las abejas fueron cuidadas aquí por un vecino",
        "Las reglas han sido decididas por el club",
        "El texto será siempre escrito por ella",
    ],
    "nl": [
        "De kast wordt elke week geopend",
        "Hier werden vroeger veel bijen gehouden",
        "De regels worden door de club bedacht",
        "Als de honing verkocht wordt, is iedereen blij",
    ],
}
ACTIVES = {
    "de": [
        "Wir öffnen den Stock einmal in der Woche",
        "Morgen werden die Bienen gehen",
        "Es wird kalt und die Tage werden kürzer",
        "Er wird bald bekannt und beliebt",
        "Sie wird Ihnen gefallen, weil sie gut passt",
        "Das Volk ist gesund, und es wird Zeit für ein Gespräch",
        "Was gemacht ist, ist gemacht, und es wird besser",
        "Das werden Sie nicht vergessen",
    ],
    "fr": [
        "Nous ouvrons la ruche une fois par semaine",
        "Les abeilles sont arrivées tôt",
        "Elle s'est trompée de chemin",
        "Le chemin est long et la vue est belle",
        "Il est fatigué et elle est née ici",
        "Ce sont les clés de la maison",
    ],
    "es": [
        "Abrimos la colmena cada semana",
        "Es demasiado tarde",
        "El camino es complicado y la casa es privada",
        "Son las nueve y el cielo es claro",
        "Fue un buen resultado",
    ],
    "nl": [
        "We openen de kast elke week",
        "Het wordt koud en de dagen worden korter",
        "Zij wordt beroemd en hij wordt oud",
        "De bijen zijn gezond",
        "Wat gedaan is, is gedaan, en het wordt beter",
    ],
}


def each_of(sentences: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(language, said) for language, listed in sentences.items() for said in listed]


@pytest.mark.parametrize(("language", "sentence"), each_of(PASSIVES))
def test_a_passive_of_another_language_is_found(language, sentence):
    assert is_passive(f"{sentence}.", language)


@pytest.mark.parametrize(("language", "sentence"), each_of(ACTIVES))
def test_an_active_of_another_language_is_no_passive(language, sentence):
    assert not is_passive(f"{sentence}.", language)


@pytest.mark.parametrize("language", PASSIVES)
@pytest.mark.parametrize(("passive", "expected"), [(1, []), (2, ["passive-voice"])])
def test_a_tenth_of_the_sentences_may_be_passive_in_every_language(language, passive, expected):
    one, other = f"{PASSIVES[language][0]}. ", f"{ACTIVES[language][0]}. "
    html = f"<p>{one * passive}{other * (10 - passive)}</p>"
    assert codes(run("passive", html, language=language)) == expected


WITH_TRANSITION = {
    "de": ("Deshalb fliegen Bienen heim. ", "Bienen fliegen heim. "),
    "fr": ("Cependant, l'abeille rentre. ", "L'abeille rentre chez elle. "),
    "es": ("Sin embargo, la abeja vuelve. ", "La abeja vuelve a casa. "),
    "nl": ("Daarom vliegt de bij naar huis. ", "De bij vliegt naar huis. "),
}


@pytest.mark.parametrize("language", WITH_TRANSITION)
@pytest.mark.parametrize(("with_word", "expected"), [(3, []), (2, ["few-transitions"])])
def test_three_sentences_in_ten_hold_a_transition_in_every_language(language, with_word, expected):
    tied, plain = WITH_TRANSITION[language]
    html = f"<p>{tied * with_word}{plain * (10 - with_word)}</p>"
    assert codes(run("transitions", html, language=language)) == expected


@pytest.mark.parametrize(("passive", "expected"), [(1, []), (2, ["passive-voice"])])
def test_a_tenth_of_the_sentences_may_be_passive(passive, expected):
    html = "<p>" + "The hive was opened. " * passive + "Bees fly home. " * (10 - passive) + "</p>"
    assert codes(run("passive", html)) == expected


@pytest.mark.parametrize(("with_word", "expected"), [(3, []), (2, ["few-transitions"])])
def test_three_sentences_in_ten_hold_a_transition(with_word, expected):
    plain = "Bees fly home. " * (10 - with_word)
    html = "<p>" + "However, bees fly home. " * with_word + plain + "</p>"
    assert codes(run("transitions", html)) == expected


@pytest.mark.parametrize(
    ("word", "expected"),
    # Sentences of 4 words: 206.835 - 4.06 - 84.6 * syllables a word.
    [("table", []), ("beautiful", ["hard-to-read"])],
)
def test_reading_ease_falls_with_every_syllable(word, expected):
    html = f"<p>{f'The {word} {word} stands. ' * 5}</p>"
    result = run("reading-ease", html)
    assert codes(result) == expected


def test_reading_ease_is_flesch_as_published():
    # 5 words, 1 sentence, 6 syllables.
    result = run("reading-ease", "<p>The cat sat on tables.</p>")
    assert result.value == pytest.approx(206.835 - 1.015 * 5 - 84.6 * 6 / 5, abs=0.06)


@pytest.mark.parametrize("name", ["passive", "transitions", "stock-phrases", "reading-ease"])
def test_what_has_no_words_for_a_language_is_unknown_and_says_so(name):
    result = run(name, language="fi")
    assert result.state is State.UNKNOWN
    assert "“fi”" in result.reason


@pytest.mark.parametrize("name", ["sentences", "passive", "transitions", "reading-ease"])
def test_without_running_text_nothing_can_be_read(name):
    assert run(name, "<h2>A</h2>").state is State.UNKNOWN
    assert run(name, DRAFT.html).state is State.PASSED
