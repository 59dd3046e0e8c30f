"""The demo's verdict and the customer's hands."""

import pytest

from local import demo
from local.processes import CannotStart
from local.shop import OrderFailed, Shop, _FirstButton, address_in


def arrives(shop: Shop, tell: demo.Tell) -> None:
    tell("arrived")


def is_lost(shop: Shop, tell: demo.Tell) -> None:
    raise OrderFailed("the order is FAILED: nobody could write it")


@pytest.fixture
def shop() -> Shop:
    return Shop(site="http://127.0.0.1:1", sandbox="http://127.0.0.1:1")


def played(shop: Shop, **journeys: demo.Journey) -> demo.Outcome:
    return demo.play(shop, journeys=journeys, meanwhile=lambda: None)


def test_the_closing_line_counts_what_went_the_whole_way(shop: Shop) -> None:
    outcome = played(shop, one=arrives, two=is_lost, three=arrives)

    assert (outcome.completed, outcome.failed) == (2, 1)
    assert str(demo.Outcome(completed=2, failed=1, took_s=12.4)) == (
        "demo: 3 orders, 2 completed, 1 failed in 12 s"
    )


def test_a_lost_order_is_told_with_its_reason(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    played(shop, article=is_lost)

    assert "FAILED: the order is FAILED: nobody could write it" in capsys.readouterr().out


def test_a_shop_that_is_down_fails_the_order_and_not_the_demo(shop: Shop) -> None:
    assert played(shop, article=demo.article).failed == 1


def test_a_part_that_dies_ends_the_demo_at_once(shop: Shop) -> None:
    def part_died() -> None:
        raise CannotStart("worker ended by itself")

    def waits(shop: Shop, tell: demo.Tell) -> None:
        shop.until("miracle", lambda: None)

    with pytest.raises(CannotStart, match="worker ended"):
        demo.play(shop, journeys={"article": waits}, meanwhile=part_died)


def test_the_first_button_is_pressed_with_the_hidden_fields_of_its_form() -> None:
    page = (
        '<form method="post"><input type="hidden" name="token" value="7">'
        '<button name="how" value="pay">Pay</button><button name="how" value="cancel">No</button>'
    )

    assert _FirstButton(page).sent == {"token": "7", "how": "pay"}


def test_a_letter_without_the_link_is_told_by_its_subject() -> None:
    letter = {
        "subject": "Your article is ready",
        "text": "See https://a.example/orders/1/open/?k=2 .",
    }

    assert address_in(letter, "/orders/1/") == "https://a.example/orders/1/open/?k=2"
    with pytest.raises(OrderFailed, match="Your article is ready"):
        address_in(letter, "/orders/2/")
