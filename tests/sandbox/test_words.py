"""The writer's words: every language can say what the writer asks of it."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.test_writer import LANGUAGES

WORDS = Path(__file__).parents[2] / "sandbox" / "writer" / "words"
# What the writer itself puts into a frame.
GIVEN = {"kw", "link", "who", "what", "term", "terms"}


def read(language: str) -> dict[str, Any]:
    tables: dict[str, Any] = {}
    for file in (WORDS / language).glob("*.toml"):
        for name, table in tomllib.loads(file.read_text(encoding="utf-8")).items():
            tables.setdefault(name, {}).update(table)
    return tables


def used(texts: Any) -> set[str]:
    return {name for text in texts for name in re.findall(r"\{(\w+)\}", text)}


def test_the_tests_read_every_language_that_the_writer_has():
    assert {folder.name for folder in WORDS.iterdir()} == set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_has_frames_for_all_that_an_article_needs(language):
    words, english = read(language), read("en")

    assert words["frames"].keys() == english["frames"].keys()
    assert words["niches"].keys() == english["niches"].keys()
    assert next(iter(words["niches"])) == "general"
    assert words["aspects"].keys() <= english["aspects"].keys()
    assert len(words["aspects"]) >= 12


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_slot_is_filled_in_every_niche(language):
    words = read(language)
    frames = [*words["frames"].values(), *words["slots"].values()]
    frames += [text for aspect in words["aspects"].values() for text in aspect.values()]

    for name, niche in words["niches"].items():
        filled = words["slots"].keys() | niche.keys() | GIVEN
        assert used(frames) <= filled, name
        assert used(niche.values()) == set(), name


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_aspect_has_headings_with_the_keyword_and_without(language):
    for name, aspect in read(language)["aspects"].items():
        headings = aspect["headings"].strip().splitlines()
        keyed = [one for one in headings if "{kw}" in one]
        assert 0 < len(keyed) < len(headings), name
        assert len(aspect["lines"].strip().splitlines()) >= 12, name
