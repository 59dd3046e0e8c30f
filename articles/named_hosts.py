"""Host names that plain text names without scheme, "www." or path, such as evil-casino.com."""

from __future__ import annotations

import re
from collections.abc import Iterator
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
# Nobody forgets a space before these.
_PLAIN = frozenset({"com", "net", "org", "info"})
# Products that are named like hosts.
_PRODUCTS = frozenset({"asp.net", "ado.net", "vb.net", "ml.net", "paint.net", "socket.io"})
_FEWEST_LETTERS = 2

_DOT = r"(?:\.|\s?[\[({](?:\.|dot|punkt|point|punto|punt)[\])}]\s?)"
_HOST = re.compile(
    # What stands before rules out e-mail addresses, paths and the middle of a name; what stands
    # behind, calls of functions, paths and names that go on.
    rf"(?<![\w@./:\-])(?P<labels>(?:[^\W_](?:[\w-]{{0,61}}[^\W_])?{_DOT}){{1,4}})"
    r"(?P<end>[^\W\d_]{2,24})(?![\w@(/\-]|\.(?-i:[a-z\d]))",
    re.IGNORECASE,
)
_DOTS = re.compile(_DOT, re.IGNORECASE)


def named_hosts(text: str) -> list[str]:
    """Return the host names that `text` names, as plain letters, in order.

    Read past invisible characters, full-width signs and "[dot]". Abbreviations, versions, file
    names, calls of functions and a forgotten space ("done.In") are no hosts.
    """
    return list(_hosts(normalize("NFKC", visible(text))))


def _hosts(text: str) -> Iterator[str]:
    for match in _HOST.finditer(text):
        host = _DOTS.sub(".", match[0])
        if not host.lower().startswith("www.") and _is_host(host, match["end"]):
            yield host


def _is_host(host: str, end: str) -> bool:
    known = end.lower()
    last = host[: -len(end) - 1].rpartition(".")[2].lower()
    if known not in _ENDINGS or host.lower() in _PRODUCTS:
        return False
    if not any(letter.isalpha() for letter in last):
        return False
    if known in _PLAIN:
        return True
    is_short = len(last) < _FEWEST_LETTERS or last in ABBREVIATIONS
    return not is_short and (end.islower() or host.isupper())
