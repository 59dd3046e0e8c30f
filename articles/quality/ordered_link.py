"""Is what was ordered there, as it was sold: link, anchor, policy, disclosure; and nothing else?"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterator

from articles import disclosures
from articles.document import fold
from articles.document.markup import tokens
from articles.document.text import words
from articles.links import Link, addresses, host_named, host_of, page_of
from articles.named_hosts import named_hosts, possible_hosts
from articles.quality.case import Case, Told
from articles.quality.report import CannotTell, Finding, Verdict, told_apart

SHORTEST_LINK_SENTENCE_WORDS = 8
# Of the links to the ordered address; the second is one too many already.
_MOST_JUDGED = 10

_NOT_BODY_TEXT = {
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), "a heading"),
    **dict.fromkeys(("figcaption", "caption"), "a caption"),
    **dict.fromkeys(("pre", "code", "kbd", "samp"), "code"),
    **dict.fromkeys(("del", "s"), "struck-out text"),
}


def target_link(case: Case) -> Verdict:
    """The ordered address stands in the body text exactly once. Source: the order."""
    target = case.brief.target_url
    findings = list(_misplaced(case))
    found = len(case.target_links)
    if found == 0:
        findings.append(_missing(case))
    elif found > 1:
        findings.append(
            Finding(
                code="target-link-repeated",
                message=f"The link to {_shown(target)} appears {_times(found)}; it was ordered"
                " once.",
                value=found,
                threshold=1,
                block=case.target_links[1].block,
            )
        )
    return Verdict(findings=findings, value=found, threshold=1)


def anchor(case: Case) -> Verdict:
    """The link says what was ordered, inside a sentence of at least 8 words.

    Texts are compared in Unicode NFC with white space folded. Source: the order; own judgement.
    """
    ordered = _comparable(case.brief.anchor_text)
    findings = []
    shortest = None
    for link in case.ordered_links()[:_MOST_JUDGED]:
        if _comparable(link.text) != ordered:
            findings.append(
                Finding(
                    code="anchor-differs",
                    message=f"The link says “{link.text}”; ordered was “{case.brief.anchor_text}”.",
                    value=link.text,
                    threshold=case.brief.anchor_text,
                    block=link.block,
                )
            )
        count = len(words(link.sentence))
        shortest = count if shortest is None else min(shortest, count)
        if count < SHORTEST_LINK_SENTENCE_WORDS:
            findings.append(
                Finding(
                    code="anchor-sentence-short",
                    message=f"The ordered link stands in a sentence of {count} words; at least"
                    f" {SHORTEST_LINK_SENTENCE_WORDS} make it read naturally.",
                    value=count,
                    threshold=SHORTEST_LINK_SENTENCE_WORDS,
                    block=link.block,
                )
            )
    return Verdict(findings=findings, value=shortest, threshold=SHORTEST_LINK_SENTENCE_WORDS)


def link_policy(case: Case) -> Verdict:
    """The ordered link carries `rel` as the site sells it.

    Source: Google, "Qualify your outbound links". Other words in `rel`, such as noopener, do not
    matter.
    """
    wanted = frozenset((case.brief.link_rel or "").split())
    findings = []
    for link in case.ordered_links()[:_MOST_JUDGED]:
        if link.marks != wanted:
            findings.append(
                Finding(
                    code="link-policy-differs",
                    message=f"The ordered link {marked(link.marks)}; as sold, it {marked(wanted)}.",
                    value=" ".join(sorted(link.marks)),
                    threshold=case.brief.link_rel or "",
                    block=link.block,
                )
            )
    return Verdict(findings=findings, threshold=case.brief.link_rel or "dofollow")


def disclosure(case: Case) -> Verdict:
    """The site's disclosure is the first text where links are sold as sponsored.

    Another language's will do: a page that had one before the order needs no second. Source: FTC,
    "Native Advertising: A Guide for Businesses".
    """
    wanted = case.brief.disclosure
    if wanted is None:
        if case.brief.link_policy == "sponsored":
            raise CannotTell("The site sells sponsored links and names no disclosure sentence.")
        return Verdict()
    first = next((block for block in case.document.blocks if block.text), None)
    if first and first.kind != "heading":
        said = _comparable(first.text)
        for sentence in (wanted, *disclosures.KNOWN):
            if said.startswith(_comparable(sentence)):
                return Verdict(threshold=sentence)
    return Verdict(
        findings=[
            Finding(
                code="disclosure-missing",
                message=f"The article must begin with the disclosure “{wanted}”.",
                threshold=wanted,
                block=first.number if first else None,
            )
        ],
        threshold=wanted,
    )


def other_links(case: Case) -> Verdict:
    """Only the ordered link, the site's own candidates and allowed references, these marked as not
    followed, and no more links to other sites than the site allows.

    What a changed text named before may stay, and counts. Source: the brief.
    """
    outbound = [link for link in case.links if link.href and not _is_own(link.href, case)]
    limit = case.brief.outbound_limit
    named_before = list(_unordered(case.earlier)) if case.earlier else []
    findings, _ = told_apart(_unordered(case), named_before)
    if len(outbound) > limit:
        findings.append(
            Finding(
                code="too-many-links",
                message=f"{len(outbound)} links lead to other sites; this site allows {limit}.",
                value=len(outbound),
                threshold=limit,
                block=outbound[limit].block,
            )
        )
    return Verdict(findings=findings, value=len(outbound), threshold=limit)


def _unordered(case: Case) -> Iterator[Finding]:
    yield from _foreign_links(case)
    yield from _followed_references(case)
    yield from _repeated_links(case)
    yield from _foreign_pictures(case)
    yield from _naked_addresses(case)
    yield from _naked_names(case)


def _missing(case: Case) -> Finding:
    target = case.brief.target_url
    for link in case.links:
        if link.href and page_of(link.href) == page_of(target):
            return Finding(
                code="target-link-differs",
                message=f"A link leads to {link.href}; ordered was exactly {target}.",
                value=link.href,
                threshold=target,
                block=link.block,
            )
    return Finding(
        code="target-link-missing",
        message=f"The ordered link to {_shown(target)} is missing.",
        value=0,
        threshold=1,
    )


def _misplaced(case: Case) -> Iterator[Finding]:
    for link in case.target_links:
        places = [_NOT_BODY_TEXT[tag] for tag in link.within if tag in _NOT_BODY_TEXT]
        place = "hidden text" if link.hidden else next(iter(places), None)
        if not place and not link.text:
            place = "a place without words"
        if place:
            yield Finding(
                code="target-link-misplaced",
                message=f"The ordered link stands in {place}; it belongs in the body text.",
                value=place,
                block=link.block,
            )


def _foreign_links(case: Case) -> Iterator[Finding]:
    allowed = {
        case.brief.target_url,
        *case.brief.allowed_references,
        *(candidate.url for candidate in case.brief.internal_links),
        *(f"mailto:{contact}" for contact in case.brief.allowed_contacts),
    }
    for link in case.links:
        if link.href and link.href not in allowed and not _nearly_target(link, case):
            own = _is_own(link.href, case)
            yield Finding(
                code="unknown-internal-link" if own else "foreign-link",
                message=f"The link to {link.href} "
                + (
                    "leads to a page of this site that nobody named."
                    if own
                    else "was not ordered and is not an allowed reference."
                ),
                value=link.href,
                block=link.block,
            )


def _followed_references(case: Case) -> Iterator[Finding]:
    # One followed link was sold; a page that the customer wants cited must be no second.
    references = set(case.brief.allowed_references) - {case.brief.target_url}
    for link in case.links:
        if link.href in references and not (link.marks or _is_own(link.href, case)):
            yield Finding(
                code="reference-followed",
                message=f"The link to the reference {link.href} must say rel=“nofollow”.",
                value=link.href,
                threshold="nofollow",
                block=link.block,
            )


def _repeated_links(case: Case) -> Iterator[Finding]:
    counted = Counter(link.href for link in case.links if link.href != case.brief.target_url)
    for link in {link.href: link for link in case.links}.values():
        if link.href and counted[link.href] > 2:
            yield Finding(
                code="link-repeated",
                message=f"The link to {link.href} appears {_times(counted[link.href])}.",
                value=counted[link.href],
                threshold=2,
                block=link.block,
            )


def _foreign_pictures(case: Case) -> Iterator[Finding]:
    hosts = {host_of(url) for url in case.brief.allowed_references} | {host_of(_own(case))}
    for block in case.document.blocks:
        for token in tokens(block.html):
            source = token.attributes.get("src", "")
            if token.name == "img" and source and host_of(source) not in hosts:
                yield Finding(
                    code="foreign-picture",
                    message=f"The picture {source} comes from a site that nobody named.",
                    value=source,
                    block=block.number,
                )


def _naked_addresses(case: Case) -> Iterator[Finding]:
    hosts = _allowed_hosts(case)
    for told in case.told:
        for address in addresses(told.text):
            host = host_named(address)
            if host and host not in hosts:
                yield Finding(
                    code="foreign-address",
                    message=f"{told.named} names the address {address}, which was not ordered.",
                    value=address,
                    block=told.block,
                )


def _naked_names(case: Case) -> Iterator[Finding]:
    hosts = _allowed_hosts(case) | _names_of_the_order(case)
    around = [told for told in case.told if told.by in {"field", "alt"}]
    texts = (
        Told(each.number, "the text", each.text_without_code, each.kind)
        for each in case.document.blocks
    )
    for told in (*around, *texts):
        for name in named_hosts(told.text):
            host = host_named(name)
            # "example.com" is named where "shop.example.com" was ordered: it leads nowhere else.
            if not any(known == host or known.endswith(f".{host}") for known in hosts):
                yield Finding(
                    code="foreign-name",
                    message=f"{told.named} names the site {name}, which was not ordered; a brand"
                    " reads as well without its ending.",
                    value=name,
                    block=told.block,
                )


def _allowed_hosts(case: Case) -> set[str]:
    brief = case.brief
    named = (
        *(brief.target_url, brief.anchor_text, _own(case), *brief.allowed_references),
        *addresses(brief.anchor_text),
    )
    return {host_named(url) for url in named}


def _names_of_the_order(case: Case) -> set[str]:
    """The sites that the order is about. Notes allow none: whatever was hidden in them, would."""
    brief = case.brief
    ordered = (
        *(brief.topic, brief.keyword, brief.anchor_text, brief.disclosure or ""),
        *(*brief.must_mention, *brief.secondary_keywords),
        *(candidate.title for candidate in brief.internal_links),
        # "me@example.com" allows the host behind its sign.
        *(contact.rpartition("@")[2] for contact in brief.allowed_contacts),
    )
    return {host_named(name) for text in ordered for name in possible_hosts(text)}


def _nearly_target(link: Link, case: Case) -> bool:
    # Named once, as what it is: the ordered link with a wrong address.
    return not case.target_links and page_of(link.href) == page_of(case.brief.target_url)


def _own(case: Case) -> str:
    return f"https://{case.brief.host}/"


def _is_own(href: str, case: Case) -> bool:
    """A page of the site, by its host or by name: Byline's own pages have another host."""
    if href == case.brief.target_url:
        return False
    named = any(href == candidate.url for candidate in case.brief.internal_links)
    return named or host_of(href) == host_of(_own(case))


def _comparable(text: str) -> str:
    return fold(unicodedata.normalize("NFC", text))


def _shown(url: str) -> str:
    return host_of(url) or url


def _times(count: int) -> str:
    return "twice" if count == 2 else f"{count} times"


def marked(words: frozenset[str]) -> str:
    """Return how a link with these words in its `rel` is told of."""
    return f"says rel=“{' '.join(sorted(words))}”" if words else "carries no mark"
