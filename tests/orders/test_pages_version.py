"""The preview of a version: clean, its bought link marked, its report in order."""

import pytest

from articles.models import ArticleVersion
from articles.quality.gate import REVISION
from articles.quality.report import CheckResult, Finding, Level, Report, State
from orders import reading, report
from tests.orders import factories
from tests.orders.looking import let_in, look

pytestmark = pytest.mark.django_db

TARGET = "https://shop.example.com/raised-beds"


def check(name, state, **given):
    fields = {"name": name, "label": name.title(), "level": "B", "source": "us", "state": state}
    return CheckResult(**fields | given)


def finding(message, *, level=Level.BLOCKS, block=None):
    return Finding(code="x", message=message, level=level, block=block)


def report_of(*checks):
    return Report(checks=checks, words=800).to_json()


def open_version(client, **given):
    """The page of an order's version with those fields."""
    order = factories.order_in_work()
    version = factories.version_of(order, **given)
    order.version = version
    order.save(update_fields=["version"])
    return look(let_in(client, order), f"{order.get_absolute_url()}versions/{version.number}/")


def test_a_stored_text_is_cleaned_again_before_it_is_shown(client):
    evil = (
        "<p onclick='x()'>Fine<script>alert(1)</script></p>"
        '<p><a href="javascript:alert(1)">here</a></p><p style="display:none">gone</p>'
    )

    page = open_version(client, html=evil)

    paper = page.tree.xpath("//article")[0]
    assert "Fine" in paper.text_content()
    assert not paper.xpath(".//script | .//*[@onclick] | .//*[@style]")
    assert not paper.xpath(".//a[contains(@href, 'javascript')]")


def test_the_bought_link_is_marked_and_no_other(client):
    html = (
        '<p>Most people begin with <a href="https://shop.example.com/raised-beds"'
        ' rel="sponsored">oak raised beds</a> at home. Then they rest.</p>'
        '<p>See <a href="https://other.example.com/">this</a> as well.</p>'
    )

    page = open_version(client, html=html)

    assert page.has_class("ordered-link") == ["oak raised beds"]
    assert page.one("//*[@class='ordered-link']/@rel") == "sponsored"
    assert page.one("//blockquote") == "Most people begin with oak raised beds at home."
    assert page.one("//blockquote/mark") == "oak raised beds"
    assert page.all("//a[.='show it in the text']/@href") == ["#ordered-link"]


def test_a_text_without_the_link_says_so(client):
    page = open_version(client, html="<p>Nothing is linked here.</p>")

    assert "Your link is not in this text" in page.text


def test_addresses_with_an_ampersand_are_found_as_well():
    html = '<p>Go <a href="https://a.example/?b=1&amp;c=2">there</a> now.</p>'

    (piece,) = reading.pieces(html, target_url="https://a.example/?b=1&c=2")

    assert 'class="ordered-link"' in piece.html


def test_a_picture_from_elsewhere_is_told_not_loaded(client):
    html = '<figure><img src="https://cdn.example.com/a.png" alt="A &lt;b&gt; bed"></figure>'

    page = open_version(client, html=html)

    assert not page.all("//article//img")
    assert page.has_class("picture-stand-in") == ["Picture: A <b> bed from cdn.example.com"]


def test_the_report_shows_failed_checks_first_and_folds_passed_ones(client):
    stored = report_of(
        check("fine", State.PASSED, value=800, threshold="720 to 880"),
        check("so-so", State.WARNED, findings=(finding("Long.", level=Level.WARNS),)),
        check("odd", State.UNKNOWN, reason="Nothing to compare with."),
        check("bad", State.FAILED, findings=(finding("Twice.", block=2),), value=2, threshold=1),
    )

    page = open_version(client, html="<p>One.</p><p>Two.</p>", report=stored)

    assert page.all("//aside//li/@class") == [
        "check failed",
        "check warned",
        "check unknown",
        "check passed",
    ]
    bad, warned, odd, passed = page.all("//aside//li[contains(@class, 'check')]")
    assert bad == "Bad : Failed Twice. Show block 2 Measured 2, rule 1"
    assert "Long." in warned
    assert "Nothing to compare with." in odd
    assert "Measured 800, rule 720 to 880" in passed
    assert page.all("//aside//details//li/@class") == ["check passed"]
    assert page.one("//aside//p[@class='score']") == "1 of 3 checks passed; 1 could not run"


def test_what_was_measured_is_told_in_words_with_its_rule():
    def told(name, value, threshold):
        return report.measured(check(name, State.PASSED, value=value, threshold=threshold))

    assert told("anchor", 14, 8) == "Its sentence has 14 words; at least 8 read naturally."
    assert told("passive", 0.034, 0.1) == (
        "3 % of the sentences are passive; at most 10 % should be."
    )
    assert told("link-policy", None, "sponsored") == "The link is sold as sponsored."
    assert told("reading-ease", 61.04, 50) == (
        "Reading ease 61 of 100; at least 50 is easy to read."
    )
    assert told("anchor", None, 8) == "Rule 8"
    assert told("new-one", 1, 2) == "Measured 1, rule 2"
    assert told("html", None, None) == ""


def test_words_are_kept_for_checks_of_the_gate_alone():
    assert set(report._WORDS) <= {each.name for each in REVISION}


def test_what_a_report_points_at_can_be_jumped_to(client):
    stored = report_of(check("bad", State.FAILED, findings=(finding("Here.", block=2),)))

    page = open_version(client, html="<h2>One</h2><p>Two.</p>", report=stored)

    (target,) = page.all("//aside//li//a/@href")
    assert page.one(f"//*[@id='{target.removeprefix('#')}']") == "Two."


@pytest.mark.parametrize("stored", [{}, {"checks": "many"}, {"gate": "gate-0", "words": 1}])
def test_a_version_without_a_readable_report_says_so(client, stored):
    page = open_version(client, report=stored)

    assert "This version has no quality report" in page.text


def test_the_preview_takes_two_queries_however_long_the_text(client, django_assert_num_queries):
    order = factories.order_in_review(html="<p>A line.</p>" * 300)
    let_in(client, order)

    with django_assert_num_queries(2):
        client.get(f"{order.get_absolute_url()}versions/1/")


def test_an_earlier_version_leads_to_the_current_one(client):
    order = factories.order_in_review()
    first = order.version
    order.version = ArticleVersion.objects.create(
        article=first.article,
        number=2,
        parent=first,
        title="Second",
        slug=first.slug,
        html="<p>Better.</p>",
        words=2,
        order_key=order.subject,
    )
    order.save(update_fields=["version"])
    let_in(client, order)

    page = look(client, order.get_absolute_url())
    earlier = look(client, f"{order.get_absolute_url()}versions/1/")

    assert [text.partition(":")[0] for text in page.all("//ul[@class='versions']//a")] == [
        "Version 2",
        "Version 1",
    ]
    assert "This is an earlier version" in earlier.text


def test_another_orders_version_is_not_shown(client):
    mine, other = factories.order_in_work(), factories.order_in_review()
    let_in(client, mine)

    assert client.get(f"{mine.get_absolute_url()}versions/1/").status_code == 404
    assert client.get(f"{other.get_absolute_url()}versions/1/").status_code == 404


def test_a_ready_order_shows_the_link_in_its_sentence(client):
    order = factories.order_in_review()
    let_in(client, order)

    page = look(client, order.get_absolute_url())

    assert page.one("//blockquote") == "Most people begin with oak raised beds at home."
    assert page.one("//a[@id='read']/@href") == f"{order.get_absolute_url()}versions/1/"


def test_the_orders_page_names_what_failed_first_and_leads_to_its_place(client):
    order = factories.order_in_review()
    stored = report_of(
        check("so-so", State.WARNED, findings=(finding("Long.", level=Level.WARNS),)),
        check("odd", State.UNKNOWN, reason="Nothing to compare with."),
        check("bad", State.FAILED, findings=(finding("Twice.", block=2),), value=2, threshold=1),
        check("fine", State.PASSED),
        check("idle", State.NOT_APPLICABLE, reason="None was ordered."),
    )
    text = {"html": "<p>One.</p><p>Two.</p>", "report": stored, "number": 2}
    order.version = factories.version_of(order, **text)
    order.save(update_fields=["version"])

    page = look(let_in(client, order), order.get_absolute_url())

    assert page.one("//details[@id='look-at']/summary") == "3 checks to look at"
    address = f"{order.get_absolute_url()}versions/2/"
    assert page.all("//details[@id='look-at']//li/@class") == [
        "check failed",
        "check warned",
        "check unknown",
    ]
    assert page.all("//details[@id='look-at']//a/@href") == [
        f"{address}#block-2",
        f"{address}#report-h",
        f"{address}#report-h",
    ]
    first = page.all("//details[@id='look-at']//li")[0]
    assert first == "Bad : Failed Twice. Show Bad in the article Measured 2, rule 1"
    article = look(client, address)
    assert article.one("//*[@id='block-2']") == "Two."
    assert article.one("//*[@id='report-h']") == "Quality report"
    assert article.all("//aside//details/summary") == [
        "1 passed checks",
        "1 checks of what was not ordered",
    ]
