"""Edits, not rewrites: what was changed is kept with the version, and takes few tokens."""

import pytest

from articles.document import Edit, apply, parse
from articles.models import ModelCall
from articles.writer import bill
from orders.models import Order
from tests.orders import factories
from tests.orders.test_generation import run
from tests.orders.test_integration import place
from tests.orders.test_revisions import ask, run_until_settled, written

pytestmark = pytest.mark.django_db

WISHES = (
    'Please replace "patience" with "calm".',
    "Please add a sentence about patience to the introduction.",
    "Remove the last sentence.",
    "Make the second paragraph shorter.",
)


def again(before: str, made: list) -> str:
    for each in made:
        edits = [Edit.from_json(edit) for edit in each["edits"]]
        before = apply(parse(before), edits).html
    return before


def test_an_integration_keeps_its_edits_and_takes_a_fifth_of_writing_at_most(sandbox):
    # A page as long as those that are sold, and by it is known what a word takes.
    page = written(sandbox).version.html
    orders = [factories.integration_in_work(factories.open_article(html=page)) for _ in range(3)]

    for order in orders:
        place(order)

    for order in orders:
        version = order.version
        assert [each["prompt_version"] for each in version.edits] == ["integration-4"]
        assert again(version.parent.html, version.edits) == version.html
        assert 0 < bill.share_of_writing(version) <= bill.INTEGRATION_SHARE_MOST


@pytest.mark.parametrize("wish", WISHES)
def test_a_revision_keeps_its_edits_and_takes_three_tenths_of_writing_at_most(sandbox, wish):
    revision = ask(written(sandbox), wish)

    run_until_settled(revision)

    version = Order.objects.select_related("version__parent").get().version
    assert version.number == 2
    assert [each["prompt_version"] for each in version.edits] == ["revision-4"]
    assert again(version.parent.html, version.edits) == version.html
    assert 0 < bill.share_of_writing(version) <= bill.REVISION_SHARE_MOST


def test_a_change_that_was_turned_down_once_keeps_the_edits_that_passed(sandbox):
    order = written(sandbox)
    sandbox.knob(service="openai", match='"name":"revision"', bad_text=["drops_link"], times=1)
    run_until_settled(ask(order, WISHES[1]))

    version = Order.objects.select_related("version__parent").get().version
    assert len(version.edits) == 1
    assert again(version.parent.html, version.edits) == version.html


def test_a_new_article_keeps_its_repairs_and_one_that_passed_at_once_has_none(sandbox):
    assert written(sandbox).version.edits == []
    sandbox.knob(service="openai", bad_text=["no_link"])
    order = factories.order_in_work()

    run(order)

    order.refresh_from_db()
    assert [each["prompt_version"] for each in order.version.edits] == ["repair-5"]
    assert order.brief["target_url"] in str(order.version.edits)


def test_what_is_not_known_is_no_share(sandbox):
    order = written(sandbox)
    assert bill.tokens_a_word() > 1
    ModelCall.objects.update(output_tokens=None)

    assert bill.output_tokens(order.version.job_key) is None
    assert bill.tokens_a_word() is None
    assert bill.share_of_writing(order.version) is None
    assert bill.output_tokens("no such job") is None
