"""Which web addresses a customer may have a link to: public ones, in one plain spelling.

Names are not looked up. A look-up would make the request wait on a stranger's name server, could be
used to probe our network, and would prove nothing: the answer may be another a second later.
Whoever fetches an address checks where it leads at that moment.
"""

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address, IPv6Network
from typing import Final
from urllib.parse import SplitResult, quote, urlsplit, urlunsplit

import idna

LONGEST: Final = 500
_LONGEST_HOST: Final = 253

# Names that never lead anywhere public: RFC 2606 and 6761 (test, example, invalid, localhost),
# 6762 (local), 7686 (onion), 8375 (home.arpa), 9476 (alt), ICANN's reservation of 2024 (internal),
# and those that home and office networks use all the same. example.com, .net and .org are
# registered names and stay usable.
_RESERVED_ENDINGS: Final = frozenset(
    {"test", "example", "invalid", "localhost", "local", "onion", "arpa", "alt", "internal"}
    | {"intranet", "private", "corp", "home", "lan", "localdomain"}
)
# Global unicast, less what carries an IPv4 address inside (Teredo, 6to4) or leads nowhere (ORCHID).
# Mapped, translated (NAT64), local and multicast addresses lie outside of it.
_IPV6_GLOBAL: Final = IPv6Network("2000::/3")
_IPV6_TUNNELS: Final = tuple(
    map(IPv6Network, ("2001::/32", "2001:10::/28", "2001:20::/28", "2002::/16", "3fff::/20"))
)
_NUMBER: Final = re.compile(r"[0-9]+|0[xX][0-9a-fA-F]*")
_BROKEN_ESCAPE: Final = re.compile(r"%(?![0-9a-fA-F]{2})")
_REFUSED: Final = re.compile(r"[\s\\<>\x00-\x1f\x7f]")
# What RFC 3986 lets stand in a path, a query or a fragment; anything else is percent-encoded.
_PLAIN: Final = "%/:@!$&'()*+,;=-._~?"


class NotPublic(ValueError):
    """The address is not one that a stranger's browser can open; the message says why."""


def public_url(text: str) -> str:
    """Return the address in its plain spelling: ASCII, lower-case host, no default port.

    :raises NotPublic: no http(s) address, credentials in it, or a host that is not public
    """
    text = text.strip()
    if len(text) > LONGEST:
        raise NotPublic(f"Use at most {LONGEST} characters.")
    if _REFUSED.search(text):
        raise NotPublic("Remove spaces, backslashes, angle brackets and control characters.")
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise NotPublic("Enter a valid web address such as https://example.com/page.") from None
    if parts.scheme not in {"http", "https"}:
        raise NotPublic("Begin the address with http:// or https://.")
    if "@" in parts.netloc:
        raise NotPublic("Remove the user name or password from the address.")
    if port == 0:
        raise NotPublic("Port 0 cannot be opened.")
    plain = _spelled(parts, host=_public_host(parts), port=port)
    if len(plain) > LONGEST:
        raise NotPublic(f"Use at most {LONGEST} characters, percent-encoded ones counted as such.")
    return plain


def host_of(url: str) -> str:
    """Return the host of an address that `public_url` gave."""
    return urlsplit(url).hostname or ""


def _spelled(parts: SplitResult, *, host: str, port: int | None) -> str:
    rest = (parts.path, parts.query, parts.fragment)
    if any(_BROKEN_ESCAPE.search(part) for part in rest):
        raise NotPublic("A % in the address must be followed by two hexadecimal digits.")
    usual = {"http": 80, "https": 443}[parts.scheme]
    netloc = host if port in {None, usual} else f"{host}:{port}"
    return urlunsplit((parts.scheme, netloc, *(quote(part, safe=_PLAIN) for part in rest)))


def _public_host(parts: SplitResult) -> str:
    host = parts.hostname or ""
    if not host:
        raise NotPublic("The address names no site.")
    if parts.netloc.startswith("["):
        return f"[{_public_ipv6(host)}]"
    name = _ascii_name(host)
    labels = name.split(".")
    # As browsers read it: a name that ends in a number is an IPv4 address, however it is written.
    if _NUMBER.fullmatch(labels[-1]):
        return _public_ipv4(name)
    if len(labels) < 2 or labels[-1] in _RESERVED_ENDINGS:
        raise NotPublic(f"“{labels[-1]}” is not a public site: enter one that everybody can open.")
    return name


def _ascii_name(host: str) -> str:
    # Mapped before it is judged: full-width digits and dots are digits and dots to a browser.
    try:
        name = idna.encode(host, uts46=True, std3_rules=True).decode("ascii").rstrip(".")
    except (idna.IDNAError, UnicodeError):
        raise NotPublic("The site's name is not a valid one.") from None
    if not name or len(name) > _LONGEST_HOST:
        raise NotPublic("The site's name is not a valid one.")
    return name


def _public_ipv4(text: str) -> str:
    try:
        address = IPv4Address(text)
    except AddressValueError:
        raise NotPublic("Write an IP address as four decimal numbers, or use a name.") from None
    if not address.is_global or address.is_multicast or address.is_reserved:
        raise NotPublic("This IP address is not a public one.")
    return str(address)


def _public_ipv6(text: str) -> str:
    try:
        address = IPv6Address(text)
    except AddressValueError:
        raise NotPublic("The IPv6 address is not a valid one.") from None
    inside = address in _IPV6_GLOBAL and address.is_global and address.scope_id is None
    if not inside or any(address in network for network in _IPV6_TUNNELS):
        raise NotPublic("This IP address is not a public one.")
    return str(address)
