"""Every move of the status table: the legal ones write one line, the others change nothing."""

import inspect
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from articles.models import ArticleVersion
from orders import lifecycle, marks
from orders.models import Ending, Order, OrderEvent, Status
from tests.orders import factories
from tests.orders.factories import AT
from tests.races import rival_before

LATER = AT + timedelta(minutes=5)


def order_at(status: str) -> Order:
    """An order that came to that status by the product's verbs, or stands there by decree."""
    makers = {
        Status.AWAITING_PAYMENT: factories.order_awaiting_payment,
        Status.PROCESSING: factories.order_in_work,
        Status.QUALITY_CHECK: factories.order_in_review,
        Status.FAILED: factories.failed_order,
        Status.ADMIN_REVIEW: lambda: factories.waiting_review().order,
    }
    if status in makers:
        return makers[Status(status)]()
    if status == Status.COMPLETED:
        order = factories.waiting_review().order
        lifecycle.complete(order=order, live_url="https://example.com/a", at=AT)
        return order
    order = factories.order_awaiting_payment()
    lifecycle.cancel(order=order, actor="customer", why="changed my mind", at=AT)
    return order


def version_of(order: Order) -> ArticleVersion:
    """The order's current version, or one that it could have."""
    return order.version or factories.version_of(order)


def being_revised() -> Order:
    """An order in work that has a version to fall back on."""
    order = order_at(Status.QUALITY_CHECK)
    lifecycle.ask_for_changes(order=order, actor="customer", at=AT)
    return order


# Each public verb that moves an order, and who does it.
VERBS = {
    "pay": lambda order: lifecycle.pay(order=order, at=LATER),
    "cancel": lambda order: lifecycle.cancel(order=order, actor="customer", why="late", at=LATER),
    "deliver": lambda order: lifecycle.deliver(order=order, version=version_of(order), at=LATER),
    "fail": lambda order: lifecycle.fail(order=order, at=LATER),
    "ask_for_changes": lambda order: lifecycle.ask_for_changes(
        order=order, actor="customer", at=LATER
    ),
    "keep_version": lambda order: lifecycle.keep_version(order=order, at=LATER),
    "submit": lambda order: lifecycle.submit(
        order=order, version=version_of(order), actor="customer", at=LATER
    ),
    "give_back": lambda order: lifecycle.give_back(order=order, actor="edith", at=LATER),
    "reject": lambda order: lifecycle.reject(order=order, actor="edith", at=LATER),
    "complete": lambda order: lifecycle.complete(
        order=order, live_url="https://example.com/b", at=LATER
    ),
    "resume": lambda order: lifecycle.resume(order=order, actor="olga", at=LATER),
    "call_off": lambda order: lifecycle.call_off(
        order=order, because=Ending.REFUNDED, why="asked for it", actor="olga", at=LATER
    ),
}
STAYING = {"lock", "place", "note", "approve", "replace_text", "replace_version"}
# The product page's table, and what staff and banks end: (verb, from) -> (to, who).
LEGAL = {
    ("pay", Status.AWAITING_PAYMENT): (Status.PROCESSING, "stripe"),
    ("pay", Status.CANCELLED): (Status.PROCESSING, "stripe"),
    ("cancel", Status.AWAITING_PAYMENT): (Status.CANCELLED, "customer"),
    ("deliver", Status.PROCESSING): (Status.QUALITY_CHECK, "system"),
    ("fail", Status.PROCESSING): (Status.FAILED, "system"),
    ("ask_for_changes", Status.QUALITY_CHECK): (Status.PROCESSING, "customer"),
    ("keep_version", Status.PROCESSING): (Status.QUALITY_CHECK, "system"),
    ("submit", Status.QUALITY_CHECK): (Status.ADMIN_REVIEW, "customer"),
    ("give_back", Status.ADMIN_REVIEW): (Status.QUALITY_CHECK, "edith"),
    ("reject", Status.ADMIN_REVIEW): (Status.FAILED, "edith"),
    ("complete", Status.ADMIN_REVIEW): (Status.COMPLETED, "system"),
    ("resume", Status.FAILED): (Status.PROCESSING, "olga"),
    ("call_off", Status.PROCESSING): (Status.FAILED, "olga"),
    ("call_off", Status.QUALITY_CHECK): (Status.FAILED, "olga"),
    ("call_off", Status.ADMIN_REVIEW): (Status.FAILED, "olga"),
}
MOVES = {(start, to) for (_verb, start), (to, _who) in LEGAL.items()}


def row_of(order: Order) -> dict[str, object]:
    return Order.objects.filter(pk=order.pk).values().get()


def test_every_verb_of_the_lifecycle_is_in_the_table():
    public = {
        name
        for name, verb in vars(lifecycle).items()
        if inspect.isfunction(verb)
        and verb.__module__ == lifecycle.__name__
        and not name.startswith("_")
    }

    assert public == VERBS.keys() | STAYING
    assert {verb for verb, _start in LEGAL} == VERBS.keys()


def test_the_moves_that_are_allowed_are_those_that_some_verb_makes():
    assert {(was, to) for was, tos in lifecycle.ALLOWED.items() for to in tos} == MOVES
    assert lifecycle.ALLOWED.keys() == set(Status)


@pytest.mark.django_db
@pytest.mark.parametrize(("verb", "start"), LEGAL)
def test_a_legal_move_changes_the_status_and_writes_one_line(verb, start):
    order = being_revised() if verb == "keep_version" else order_at(start)
    lines = order.events.count()

    VERBS[verb](order)

    to, who = LEGAL[verb, start]
    assert order.status == to, "the caller's own object has moved too"
    order.refresh_from_db()
    assert (order.status, order.updated_at) == (to, LATER)
    assert order.events.count() == lines + 1
    last = order.events.last()
    assert (last.was, last.became, last.actor, last.at) == (start, to, who, LATER)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("verb", "start"),
    [(verb, start) for verb in VERBS for start in Status if (verb, start) not in LEGAL],
)
def test_any_other_move_is_refused_and_changes_nothing(verb, start):
    order = order_at(start)
    before, lines = row_of(order), order.events.count()

    with pytest.raises(lifecycle.TransitionRefused, match=order.code):
        VERBS[verb](order)

    assert row_of(order) == before
    assert order.status == start
    assert order.events.count() == lines


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("start", "to"),
    [(start, to) for start in Status for to in Status if (start, to) not in MOVES],
)
def test_no_verb_could_make_a_move_that_the_table_does_not_hold(start, to):
    order = order_at(start)
    before, lines = row_of(order), order.events.count()

    with pytest.raises(lifecycle.TransitionRefused, match=order.code):
        lifecycle._move(order, to, what="Something new", actor="somebody", at=LATER)

    assert row_of(order) == before
    assert order.events.count() == lines


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("verb", "start"), LEGAL)
def test_whoever_comes_second_is_refused_wherever_the_move_begins(verb, start):
    order = being_revised() if verb == "keep_version" else order_at(start)
    before = order.events.count()

    def move_on():
        """By no verb of ours: a rival may come from anywhere."""
        elsewhere = {Status.CANCELLED: Status.AWAITING_PAYMENT}.get(start, Status.CANCELLED)
        Order.objects.filter(pk=order.pk).update(status=elsewhere)

    with (
        rival_before('UPDATE "orders_order"', move_on),
        pytest.raises(lifecycle.TransitionRefused),
    ):
        VERBS[verb](order)

    assert order.events.count() == before
    assert Order.objects.get(pk=order.pk).updated_at != LATER


@pytest.mark.django_db(transaction=True)
def test_a_payment_that_comes_just_before_a_cancellation_wins():
    order = factories.order_awaiting_payment()
    theirs = Order.objects.get(pk=order.pk)

    with (
        rival_before('UPDATE "orders_order"', lambda: lifecycle.pay(order=theirs, at=AT)),
        pytest.raises(lifecycle.TransitionRefused),
    ):
        lifecycle.cancel(order=order, actor="customer", why="late", at=LATER)

    assert Order.objects.get(pk=order.pk).status == Status.PROCESSING
    assert [event.became for event in order.events.all()] == ["", Status.PROCESSING]


@pytest.mark.django_db
def test_an_order_with_a_version_does_not_fail():
    order = factories.order_in_work()
    Order.objects.filter(pk=order.pk).update(version=factories.version_of(order))
    order.refresh_from_db()

    with pytest.raises(lifecycle.TransitionRefused):
        lifecycle.fail(order=order, at=LATER)

    assert Order.objects.get(pk=order.pk).status == Status.PROCESSING


@pytest.mark.django_db
@pytest.mark.parametrize("status", [status for status in Status if status != "ADMIN_REVIEW"])
def test_only_a_version_with_the_editors_is_approved(status):
    order = order_at(status)
    lines = order.events.count()

    with pytest.raises(lifecycle.TransitionRefused):
        lifecycle.approve(order=order, version=version_of(order), actor="edith", at=LATER)

    assert Order.objects.get(pk=order.pk).updated_at != LATER
    assert order.events.count() == lines


@pytest.mark.django_db
def test_changes_that_failed_bring_the_order_back_with_its_version():
    order = order_at(Status.QUALITY_CHECK)
    version = order.version
    lifecycle.ask_for_changes(order=order, actor="customer", at=AT)

    lifecycle.keep_version(order=order, at=LATER)

    order.refresh_from_db()
    assert (order.status, order.version) == (Status.QUALITY_CHECK, version)


@pytest.mark.django_db
def test_an_order_without_a_version_has_none_to_keep():
    order = factories.order_in_work()

    with pytest.raises(lifecycle.TransitionRefused):
        lifecycle.keep_version(order=order, at=LATER)

    assert Order.objects.get(pk=order.pk).status == Status.PROCESSING


@pytest.mark.django_db
def test_a_held_order_stays_where_it_is():
    order = factories.order_awaiting_payment()

    marks.hold(order=order, cause="staff", reason="paid 1.00 EUR of 120.00 EUR", at=LATER)

    order.refresh_from_db()
    assert (order.status, order.held_reason) == (
        Status.AWAITING_PAYMENT,
        "paid 1.00 EUR of 120.00 EUR",
    )
    assert "1.00" not in order.events.last().what


@pytest.mark.django_db
@pytest.mark.parametrize(
    "fields",
    [
        {"status": Status.PROCESSING},
        {"status": Status.QUALITY_CHECK, "paid_at": AT},
        {"amount_cents": 0},
    ],
)
def test_the_database_refuses_what_cannot_be(fields):
    order = factories.order_awaiting_payment()

    with pytest.raises(IntegrityError), transaction.atomic():
        Order.objects.filter(pk=order.pk).update(**fields)


@pytest.mark.django_db
def test_the_history_replays_to_the_present_status():
    order = factories.failed_order()

    moves = [event for event in OrderEvent.objects.filter(order=order) if event.became]
    assert [(move.was, move.became) for move in moves] == [
        (Status.AWAITING_PAYMENT, Status.PROCESSING),
        (Status.PROCESSING, Status.FAILED),
    ]


@pytest.mark.django_db(transaction=True)
def test_a_line_of_the_history_is_told_of_when_it_can_be_read():
    """Who hears of it outside a transaction looks at once, and then for a minute no more."""
    order = factories.order_in_work()
    read = []

    def look():
        read.extend(OrderEvent.objects.filter(order=order).values_list("what", flat=True))

    with rival_before("SELECT pg_notify", look):
        lifecycle.note(order=order, what="One thing", actor="system", at=AT)

    assert "One thing" in read
