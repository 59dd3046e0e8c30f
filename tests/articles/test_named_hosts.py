import pytest
from hypothesis import given

from articles.named_hosts import named_hosts
from tests.articles.shapes import any_html


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("Play at evil-casino.com today.", "evil-casino.com"),
        ("All of it is on evil-casino.com.", "evil-casino.com"),
        ("So says (evil.co.uk), at least.", "evil.co.uk"),
        ("Spiel auf glücksrad.de!", "glücksrad.de"),
        ("Ask EVIL-CASINO.BET or Evil.Com for more.", "EVIL-CASINO.BET"),
        ("Look at evil[.]com now.", "evil.com"),
        ("Look at evil (dot) com now.", "evil.com"),
        ("Look at evil\u200b.c\u00adom now.", "evil.com"),
        ("Look at ｅｖｉｌ．ｃｏｍ now.", "evil.com"),
        ("Tweet it on x.com now.", "x.com"),
        ("The 1001.games are here.", ""),
        ("Go to lucky7.casino for a bonus.", "lucky7.casino"),
        ("“evil.io”", "evil.io"),
        ("die Seite boese.at hilft", "boese.at"),
        ("Many trust best-pills.io these days.", "best-pills.io"),
        ("Players love casino.link because it pays.", "casino.link"),
        ("Players love casino.host and evil.show, evil.style, evil.app.", "casino.host"),
        ("Players love lucky-casino.net and its bonus.", "lucky-casino.net"),
        ("Go to LUCKY.NET or Lucky7.net today.", "LUCKY.NET"),
        ("Order at pillole.it today.", "pillole.it"),
        ("Bestellt auf pillen.at und spart.", "pillen.at"),
        ("Many trust best-pills.it these days.", "best-pills.it"),
        ("Many trust shop.evil.to these days.", "shop.evil.to"),
        ("Many trust M.com these days.", "M.com"),
        ("Many trust java.de these days.", "java.de"),
        ("Book on Bali.id or at bali.id today.", "Bali.id"),
        ("They love tips&evil-casino.com a lot.", "evil-casino.com"),
    ],
)
def test_a_site_that_is_named_without_anything_around_it_is_found(text, host):
    assert named_hosts(text)[:1] == [host][: bool(host)]


@pytest.mark.parametrize(
    "text",
    [
        *("Use Node.js, Vue.js and Next.js.", "Write it in ASP.NET or with Socket.IO."),
        *("Open config.py, README.md, run.sh, main.rs and data.json.", "See photo.jpg or a.out."),
        *("Bees, e.g. wild ones, i.e. all.", "e.g.in spring or z.B.im Mai, u.a.in Wien, d.h.so."),
        *("It was done.In the end it held.", "It was done.It held. So.Be it."),
        *("At 9.30 a.m. or 5.in, 3.5 kg, v2.0, no.1.", "St. Gallen, Mr.is, etc.in, approx.at"),
        *("Call console.info(text) and os.path.join(a).", "The U.S. and the U.K. and Ph.D.s."),
        *("Write to ada@example.com, a.lovelace@example.com.", "GmbH & Co.KG, Inc. and Ltd."),
        *("See https://evil.com, http://evil.com/x and www.evil.com.", "and/or, 24/7, 1.000.000"),
        *("Sort by user.id and self.id.", "Look at document.style and item.link.", "plt.show"),
        *("Set config.app on docker.host.", "java.io and java.net, System.Net", "Microsoft.NET"),
        *("array.at", "data.to", "min.at", "max.in", "at min.at", "userData.link and myApp.host"),
        *("the dot.com bubble", "It was good.it is now.", "We saw them.in spring they left."),
        *("H&M.com has it.", "Prof.Dr.med.de Vries", "Prof.Dr.med.at Wien", "logger.info"),
        *("The refund.id and the charge.id.", "Type unsigned.int or order.id first."),
        *("Wait... and then.", "evil .com and evil. com", "The dot-com years, the .com ending."),
    ],
)  # fmt: skip
def test_abbreviations_files_versions_and_forgotten_spaces_are_no_sites(text):
    assert named_hosts(text) == []


@given(any_html)
def test_no_text_makes_it_raise_and_each_host_has_an_ending(text):
    assert all("." in host for host in named_hosts(text))


def test_a_long_run_of_letters_is_read_once():
    assert named_hosts("a" * 100_000 + "." + "b." * 50_000 + "com") == []
