"""Host names that plain text names without scheme, "www." or path, such as evil-casino.com."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from unicodedata import normalize

from articles.document.text import ABBREVIATIONS
from articles.sanitise import visible

# Endings that host names really have. Those that are better known as endings of files or of
# functions (.py, .md, .sh, .rs, .js, .zip, .name) are left out: a text about software is full of
# them, and "and.In" is a space that was forgotten, hence the look at capitals below.
_COUNTRIES = """
ac ad ae af ag ai am ar as at au az ba bd be bg bh bo br by ca ch ci cl cm cn co cr cu cy cz de dk
do dz ec ee eg es eu fi fm fo fr ga ge gg gi gl gr gt hk hn hr hu id ie il im in io iq ir is it je
jm jp ke kr kw kz la lb li lk lt lu lv ly ma mc me mn mt mx my ng ni nl no nu nz om pa pe ph pk
pr pt pw qa ro ru sa se sg si sk su th tk tn to tr tv tw ua ug uk us uy uz ve vn ws za
"""
_OTHERS = """
com net org info biz edu gov int mil mobi pro tel travel jobs asia cat
academy agency app art bar beauty bet bid bingo blog boutique buzz cafe cam capital care cash casino
center chat city click cloud club clubs coach codes company computer cool coupons credit dance date
deals dental design dev diet digital direct directory domains download email energy events example
exchange expert express fans farm fashion finance fit fitness food fun fund gallery games gift
global gmbh gold golf group guide guru health help holiday homes host house icu ink institute
insure international investments kaufen kim koeln berlin hamburg wien lat law legal life limited
link live loan loans lol london love ltd market marketing media men money monster network news
ninja one online page paris partners party pharmacy photo photos pics pizza plus poker porn press
productions promo properties pub quest racing recipes rent report rest restaurant reviews rip
rocks sale salon school services sex shop shopping show site ski social software solar solutions
space sport store stream studio style supply support surf tax team tech tips tips today tools top
tours town toys trade trading tube university uno vegas vin vip vision vote voyage watch webcam
website wiki win wine work works world wtf xxx xyz yoga zone
"""
_ENDINGS = frozenset((*_COUNTRIES.split(), *_OTHERS.split()))
# Nobody forgets a space before these, and no program has a field of that name.
_PLAIN = frozenset({"com", "org"})
# Words of the languages that we sell, types and fields. Behind a full stop they are a forgotten
# space or a program ("user.id") as often as a site, so that something else must speak for a site.
_SMALL = """
am as at be do es id il im in int is it la me my ni no nu om se si so su to us
"""
# What programs call their things: "item.link" is no site. No field is called as most countries are.
_PROGRAMS = """
account action app args arr array axios base body builder button canvas card cell charge child
client cls cmd column config console container context ctx cursor customer data date db device df
dispute div doc docker document dom domain e el elem element engine env error event expr field fig
file folder form frame func git group header hook http image img index input instance intent invoice
item java javax job jquery js kernel key label line list log logger map math menu message microsoft
model module mouse msg name node np num obj object option options order os page panel params parent
path pd plot plt plugin post process product profile props query queue record ref refund req request
res response result route router row rule script self server session settings sheet socket state
static str string style super sys system table target task text theme this thread token torch trait
tree url user util utils val value var version video view vm window worker
"""
_SHORTENED = ABBREVIATIONS | {"abb", "ca", "dipl", "ing", "max", "med", "min", "phil", "std", "tel"}
_SMALL_WORDS = frozenset(_SMALL.split())
_COUNTRY_ENDINGS = frozenset(_COUNTRIES.split())
# What some countries put before their ending.
_SECOND = frozenset({"ac", "co", "com", "gob", "gov", "gv", "ne", "net", "nom", "or", "org"})
_NO_FIELDS = _COUNTRY_ENDINGS - _SMALL_WORDS - {"io"}
_ONLY_ENDINGS = _NO_FIELDS | _PLAIN | {"biz", "info", "io", "net"}
_OF_PROGRAMS = frozenset(_PROGRAMS.split())
# Products that are named like hosts, and what people call the web's first years.
_PRODUCTS = frozenset(
    {"asp.net", "ado.net", "vb.net", "ml.net", "paint.net", "socket.io", "dot.com"}
)
# What stands before the name of a site: somebody is sent there.
_SENT_TO = re.compile(
    r"\b(?:at|on|via|visit|see|site|website|auf|bei|unter|besuch\w*|(?:web)?seite|sur|chez"
    r"|visite[rz]?|sitio|en|visita|op|bij|bezoek)\s+[\"“„«(]?$",
    re.IGNORECASE,
)
_GLANCE_CHARS = 20
_FEWEST_LETTERS = 2
_EDGES = re.compile(r"^[\W_]+|[\W_]+$")

_DOT = r"(?:\.|\s?[\[({](?:\.|dot|punkt|point|punto|punt)[\])}]\s?)"
_HOST = re.compile(
    # What stands before rules out e-mail addresses, paths and the middle of a name; what stands
    # behind, calls of functions, paths and names that go on.
    r"(?<![\w@./:\-])"
    r"(?!(?<=\w&)\w{1,2}\.)"  # "H&M.com" is a name of its own, not M's
    rf"(?P<labels>(?:[^\W_](?:[\w-]{{0,61}}[^\W_])?{_DOT}){{1,4}})"
    r"(?P<end>[^\W\d_]{2,24})(?![\w@(/\-]|\.(?-i:[a-z\d]))",
    re.IGNORECASE,
)
# "lucky-casino dot com", "lucky-casino . com": said so that somebody types it.
_SPELT_OUT = re.compile(
    r"(?<![\w@./:\-])(?P<labels>[^\W_][\w-]{1,62})"
    r"(?:\s(?P<dot>dot|punkt|point|punto|punt)\s|\s\.\s?)(?P<end>com|org|net|info|io|biz|casino|shop)"
    r"(?![\w-]|\s(?:age|boom|bubble|bust|compan(?:y|ies)|crash|days|era|start-?ups?|world|years?)\b)",
    re.IGNORECASE,
)
_DOTS = re.compile(_DOT, re.IGNORECASE)


def named_hosts(text: str) -> list[str]:
    """Return the host names that `text` names, as plain letters, in order.

    Read past invisible characters, full-width signs, "[dot]" and " dot ". Abbreviations, versions,
    file names, fields and functions of programs and a forgotten space ("done.In") are no hosts.
    """
    plain = _plain(text)
    named = [
        (match.start(), host)
        for host, match in _candidates(plain)
        if _is_host(host) and _is_meant(host, before=plain[: match.start()])
    ]
    named += [
        (match.start(), f"{match['labels']}.{match['end']}")
        for match in _SPELT_OUT.finditer(plain)
        if _is_spelt_out(match, before=plain[: match.start()])
    ]
    return [host for _, host in sorted(named)]


def possible_hosts(text: str) -> list[str]:
    """Return whatever in `text` could be a host name, be it likely or not, in order."""
    return [host for host, _ in _candidates(_plain(text))]


def ends_an_address(word: str) -> bool:
    """Return whether a word, lower case, is read as an address's ending and as little else."""
    return word in _ONLY_ENDINGS


def whole_host(text: str) -> list[str]:
    """Return the host name that `text` is, signs around it left out; empty where it says more."""
    plain = _EDGES.sub("", _plain(text))
    return [host for host, match in _candidates(plain) if match[0] == plain and _is_host(host)]


def of_one_owner(one: str, other: str) -> bool:
    """Return whether two hosts, lower case, are one site, or one of them a part of the other.

    A name under .com and under countries is taken for one brand: acme.com and acme.co.uk.
    """
    if one == other or one.endswith(f".{other}") or other.endswith(f".{one}"):
        return True
    brand = _brand(one)
    return brand != "" and brand == _brand(other)


def _brand(host: str) -> str:
    brand, _, ending = host.partition(".")
    second, _, country = ending.rpartition(".")
    if ending == "com" or (country in _COUNTRY_ENDINGS and second in {"", *_SECOND}):
        return brand
    return ""


def _plain(text: str) -> str:
    return normalize("NFKC", visible(text))


def _candidates(plain: str) -> Iterator[tuple[str, re.Match[str]]]:
    for match in _HOST.finditer(plain):
        host = _DOTS.sub(".", match[0])
        known = match["end"].lower() in _ENDINGS
        if known and not host.lower().startswith("www."):
            yield host, match


def _is_host(host: str) -> bool:
    labels, _, end = host.rpartition(".")
    *_, last = labels.lower().split(".")
    if host.lower() in _PRODUCTS or not any(letter.isalpha() for letter in last):
        return False
    if end.lower() in _PLAIN:
        return True
    if len(last) < _FEWEST_LETTERS or last in _SHORTENED or _is_a_field(labels, end.lower()):
        return False
    return end.islower() or host.isupper()


def _is_a_field(labels: str, end: str) -> bool:
    if end in _NO_FIELDS:
        return False
    name = labels.rpartition(".")[2]
    camel = any(one.islower() and two.isupper() for one, two in pairwise(name))
    return camel or name.lower() in _OF_PROGRAMS


def _is_spelt_out(match: re.Match[str], *, before: str) -> bool:
    label = match["labels"]
    if not any(sign.isalpha() for sign in label):
        return False
    if "-" in label or any(sign.isdigit() for sign in label):
        return True
    # "At this point info is scarce": the other words for a dot mean more than that.
    return match["dot"] in {None, "dot"} and bool(_SENT_TO.search(before[-_GLANCE_CHARS:]))


def _is_meant(host: str, *, before: str) -> bool:
    """Whether more than a forgotten space speaks for a host that ends on a small word."""
    labels, _, end = host.rpartition(".")
    if end.lower() not in _SMALL_WORDS:
        return True
    marked = "-" in labels or "." in labels or any(sign.isdigit() for sign in labels)
    return marked or bool(_SENT_TO.search(before[-_GLANCE_CHARS:]))
