import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth import get_user_model
from django.urls import reverse

from articles import quality, seed
from articles.brief import Brief
from articles.draft import Draft
from articles.models import Article, ArticleVersion, CallOutcome, Domain, ModelCall

pytestmark = pytest.mark.django_db

AT = datetime(2026, 11, 2, 9, tzinfo=UTC)
LISTS = ["domain", "article", "articleversion", "modelcall"]


@pytest.fixture
def desk(client):
    client.force_login(get_user_model().objects.create_superuser("editor", password="x"))
    return client


def address(model, page="changelist", *args):
    return reverse(f"admin:articles_{model}_{page}", args=args)


def domain(number=0):
    return Domain.objects.create(
        host=f"site{number}.example",
        name=f"Site {number}",
        niches=["travel", "outdoors"],
        price_article_cents=20_000,
        price_integration_cents=9_050,
    )


def version(number=0, **given):
    page = Article.objects.create(domain=domain(number), slug=f"page-{number}", title="A page")
    text = {"title": "A page", "slug": "page", "html": "<p>Some words.</p>", "words": 2}
    return ArticleVersion.objects.create(article=page, number=1, **text | given)


def call(**given):
    facts = {
        "job_key": "job-1",
        "order_key": "order:1",
        "request_id": "job-1/text-1/1",
        "purpose": "article",
        "model": "gpt-4.1-mini",
        "prompt_version": "article-1",
        "input_tokens": 1_000,
        "output_tokens": 2_000,
        "took_ms": 900,
        "outcome": CallOutcome.OK,
        "created_at": AT,
    }
    return ModelCall.objects.create(**facts | given)


def rows(count, *, start=0):
    for number in range(start, start + count):
        version(number, report={"blocked": False, "score": 90})
        call(job_key=f"job-{number}", created_at=AT + timedelta(minutes=number))


@pytest.mark.parametrize("model", LISTS)
def test_a_list_asks_as_often_for_many_rows_as_for_few(desk, model, django_assert_max_num_queries):
    rows(2)
    with django_assert_max_num_queries(50) as few:
        assert desk.get(address(model)).status_code == 200
    rows(18, start=2)
    with django_assert_max_num_queries(len(few.captured_queries)):
        page = desk.get(address(model))

    assert page.context["cl"].result_count == 20


@pytest.mark.parametrize(
    ("model", "wish", "found"),
    [
        ("domain", "site7", 1),
        ("domain", "outdoors", 9),
        ("article", "page-3", 1),
        ("article", "site4.example", 1),
        ("articleversion", "order:5", 1),
        ("articleversion", "order:55", 0),
        ("articleversion", "job-6", 1),
        ("modelcall", "job-2", 1),
        ("modelcall", "order:1", 9),
    ],
)
def test_what_an_operator_has_in_hand_finds_the_row(desk, model, wish, found):
    for number in range(9):
        version(number, order_key=f"order:{number}", job_key=f"job-{number}")
        call(job_key=f"job-{number}")

    page = desk.get(address(model), {"q": wish})

    assert page.context["cl"].result_count == found


def test_a_domain_shows_what_it_sells_and_leads_to_its_articles(desk):
    site = version().article.domain

    page = desk.get(address("domain")).content.decode()

    assert "200.00 / 90.50 EUR" in page
    assert "travel, outdoors" in page
    assert f'href="{address("article")}?domain__id__exact={site.pk}">1</a>' in page
    assert desk.get(f"{address('article')}?domain__id__exact={site.pk}").status_code == 200


def test_an_article_leads_to_its_versions(desk):
    page = version().article
    version(1)

    shown = desk.get(address("article")).content.decode()
    link = f"{address('articleversion')}?article__id__exact={page.pk}"

    assert f'href="{link}">1</a>' in shown
    assert desk.get(link).context["cl"].result_count == 1


def test_the_list_of_versions_reads_no_whole_texts(desk, django_assert_max_num_queries):
    version()
    with django_assert_max_num_queries(50) as asked:
        desk.get(address("articleversion"))

    assert not any('"html"' in query["sql"] for query in asked.captured_queries)


@pytest.mark.parametrize("model", ["articleversion", "modelcall"])
def test_records_are_read_and_never_written(desk, model):
    record = version() if model == "articleversion" else call()

    assert desk.get(address(model, "change", record.pk)).status_code == 200
    assert desk.post(address(model, "change", record.pk), {"title": "x"}).status_code == 403
    assert desk.get(address(model, "add")).status_code == 403
    assert desk.post(address(model, "delete", record.pk), {"post": "yes"}).status_code == 403
    assert ArticleVersion.objects.count() + ModelCall.objects.count() == 1


def checked(html):
    brief = Brief(
        topic="Night trains",
        niche="travel",
        keyword="night train",
        target_url="https://shop.example/",
        anchor_text="warm blankets",
        words=300,
        host="site0.example",
        disclosure="This article contains a paid link.",
    )
    draft = Draft(title="A night train", meta_description="", slug="night-train", html=html)
    return quality.check(draft, brief, others=[])


def test_a_version_shows_its_report_with_failed_checks_first(desk):
    report = checked("<p>Too short &lt;b&gt; to say anything of use here.</p>")
    stored = version(report=report.to_json())

    page = desk.get(address("articleversion", "change", stored.pk)).content.decode()
    table = page[page.index("<th scope='col'>Check</th>") :]
    results = re.findall(r"</th><td>(failed|unknown|warned|passed|not-applicable)</td>", table)

    assert report.blocked
    assert len(results) == len(report.checks)
    worst_first = ["failed", "unknown", "warned", "passed", "not-applicable"]
    assert results == sorted(results, key=worst_first.index)
    assert f"blocked, {report.score} of 100" in page


def test_customer_text_and_markup_in_a_version_cannot_act_in_the_admin(desk):
    evil = "<script>alert(1)</script>"
    stored = version(
        html=f"<p>Words.</p>{evil}",
        backlink_metadata={"anchorText": evil, "revisionNotes": evil},
        provenance={"who": [evil]},
    )

    page = desk.get(address("articleversion", "change", stored.pk)).content.decode()

    assert "<p>Words.</p>" in page
    assert evil not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_version_without_report_link_or_origin_says_so(desk):
    stored = version()

    page = desk.get(address("articleversion", "change", stored.pk)).content.decode()

    assert page.count("—") >= 4


def test_the_list_of_calls_says_what_they_cost_and_what_is_not_known(desk):
    call(cost_usd=Decimal("0.003600"))
    call(cost_usd=Decimal("0.000400"), order_key="order:2")
    call(outcome=CallOutcome.TIMEOUT, input_tokens=None, output_tokens=None)

    everything = desk.get(address("modelcall")).content.decode()
    one_order = desk.get(address("modelcall"), {"q": "order:2"}).content.decode()

    assert "Model calls: 3, $0.0040, 1 of unknown cost, 2000 tokens in, 4000 out" in everything
    assert "Model calls: 1, $0.0004, 0 of unknown cost, 1000 tokens in, 2000 out" in one_order


def test_a_domain_is_edited_and_a_wrong_one_refused_with_the_field(desk):
    seed.plant(at=AT)
    site = Domain.objects.get(host="slowrails.example")
    form = desk.get(address("domain", "change", site.pk)).context["adminform"].form
    values = {name: "" if value is None else value for name, value in form.initial.items()}
    values |= {"niches": "travel,food", "is_active": "on"}

    wrong = desk.post(address("domain", "change", site.pk), values | {"price_article_cents": 0})
    right = desk.post(address("domain", "change", site.pk), values)

    assert "domain_prices_positive" in str(wrong.context["errors"])
    assert right.status_code == 302
    site.refresh_from_db()
    assert site.niches == ["travel", "food"]


def test_a_version_shows_its_edits_as_source(desk):
    edit = {"op": "insert_after", "block": 3, "html": "<p>New <b>words</b>.</p>"}
    words = {"op": "reword", "block": 4, "find": "<b>old</b>", "html": "new"}
    made = {"prompt_version": "revision-3", "title": "T & T", "edits": [edit, words]}
    stored = version(edits=[made])

    page = desk.get(address("articleversion", "change", stored.pk)).content.decode()

    assert "<li>title: <code>T &amp; T</code></li>" in page
    assert "insert after 3: <code>&lt;p&gt;New &lt;b&gt;words&lt;/b&gt;.&lt;/p&gt;</code>" in page
    old = "<code>&lt;b&gt;old&lt;/b&gt;</code>"
    assert f"reword 4: {old} becomes <code>new</code>" in page
