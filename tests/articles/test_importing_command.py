"""`manage.py import_article`, for one article and for a site full of them."""

import io
import sys

import pytest
from django.core.management import CommandError, call_command

from articles.models import Article, ArticleVersion
from tests.articles import pages
from tests.articles.test_importing import BODY, PAGE

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(capsys):
    """Call the command; return what it said."""

    def call(*args, **given):
        call_command("import_article", *args, actor="mia", **given)
        return capsys.readouterr().out.splitlines()

    return call


@pytest.fixture
def blog(settings):
    return pages.wordpress_domain(settings)


def test_an_article_is_imported_once_however_often_it_is_asked_for(run, serve):
    site, url = pages.domain(), serve(PAGE)

    said = run(url, domain=site.host, open=True)
    again = run(url, domain=site.host, open=True)

    article = Article.objects.get()
    assert said == [
        f"{url}: 89 words, on sale",
        f"  Byline serves this site's pages: the text is live at {article.url}",
        "1 imported, 0 there already, 0 failed",
    ]
    assert again == [f"{url}: there already", "0 imported, 1 there already, 0 failed"]
    assert ArticleVersion.objects.get().provenance["who"] == ["mia"]


@pytest.mark.parametrize("source", ["file", "stdin"])
def test_the_text_may_come_from_a_file(run, source, tmp_path, monkeypatch):
    site, file = pages.domain(), tmp_path / "beds.html"
    file.write_text(BODY)
    monkeypatch.setattr(sys, "stdin", io.StringIO(BODY))

    run(f"https://{site.host}/beds", html=str(file) if source == "file" else "-", title="Beds")

    assert ArticleVersion.objects.get().title == "Beds"
    assert not Article.objects.get().is_open_for_integration


def test_a_list_goes_on_after_a_failure_and_ends_with_one(run, blog, posts, tmp_path, capsys):
    first, last = (posts.add(title=slug, content=BODY, slug=slug)["link"] for slug in ("a1", "z9"))
    lost = first.replace("a1", "lost")
    listed = tmp_path / "articles.csv"
    listed.write_text(
        f'\ufeffurl,title\n{first},"A, one"\n\n# later: {lost}\n{lost},\n{last}\n{last}\n'
    )
    given = {"list": str(listed), "domain": blog.host}

    with pytest.raises(CommandError, match="1 of 3 were not imported"):
        run(**given)
    told = capsys.readouterr()
    with pytest.raises(CommandError, match="1 of 3"):
        run(**given)

    assert told.out.splitlines()[-1] == "2 imported, 0 there already, 1 failed"
    assert told.err == f"{lost}: The site's WordPress has no post “lost”, and no page.\n"
    assert capsys.readouterr().out.splitlines()[-1] == "0 imported, 2 there already, 1 failed"
    assert set(Article.objects.values_list("url", flat=True)) == {first, last}


def test_a_dry_run_reads_and_stores_nothing(run, serve):
    site = pages.domain()

    said = run(serve(PAGE), domain=site.host, open=True, dry_run=True)

    assert said[0].endswith("89 words, on sale")
    assert said[-1] == "1 would be imported, 0 there already, 0 failed"
    assert not Article.objects.exists()


@pytest.mark.parametrize(
    ("args", "given", "why"),
    [
        ([], {}, "name an address"),
        (["https://a.example/1", "https://a.example/2"], {"html": "-"}, "of one article"),
        (["https://a.example/1"], {"html": "/nowhere.html"}, "cannot be read"),
        (["https://a.example/1"], {}, "1 of 1 were not imported"),
    ],
)
def test_what_cannot_be_done_is_an_error(run, args, given, why):
    with pytest.raises(CommandError, match=why):
        run(*args, **given)
