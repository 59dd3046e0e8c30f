"""Is it easy to read: sentences, paragraphs, sections, voice, transitions, reading ease?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from articles.document.text import words
from articles.quality import dutch, english, french, german, spanish, voice
from articles.quality.case import Case
from articles.quality.report import CannotTell, Finding, Level, Value, Verdict
from articles.quality.word_lists import any_of

LONG_SENTENCE_WORDS = 20
MOST_LONG_SENTENCES = 0.25
LONGEST_PARAGRAPH_WORDS = 150
LONGEST_SECTION_WORDS = 300
MOST_PASSIVE = 0.10
FEWEST_TRANSITIONS = 0.30
EASIEST_ALLOWED = 50
# Under so many sentences one more or less decides, which says nothing about the text.
ENOUGH_SENTENCES = 10

_TRANSITIONS = {
    "en": any_of(english.TRANSITIONS),
    "de": any_of(german.TRANSITIONS),
    "fr": any_of(french.TRANSITIONS),
    "es": any_of(spanish.TRANSITIONS),
    "nl": any_of(dutch.TRANSITIONS),
}
_EXAMPLES = {
    "en": "however", "de": "jedoch", "fr": "cependant", "es": "sin embargo", "nl": "echter",
}  # fmt: skip
_VOWELS = re.compile(r"[aeiouyäöüáéíóúàèìòùâêîôûœæïë]+", re.IGNORECASE)
# Reading ease by language: start, cost of a word in a sentence, cost of a syllable in a word.
# en Flesch 1948, de Amstad 1978, fr Kandel and Moles 1958, es Fernández Huerta 1959 as corrected,
# nl Douma 1960.
_READING_EASE = {
    "en": (206.835, 1.015, 84.6),
    "de": (180.0, 1.0, 58.5),
    "fr": (207.0, 1.015, 73.6),
    "es": (206.84, 1.02, 60.0),
    "nl": (206.84, 0.93, 77.0),
}


def sentences(case: Case) -> Verdict:
    """At most 25 % of the sentences are longer than 20 words. Source: Yoast."""
    told = case.told_sentences()
    long = [sentence for sentence in told if sentence.words > LONG_SENTENCE_WORDS]
    share = len(long) / len(told)
    findings = []
    if share > MOST_LONG_SENTENCES:
        longest = max(long, key=lambda sentence: sentence.words)
        findings.append(
            _warning(
                "long-sentences",
                f"{share:.0%} of the sentences are longer than {LONG_SENTENCE_WORDS} words; the"
                f" longest has {longest.words}.",
                round(share, 3),
                MOST_LONG_SENTENCES,
                longest.block,
            )
        )
    return Verdict(findings=findings, value=round(share, 3), threshold=MOST_LONG_SENTENCES)


def paragraphs(case: Case) -> Verdict:
    """No paragraph over 150 words and no more than 300 words under one heading. Source: Yoast."""
    return Verdict(findings=[*_long_paragraphs(case), *_long_sections(case)])


def passive(case: Case) -> Verdict:
    """At most 10 % of the sentences are in the passive voice. Source: Yoast.

    English, German, French, Spanish, Dutch; the rule of each is in `voice`.
    """
    language = case.brief.language
    if language not in voice.LANGUAGES:
        raise CannotTell(f"There is no rule for the passive voice in “{language}”.")
    told = case.told_sentences()
    found = [sentence for sentence in told if voice.is_passive(sentence.text, language)]
    share = len(found) / len(told)
    findings = []
    if share > MOST_PASSIVE and len(told) >= ENOUGH_SENTENCES:
        findings.append(
            _warning(
                "passive-voice",
                f"{share:.0%} of the sentences are in the passive voice, such as"
                f" “{found[0].text[:100]}”.",
                round(share, 3),
                MOST_PASSIVE,
                found[0].block,
            )
        )
    return Verdict(findings=findings, value=round(share, 3), threshold=MOST_PASSIVE)


def transitions(case: Case) -> Verdict:
    """At least 30 % of the sentences hold a transition word. Source: Yoast.

    English, German, French, Spanish, Dutch.
    """
    known = _TRANSITIONS.get(case.brief.language)
    if known is None:
        raise CannotTell(f"There is no list of transition words for “{case.brief.language}”.")
    told = case.told_sentences()
    share = sum(bool(known.search(item.text)) for item in told) / len(told)
    findings = []
    if share < FEWEST_TRANSITIONS and len(told) >= ENOUGH_SENTENCES:
        findings.append(
            _warning(
                "few-transitions",
                f"{share:.0%} of the sentences hold a transition word such as"
                f" “{_EXAMPLES[case.brief.language]}”; {FEWEST_TRANSITIONS:.0%} help the reader"
                " along.",
                round(share, 3),
                FEWEST_TRANSITIONS,
            )
        )
    return Verdict(findings=findings, value=round(share, 3), threshold=FEWEST_TRANSITIONS)


def reading_ease(case: Case) -> Verdict:
    """Flesch reading ease of at least 50. Source: Yoast. English, German, French, Spanish, Dutch.

    Syllables are counted as groups of vowels.
    """
    formula = _READING_EASE.get(case.brief.language)
    if formula is None:
        raise CannotTell(f"There is no reading-ease formula for “{case.brief.language}”.")
    told = case.told_sentences()
    read = [word for sentence in told for word in words(sentence.text)]
    start, per_word, per_syllable = formula
    silent_e = case.brief.language in {"en", "fr"}
    syllables = sum(_syllables(word, silent_e=silent_e) for word in read)
    ease = start - per_word * len(read) / len(told) - per_syllable * syllables / len(read)
    findings = []
    if ease < EASIEST_ALLOWED:
        findings.append(
            _warning(
                "hard-to-read",
                f"The reading ease is {ease:.1f}; {EASIEST_ALLOWED} and more is easy enough for"
                " most readers.",
                round(ease, 1),
                EASIEST_ALLOWED,
            )
        )
    return Verdict(findings=findings, value=round(ease, 1), threshold=EASIEST_ALLOWED)


def _syllables(word: str, *, silent_e: bool) -> int:
    word = word.casefold()
    groups = len(_VOWELS.findall(word))
    if silent_e and groups > 1 and re.search(r"[^aeiouyl]es?$|[^aeiouytd]ed$", word):
        groups -= 1
    return max(groups, 1)


def _long_paragraphs(case: Case) -> Iterator[Finding]:
    for block in case.prose:
        if block.kind == "paragraph" and len(block.words) > LONGEST_PARAGRAPH_WORDS:
            yield _warning(
                "long-paragraph",
                f"A paragraph has {len(block.words)} words; {LONGEST_PARAGRAPH_WORDS} is a good"
                " most.",
                len(block.words),
                LONGEST_PARAGRAPH_WORDS,
                block.number,
            )


def _long_sections(case: Case) -> Iterator[Finding]:
    first = next(iter(case.document.blocks), None)
    start, count = (first.number if first else 1), 0
    sections = []
    for block in case.document.blocks:
        if block.kind == "heading":
            sections.append((start, count))
            start, count = block.number, 0
        else:
            count += len(block.words)
    for number, length in [*sections, (start, count)]:
        if length > LONGEST_SECTION_WORDS:
            yield _warning(
                "long-section",
                f"{length} words stand under one heading; {LONGEST_SECTION_WORDS} is a good most.",
                length,
                LONGEST_SECTION_WORDS,
                number,
            )


def _warning(
    code: str, message: str, value: Value, threshold: Value, block: int | None = None
) -> Finding:
    return Finding(
        code=code,
        message=message,
        level=Level.WARNS,
        value=value,
        threshold=threshold,
        block=block,
    )
