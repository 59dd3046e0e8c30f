from ipaddress import IPv4Address, IPv6Address
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from orders.public_urls import NotPublic, host_of, public_url


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("https://example.com", "https://example.com"),
        ("https://example.com/a/b?c=d&e=f#g", "https://example.com/a/b?c=d&e=f#g"),
        ("HTTPS://Example.COM/Path", "https://example.com/Path"),
        (" https://shop.example.co.uk/ ", "https://shop.example.co.uk/"),
        ("http://example.com:80/", "http://example.com/"),
        ("https://example.com:8443/x", "https://example.com:8443/x"),
        ("https://example.com:/x", "https://example.com/x"),
        ("https://example.com./x", "https://example.com/x"),
        (
            "https://bücher.de/größe?q=ä#ö",
            "https://xn--bcher-kva.de/gr%C3%B6%C3%9Fe?q=%C3%A4#%C3%B6",
        ),
        ("https://xn--bcher-kva.de/", "https://xn--bcher-kva.de/"),
        ("https://EXAMPLE。com/", "https://example.com/"),
        ("https://example.com/a%20b", "https://example.com/a%20b"),
        ("https://example.com/{a}|^", "https://example.com/%7Ba%7D%7C%5E"),
        ("http://93.184.215.14/", "http://93.184.215.14/"),
        ("http://[2606:2800:021f:cb07::1]/", "http://[2606:2800:21f:cb07::1]/"),
        ("http://[2606:2800:21f:cb07::1]:8080/", "http://[2606:2800:21f:cb07::1]:8080/"),
        ("https://9gag.com/7", "https://9gag.com/7"),
        ("https://example.com/@user:x", "https://example.com/@user:x"),
        (
            "https://web.archive.org/http://example.com/",
            "https://web.archive.org/http://example.com/",
        ),
    ],
)
def test_a_public_address_is_taken_in_its_plain_spelling(typed, plain):
    assert public_url(typed) == plain
    assert public_url(plain) == plain


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.com",
        "//example.com/",
        "ftp://example.com/",
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "mailto:ada@example.com",
        "https:",
        "https://",
        "https:///path",
        "https:example.com",
        "https://?q",
        "https://:443/",
        # who one is
        "https://ada@example.com/",
        "https://ada:secret@example.com/",
        "https://example.com@evil.com/",
        "https://@example.com/",
        # how it is written
        "https://exa mple.com/",
        "https://example.com/a b",
        "https://example.com\\@evil.com/",
        "https://example.com/\\evil",
        "https://example.com/\tx",
        "https://exam\nple.com/",
        "https://example.com/\x00",
        "https://example.com/<b>",
        "https://example.com/%zz",
        "https://example.com/100%",
        # where it leads
        "http://localhost/",
        "http://LOCALHOST:8000/",
        "http://foo.localhost/",
        "http://intranet/",
        "http://com/",
        "http://printer.local/",
        "http://db.internal/",
        "http://app.test/",
        "http://shop.example/",
        "http://x.invalid/",
        "http://x.onion/",
        "http://router.home.arpa/",
        "http://nas.lan/",
        "http://nas.localdomain./",
        # IPv4 that is not public
        "http://0.0.0.0/",
        "http://10.0.0.1/",
        "http://100.64.0.1/",
        "http://127.0.0.1/",
        "http://127.1.2.3/",
        "http://169.254.169.254/latest/meta-data/",
        "http://172.16.0.1/",
        "http://192.0.0.1/",
        "http://192.0.2.1/",
        "http://192.168.1.1/",
        "http://198.18.0.1/",
        "http://203.0.113.9/",
        "http://224.0.0.1/",
        "http://240.0.0.1/",
        "http://255.255.255.255/",
        # IPv4 in disguise
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0x7f.0.0.1/",
        "http://0177.0.0.1/",
        "http://127.1/",
        "http://127.0.1/",
        "http://1.1/",
        "http://8.8.8.8.8/",
        "http://256.1.1.1/",
        "http://08.8.8.8/",
        "http://0x/",
        "http://example.0x10/",
        "http://127.0.0.1./",
        "http://１２７.0.0.1/",
        "http://①②⑦.0.0.1/",
        "http://127。0。0。1/",
        "http://%31%32%37.0.0.1/",
        # IPv6
        "http://[::]/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://[::ffff:8.8.8.8]/",
        "http://[::8.8.8.8]/",
        "http://[64:ff9b::7f00:1]/",
        "http://[64:ff9b:1::1]/",
        "http://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/",
        "http://[2001:db8::1]/",
        "http://[2002:7f00:1::]/",
        "http://[2002:808:808::1]/",
        "http://[3fff::1]/",
        "http://[fc00::1]/",
        "http://[fd12:3456::1]/",
        "http://[fe80::1]/",
        "http://[fe80::1%25eth0]/",
        "http://[2606:2800:21f:cb07::1%eth0]/",
        "http://[fec0::1]/",
        "http://[ff02::1]/",
        "http://[v1.x]/",
        "http://[::1/",
        "http://::1/",
        "http://2606:2800:21f:cb07::1/",
        # names that are none
        "http://-example.com/",
        "http://example-.com/",
        "http://exam_ple.com/",
        "http://exam..ple.com/",
        "http://.example.com/",
        "http://example.com../",
        "http://" + "a" * 64 + ".com/",
        "http://" + "a." * 130 + "com/",
        "http://xn--/",
        "http://xn--a.com/",
        "http://exam\u202eple.com/",
        "http://💩.com/",
        "http://*.example.com/",
        # ports
        "http://example.com:0/",
        "http://example.com:65536/",
        "http://example.com:-1/",
        "http://example.com:abc/",
        "http://example.com:８０/",
        "https://example.com/" + "x" * 481,
        "https://example.com/" + "é" * 90,
    ],
)
def test_an_address_that_is_not_public_or_not_plain_is_refused(url):
    with pytest.raises(NotPublic):
        public_url(url)


def test_an_address_may_have_five_hundred_characters():
    longest = "https://example.com/" + "x" * 480

    assert public_url(longest) == longest


@given(st.integers(min_value=0, max_value=2**32 - 1))
@example(0x7F000001)
def test_no_spelling_of_an_ipv4_address_slips_through_but_the_plain_public_one(number):
    address = IPv4Address(number)
    odd = [
        str(number),
        hex(number),
        f"0{number:o}",
        ".".join(f"0{int(part):o}" for part in str(address).split(".")),
        ".".join(hex(int(part)) for part in str(address).split(".")),
        f"{number >> 24}.{number & 0xFFFFFF}",
        f"{number >> 24}.{number >> 16 & 0xFF}.{number & 0xFFFF}",
    ]

    for host in odd:
        with pytest.raises(NotPublic):
            public_url(f"http://{host}/")
    try:
        taken = public_url(f"http://{address}/")
    except NotPublic:
        assert not address.is_global or address.is_multicast or address.is_reserved
    else:
        assert taken == f"http://{address}/"
        assert address.is_global
        assert not address.is_multicast


@given(st.integers(min_value=0, max_value=2**128 - 1) | st.integers(0x2000 << 112, 0x3FFF << 112))
def test_an_accepted_ipv6_address_is_global_and_carries_no_other_address(number):
    address = IPv6Address(number)
    try:
        taken = public_url(f"http://[{address}]/")
    except NotPublic:
        return
    assert taken == f"http://[{address}]/"
    assert address.is_global
    assert not address.is_multicast
    assert (address.ipv4_mapped, address.sixtofour, address.teredo) == (None, None, None)


@given(st.text(max_size=60) | st.from_regex(r"https?://[^/]{1,40}/.{0,20}"))
@example("http://[")
@example("http://a]b.com/")
@example("https://℀.com/")
def test_any_text_is_refused_or_spelled_the_same_a_second_time(text):
    try:
        plain = public_url(text)
    except NotPublic:
        return
    assert public_url(plain) == plain
    assert plain.isascii()
    assert plain.isprintable()
    assert "@" not in urlsplit(plain).netloc
    assert "." in host_of(plain) or ":" in host_of(plain)
