"""The oracle sees money that went back twice, under a key of no loss, or in our books alone."""

import pytest

from orders.models import Refund
from tests.faults.forged import failed

pytestmark = pytest.mark.django_db


def test_a_refund_made_under_two_keys_is_seen():
    world = failed(doomed=True)
    world.pays_back(Refund.objects.get(), key="another")

    assert "I5 duplicated" in world.judged()


def test_a_fresh_key_after_an_error_that_stripe_kept_under_the_first_is_excused():
    world = failed(doomed=True)
    world.keeps_an_error(Refund.objects.get(), key="spoilt")

    assert world.judged() == set()


def test_a_third_key_after_one_error_that_stripe_kept_is_seen():
    world = failed(doomed=True)
    world.keeps_an_error(Refund.objects.get(), key="spoilt")
    world.pays_back(Refund.objects.get(), key="another")

    assert "I5 duplicated" in world.judged()


def test_a_fresh_key_after_an_error_that_stripe_did_not_repeat_is_seen():
    world = failed(doomed=True)
    world.keeps_an_error(Refund.objects.get(), key="not spoilt", replayed=False)

    assert world.judged() == {"I5 duplicated"}


def test_a_fresh_key_after_another_refunds_error_is_seen():
    world = failed(doomed=True)
    world.keeps_an_error(Refund(pk=77), key="spoilt")
    world.pays_back(Refund.objects.get(), key="another")

    assert "I5 duplicated" in world.judged()


def test_a_refund_given_under_the_spoilt_key_and_the_fresh_one_is_seen():
    world = failed(doomed=True)
    world.keeps_an_error(Refund.objects.get(), key="spoilt")
    world.pays_back(Refund.objects.get(), key="spoilt")

    assert world.judged() == {"I5 duplicated"}


def test_money_that_our_rows_gave_back_and_stripe_did_not_is_seen():
    world = failed(doomed=True)
    world.events.clear()

    assert world.judged() == {"I5 lost", "I11 lost"}
