"""What is ordered in an evaluation can be ordered."""

import pytest
from django.utils import timezone

from articles import seed
from articles.models import Article
from evaluation import cases
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
