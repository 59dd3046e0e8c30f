"""Writes an article of the ordered length from a brief: the same brief, the same article."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable
from html import escape
from itertools import cycle

from sandbox.writer import fields, manner, wished
from sandbox.writer.avoided import Avoided
from sandbox.writer.brief import Brief, count_words, visible
from sandbox.writer.grammar import Frame, Voice
from sandbox.writer.letters import (
    beginning,
    label,
    lower_first,
    owned,
    saying,
    slug,
    stands_in,
    times,
    upper_first,
)
from sandbox.writer.lexicon import Aspect, Language, language
from sandbox.writer.parts import Section, Sentence, between, body

SECTION_WORDS = 150
TRANSITION_SHARE = 0.42
KEYWORD_SHARE = 0.0095
MOST_OVER_WORDS = 8
# Two sentences that share so many of their longer words say the same.
SAME_SHARE = 0.6
# How far into the sections the ordered link stands.
PLACES = {"early": 0.0, "middle": 0.5, "late": 0.9}


def write(brief: Brief, *, salt: str = "") -> dict[str, str]:
    """Return title, meta_description, slug and html of an article within 4 % of its length."""
    return Writer(brief, salt=salt).article()


class Writer:
    """One article in the making."""

    def __init__(self, brief: Brief, *, salt: str = "") -> None:
        self.brief = brief
        self.words_of: Language = language(brief.language)
        niche = self.words_of.niche_of(brief)
        self.aspects = tuple(one for one in self.words_of.aspects if one.name not in niche.avoid)
        digest = hashlib.sha256((brief.seed + salt).encode()).digest()
        self.rng = random.Random(digest)
        self.avoided = Avoided(brief)
        self.keyword = owned(brief.keyword, language=self.words_of.code)
        if self.avoided.stand_in(self.keyword):
            self.keyword = brief.keyword
        self.voice = Voice(
            rng=self.rng,
            slots={**self.words_of.slots, **niche.slots},
            words={"kw": escape(self.keyword, quote=False)},
        )
        self._said: set[str] = set()
        self._sayings: list[frozenset[str]] = []
        self._spoken: set[int] = set()
        self._last_start = ""
        self._transitions_due = 0.0

    def article(self) -> dict[str, str]:
        """Write the whole of it."""
        sections = self.plan()
        self.fill(sections)
        return {
            "title": self.title(),
            "meta_description": self.meta(),
            "slug": slug(self.brief.keyword),
            "html": self._html(sections),
        }

    def fill(self, sections: list[Section]) -> None:
        """Write the text of planned sections, so that together they have the ordered length."""
        for section in sections:
            self._fill(section)
        self._place_links(sections)
        self._fit(sections)

    def title(self) -> str:
        """Return a title of at most 60 characters that holds the keyword."""
        return fields.title(self)

    def meta(self) -> str:
        """Return a description of 121 to 156 characters that holds the keyword."""
        return fields.meta(self)

    def remember(self, sentences: list[str]) -> None:
        """Know sentences that are there already, so as not to say them again."""
        self._said.update(sentences)
        self._sayings += map(saying, sentences)

    def spare_sentences(self, words: int) -> list[str]:
        """Return new sentences on any aspect, about so many words in all, at least one."""
        aspect = self.rng.choice(self.aspects)
        made = [self.sentence(aspect.name, aspect.sentences)]
        while sum(map(count_words, made)) < words - 6:
            made.append(self.sentence(aspect.name, aspect.sentences))
        return made

    def spare_heading(self, *, keyed: bool = False) -> str:
        """Return a heading on any aspect that this writer has not used, with the keyword or not."""
        heading = ""
        for _ in range(40):
            aspect = self.voice.deal("spare headings", self.aspects)
            frames = self._headings(aspect, keyed=keyed)
            heading = self._heading(self.rng.choice(frames))
            if self._may_head(heading):
                break
        self._said.add(heading)
        return heading

    def keyword_sentence(self) -> str:
        """Return a new sentence that holds the keyword."""
        return self.sentence("keyword", self.words_of.frames["keyword"], fixed=True)

    def phrase_sentence(self, phrase: str) -> str:
        """Return a new sentence that holds another phrase."""
        return wished.mention(self, phrase)

    def link_sentence(self) -> str:
        """Return a new sentence around the ordered link."""
        brief = self.brief
        return self.linked_sentence(brief.target_url, brief.anchor_text, brief.link_rel)

    def linked_sentence(self, url: str, anchor: str, rel: str, *, kind: str = "link") -> str:
        """Return a new sentence around any link."""
        self.voice.words["link"] = self.link_tag(url, anchor, rel)
        return self.sentence(kind, self.words_of.frames[kind], fixed=True)

    def opening_sentence(self) -> str:
        """Return a first sentence that holds the keyword."""
        return self.sentence("opening_kw", self.words_of.frames["opening_kw"], fixed=True)

    def link_tag(self, url: str, anchor: str, rel: str) -> str:
        """Return a link as it is to stand in the text; "dofollow" leaves `rel` out."""
        attribute = "" if rel in ("", "dofollow") else f' rel="{escape(rel)}"'
        return f'<a href="{escape(url)}"{attribute}>{escape(anchor, quote=False)}</a>'

    def unavoided(self, say: Callable[[], str]) -> str:
        """Return the first of many sayings that holds nothing ruled out, or else the last."""
        said = say()
        for _ in range(40):
            if not self.avoided.stand_in(said):
                break
            said = say()
        return said

    def sentence(self, frames_name: str, frames: tuple[Frame, ...], *, fixed: bool = False) -> str:
        """Return a sentence that this article does not hold yet, begun unlike the one before."""
        text = second_best = ""
        for turn in range(80):
            if turn >= 40 and not fixed:  # this aspect has nothing left that may be said
                frames_name, frames = self._another()
            frame = self.voice.deal(f"say {frames_name}", frames)
            if id(frame) in self._spoken and turn < 20:  # as long as there are fresh ones
                self.voice.put_back(f"say {frames_name}")
                continue
            text = self.voice.say(frame)
            known = self._knows(visible(text))
            text = upper_first(text) if fixed else manner.in_tone(self._joined(text), self.brief)
            # What is left of a pack may all begin alike: better that than said twice.
            unlike = beginning(text) != self._last_start or turn >= 40
            avoided = self.avoided.stand_in(text)
            if not known and unlike and not avoided:
                break
            second_best = second_best if avoided else text
            self.voice.put_back(f"say {frames_name}")
        else:
            text = second_best or text
        self._spoken.add(id(frame))
        self.remember([visible(text)])
        self._last_start = beginning(text)
        return text

    def _another(self) -> tuple[str, tuple[Frame, ...]]:
        aspect = self.rng.choice(self.aspects)
        return aspect.name, aspect.sentences

    def _knows(self, text: str) -> bool:
        """Whether this was said already, in these words or nearly so."""
        new = saying(text)
        return text in self._said or any(
            len(new & old) >= SAME_SHARE * len(new | old) for old in self._sayings if new and old
        )

    def _joined(self, text: str) -> str:
        """Put a transition before a sentence, often enough for an article that flows."""
        self._transitions_due += TRANSITION_SHARE
        if self._transitions_due < self.rng.uniform(0.5, 1.5):
            return upper_first(text)
        self._transitions_due -= 1
        lead = self.voice.say(self.voice.deal("transitions", self.words_of.frames["transitions"]))
        return f"{lead} {lower_first(text) if self.words_of.lowers else upper_first(text)}"

    def plan(self) -> list[Section]:
        """Return the sections of an article, named and measured, without their text."""
        brief = self.brief
        disclosure = count_words(escape(brief.disclosure)) if brief.disclosure else 0
        body = max(40, brief.words - disclosure)
        opening = min(85, max(30, body // 5))
        closing = min(70, max(25, body // 8))
        count = max(1, round((body - opening - closing) / SECTION_WORDS))
        each = (body - opening - closing) / count
        packs = list(self.aspects)
        self.rng.shuffle(packs)
        dealt = cycle(packs)
        sections = [Section(None, None, opening)]
        sections += [Section("", next(dealt), round(each)) for _ in range(count)]
        sections.append(Section("", None, closing))
        self._name(sections[1:])
        self._share_links(sections)
        return sections

    def _share_links(self, sections: list[Section]) -> None:
        inner = [one for one in sections if one.aspect]
        place = int(len(inner) * PLACES.get(self.brief.link_position, 0.5))
        inner[place].holds_link = True
        for offset, (url, title) in enumerate(self.brief.internal_links[:2], 1):
            if count_words(title) <= 14 and not self.avoided.stand_in(title):
                section = inner[(place + offset) % len(inner)]
                section.links = (*section.links, url)
        telling = [url for url, text in self.brief.references if wished.terms(self, text)]
        for offset, url in enumerate(telling[: self.brief.reference_links]):
            section = inner[(place - 1 - offset) % len(inner)]
            section.links = (*section.links, url)

    def _name(self, sections: list[Section]) -> None:
        with_keyword = set(self.rng.sample(range(len(sections)), (len(sections) + 1) // 2))
        for place, section in enumerate(sections):
            closing = section.aspect is None
            name = "closing" if section.aspect is None else section.aspect.name
            keyed = place in with_keyword
            frames = self._headings(section.aspect, keyed=keyed)
            for _ in range(20):
                deck = f"heading {name} {keyed}" if not closing else f"closing {keyed}"
                heading = self._heading(self.voice.deal(deck, frames))
                if self._may_head(heading):
                    self._said.add(heading)
                    break
            else:
                # All that this aspect is called is used up or ruled out.
                heading = self.spare_heading(keyed=keyed)
            section.heading = heading

    def _may_head(self, heading: str) -> bool:
        return heading not in self._said and not self.avoided.stand_in(heading)

    def _heading(self, frame: Frame) -> str:
        keyword = escape(self.brief.keyword, quote=False)
        return label(upper_first(self.voice.say(frame)), keyword)

    def _headings(self, aspect: Aspect | None, *, keyed: bool) -> tuple[Frame, ...]:
        if aspect is None:
            return self.words_of.frames["closing_headings_kw" if keyed else "closing_headings"]
        return aspect.headings_with_keyword if keyed else aspect.headings

    def _fill(self, section: Section) -> None:
        frames = self.words_of.frames
        if section.heading is None:
            opening = self.sentence("opening_kw", frames["opening_kw"], fixed=True)
            section.sentences += [Sentence(opening, fixed=True), *wished.opening(self)]
            pack, name = frames["opening"], "opening"
        elif section.aspect is None:
            pack, name = frames["closing"], "closing lines"
        else:
            pack, name = section.aspect.sentences, section.aspect.name
        self._fill_below(section)
        closes = section.heading is not None and section.aspect is None and not section.below
        ending = wished.closing(self) if closes else []
        section.sentences += ending
        while section.words < section.target - 5 and not self._is_full(section):
            section.sentences.append(Sentence(self.sentence(name, pack)))
        # Its own words come last.
        section.sentences = [one for one in section.sentences if one not in ending] + ending
        if section.aspect and len(section.sentences) >= 9 and self.rng.random() < 0.3:
            section.listed = section.sentences[-4:-1]
            del section.sentences[-4:-1]

    def _fill_below(self, section: Section) -> None:
        """Write the texts below smaller headings, of two sentences and more."""
        each = (section.target - count_words(section.heading or "")) // max(1, len(section.below))
        for heading, text in section.below:
            aspect = section.aspect or self.voice.deal("answers", self.aspects)
            words = count_words(heading)
            while len(text) < 2 or words + sum(one.words for one in text) < each - 8:
                text.append(Sentence(self.sentence(aspect.name, aspect.sentences)))

    @staticmethod
    def _is_full(section: Section) -> bool:
        return bool(section.below) and not section.aspect

    def _place_links(self, sections: list[Section]) -> None:
        """Put in the sentences that must be there: links, the keyword, other wished phrases."""
        brief = self.brief
        inner = [one for one in sections if one.aspect] or sections
        titles = dict(brief.internal_links)
        for section in sections:
            if section.holds_link and brief.target_url and brief.anchor_text:
                where = self._end_of(section, sections)
                self._insert(section, self.link_sentence(), where=where)
            for url in section.links:
                if url in titles:
                    said = self.linked_sentence(url, titles[url], "dofollow", kind="internal")
                else:
                    said = wished.source_link(self, url)
                self._insert(section, said)
        said = wished.of_sources(self)
        if said:
            self._insert(inner[len(inner) // 2], said)
        for section, phrase in zip(cycle(inner), brief.phrases, strict=False):
            if not any(stands_in(phrase, visible(self._html([one]))) for one in sections):
                self._insert(section, self.phrase_sentence(phrase))
        wanted = round(brief.words * KEYWORD_SHARE)
        there = sum(times(brief.keyword, self._html([one])) for one in sections)
        for section in cycle(inner):
            if there >= wanted:
                break
            self._insert(section, self.keyword_sentence())
            there += 1

    def _end_of(self, section: Section, sections: list[Section]) -> str:
        """Return the end of a section that is nearest to where the link was wished."""
        if self.brief.link_position != "middle":
            return self.brief.link_position
        whole = sum(one.target for one in sections)
        before = sum(one.target for one in sections[: sections.index(section)])
        return "early" if 2 * before + section.target > whole else "late"

    def _insert(self, section: Section, html: str, *, where: str = "") -> None:
        """Put a sentence between others of a section, with no neighbour that starts alike; as
        early or as late there as `where` says."""
        places = list(range(1, max(2, len(section.sentences))))
        self.rng.shuffle(places)
        if where in ("early", "late"):
            places.sort(reverse=where == "late")
        begins = beginning(html)
        there = section.sentences
        for place in places:
            around = there[max(0, place - 1) : place + 1]
            if all(beginning(one.html) != begins and not one.fixed for one in around):
                break
        there.insert(place, Sentence(html, fixed=True))

    def _fit(self, sections: list[Section]) -> None:
        """Bring the whole to the ordered length, a sentence at a time."""
        wanted = self.brief.words
        if self.brief.disclosure:
            wanted -= count_words(escape(self.brief.disclosure))
        inner = [one for one in sections if one.aspect and one.sentences]
        for _ in range(60 if inner else 0):
            off = sum(one.words for one in sections) - wanted
            # A buyer minds a missing word more than a spare one.
            if 0 <= off <= MOST_OVER_WORDS:
                return
            if off > 0 and not self._take_out(inner, off):
                return
            if off < 0:
                section = min(inner, key=lambda one: one.words - one.target)
                assert section.aspect is not None  # noqa: S101 - inner sections have one
                self._last_start = beginning(section.sentences[-1].html)
                html = self.sentence(section.aspect.name, section.aspect.sentences)
                section.sentences.append(Sentence(html))

    def _take_out(self, sections: list[Section], off: int) -> bool:
        """Remove the sentence whose length fits best; False when none brings us closer."""
        best: tuple[int, Section, Sentence] | None = None
        for section in sections:
            for before, one, after in between(section.sentences):
                left = off - one.words
                alike = before and after and beginning(before.html) == beginning(after.html)
                if one.fixed or alike:
                    continue
                if left >= 0 and (best is None or left < best[0]):
                    best = (left, section, one)
        if best is None:
            return False
        best[1].sentences.remove(best[2])
        return True

    def _html(self, sections: list[Section]) -> str:
        parts = []
        if self.brief.disclosure and sections[0].heading is None:
            parts.append(f"<p>{escape(self.brief.disclosure, quote=False)}</p>")
        for section in sections:
            if section.heading:
                parts.append(f"<h2>{section.heading}</h2>")
            parts.append(body(section))
        return "\n".join(parts)
