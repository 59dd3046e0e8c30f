"""What editors do to a text beside deciding: a change by the writer, a text by their own hand."""

from dataclasses import replace
from datetime import timedelta

import pytest

from articles.models import ArticleVersion, BacklinkReview
from articles.openings import newest_standing
from articles.quality import Report
from orders import claims, lifecycle, marks, notifications, reviews, revisions, rework
from orders.models import Order, Review, Revision, Status
from orders.pipelines.deliveries import draft_of
from queueing.models import Job
from tests.orders import factories
from tests.orders.factories import AT
from tests.orders.test_reviews import everything, put_newer_version
from tests.orders.test_unlinking import linked, with_disclosure
from tests.races import rival_before

LATER = AT + timedelta(hours=2)
WISH = "Name a source for the first figure."


def ask(review: Review, **given: object) -> Revision:
    return rework.ask_writer(
        **{"review": review, "by": "edith", "notes": WISH, "at": LATER} | given
    )


def edit(review: Review, *, draft=None, **given: object) -> ArticleVersion:
    version = ArticleVersion.objects.get(pk=review.version_id)
    draft = draft or edited(version)
    return rework.save(
        **{"review": review, "version": version, "draft": draft, "by": "edith", "at": LATER} | given
    )


def edited(version: ArticleVersion, blocks: dict[int, str] | None = None, **given: str):
    fields = {"title": version.title, "meta_description": version.meta_description} | given
    if blocks is None:
        blocks = {2: version.html.partition("</p>")[2].replace("Most people", "Many people")}
    return rework.changed(version, blocks=blocks, **fields)


# --- The writer changes it -------------------------------------------------------------------


@pytest.mark.django_db
def test_a_change_asked_of_the_writer_moves_the_order_by_legal_steps_with_the_editors_name():
    review = factories.waiting_review()

    revision = ask(review, block=2)

    order = Order.objects.get(pk=review.order_id)
    review.refresh_from_db()
    assert order.status == Status.PROCESSING
    assert (review.decision, review.decided_by, review.note) == ("returned", "edith", WISH)
    assert (revision.asked_by, revision.is_editors, revision.block) == ("edith", True, 2)
    assert revision.of_version_id == order.version_id
    assert [(e.was, e.became, e.actor) for e in order.events.all()][-2:] == [
        (Status.ADMIN_REVIEW, Status.QUALITY_CHECK, "edith"),
        (Status.QUALITY_CHECK, Status.PROCESSING, "edith"),
    ]
    job = revisions.job_of(revision)
    assert (job.kind, job.actor, job.arguments) == (
        "backlink-revision",
        "edith",
        {"revision": revision.pk},
    )


@pytest.mark.django_db
def test_the_customer_is_told_that_nothing_is_asked_of_them():
    review = factories.waiting_review()

    revision = ask(review)

    email = review.order.emails.get(kind="returned")
    message = notifications.message_for(email)
    assert (email.review, email.revision) == (review, revision)
    for said in (message.text, message.html):
        assert WISH in said
        assert "has asked our writer" in said
        assert "Tell us what to change" not in said


@pytest.mark.django_db
def test_the_changed_version_is_announced_as_what_the_editor_asked_for():
    review = factories.waiting_review()
    revision = ask(review)
    newer = put_newer_version(review.order)

    revisions.deliver(revision=Revision.objects.get(pk=revision.pk), version=newer, at=LATER)

    order = Order.objects.get(pk=review.order_id)
    message = notifications.message_for(order.emails.get(kind="revision-ready"))
    assert order.status == Status.QUALITY_CHECK
    assert message.subject == f"Order {order.code}: the editor's changes are ready"
    assert "The editor asked" in message.text
    assert "You asked" not in message.text
    assert "The editor asked" in message.html
    assert "You asked" not in message.html


@pytest.mark.django_db
def test_a_change_that_could_not_be_made_keeps_the_version_and_says_whose_wish_it_was():
    review = factories.waiting_review()
    revision = ask(review)

    revisions.give_up(revision=Revision.objects.get(pk=revision.pk), at=LATER)

    order = Order.objects.get(pk=review.order_id)
    message = notifications.message_for(order.emails.get(kind="revision-not-possible"))
    assert (order.status, order.version_id) == (Status.QUALITY_CHECK, review.version_id)
    assert "the editor's changes" in message.subject
    assert "The editor asked" in message.text
    assert "your changes" not in message.text


@pytest.mark.django_db
@pytest.mark.parametrize("wrong", ["no words", "held", "decided", "changed"])
def test_a_change_that_may_not_be_asked_for_leaves_all_as_it_was(wrong):
    review = factories.waiting_review()
    seen = review.order.updated_at
    match wrong:
        case "held":
            claims.claim(review=review, by="erin", at=LATER)
        case "decided":
            reviews.approve(review=review, by="erin", at=AT)
        case "changed":
            marks.hold(order=review.order, cause="staff", reason="Disputed", at=LATER)
    before = everything(review.order)

    with pytest.raises(reviews.ReviewRefused):
        ask(review, seen=seen, notes=" " if wrong == "no words" else WISH)

    assert everything(review.order) == before
    assert Revision.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_an_approval_just_before_the_writer_is_asked_wins():
    review = factories.waiting_review()
    theirs = Review.objects.get(pk=review.pk)

    with (
        rival_before(
            "FOR NO KEY UPDATE", lambda: reviews.approve(review=theirs, by="erin", at=LATER)
        ),
        pytest.raises(reviews.DecidedAlready),
    ):
        ask(review)

    assert Order.objects.get(pk=review.order_id).status == Status.ADMIN_REVIEW
    assert Job.objects.filter(kind="backlink-revision").count() == 0


# --- By hand ---------------------------------------------------------------------------------


@pytest.mark.django_db
def test_an_edited_text_is_a_new_version_and_the_review_is_about_it():
    review = factories.waiting_review()
    first = review.version

    stored = edit(review)

    review.refresh_from_db()
    order = Order.objects.get(pk=review.order_id)
    assert (stored.number, stored.parent, stored.article) == (2, first, first.article)
    assert stored.html == first.html.replace("Most people", "Many people")
    assert ArticleVersion.objects.get(pk=first.pk).html == first.html
    assert (review.version, review.decision) == (stored, "")
    assert (order.version, order.status) == (stored, Status.ADMIN_REVIEW)
    assert stored.provenance == first.provenance | {
        "gate_version": stored.report["gate"],
        "who": ["edith"],
        "edited_by": "edith",
    }
    assert stored.backlink_metadata == first.backlink_metadata
    assert stored.backlink_review_status == BacklinkReview.PENDING_REVIEW
    assert {check["name"] for check in stored.report["checks"]} >= {"target-link", "leakage"}
    event = order.events.last()
    assert (event.what, event.actor, event.version) == (
        "The editor changed the text: version 2",
        "edith",
        stored,
    )


@pytest.mark.django_db
def test_a_fault_that_an_editor_made_blocks_like_any_other_and_still_does_after_another_edit():
    review = factories.waiting_review()
    bad = edited(review.version, {2: "<p>Most people begin [INSERT NAME] at home.</p>"})

    first = edit(review, draft=bad)
    second = edit(review, draft=edited(first, {1: "<p>Sponsored: so it is.</p>"}))

    for stored in (first, second):
        failed = {c["name"] for c in stored.report["checks"] if c["state"] == "failed"}
        assert {"target-link", "leakage"} <= failed
        assert reviews.is_blocked(stored)
    with pytest.raises(reviews.GateBlocks):
        reviews.approve(review=review, by="edith", at=LATER)


@pytest.mark.django_db
def test_links_to_the_sites_own_pages_under_another_host_do_not_use_up_its_limit():
    domain = factories.active_domain(outbound_limit=1)
    page = factories.open_article(domain, url="https://pages.example.net/other")
    review = factories.waiting_review(domain=domain)
    own = f'<p>There is <a href="{page.url}">{page.title}</a> to read.</p>'
    html = factories.version_of(review.order).html + own
    version = factories.next_version_of(review.order, html=html)

    report = rework.judge(order=review.order, version=version, draft=edited(version)).to_json()

    (links,) = [c for c in report["checks"] if c["name"] == "other-links"]
    assert links["state"] == "passed"


@pytest.mark.django_db
def test_an_edited_version_is_approved_and_published_like_any_other():
    review = factories.waiting_review()
    stored = edit(review)

    publication = reviews.approve(
        review=review, by="edith", at=LATER, override_reason="Short.", may_override=True
    )

    assert publication.review.version_id == stored.pk
    stored.refresh_from_db()
    assert stored.backlink_review_status == BacklinkReview.APPROVED


@pytest.mark.django_db
def test_an_editors_html_is_sanitised_and_the_rest_stays_byte_for_byte():
    html = "<p>One  &amp; two.</p>\n<!-- mark --><p>Three.</p>\n\n<p>Four.</p>"
    version = factories.order_in_review(html=html).version

    draft = edited(version, {2: "<p onclick='x()'>3<script>alert(1)</script></p><p>New.</p>"})

    assert (
        draft.html == "<p>One  &amp; two.</p>\n<!-- mark --><p>3</p>\n\n<p>New.</p>\n\n<p>Four.</p>"
    )


@pytest.mark.django_db
def test_line_ends_of_a_form_are_no_change_and_an_empty_block_is_gone():
    version = factories.order_in_review(html="<p>One\ntwo.</p><p>Three.</p>").version

    draft = edited(version, {1: "<p>One\r\ntwo.</p>\r\n", 2: " \r\n"})

    assert draft.html == "<p>One\ntwo.</p>"


@pytest.mark.django_db
def test_a_text_as_it_was_is_no_version():
    version = factories.order_in_review().version

    with pytest.raises(rework.NothingChanged):
        edited(version, {1: version.html.partition("</p>")[0] + "</p>"})


@pytest.mark.django_db
def test_a_title_alone_may_be_changed():
    version = factories.order_in_review().version

    draft = edited(version, {}, title="  Another\u202e title ")

    assert (draft.title, draft.html) == ("Another title", version.html)


@pytest.mark.django_db
@pytest.mark.parametrize("blocks", [{1: "", 2: ""}, {1: "<script>x</script>"}])
def test_a_text_without_content_is_refused(blocks):
    version = factories.order_in_review().version

    with pytest.raises(rework.EditRefused):
        edited(version, blocks)


@pytest.mark.django_db
@pytest.mark.parametrize("wrong", ["held", "decided", "changed", "replaced"])
def test_an_edit_that_may_not_be_made_stores_nothing(wrong):
    review = factories.waiting_review()
    seen = review.order.updated_at
    match wrong:
        case "held":
            claims.claim(review=review, by="erin", at=LATER)
        case "decided":
            reviews.give_back(review=review, by="erin", note="No.", at=AT)
        case "changed":
            marks.hold(order=review.order, cause="staff", reason="Disputed", at=LATER)
        case "replaced":
            put_newer_version(review.order)
    before = everything(review.order)

    with pytest.raises(reviews.ReviewRefused):
        edit(review, seen=None if wrong == "replaced" else seen)

    assert everything(review.order) == before


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("rival", ["edit", "approve"])
def test_what_happens_just_before_an_edit_wins(rival):
    review = factories.waiting_review()
    theirs = Review.objects.get(pk=review.pk)

    def act() -> None:
        if rival == "edit":
            edit(theirs, by="erin")
        else:
            reviews.approve(review=theirs, by="erin", at=LATER)

    with rival_before("FOR NO KEY UPDATE", act), pytest.raises(reviews.ReviewRefused):
        edit(review)

    order = Order.objects.get(pk=review.order_id)
    texts = ArticleVersion.objects.filter(order_key=order.subject)
    assert texts.count() == (2 if rival == "edit" else 1)
    assert order.version == texts.first()


@pytest.mark.django_db
def test_an_article_that_another_order_changed_since_is_not_edited_from_the_older_text():
    article = factories.open_article()
    order = factories.integration_in_work(article)
    ground = newest_standing(article)
    ours = factories.text_of_article(
        article, ground.html, parent=ground, order_key=order.subject, report=factories.PASSED
    )
    lifecycle.deliver(order=order, version=ours, at=AT)
    review = reviews.submit(order=order, version=ours, actor="customer", at=AT)
    factories.text_of_article(article, ground.html + "<p>More.</p>", parent=ours)
    before = everything(order)

    with pytest.raises(reviews.NewerVersion, match="Another order has changed"):
        edit(review, draft=edited(ours, {1: "<p>Other words.</p>"}))

    assert everything(order) == before


@pytest.mark.django_db
def test_no_text_of_a_rejected_order_is_ground_for_another():
    article = factories.open_article()
    order = factories.integration_in_work(article)
    ground = newest_standing(article)
    ours = factories.text_of_article(
        article, ground.html, parent=ground, order_key=order.subject, report=factories.PASSED
    )
    lifecycle.deliver(order=order, version=ours, at=AT)
    review = reviews.submit(order=order, version=ours, actor="customer", at=AT)
    edit(review, draft=edited(ours, {1: "<p>Other words.</p>"}))

    reviews.reject(review=review, by="edith", note="Not for our readers.", at=LATER)

    assert newest_standing(article) == ground


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("was", "becomes", "code"),
    [
        ('<a href="https://shop-2.example.com/page" rel="sponsored">garden tools 2</a>',
         "garden tools 2", "link-lost"),
        (' rel="sponsored">garden tools 2', ">garden tools 2", "link-mark-changed"),
    ],
)  # fmt: skip
def test_an_edit_that_takes_or_unmarks_another_orders_link_is_blocked(was, becomes, code):
    article = with_disclosure()
    linked(article, 2)
    order = linked(article, 5)
    version = ArticleVersion.objects.get(pk=order.version_id)
    review = reviews.submit(order=order, version=version, actor="customer", at=AT)

    stored = edit(review, draft=replace(draft_of(version), html=version.html.replace(was, becomes)))

    report = Report.from_json(stored.report)
    assert [finding.code for finding in report.blocking] == [code]
    with pytest.raises(reviews.ReviewRefused, match="blocking"):
        reviews.approve(review=Review.objects.get(pk=review.pk), by="edith", at=LATER)
