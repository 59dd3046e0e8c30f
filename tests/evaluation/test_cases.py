"""What is ordered in an evaluation can be ordered."""

import pytest
from django.utils import timezone

from articles import seed
from articles.models import Article
from evaluation import cases, rig
from orders import briefs, revisions

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
