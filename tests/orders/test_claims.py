"""Claims: by opening, for a time, taken over with one press, and never in nobody's way for good."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from orders import claims, endings, reviews
from orders.models import Order, Payment, Review, Status
from tests.orders import factories
from tests.orders.factories import AT
from tests.orders.looking import Looked, look
from tests.orders.test_desk import LIST, decide, desk, editor, staff
from tests.orders.test_reviews import DECISIONS, every_decision, everything
from tests.races import rival_before

LATER = AT + timedelta(hours=2)
HELD_FOR = timedelta(minutes=settings.REVIEW_CLAIM_MINUTES)
A_MINUTE = timedelta(minutes=1)


def claim_of(review: Review) -> tuple[object, ...]:
    return Review.objects.values_list("claimed_by", "claimed_at", "claimed_until").get(pk=review.pk)


@pytest.mark.django_db
def test_a_claim_is_named_and_timed():
    review = factories.waiting_review()

    assert claims.claim(review=review, by="edith", at=LATER)

    assert claim_of(review) == ("edith", LATER, LATER + HELD_FOR)
    assert claims.holder(review, at=LATER) == "edith"


@pytest.mark.django_db
def test_who_opens_it_again_holds_it_longer_since_the_first_time():
    review = factories.waiting_review()
    claims.claim(review=review, by="edith", at=LATER)

    assert claims.claim(review=review, by="edith", at=LATER + A_MINUTE)

    assert claim_of(review) == ("edith", LATER, LATER + A_MINUTE + HELD_FOR)


@pytest.mark.django_db
def test_what_somebody_holds_is_not_claimed_until_the_claim_is_stale():
    review = factories.waiting_review()
    claims.claim(review=review, by="edith", at=LATER)

    assert not claims.claim(review=review, by="erin", at=LATER + HELD_FOR - A_MINUTE)
    assert claim_of(review)[0] == "edith"
    assert claims.claim(review=review, by="erin", at=LATER + HELD_FOR)

    assert claim_of(review) == ("erin", LATER + HELD_FOR, LATER + 2 * HELD_FOR)


@pytest.mark.django_db
def test_whoever_takes_it_over_holds_it_and_is_told_who_did():
    review = factories.waiting_review()
    claims.claim(review=review, by="edith", at=LATER)

    assert claims.take_over(review=review, by="erin", at=LATER + A_MINUTE) == "edith"
    assert claims.take_over(review=review, by="erin", at=LATER + A_MINUTE) == ""

    assert claim_of(review)[:2] == ("erin", LATER + A_MINUTE)


@pytest.mark.django_db
def test_only_ones_own_claim_is_let_go():
    review = factories.waiting_review()
    claims.claim(review=review, by="edith", at=LATER)

    claims.release(review=review, by="erin")
    assert claim_of(review)[0] == "edith"
    claims.release(review=review, by="edith")

    assert claim_of(review) == ("", None, None)


@pytest.mark.django_db
@every_decision
def test_a_decision_on_what_somebody_else_holds_is_refused_with_who_and_since_when(decide):
    review = factories.waiting_review()
    claims.claim(review=review, by="erin", at=AT + timedelta(minutes=110))
    before = everything(review.order)

    with pytest.raises(reviews.HeldByAnother, match=r"erin, since 2026-03-02 11:20 UTC"):
        decide(review, by="edith")

    assert everything(review.order) == before


@pytest.mark.django_db
@every_decision
@pytest.mark.parametrize("held", ["by the editor", "by another, stale", "by nobody"])
def test_a_decision_ends_the_claim(decide, held):
    review = factories.waiting_review()
    if held != "by nobody":
        who, at = ("edith", LATER - A_MINUTE) if held == "by the editor" else ("erin", AT)
        claims.claim(review=review, by=who, at=at)

    decide(review, by="edith")

    assert claim_of(review) == ("", None, None)
    assert not claims.claim(review=review, by="erin", at=LATER)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("second", ["edith", "erin"])
def test_of_two_editors_who_open_it_at_once_one_holds_it(second):
    review = factories.waiting_review()
    theirs = Review.objects.get(pk=review.pk)

    with rival_before(
        'UPDATE "orders_review"', lambda: claims.claim(review=theirs, by="edith", at=LATER)
    ):
        held = claims.claim(review=review, by=second, at=LATER)

    assert held == (second == "edith")
    assert claim_of(review)[:2] == ("edith", LATER)
    assert review.claimed_by == "edith"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("decision", DECISIONS.values(), ids=DECISIONS)
def test_a_take_over_just_before_a_decision_wins(decision):
    review = factories.waiting_review()
    claims.claim(review=review, by="edith", at=LATER)
    theirs = Review.objects.get(pk=review.pk)

    with (
        rival_before(
            'UPDATE "orders_review"', lambda: claims.take_over(review=theirs, by="erin", at=LATER)
        ),
        pytest.raises(reviews.HeldByAnother, match="erin"),
    ):
        decision(review, by="edith")

    assert Review.objects.get(pk=review.pk).decision == ""


# --- At the desk -----------------------------------------------------------------------------


@pytest.mark.django_db
def test_opening_a_review_claims_it_and_shows_that_to_others():
    review = factories.waiting_review()
    first, second = editor(), editor(name="erin")

    mine = Looked(first.get(desk(review)))
    theirs = Looked(second.get(desk(review)))

    assert claim_of(review)[0] == "edith"
    assert "You hold this review" in mine.text
    assert "edith reads this review" in theirs.text
    assert theirs.all("//button[@disabled]") == [
        "Approve and publish",
        "Return with this note",
        "Reject and refund…",
    ]
    assert look(second, reverse(LIST)).has_class("field-held") == ["edith, for 1 s"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "headers",
    [{"Sec-Purpose": "prefetch;prerender"}, {"Purpose": "prefetch"}, {"X-Moz": "prefetch"}],
    ids=lambda given: next(iter(given)),
)
def test_a_browser_that_fetches_ahead_claims_nothing(headers):
    review = factories.waiting_review()

    assert editor().get(desk(review), headers=headers).status_code == 200

    assert claim_of(review) == ("", None, None)


@pytest.mark.django_db
def test_who_may_only_look_claims_nothing_and_neither_does_a_head_request():
    review = factories.waiting_review()

    staff("view_review", name="lou").get(desk(review))
    editor().head(desk(review))

    assert claim_of(review) == ("", None, None)


@pytest.mark.django_db
def test_what_was_typed_stays_after_a_refusal_and_through_the_take_over():
    review = factories.waiting_review()
    first, second = editor(), editor(name="erin")
    second.get(desk(review))

    refused = decide(first, review, "returned", note="A long note.")
    taken = Looked(first.post(desk(review, "take_over"), {"note": "A long note."}))

    assert refused.status_code == 409
    assert "This review is held by erin, since" in Looked(refused).text
    assert taken.one("//textarea[@name='note']") == "A long note."
    assert "You took this review over from erin." in taken.text
    assert claim_of(review)[0] == "edith"
    entry = LogEntry.objects.get()
    assert (entry.user.username, entry.get_change_message()) == ("edith", "Taken over from erin.")
    assert decide(second, review, "approved").status_code == 409
    assert decide(first, review, "approved").status_code == 302


@pytest.mark.django_db
def test_an_editor_lets_go_with_one_press():
    review = factories.waiting_review()
    client: Client = editor()
    client.get(desk(review))

    client.post(desk(review, "release"))

    assert claim_of(review) == ("", None, None)


@pytest.mark.django_db
def test_an_order_ends_though_an_editor_has_its_review_open():
    review = factories.waiting_review()
    claims.claim(review=review, by="edith", at=AT)
    order = Order.objects.get(reviews=review)
    factories.payment_of(order, state=Payment.State.PAID, paid_at=AT, payment_intent="pi_claimed")

    endings.refund(order=order, actor="mia", reason="asked by phone", at=LATER)

    order.refresh_from_db()
    review.refresh_from_db()
    assert order.status == Status.FAILED
    assert review.decision == Review.Decision.ENDED
    assert claim_of(review) == ("", None, None)
