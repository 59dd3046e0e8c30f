"""What is ordered in an evaluation can be ordered."""

import pytest
from django.utils import timezone

from articles import references, seed
from articles.models import Article
from evaluation import cases, rig
from evaluation import references as served
from orders import briefs, revisions, wishes

pytestmark = pytest.mark.django_db


@pytest.fixture
def catalogue() -> None:
    seed.plant(at=timezone.now())


def test_forty_briefs_of_five_languages_can_be_ordered(catalogue):
    checked = [
        briefs.validate(
            {**case.fields, "product": "article", "email": "ada@example.com"}, at=timezone.now()
        )
        for case in cases.briefs()
    ]

    assert len(checked) == 40
    assert {one.language for one in checked} == {"en", "de", "fr", "es", "nl"}
    assert len({one.niche for one in checked}) >= 7
    assert len({one.topic for one in checked}) == 40


def test_what_customers_may_wish_for_is_wished_for_somewhere():
    wished = {name for case in cases.briefs() for name in case.fields}
    of_links = {name for case in cases.integrations() for name in case.fields}

    assert set(wishes.NAMES) <= wished
    assert set(wishes.NAMES) - set(wishes.OF_A_NEW_ARTICLE) <= of_links
    assert {case.fields.get("link_position") for case in cases.integrations()} > {
        "early", "middle", "late"
    }  # fmt: skip


def test_every_page_that_a_brief_names_as_a_reference_is_served():
    named = [page for case in cases.briefs() for page in case.fields.get("references", [])]

    with served.serving() as pages:
        read = [references.read(pages.served_at(address)).text for address in named]
        with pytest.raises(references.Unreadable):
            references.read(pages.served_at(named[0]) + "/more")

    assert len(set(read)) == len(named) >= 3
    assert all(100 < len(text) < references.MOST_CHARS for text in read)
    assert all("<" not in text for text in read)


def test_a_chosen_wish_has_its_article_written_and_a_chosen_link_has_none():
    wish, link = cases.wishes()[0], cases.integrations()[0]

    assert [case.name for case in cases.to_write(only=wish.name)] == [wish.brief]
    assert cases.to_write(only=link.name) == []
    assert len(cases.to_write(only="")) == 40


@pytest.mark.parametrize(
    ("models", "sandboxs"),
    [
        ({"main": {}}, True),
        ({"main": {"BASE_URL": "https://models.example/v1"}}, False),
        ({"main": {}, "spare": {"BASE_URL": "https://models.example/v1"}}, False),
    ],
)
def test_bad_texts_are_asked_of_the_sandbox_alone(settings, models, sandboxs):
    settings.OPENAI_BASE_URL = f"{settings.SANDBOX_URL}/openai/v1"
    settings.WRITER_MODELS = models

    assert rig.sandbox_writes() is sandboxs


def test_ten_links_can_be_ordered_and_ten_wishes_asked(catalogue):
    for case in cases.integrations():
        page = Article.objects.get(domain__host=case.fields["domain"], title=case.fields["article"])
        given = {**case.fields, "article": page.pk}
        briefs.validate(
            {**given, "product": "integration", "email": "ada@example.com"}, at=timezone.now()
        )
    for wish in cases.wishes():
        briefs.wish(wish.notes, chars=revisions.NOTES_CHARS)

    assert (len(cases.integrations()), len(cases.wishes())) == (10, 10)
    named = {case.name for case in cases.briefs()}
    assert len({wish.brief for wish in cases.wishes()} & named) == 10
