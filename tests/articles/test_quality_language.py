from concurrent.futures import ThreadPoolExecutor

import pytest

from articles import language


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("The bees fly home because the evening is cold and it will rain soon.", "en"),
        ("Die Bienen fliegen nach Hause, weil der Abend kalt ist und es bald regnet.", "de"),
        ("Les abeilles rentrent à la maison parce que le soir est froid.", "fr"),
        ("Biene flyr hjem fordi kvelden er kald og det snart begynner å regne.", "no"),
    ],
)
def test_a_sentence_is_enough_to_tell_a_language(text, code):
    assert language.spoken(text).language == code


def test_languages_are_known_by_their_code():
    assert all(language.known(code) for code in ("en", "de", "nb", "no", "pl"))
    assert not language.known("xx")


def test_threads_that_start_together_load_the_data_once():
    language._loaded.cache_clear()

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(language.spoken, ["The bees fly home in the evening."] * 16))

    assert {each.language for each in told} == {"en"}
    assert language._loaded.cache_info().misses == 1
