"""HTTP to sites that are not ours: public addresses only, bounded in size and in time."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any, Final
from urllib.parse import urlsplit

import httpcore2
import httpx2
from django.conf import settings

from articles.publishing.publisher import PublishingRefused, PublishingUnavailable

MOST_REDIRECTS: Final = 3
_IPV6_GLOBAL: Final = IPv6Network("2000::/3")
_USER_AGENT: Final = "Byline/1 (publication check)"


@dataclass(frozen=True, kw_only=True)
class Reply:
    """An answer that was read whole; `url` is where redirects ended."""

    url: str
    status: int
    headers: httpx2.Headers
    body: bytes

    @property
    def text(self) -> str:
        """The body as text, whatever bytes it has."""
        charset = httpx2.Response(200, headers=self.headers).charset_encoding or "utf-8"
        try:
            return self.body.decode(charset, errors="replace")
        except LookupError:  # a charset that nobody knows
            return self.body.decode("utf-8", errors="replace")


def ask(
    method: str,
    url: str,
    *,
    most_bytes: int,
    follow: bool = False,
    **given: Any,
) -> Reply:
    """Send a request and return the whole answer, after up to three redirects where told to follow.

    `given` goes to httpx2's `build_request` (json, params, headers), `auth` to `send`.

    :raises PublishingRefused: the address is not public, or no web address
    :raises PublishingUnavailable: no answer in time, or one that is too long
    """
    timeout_s = settings.PUBLISH_TIMEOUT_S
    give_up_at = time.monotonic() + timeout_s
    auth = given.pop("auth", None)
    headers = {"user-agent": _USER_AGENT, "accept-encoding": "identity"} | given.pop("headers", {})
    try:
        with httpx2.Client(transport=_Outward(), timeout=timeout_s, trust_env=False) as http:
            request = http.build_request(method, url, headers=headers, **given)
            for _ in range(MOST_REDIRECTS + 1):
                answer = http.send(request, auth=auth, stream=True)
                try:
                    if not follow or answer.next_request is None:
                        return _read(answer, most_bytes=most_bytes, give_up_at=give_up_at)
                    request = answer.next_request
                finally:
                    answer.close()
            raise PublishingUnavailable(f"It redirects more than {MOST_REDIRECTS} times.")
    except httpx2.TimeoutException:
        raise PublishingUnavailable(f"It did not answer within {timeout_s:g} s.") from None
    except (httpx2.InvalidURL, httpx2.UnsupportedProtocol):
        raise PublishingRefused("It leads to what is no web address.") from None
    except httpx2.HTTPError as error:
        # The error's own words may quote the request; its name says enough.
        raise PublishingUnavailable(f"It cannot be reached ({type(error).__name__}).") from None


def _read(answer: httpx2.Response, *, most_bytes: int, give_up_at: float) -> Reply:
    """Read the body within bounds: the client's own timeout runs anew with every byte."""
    if answer.headers.get("content-encoding", "identity") != "identity":
        # We asked for none, and a small answer may unpack to gigabytes.
        raise PublishingUnavailable("It answers compressed, though it was asked not to.")
    body = bytearray()
    for piece in answer.iter_raw():
        body += piece
        if len(body) > most_bytes:
            raise PublishingUnavailable(f"Its answer is longer than {most_bytes} bytes.")
        if time.monotonic() > give_up_at:
            raise PublishingUnavailable(f"It did not end within {settings.PUBLISH_TIMEOUT_S:g} s.")
    return Reply(
        url=str(answer.url), status=answer.status_code, headers=answer.headers, body=bytes(body)
    )


class _Outward(httpx2.HTTPTransport):
    """Connects through `_PublicOnly`."""

    def __init__(self) -> None:
        super().__init__(trust_env=False)
        self._pool = httpcore2.ConnectionPool(
            ssl_context=httpx2.create_ssl_context(trust_env=False),
            network_backend=_PublicOnly(),
        )


class _PublicOnly(httpcore2.SyncBackend):
    """Looks a name up once, judges what came of it, and connects to just that.

    Judging the name first and letting the client look it up again would be open to DNS rebinding:
    the second answer may be 127.0.0.1. TLS still checks the certificate against the name.
    """

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        return super().connect_tcp(
            _judged(host, port), port, timeout, local_address, socket_options
        )


def _judged(host: str, port: int) -> str:
    """Return the address to connect to.

    :raises PublishingRefused: the name leads into a network that is not public
    """
    if settings.DEVELOPMENT or _is_ours(host, port):
        return host
    try:
        found = {
            str(info[4][0]) for info in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        }
    except OSError as error:
        raise httpcore2.ConnectError(str(error)) from error
    # One bad address among good ones is no accident; it is not tried either.
    if not found or not all(is_public(ip_address(each.partition("%")[0])) for each in found):
        raise PublishingRefused(f"{host} does not lead to a public address.")
    return min(found, key=lambda each: (":" in each, each))


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Tell whether the address belongs to the public internet, IPv4 hidden in IPv6 judged too."""
    if isinstance(address, IPv6Address):
        tunnel = address.sixtofour or (address.teredo and address.teredo[1])
        if tunnel or address not in _IPV6_GLOBAL:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _is_ours(host: str, port: int) -> bool:
    """Our own pages are looked at too, and may lie in a private network."""
    site = urlsplit(settings.SITE_URL)
    return (host, port) == (site.hostname, site.port or {"http": 80}.get(site.scheme, 443))
