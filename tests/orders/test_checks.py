from decimal import Decimal

import pytest

from orders import checks

CHECKS = (checks.check_sandbox, checks.check_stripe, checks.check_mail, checks.check_writer)
PRODUCTION = {
    "DEVELOPMENT": False,
    "STRIPE_API_BASE": "",
    "STRIPE_SECRET_KEY": "sk_live_4eC39HqLyjWDarjtT1",
    "STRIPE_WEBHOOK_SECRET": "whsec_5WbX5kEWLlfzsGNjH64I8",
    "SENDGRID_HOST": "",
    "SENDGRID_API_KEY": "SG.a-real-one",
    "OPENAI_BASE_URL": "",
    "OPENAI_API_KEY": "sk-a-real-one",
}


@pytest.fixture
def found(settings):
    """What the checks say of production's settings with the given changes."""

    def ids(**changes):
        for name, value in (PRODUCTION | changes).items():
            setattr(settings, name, value)
        return [message.id for check in CHECKS for message in check()]

    return ids


def test_the_suites_own_settings_and_proper_production_pass(found):
    assert [message for check in CHECKS for message in check()] == []
    assert found() == []


def test_a_live_key_never_goes_to_another_address(found, settings):
    base = f"{settings.SANDBOX_URL}/stripe"

    assert "orders.E001" in found(STRIPE_API_BASE="https://stripe.example.com")
    assert found(DEVELOPMENT=True, STRIPE_API_BASE=base) == ["orders.E001", "orders.W013"]
    assert "orders.E001" in found(STRIPE_SECRET_KEY="rk_live_1", STRIPE_API_BASE=base)


@pytest.mark.parametrize(("name", "key"), checks.SANDBOX_KEYS.items())
def test_the_sandboxs_keys_are_refused_in_production(found, name, key):
    assert "orders.E002" in found(**{name: key})
    assert "orders.E002" not in found(DEVELOPMENT=True, **{name: key})


@pytest.mark.parametrize("name", checks.ADDRESSES)
def test_the_sandboxs_addresses_are_refused_in_production(found, settings, name):
    assert "orders.E003" in found(**{name: f"{settings.SANDBOX_URL}/any"})


def test_a_model_of_the_chain_is_not_the_sandboxs_in_production(found, settings):
    def chain(**own):
        return found(WRITER_MODELS={"main": {}, "spare": own})

    assert chain(API_KEY="sk-sandbox") == ["orders.E002"]
    assert chain(BASE_URL=f"{settings.SANDBOX_URL}/openai/v1") == ["orders.E003"]
    assert chain(BASE_URL="http://10.0.0.5:8000/v1") == []


def test_the_slowest_model_of_the_chain_must_fit_into_a_run(found):
    assert "orders.E020" in found(WRITER_MODELS={"main": {}, "slow": {"TIMEOUT_S": 300.0}})


def test_keys_are_not_sent_in_the_clear_but_a_model_may_live_next_door(found):
    assert "orders.E004" in found(SENDGRID_HOST="http://mail.example.com")
    assert found(OPENAI_BASE_URL="http://10.0.0.5:8000/v1") == []


@pytest.mark.parametrize("key", ["", "pk_live_1", "whsec_1", "live"])
def test_what_is_no_secret_key_is_refused(found, key):
    assert "orders.E010" in found(STRIPE_SECRET_KEY=key)


@pytest.mark.parametrize("secret", ["", "secret", "sk_live_1"])
def test_without_a_signing_secret_no_payment_would_be_heard_of(found, secret):
    assert "orders.E011" in found(STRIPE_WEBHOOK_SECRET=secret)


@pytest.mark.parametrize(
    ("seconds", "refused"), [(1859, True), (1860, False), (86_340, False), (86_341, True)]
)
def test_a_payment_page_is_open_as_long_as_stripe_allows(found, seconds, refused):
    assert ("orders.E012" in found(CHECKOUT_EXPIRES_S=seconds)) == refused


def test_a_run_has_time_for_every_text_that_it_may_buy(found):
    assert "orders.E020" in found(WRITER_TIMEOUT_S=150, STOP_GRACE_S=160)
    assert found(WRITER_TIMEOUT_S=150, STOP_GRACE_S=160, JOB_DEADLINE_S=901) == []


def test_a_worker_that_stops_before_the_writer_answers_is_warned_of(found):
    assert found(STOP_GRACE_S=119) == ["orders.W021"]


def test_a_model_whose_cost_the_budget_cannot_count_is_warned_of(found):
    own = {"NAME": "qwen3:32b", "BASE_URL": "http://10.0.0.5:8000/v1"}
    price = {"INPUT_USD_PER_MILLION": Decimal(0), "OUTPUT_USD_PER_MILLION": Decimal(0)}

    assert found(WRITER_MODELS={"main": {}, "spare": own}) == ["orders.W022"]
    assert found(WRITER_MODELS={"main": {"PRICE_URL": "none"}}) == ["orders.W022"]
    assert found(WRITER_MODELS={"main": {}, "spare": own | price}) == []
    assert found(WRITER_MODELS={"main": {}, "spare": own}, MAX_COST_PER_ORDER_USD=0) == []


@pytest.mark.parametrize("wrong", ["Byline", "Byline <orders>", "a" * 250 + "@example.com"])
def test_addresses_that_no_mail_reaches_are_refused(found, wrong):
    assert found(MAIL_FROM=wrong) == ["orders.E015"]
    right = "Byline <orders@example.com>"
    alerted = ["ops@example.com", wrong]
    assert found(MAIL_FROM=right, ADMIN_ALERT_EMAILS=alerted) == ["orders.E015"]


def test_somebody_must_hear_of_failed_orders(found):
    assert found(ADMIN_ALERT_EMAILS=[]) == ["orders.E016"]


def test_a_test_key_in_production_is_warned_of(found):
    assert found(STRIPE_SECRET_KEY="sk_test_1") == ["orders.W014"]
