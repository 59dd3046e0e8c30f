"""The admin's page of what a site's own people changed: read, and decided on with a reason."""

import pytest
from django.contrib.auth.models import Permission, User
from django.urls import reverse

from articles.models import SiteChange
from articles.publishing import changes
from articles.publishing.found import Found
from tests.articles import pages
from tests.articles.pages import AT, HTML
from tests.races import rival_before

pytestmark = pytest.mark.django_db


@pytest.fixture
def change():
    article = pages.article(pages.domain())
    return SiteChange.objects.create(
        article=article,
        left=pages.version(article),
        difference="Changed: added “CORRECTION”.",
        title="Their title",
        content=f"{HTML}<p>CORRECTION <script>bad()</script></p>",
        digest=Found().digest,
        found_at=AT,
    )


def as_user(client, *permissions):
    user = User.objects.create_user("edith", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client.force_login(user)


def address(change):
    return reverse("admin:articles_sitechange_change", args=[change.pk])


def test_an_editor_reads_the_difference_and_decides_with_a_reason(client, change):
    as_user(client, "overwrite_site")
    shown = client.get(address(change)).content.decode()
    assert "+&lt;p&gt;CORRECTION" in shown
    assert "<script>bad" not in shown

    assert client.post(address(change), {"reason": " "}).status_code == 200
    change.refresh_from_db()
    assert change.decided_by == ""
    answer = client.post(address(change), {"reason": "They agreed."}, follow=True)

    assert "Try the publication again" in answer.content.decode()
    change.refresh_from_db()
    assert (change.decided_by, change.reason) == ("edith", "They agreed.")
    assert change.decided_at is not None
    assert client.post(address(change), {"reason": "Once more."}).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_who_decides_second_is_told(client, change):
    as_user(client, "overwrite_site")

    def rival() -> None:
        changes.overwrite(change=change, by="otto", reason="First.", at=AT)

    with rival_before('UPDATE "articles_sitechange"', rival):
        answer = client.post(address(change), {"reason": "Second."}, follow=True)

    assert "decided or over already" in answer.content.decode()
    change.refresh_from_db()
    assert change.decided_by == "otto"


def test_who_may_only_read_decides_nothing(client, change):
    as_user(client, "view_sitechange")

    assert client.get(address(change)).status_code == 200
    assert client.post(address(change), {"reason": "Mine."}).status_code == 403
    change.refresh_from_db()
    assert change.decided_by == ""


def test_the_list_reads_no_whole_texts(client, change, django_assert_max_num_queries):
    as_user(client, "overwrite_site")

    with django_assert_max_num_queries(12) as asked:
        listed = client.get(reverse("admin:articles_sitechange_changelist")).content.decode()

    assert "added “CORRECTION”" in listed
    assert not any(
        '"articles_sitechange"."content"' in one["sql"] for one in asked.captured_queries
    )


def test_the_page_says_what_a_decision_does_and_asks_for_no_more_than_there_is(client, change):
    as_user(client, "overwrite_site")
    shown = client.get(address(change)).content.decode()
    SiteChange.objects.update(is_gone=True, title="", content="")
    gone = client.get(address(change)).content.decode()

    assert 'value="Have it overwritten"' in shown
    assert "puts its text over exactly what is shown here" in shown
    assert "Decided by" not in shown
    assert 'value="Have it made anew"' in gone
    assert "makes a new post" in gone
    assert "Line by line" not in gone
    answer = client.post(address(change), {"reason": "It was thrown away."}, follow=True)
    assert "makes a new post. Try the publication again" in answer.content.decode()
    decided = client.get(address(change)).content.decode()
    assert "Have it made anew" not in decided
    assert "It was thrown away." in decided


def test_who_may_only_read_is_offered_no_decision(client, change):
    as_user(client, "view_sitechange")

    shown = client.get(address(change)).content.decode()

    assert "Have it overwritten" not in shown
    assert "+&lt;p&gt;CORRECTION" in shown


@pytest.mark.parametrize(
    ("state", "given"),
    [
        ("open", {}),
        ("decided", {"decided_by": "edith", "decided_at": AT, "reason": "They agreed."}),
        ("over", {"settled_at": AT}),
    ],
)
def test_the_list_is_told_apart_by_what_is_to_be_done(client, change, state, given):
    as_user(client, "overwrite_site")
    SiteChange.objects.update(**given)
    there = reverse("admin:articles_sitechange_changelist")

    found = {
        each: client.get(there, {"state": each}).context["cl"].result_count
        for each in ("open", "decided", "over")
    }

    assert found == dict.fromkeys(("open", "decided", "over"), 0) | {state: 1}
    assert client.get(there).context["cl"].result_count == 1


def test_an_empty_list_says_so(client):
    as_user(client, "overwrite_site")
    there = reverse("admin:articles_sitechange_changelist")

    assert "Nothing to decide" in client.get(there).content.decode()
    assert "None of this kind" in client.get(there, {"state": "open"}).content.decode()
