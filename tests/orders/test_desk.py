"""The review desk: who may open it and decide, what it shows, what it refuses."""

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from articles.brief import Reference
from articles.models import ModelCall
from orders import endings, lifecycle, publications, reviews
from orders.models import Order, Review
from queueing.models import Job
from tests.orders import factories
from tests.orders.factories import AT
from tests.orders.looking import Looked, let_in, look
from tests.orders.test_reviews import put_newer_version

pytestmark = pytest.mark.django_db

LIST = "admin:orders_review_changelist"


def staff(*permissions: str, name: str = "edith") -> Client:
    user = User.objects.create_user(name, password="an editor's password", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def editor(**given: str) -> Client:
    return staff("decide_review", **given)


def desk(review: Review, name: str = "change") -> str:
    return reverse(f"admin:orders_review_{name}", args=[review.pk])


def seen(review: Review) -> str:
    return Order.objects.get(pk=review.order_id).updated_at.isoformat()


def decide(client: Client, review: Review, decision: str, **sent: str):
    sent = {"decision": decision, "seen": seen(review), "note": "Name a source."} | sent
    return client.post(desk(review, "decide"), sent)


# --- Who may do what -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "looks", "decides"),
    [
        ("nobody", 302, 302),
        ("a customer with an account", 302, 302),
        ("staff without a permission", 403, 403),
        ("staff who may look", 200, 403),
        ("editor", 200, 302),
        ("administrator", 200, 302),
    ],
)
def test_who_may_look_and_who_may_decide(who, looks, decides, admin_client):
    review = factories.waiting_review()
    customer = Client()
    customer.force_login(User.objects.create_user("ada"))
    client = {
        "nobody": Client(),
        "a customer with an account": customer,
        "staff without a permission": staff(name="sam"),
        "staff who may look": staff("view_review", name="lou"),
        "editor": editor(),
        "administrator": admin_client,
    }[who]

    assert client.get(reverse(LIST)).status_code == looks
    assert client.get(desk(review)).status_code == looks
    assert decide(client, review, "approved").status_code == decides
    for name in ("publish_again", "reopen"):
        assert client.post(desk(review, name)).status_code == decides
    assert bool(Review.objects.get(pk=review.pk).decision) == (who in {"editor", "administrator"})


def test_who_may_only_look_is_offered_no_decision():
    review = factories.waiting_review()

    page = Looked(staff("view_review").get(desk(review)))

    assert "Deciding takes the permission" in page.text
    assert not page.all("//form[contains(@action, '/decide/')]")


def test_nothing_is_decided_by_following_a_link():
    review = factories.waiting_review()
    client = editor()

    for name in ("decide", "ask_writer", "take_over", "release", "publish_again", "reopen"):
        assert client.get(desk(review, name)).status_code == 405
    assert Review.objects.get(pk=review.pk).decision == ""


# --- The list --------------------------------------------------------------------------------


def test_the_oldest_review_stands_first_with_what_an_editor_sorts_by():
    from datetime import timedelta

    young = factories.waiting_review(at=AT + timedelta(days=1))
    old = factories.waiting_review(blocked=True)
    old.order.customer.is_vip = True
    old.order.customer.save()
    decided = factories.waiting_review()
    reviews.give_back(review=decided, by="edith", note="No.", at=AT)

    page = Looked(editor().get(reverse(LIST)))

    assert page.all("//*[contains(@class, 'field-subject')]") == [
        f"{old.order.code}, version 1",
        f"{young.order.code}, version 1",
    ]
    assert page.all("//*[contains(@class, 'field-blocking')]") == ["⚠ 1 failed", "none"]
    assert page.all("//*[contains(@class, 'field-vip')]") == ["★ VIP", "—"]
    assert all("days" in age for age in page.all("//*[contains(@class, 'field-age')]"))
    assert not page.all("//select[@name='action']")


def test_other_standings_are_asked_for():
    review = factories.waiting_review()
    publication = reviews.approve(review=review, by="edith", at=AT)
    client = editor()

    def listed(standing: str) -> int:
        page = Looked(client.get(reverse(LIST), {"standing": standing}))
        return len(page.all("//*[contains(@class, 'field-subject')]"))

    assert [listed(s) for s in ("", "decided", "all", "failed")] == [0, 1, 1, 0]
    publications.give_up(publication_id=publication.pk, reason="404", at=AT)
    assert [listed(s) for s in ("", "decided", "all", "failed")] == [1, 1, 1, 1]


def test_what_could_not_be_published_waits_at_the_desk_with_its_reason():
    publication = reviews.approve(review=factories.waiting_review(), by="edith", at=AT)
    publications.give_up(publication_id=publication.pk, reason="no <such> page", at=AT)
    undecided = factories.waiting_review()

    page = Looked(editor().get(reverse(LIST)))

    assert page.all("//*[contains(@class, 'field-standing')]") == [
        "⚠ Could not be published no <such> page",
        "Waiting",
    ]
    assert page.all("//*[contains(@class, 'field-subject')]")[1].startswith(undecided.order.code)


@pytest.mark.parametrize("settled", ["tried again", "decided anew", "ended"])
def test_what_could_not_be_published_leaves_the_desk_when_somebody_has_seen_to_it(settled):
    review = factories.waiting_review()
    publication = reviews.approve(review=review, by="edith", at=AT)
    publications.give_up(publication_id=publication.pk, reason="404", at=AT)
    match settled:
        case "tried again":
            publications.retry(publication=publication, by="edith", at=AT)
        case "decided anew":
            again = reviews.reopen(review=review, by="edith", at=AT)
            reviews.give_back(review=again, by="edith", note="Change it.", at=AT)
        case "ended":
            endings.refund(order=review.order, actor="mia", reason="asked", at=AT)

    page = Looked(editor().get(reverse(LIST)))

    assert page.all("//*[contains(@class, 'field-subject')]") == []


def test_a_longer_list_asks_no_more_of_the_database():
    client = editor()
    factories.waiting_review()
    client.get(reverse(LIST))
    before = queries_of(client, reverse(LIST))
    for _ in range(5):
        factories.waiting_review(blocked=True)

    assert queries_of(client, reverse(LIST)) == before


def queries_of(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address).status_code == 200
    return len(asked)


# --- One review ------------------------------------------------------------------------------


def test_one_screen_has_all_that_a_decision_needs():
    review = factories.waiting_review(blocked=True)
    order = review.order
    for cost in ("0.0100", "0.0234", None):
        ModelCall.objects.create(
            job_key="job",
            order_key=order.subject,
            request_id="r",
            purpose="article",
            model="test",
            prompt_version="1",
            cost_usd=cost,
            took_ms=5,
            outcome="ok",
        )

    page = Looked(editor().get(desk(review)))

    assert page.one("//article//a[@id='ordered-link']") == "oak raised beds"
    assert "<a href=" in page.one("//pre")
    assert page.has_class("check-name")[0].startswith("Leakage")
    assert page.all("//li[contains(@class, 'check')]//a/@href") == ["#block-2"]
    assert page.all("//*[@id='block-2']")
    assert "no editor has seen a text of this order before" in page.text
    assert order.customer.email in page.text
    assert "Submitted" in page.text
    assert "Version 1 submitted for editorial review" in page.text
    assert "article-generation" in page.text
    assert "$0.0334 in 3 calls, 1 of unknown cost" in page.text


WISHES = {
    "audience": "people with a small yard",
    "tone": "calm and factual",
    "must_mention": ("drainage holes", "untreated oak"),
    "must_avoid": ("plastic",),
    "secondary_keywords": ("planter box",),
    "link_position": "late",
    "references": (Reference(url="https://beds.example.com/guide", text="Oak lasts."),),
}


def test_each_decision_says_what_comes_of_it():
    review = factories.waiting_review()
    shown = Looked(editor().get(desk(review))).text

    assert f"it is put on {review.order.domain.host} right away" in shown
    assert "Rejecting ends it; you are asked once more first." in shown


def test_the_desk_and_the_customer_see_the_same_wishes():
    domain = factories.active_domain()
    review = factories.waiting_review(domain=domain, brief=factories.brief_of(domain, **WISHES))

    screen = Looked(editor().get(desk(review)))
    page = look(let_in(Client(), review.order), review.order.get_absolute_url())

    wanted = [
        ("Readers", "people with a small yard"),
        ("Tone", "calm and factual"),
        ("Must mention", "drainage holes; untreated oak"),
        ("Must avoid", "plastic"),
        ("Further keywords", "planter box"),
        ("Place of the link", "last third"),
        ("Reference", "https://beds.example.com/guide"),
    ]
    for seen_by in (screen, page):
        named = dict(zip(seen_by.all("//dl//dt"), seen_by.all("//dl//dd"), strict=True))
        assert [(name, named.get(name)) for name, _ in wanted] == wanted


def test_a_screen_asks_no_more_because_more_happened():
    client = editor()
    review = factories.waiting_review()
    client.get(desk(review))
    before = queries_of(client, desk(review))
    for number in range(5):
        lifecycle.note(order=review.order, what=f"Note {number}", actor="system", at=AT)
    Job.objects.filter(subject=review.order.subject).update(error_class="X", error_reason="y")

    assert queries_of(client, desk(review)) == before


def test_a_text_is_cleaned_again_and_what_people_typed_is_shown_as_text():
    domain = factories.active_domain()
    brief = factories.brief_of(domain, notes="<script>alert(1)</script>")
    order = factories.order_in_review(
        domain=domain, brief=brief, html="<p>Text <script>alert(2)</script><b onclick=x()>b</b></p>"
    )
    review = reviews.submit(order=order, version=order.version, actor="customer", at=AT)

    response = editor().get(desk(review))

    assert "<script>alert" not in response.content.decode()
    assert "onclick" not in response.content.decode()
    assert "The ordered link is not in this text." in Looked(response).text


def test_the_difference_is_against_what_the_editors_saw_last():
    review = factories.waiting_review()
    reviews.give_back(review=review, by="edith", note="Be precise.", at=AT)
    order = Order.objects.get(pk=review.order_id)
    newer = put_newer_version(order, html=review.version.html.replace("Most people", "We all"))
    order.refresh_from_db()
    again = reviews.submit(order=order, version=newer, actor="customer", at=AT.replace(hour=20))

    page = Looked(editor().get(desk(again)))

    assert "Against version 1, which the editors saw last" in page.text
    assert page.all("//div[@class='desk-difference']//del") == ["removed: Most", "removed: people"]
    assert page.all("//div[@class='desk-difference']//ins") == ["added: We", "added: all"]
    assert "“Be precise.”" in page.text


def test_what_was_changed_before_an_editor_saw_anything_is_new_to_them():
    article = factories.open_article(html="<h2>Beds</h2><p>Most people water at noon.</p>")
    ground = article.versions.get()
    order = factories.integration_in_work(article)
    linked = ground.html.replace("at noon", 'at noon, in <a href="https://x.example">beds</a>')
    first = factories.version_of(order, html=linked, article=article, parent=ground, number=2)
    lifecycle.deliver(order=order, version=first, at=AT)
    newer = put_newer_version(order, html=linked.replace("Most people", "We all"))
    order.refresh_from_db()
    review = reviews.submit(order=order, version=newer, actor="customer", at=AT)

    page = Looked(editor().get(desk(review)))

    added = page.all("//div[@class='desk-difference']//ins")
    assert any("beds" in each for each in added)
    assert any("We" in each for each in added)
    assert "the publisher’s own text" in page.text


def test_all_of_a_new_article_is_new_to_who_sees_its_second_version_first():
    order = factories.order_in_review()
    newer = put_newer_version(order, html=order.version.html.replace("Most people", "We all"))
    order.refresh_from_db()
    review = reviews.submit(order=order, version=newer, actor="customer", at=AT)

    page = Looked(editor().get(desk(review)))

    assert "no editor has seen a text of this order before" in page.text
    assert not page.all("//div[@class='desk-difference']//ins")


def test_the_very_text_that_was_returned_is_called_that():
    review = factories.waiting_review()
    reviews.give_back(review=review, by="edith", note="Be precise.", at=AT)
    order = Order.objects.get(pk=review.order_id)
    again = reviews.submit(
        order=order, version=order.version, actor="customer", at=AT.replace(hour=20)
    )

    assert "the very text that the editors saw last" in Looked(editor().get(desk(again))).text


@pytest.mark.parametrize("named", ["0", "999999", "x", "9" * 40])
def test_a_review_that_is_none_is_not_found(named):
    assert editor().get(reverse(LIST) + f"{named}/change/").status_code == 404
