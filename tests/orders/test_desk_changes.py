"""At the desk: a change asked of the writer, a text edited by hand, and what the customer sees."""

import pytest
from django.test import Client
from django.utils import timezone

from articles.models import ArticleVersion, ModelCall
from orders import claims, lifecycle, marks, reviews
from orders.models import Order, Review, Revision, Status
from tests.orders import factories
from tests.orders.factories import AT
from tests.orders.looking import Looked, let_in, look
from tests.orders.test_desk import desk, editor, queries_of, seen, staff
from tests.orders.test_reviews import everything

pytestmark = pytest.mark.django_db


def typed(page: Looked) -> dict[str, str]:
    """What a browser would send of the edit page's form."""
    (form,) = [form for form in page.tree.forms if form.get("id") == "edit"]
    return {name: value or "" for name, value in form.fields.items()}


def edit(client: Client, review: Review, **changes: str):
    page = Looked(client.get(desk(review, "edit")))
    sent = {k: v for k, v in typed(page).items() if k} | changes
    return client.post(desk(review, "edit"), sent)


def reworded(review: Review, words: str = "Many people") -> dict[str, str]:
    return {"text-2": review.version.html.partition("</p>")[2].replace("Most people", words)}


def test_the_writer_is_asked_from_the_desk():
    review = factories.waiting_review()
    client = editor()
    page = Looked(client.get(desk(review)))
    (form,) = [form for form in page.tree.forms if form.action.endswith("/ask-writer/")]

    sent = dict(form.fields) | {"notes": "Name a source, please.", "block": "2"}
    response = client.post(form.action, sent)

    assert response.status_code == 302
    revision = Revision.objects.get(order=review.order_id)
    assert (revision.notes, revision.block, revision.asked_by) == (
        "Name a source, please.",
        2,
        "edith",
    )
    assert Order.objects.get(pk=review.order_id).status == Status.PROCESSING


@pytest.mark.parametrize(
    ("wrong", "status"),
    [({"notes": "Short."}, 400), ({"block": "99"}, 400), ({"seen": "2026-03-02T09:30:00"}, 409)],
    ids=["too short", "no such block", "changed since"],
)
def test_a_wish_that_cannot_be_taken_stays_on_the_screen(wrong, status):
    review = factories.waiting_review()
    client = editor()
    client.get(desk(review))
    before = everything(review.order)

    sent = {"seen": seen(review), "notes": "Name a source, please.", "block": ""} | wrong
    response = client.post(desk(review, "ask_writer"), sent)

    assert response.status_code == status
    assert Looked(response).one("//textarea[@name='notes']") == sent["notes"]
    assert everything(review.order) == before


def test_the_edit_page_shows_each_block_with_what_the_gate_says_of_it():
    review = factories.waiting_review(blocked=True)

    page = Looked(editor().get(desk(review, "edit")))

    assert page.one("//label[@for='text-2']") == "Block 2: paragraph"
    (area,) = page.tree.xpath("//textarea[@name='text-2']")
    assert area.value.strip().startswith("<p>Most people")
    assert "A placeholder was left in the text." in page.text
    assert Review.objects.get(pk=review.pk).claimed_by == "edith"


def test_a_preview_stores_nothing_and_shows_what_the_gate_says():
    review = factories.waiting_review()

    response = edit(editor(), review, preview="on", **reworded(review, "[INSERT NAME]"))

    page = Looked(response)
    assert response.status_code == 200
    assert "Nothing is stored yet" in page.text
    assert "A blocking check fails" in page.text
    assert "words · score" in page.text
    assert f"{review.version.words} words · score" not in page.text  # those of the stored text
    assert "removed: Most" in page.all("//del")
    assert "[INSERT NAME] begin" in page.one("//article")
    assert "[INSERT NAME]" in typed(page)["text-2"]
    assert ArticleVersion.objects.filter(order_key=review.order.subject).count() == 1


def test_what_is_stored_is_a_version_of_that_editor_and_the_screen_is_about_it():
    review = factories.waiting_review()
    client = editor()

    response = edit(client, review, **reworded(review))

    assert response["Location"] == desk(review)
    page = Looked(client.get(desk(review)))
    assert "version 2" in page.one("//h1")
    assert "Many people begin" in page.one("//article")
    assert "The editor changed the text: version 2" in page.text
    stored = ArticleVersion.objects.get(order_key=review.order.subject, number=2)
    assert stored.provenance["edited_by"] == "edith"


def test_the_customer_finds_the_change_and_the_difference_in_the_history():
    review = factories.waiting_review()
    edit(editor(), review, **reworded(review))
    client = let_in(Client(), review.order)

    page = look(client, review.order.get_absolute_url())

    (address,) = page.all("//a[text()='See what changed']/@href")
    assert "The editor changed the text: version 2" in page.text
    difference = look(client, address)
    assert "added: Many" in " ".join(difference.all("//ins"))
    assert "removed: Most" in " ".join(difference.all("//del"))


@pytest.mark.parametrize("wrong", ["nothing", "no content", "held", "changed", "other version"])
def test_an_edit_that_is_refused_keeps_what_was_typed(wrong):
    review = factories.waiting_review()
    client = editor()
    page = Looked(client.get(desk(review, "edit")))
    sent = typed(page) | reworded(review)
    match wrong:
        case "nothing":
            sent = typed(page)
        case "no content":
            sent["text-2"] = "<script>alert(1)</script>"
        case "held":
            claims.take_over(review=review, by="erin", at=timezone.now())
        case "changed":
            marks.hold(order=review.order, cause="staff", reason="Disputed", at=AT.replace(hour=20))
        case "other version":
            sent["version"] = "0"
    before = everything(review.order)

    response = client.post(desk(review, "edit"), {k: v for k, v in sent.items() if k})

    again = Looked(response)
    assert response.status_code == 409
    assert again.all("//*[@role='alert']")
    assert typed(again)["text-2"].strip() == sent["text-2"].strip()
    assert typed(again)["version"] == sent["version"]
    assert everything(review.order) == before


def test_a_text_of_a_decided_review_is_not_edited():
    review = factories.waiting_review()
    client = editor()
    sent = typed(Looked(client.get(desk(review, "edit"))))
    Review.objects.filter(pk=review.pk).update(
        decision="returned", note="No.", decided_by="erin", decided_at=AT, **claims.NOBODY
    )

    assert client.get(desk(review, "edit"))["Location"] == desk(review)
    assert (
        client.post(desk(review, "edit"), {k: v for k, v in sent.items() if k}).status_code == 302
    )
    assert ArticleVersion.objects.filter(order_key=review.order.subject).count() == 1


def test_who_may_only_look_is_offered_no_change():
    review = factories.waiting_review()
    client = staff("view_review")

    page = Looked(client.get(desk(review)))

    assert "changed first" not in page.text
    assert client.get(desk(review, "edit")).status_code == 403


def test_the_screen_tells_each_call_and_the_text_that_a_link_was_put_into():
    article = factories.open_article()
    order = factories.integration_in_work(article)
    ground = article.versions.get()
    ours = factories.text_of_article(
        article,
        ground.html + "<p>More.</p>",
        parent=ground,
        order_key=order.subject,
        report=factories.PASSED,
    )
    lifecycle.deliver(order=order, version=ours, at=AT)
    review = reviews.submit(order=order, version=ours, actor="customer", at=AT)
    ModelCall.objects.create(
        job_key="job",
        order_key=order.subject,
        request_id="r",
        purpose="integration",
        model="test-model",
        prompt_version="1",
        input_tokens=1200,
        cost_usd="0.0123",
        took_ms=5,
        outcome="ok",
    )

    page = Looked(editor().get(desk(review)))

    assert article.url in page.all("//a/@href")
    assert page.all("//pre")[1] == ground.html
    assert "Integration, test-model: $0.0123" in page.text
    assert "1200 tokens in, — out" in page.text


def test_a_screen_asks_no_more_because_more_was_bought():
    client = editor()
    review = factories.waiting_review()
    client.get(desk(review))
    before = queries_of(client, desk(review))
    for number in range(4):
        ModelCall.objects.create(
            job_key="job",
            order_key=review.order.subject,
            request_id=f"r{number}",
            purpose="repair",
            model="test",
            prompt_version="1",
            took_ms=5,
            outcome="ok",
        )

    assert queries_of(client, desk(review)) == before
