"""A look at a live page, over HTTP: the sandbox's WordPress serves it, right or wrong."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address

import pytest

from articles.publishing import PublishingRefused, look, outside
from tests.articles.pages import ANCHOR, HTML, TARGET
from tests.visitor import visitor

AUTH = ("byline", "sand boxx pass word")


@pytest.fixture
def page(sandbox):
    """A function that puts a text on the sandbox's site and returns its address."""

    def put(html=HTML):
        post = {"title": "Beds", "content": html, "status": "publish"}
        with visitor(base_url=sandbox.base_url, auth=AUTH) as publisher:
            answer = publisher.post("/wordpress/wp-json/wp/v2/posts", json=post)
        return str(answer.json()["link"])

    return put


def seen(url, **given):
    return look(url, **{"target_url": TARGET, "anchor_text": ANCHOR, "rel": "sponsored"} | given)


def verdicts(live):
    return {name: check.ok for name, check in live.checks.items()}


def test_a_page_that_is_as_sold_passes_every_check(page):
    live = seen(page())

    assert live.ok
    assert live.reason == ""
    assert verdicts(live) == dict.fromkeys(("answer", "link", "anchor", "policy", "indexing"), True)


@pytest.mark.parametrize(
    ("bad", "failed", "reason"),
    [
        ("noindex", "indexing", "noindex"),
        ("noindex_header", "indexing", "noindex"),
        ("no_link", "link", f"The link to {TARGET} is not on the page."),
        ("link_twice", "link", "2 times"),
        ("wrong_rel", "policy", "not marked; sold was marked sponsored"),
        ("wrong_anchor", "anchor", "says “click here”; sold was “oak raised beds”"),
    ],
)
def test_what_is_wrong_is_named(sandbox, page, bad, failed, reason):
    sandbox.knob(service="wordpress", operation="page", bad_page=[bad])

    live = seen(page())

    assert not live.ok
    assert [name for name, ok in verdicts(live).items() if ok is False] == [failed]
    assert reason in live.reason


def test_a_check_that_could_not_be_made_is_no_pass(sandbox, page):
    sandbox.knob(service="wordpress", operation="page", bad_page=["no_link"])

    live = seen(page())

    assert live.checks["anchor"].ok is None
    assert live.checks["policy"].ok is None
    assert live.to_json()["anchor"] == {"ok": None, "said": "There is no link to read."}


@pytest.mark.parametrize("status", [403, 404, 500, 503])
def test_a_page_that_does_not_answer_200_is_not_looked_at(sandbox, page, status):
    sandbox.knob(service="wordpress", operation="page", status=status)

    live = seen(page())

    assert live.reason == f"The live page answers {status} instead of 200."
    assert verdicts(live) == {"answer": False} | dict.fromkeys(
        ("link", "anchor", "policy", "indexing")
    )


def test_a_dropped_connection_is_a_reason_and_no_crash(sandbox, page):
    sandbox.knob(service="wordpress", operation="page", drop_before=True)

    assert "cannot be reached" in seen(page()).reason


def test_a_page_that_drips_is_given_up(sandbox, page, settings):
    settings.PUBLISH_TIMEOUT_S = 0.2
    sandbox.knob(service="wordpress", operation="page", drip_ms=2000)

    assert "did not" in seen(page()).reason


def test_a_page_that_is_too_long_is_given_up(page):
    url = page(HTML + "<p>again</p>" * 1000)
    with pytest.raises(outside.PublishingUnavailable, match="longer than 1000 bytes"):
        outside.ask("GET", url, most_bytes=1000)


def test_a_link_in_a_comment_or_a_template_is_not_on_the_page(page):
    hidden = f"<p>No link.</p><!-- {HTML} --><template>{HTML}</template>"

    assert "is not on the page" in seen(page(hidden)).reason


@pytest.mark.parametrize(
    "anchor",
    [
        "a beginner's guide",
        'the "best" beds',
        "``oak'' beds",
        "beds -- a guide",
        "beds - a guide",
        "beds---a guide",
        "and so on...",
        'a 4x8 bed of 6" boards',
        "the Bed (tm)",
        "beds for Wordpress",
    ],
)
def test_signs_that_wordpress_sets_by_itself_do_not_matter(page, anchor):
    live = seen(page(HTML.replace(ANCHOR, anchor)), anchor_text=anchor)

    assert live.ok, live.reason


@pytest.mark.parametrize(
    ("anchor", "shown"),
    [
        ('the "best" beds', "the «&nbsp;best&nbsp;» beds"),
        ('the "best" beds', "the &#8222;best&#8220; beds"),
        ("oak beds", "Oak Beds"),
    ],
)
def test_quotes_of_other_languages_and_capitals_do_not_matter(page, anchor, shown):
    assert seen(page(HTML.replace(ANCHOR, shown)), anchor_text=anchor).ok


def test_another_sign_than_was_sold_is_still_another_text(page):
    live = seen(page(HTML.replace(ANCHOR, "oak, raised beds")))

    assert live.checks["anchor"].ok is False


def test_other_words_in_rel_do_not_matter(page):
    html = HTML.replace('rel="sponsored"', 'rel="noopener SPONSORED" target="_blank"')

    assert seen(page(html)).ok


@pytest.mark.parametrize("rel", ["nofollow,ugc", "noopener, nofollow", "sponsored,noopener"])
def test_words_in_rel_are_told_apart_at_commas_too(page, rel):
    url = page(HTML.replace('rel="sponsored"', f'rel="{rel}"'))

    assert not seen(url, rel=None).ok
    assert seen(url).ok is (rel == "sponsored,noopener")


def test_a_followed_link_may_not_be_unfollowed_by_its_page(sandbox, page):
    url = page(HTML.replace(' rel="sponsored"', ""))
    assert seen(url, rel=None).ok
    sandbox.knob(service="wordpress", operation="page", bad_page=["noindex"])

    assert "follow none of its links" in seen(url, rel=None).reason


def test_an_address_that_differs_a_little_is_told(page):
    html = HTML.replace("https://shop", "HTTPS://shop")

    assert f"sold was {TARGET}" in seen(page(html)).reason


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/x", "http://[::1]:9/x", "http://localhost:9/"])
def test_in_production_nothing_private_is_asked(settings, url):
    settings.DEVELOPMENT = False
    settings.SITE_URL = "https://orders.example.com"

    with pytest.raises(PublishingRefused, match="public address"):
        outside.ask("GET", url, most_bytes=1000)
    assert "does not lead to a public address" in seen(url).reason


@pytest.fixture
def redirecting():
    """A server that answers every request with a redirect to its `to`."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(302)
            self.send_header("location", self.server.to)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.url = f"http://127.0.0.1:{server.server_port}/"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_redirects_are_followed_to_the_page(redirecting, page):
    redirecting.to = page()

    assert seen(redirecting.url).ok


def test_in_production_a_redirect_to_a_private_address_is_not_followed(
    sandbox, redirecting, settings, page
):
    redirecting.to = page()
    settings.DEVELOPMENT = False
    settings.SITE_URL = redirecting.url

    assert "does not lead to a public address" in seen(redirecting.url).reason
    assert sandbox.calls(service="wordpress", operation="page") == []


def test_a_redirect_to_another_site_is_not_what_was_sold(redirecting, page):
    redirecting.to = page()

    live = seen(redirecting.url.replace("127.0.0.1", "localhost"))

    assert live.reason == "The live address leads on to another site, 127.0.0.1."
    assert verdicts(live)["link"] is None


def test_endless_redirects_are_given_up(redirecting):
    redirecting.to = redirecting.url

    assert "redirects more than 3 times" in seen(redirecting.url).reason


def test_in_production_our_own_pages_may_lie_in_a_private_network(settings, page):
    url = page()
    settings.DEVELOPMENT = False
    settings.SITE_URL = settings.SANDBOX_URL

    assert seen(url).ok


@pytest.mark.parametrize("url", ["ftp://example.com/", "https://", "nothing", "http://[::1"])
def test_what_is_no_web_address_is_a_reason(url):
    assert "no web address" in seen(url).reason


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:4700::1", True),
        ("10.0.0.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("224.0.0.1", False),
        ("240.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("2002:0a00:0001::", False),
        ("64:ff9b::a00:1", False),
        ("fe80::1", False),
        ("fd00::1", False),
    ],
)
def test_only_addresses_of_the_public_internet_count_as_public(address, public):
    assert outside.is_public(ip_address(address)) is public
