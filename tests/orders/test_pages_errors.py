"""Error pages and the pages that say the same to everybody."""

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import OperationalError
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.urls import path

from config.urls import handler400, handler403, handler404, handler500  # noqa: F401  Django looks
from config.urls import urlpatterns as real_patterns
from orders import lifecycle
from orders.lifecycle import TransitionRefused
from orders.models import Product, Status
from orders.stripe_client import StripeUnavailable
from orders.views import samples
from tests.orders import factories
from tests.orders.looking import Looked, let_in

pytestmark = pytest.mark.django_db


def _raises(error):
    def view(request):
        raise error() if isinstance(error, type) else error

    return view


class _Gone:
    code = "7F3KQX"
    status = Status.COMPLETED
    product = Product.ARTICLE


FAULTS = {
    "bad": SuspiciousOperation("secret detail"),
    "denied": PermissionDenied("secret detail"),
    "crash": ZeroDivisionError("secret detail"),
    "database": OperationalError("secret detail"),
    "stripe": StripeUnavailable("secret detail"),
    "moved": TransitionRefused(order=_Gone(), to=Status.PROCESSING),
}
urlpatterns = [path(f"fault/{name}", _raises(error)) for name, error in FAULTS.items()]
urlpatterns += real_patterns


@pytest.fixture
def faulty(settings):
    """A client of a site whose views break on demand."""
    settings.ROOT_URLCONF = __name__
    return Client(raise_request_exception=False)


@pytest.mark.parametrize(
    ("address", "status", "heading"),
    [
        ("/fault/bad", 400, "We could not read that"),
        ("/fault/denied", 403, "This is not open to you"),
        ("/nothing", 404, "There is nothing here for you"),
        ("/fault/moved", 409, "This has moved on"),
        ("/fault/crash", 500, "Something broke on our side"),
        ("/fault/database", 503, "We will be back in a moment"),
        ("/fault/stripe", 503, "We will be back in a moment"),
    ],
)
def test_an_error_page_says_what_happened_what_we_do_and_what_to_do(
    faulty, address, status, heading
):
    page = Looked(faulty.get(address))

    assert page.status == status
    assert page.one("//h1") == heading
    assert page.all("//dt") == ["What happened", "What we do", "What you can do"]
    assert all(page.all("//dd"))
    assert "secret detail" not in page.text
    assert page.all("//meta[@name='robots']/@content") == ["noindex"]


def test_a_refused_move_says_where_the_order_is(faulty):
    page = Looked(faulty.get("/fault/moved"))

    assert "Order 7F3KQX is at “Published”" in page.text


def test_an_outage_says_when_to_come_back(faulty):
    assert int(faulty.get("/fault/database")["Retry-After"]) > 0


def test_the_page_of_a_crash_needs_nothing_to_be_rendered():
    assert "Something broke on our side" in render_to_string("500.html")


def test_too_many_failed_logins_get_our_page(client, settings):
    settings.AXES_FAILURE_LIMIT = 2
    wrong = {"username": "somebody", "password": "wrong"}
    for _ in range(2):
        response = client.post("/admin/login/", wrong)

    assert response.status_code == 429
    assert Looked(response).one("//h1") == "Too many tries"


def test_a_move_refused_under_a_view_is_answered_by_the_middleware_alone():
    from orders.views.errors import Refusals

    order = factories.order_in_work()
    with pytest.raises(TransitionRefused) as refused:
        lifecycle.cancel(order=order, actor="customer", why="late", at=factories.AT)
    middleware = Refusals(lambda request: None)

    answer = middleware.process_exception(RequestFactory().get("/"), refused.value)

    assert answer.status_code == 409
    assert order.code in answer.content.decode()
    assert middleware.process_exception(RequestFactory().get("/"), ValueError()) is None


def test_robots_are_kept_from_orders(client):
    text = client.get("/robots.txt").content.decode()

    assert "Disallow: /orders/" in text
    assert "Disallow: /order/" in text


def test_how_it_works_tells_refunds_and_link_policy_where_the_footer_points(client):
    page = Looked(client.get("/how-it-works/"))

    footer = page.all("//footer//a[contains(@href, '#')]/@href")
    assert {link.partition("#")[2] for link in footer} <= set(page.all("//section/@id"))
    assert "rel=sponsored" in page.text
    assert "Sponsored: this article contains a paid link." in page.text


def test_every_page_keeps_styles_and_scripts_to_our_own_files(client):
    response = client.get("/")

    policy = response["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    page = Looked(response)
    assert not page.all("//style | //*[@style] | //script[not(@src)]")
    assert all(src.startswith("/static/") for src in page.all("//script/@src | //link/@href"))


def test_the_developers_page_shows_every_email(client):
    page = Looked(client.get("/dev/emails"))

    assert len(page.all("//iframe")) == len(samples.VARIANTS)
    for variant in samples.VARIANTS:
        html = client.get(f"/dev/emails/{variant}.html")
        text = client.get(f"/dev/emails/{variant}.txt")
        assert "7F3KQX" in html.content.decode()
        assert "7F3KQX" in text.content.decode()
        assert text["Content-Type"].startswith("text/plain")
        assert "frame-ancestors 'self'" in html["Content-Security-Policy"]


@pytest.mark.parametrize("address", ["/dev/emails", "/dev/emails/article-ready.html"])
def test_production_has_no_developers_page(client, settings, address):
    settings.DEVELOPMENT = False

    assert client.get(address).status_code == 404


@pytest.mark.parametrize("address", ["/dev/emails/nothing.html", "/dev/emails/article-ready.pdf"])
def test_only_emails_that_exist_are_shown(client, address):
    assert client.get(address).status_code == 404


@pytest.mark.parametrize(
    "address",
    [
        "/domains/%00/",
        "/domains/" + "x" * 3000 + "/",
        "/?q=%00&niche=%00&sort=%00",
        "/?q=%ff%fe&page=-1",
        "/?page=" + "9" * 400,
        "/?price_max=999999999999&price_min=-5&authority_min=%E0%A5%A7",
        "/?" + "&".join(f"a{number}=1" for number in range(900)),
        "/order/?domain=%00",
        "/order/?again=%00&domain=%00",
        "/orders/not-an-order/",
        "/orders/00000000-0000-0000-0000-000000000000/versions/99999999999999999999/",
    ],
)
def test_no_address_breaks_a_page(client, address):
    factories.active_domain()

    assert client.get(address).status_code in (200, 404)


def test_a_version_number_beyond_the_databases_is_just_not_there(client):
    order = factories.order_in_review()
    let_in(client, order)

    assert client.get(f"{order.get_absolute_url()}versions/{2**70}/").status_code == 404


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"--x", "multipart/form-data"),
        (b"a=" + b"x" * 200_000, "application/x-www-form-urlencoded"),
        (
            b"&".join(b"a%d=1" % number for number in range(1500)),
            "application/x-www-form-urlencoded",
        ),
    ],
)
def test_a_body_that_is_no_form_of_ours_is_answered_in_plain_words(client, body, kind):
    page = Looked(client.post("/order/", body, content_type=kind))

    assert page.status == 400
    assert page.one("//h1") == "We could not read that"
