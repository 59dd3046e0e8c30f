"""How the tests read an article: on their own, by the rules that a reader would name."""

import re
import unicodedata
from html import unescape

TRANSITIONS = re.compile(
    r"(?i)\b(above all|after all|also|although|as a result|as a rule|at the same time|because|"
    r"before|besides|but|even so|for example|for instance|for this reason|however|in addition|"
    r"in fact|in general|in other words|in particular|in short|in the end|indeed|instead|"
    r"likewise|meanwhile|moreover|of course|otherwise|overall|since|similarly|so|still|then|"
    r"therefore|until|usually|when|while|once|yet|often|rather)\b"
)
_IRREGULAR = (
    "made|done|given|taken|seen|known|found|held|kept|left|lost|paid|sold|built|bought|brought|"
    "caught|taught|told|written|chosen|broken|driven|thrown|shown|worn|hidden|forgotten"
)
PASSIVE = re.compile(
    rf"(?i)\b(am|is|are|was|were|be|been|being|gets?|got)\s+(\w+ly\s+)?(\w{{3,}}ed|{_IRREGULAR})\b"
)


# Small words that come in any text of a language, and in few texts of the others.
_SMALL_WORDS = {
    "en": "the and of to you your is it with for that what",
    "de": "der die das und sie ist nicht für mit zum auf ein",
    "fr": "le les une des et vous est pour avec dans qui ce",
    "es": "el los una y que lo para con es su por más",
    "nl": "het een en je van voor met wat niet dat ook te",
}


def text_of(html: str) -> str:
    inline = re.sub(r"</?(?:a|strong|em)\b[^>]*>", "", html)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", inline)).split())


def blocks(html: str, tag: str) -> list[str]:
    return [text_of(one) for one in re.findall(rf"(?s)<{tag}\b[^>]*>(.*?)</{tag}>", html)]


def sentences(html: str) -> list[str]:
    texts = blocks(html, "p") + blocks(html, "li")
    return [one for text in texts for one in re.split(r"(?<=[.!?])\s+", text)]


def count_words(html: str) -> int:
    """A mark that stands alone, as French has it before a colon, is no word."""
    return sum(any(map(str.isalnum, one)) for one in text_of(html).split())


def plain(text: str) -> str:
    """The letters of an address: small, without accents and apostrophes."""
    apart = unicodedata.normalize("NFKD", text.lower().replace("'", ""))
    return apart.encode("ascii", "ignore").decode()


def spoken(html: str, *, among: tuple[str, ...]) -> str:
    """The language whose small words come most often."""
    words = re.findall(r"[^\W\d_]+", text_of(html).lower())
    return max(among, key=lambda one: sum(map(words.count, _SMALL_WORDS[one].split())))


def shingles(html: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text_of(html).lower())
    return {tuple(words[at : at + 5]) for at in range(len(words) - 4)}


def likeness(one: str, other: str) -> float:
    """The share of five-word runs that two articles have in common."""
    ours, theirs = shingles(one), shingles(other)
    return len(ours & theirs) / len(ours | theirs)


def syllables(word: str) -> int:
    word = word.lower()
    count = len(re.findall(r"[aeiouy]+", word))
    if word.endswith("e") and not word.endswith(("le", "ee")) and count > 1:
        count -= 1
    return max(1, count)


def reading_ease(html: str) -> float:
    """Flesch's reading ease: 60 is plain English, below 50 is hard."""
    said = sentences(html)
    words = [word for one in said for word in re.findall(r"[A-Za-z']+", one)]
    return 206.835 - 1.015 * len(words) / len(said) - 84.6 * sum(map(syllables, words)) / len(words)
