"""A wrong setting stops the start with one line that names it."""

import os
import ssl
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import kombu
import pytest
from django.conf import settings
from psycopg_pool.base import AttemptWithBackoff

from config import writer
from config.env import Environment, database, redis_url

PRODUCTION = {
    "BYLINE_ENV": "production",
    "SECRET_KEY": "k" * 60,
    "ALLOWED_HOSTS": "orders.example.com",
    "SITE_URL": "https://orders.example.com",
    "DATABASE_URL": "postgresql://byline@db.example.com/byline",
    "REDIS_URL": "redis://redis.example.com:6379/0",
    "STRIPE_SECRET_KEY": "sk_live_x",
    "STRIPE_WEBHOOK_SECRET": "whsec_x",
    "SENDGRID_API_KEY": "SG.x",
    "MAIL_FROM": "Byline <orders@example.com>",
    "ADMIN_ALERT_EMAILS": "ops@example.com",
    "OPENAI_API_KEY": "sk-x",
}


def start(**changes: str | None) -> subprocess.CompletedProcess[str]:
    """Import the settings in a process of its own, in an environment of only these values."""
    values = {name: value for name, value in {**PRODUCTION, **changes}.items() if value is not None}
    return subprocess.run(
        [sys.executable, "-c", "import config.settings"],
        cwd=Path(settings.BASE_DIR),
        env={"PATH": os.environ["PATH"], **values},
        capture_output=True,
        text=True,
        check=False,
    )


def refusal(**changes: str | None) -> str:
    ended = start(**changes)
    assert ended.returncode == 1, ended.stderr
    return ended.stderr.strip()


def test_production_starts_when_everything_is_named():
    ended = start()

    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize("name", sorted(set(PRODUCTION) - {"BYLINE_ENV"}))
def test_production_does_not_start_without(name):
    line = refusal(**{name: None})

    assert line.startswith(f"byline: {name} is not set")
    assert "\n" not in line


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BYLINE_ENV", "staging"),
        ("WEB_PORT", "eighty"),
        ("LEASE_S", "soon"),
        ("LEASE_S", "0"),
        ("DEBUG", "perhaps"),
        ("SITE_URL", "orders.example.com"),
        ("OPENAI_BASE_URL", "ftp://models.example.com"),
        ("DATABASE_URL", "mysql://db.example.com/byline"),
        ("DATABASE_URL", "postgresql://db.example.com"),
        ("REDIS_URL", "http://redis.example.com"),
        ("LOG_LEVEL", "LOUD"),
        ("CHECKOUT_EXPIRES_S", "60"),
        ("SECRET_KEY", "development-only-bylinebylinebyline"),
        ("SECRET_KEY", "short"),
        ("DEBUG", "true"),
        ("STOP_GRACE_S", "inf"),
        ("STOP_GRACE_S", "5min"),
        ("HEARTBEAT_S", "nan"),
        ("REDIS_URL", "unix:///run/redis.sock"),
        ("WRITER_MODELS", "Main"),
        ("WRITER_MODELS", "main,spare one"),
        ("WRITER_MODELS", ","),
        ("WRITER_MODELS", "a,b,c,d,e,f,g,h,i"),
        ("WRITER_MODEL_MAIN_TIMEOUT_S", "0.5"),
        ("WRITER_MODEL_MAIN_TIMEOUT", "60"),
        ("WRITER_MODEL_MAIN_BASE_URL", "models.example.com"),
        ("WRITER_MODEL_MAIN_OUTPUT", "xml"),
        ("WRITER_MODEL_MAIN_CONCURRENCY", "-1"),
        ("WRITER_MODEL_MAIN_MAX_OUTPUT_TOKENS", "5"),
        ("WRITER_MODEL_MAIN_INPUT_USD_PER_MILLION", "-0.4"),
        ("WRITER_MODEL_MAIN_OUTPUT_USD_PER_MILLION", "1.60 USD"),
        ("MAX_COST_PER_ORDER_USD", "-1"),
        ("MAX_COST_PER_ORDER_USD", "5 USD"),
    ],
)
def test_a_wrong_value_is_one_line_that_names_the_setting(name, value):
    line = refusal(**{name: value})

    assert line.startswith(f"byline: {name} ")
    assert "\n" not in line


def test_no_secret_stands_in_the_line():
    assert "hunter2" not in refusal(DATABASE_URL="mysql://byline:hunter2@db.example.com/byline")


def test_development_needs_nothing():
    ended = start(**{**dict.fromkeys(PRODUCTION), "BYLINE_ENV": "development"})

    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_password_that_begins_with_a_dollar_is_itself():
    assert environment(FLOWER_PASSWORD="$HOME").text("FLOWER_PASSWORD") == "$HOME"


@pytest.mark.parametrize("given", ["hunter2", "[]", '{"a.com": 7}', '{"a.com": ""}', '"hunter2"'])
def test_passwords_that_cannot_be_read_are_refused_and_not_repeated(given):
    line = refusal(WORDPRESS_PASSWORDS=given)

    assert line.startswith("byline: WORDPRESS_PASSWORDS must be a JSON object")
    assert "hunter2" not in line


def test_passwords_are_read_by_host():
    given = Environment({"X": '{"garden.com": "abcd efgh"}', "BYLINE_ENV": "development"})

    assert given.secrets("X") == {"garden.com": "abcd efgh"}
    assert given.secrets("Y") == {}


def chain(**values):
    return writer.chain(environment(**values))


def test_a_chain_of_one_needs_no_settings_of_its_own():
    assert chain() == {"main": {}}
    assert writer.needs_openai(chain())


def test_each_model_of_a_chain_has_what_was_set_for_it_and_no_more():
    models = chain(
        WRITER_MODELS="main, spare",
        WRITER_MODEL_MAIN_CONCURRENCY="40",
        WRITER_MODEL_SPARE_NAME="qwen3:32b",
        WRITER_MODEL_SPARE_BASE_URL="http://ollama.internal:11434/v1/",
        WRITER_MODEL_SPARE_TIMEOUT_S="140",
        WRITER_MODEL_SPARE_OUTPUT="json_object",
        WRITER_MODEL_OLD_TIMEOUT="a model that was taken out of the chain is not read",
    )

    assert list(models) == ["main", "spare"]
    assert models["main"] == {"CONCURRENCY": 40}
    assert models["spare"] == {
        "NAME": "qwen3:32b",
        "BASE_URL": "http://ollama.internal:11434/v1",
        "TIMEOUT_S": 140,
        "OUTPUT": "json_object",
    }


def test_a_models_price_may_be_nothing_but_is_never_half_of_one():
    free = chain(
        WRITER_MODEL_MAIN_INPUT_USD_PER_MILLION="0", WRITER_MODEL_MAIN_OUTPUT_USD_PER_MILLION="0.5"
    )

    assert free["main"] == {
        "INPUT_USD_PER_MILLION": Decimal(0),
        "OUTPUT_USD_PER_MILLION": Decimal("0.5"),
    }
    line = refusal(WRITER_MODEL_MAIN_OUTPUT_USD_PER_MILLION="0.5")
    assert line.startswith("byline: WRITER_MODEL_MAIN_INPUT_USD_PER_MILLION is not set")
    line = refusal(WRITER_MODEL_MAIN_CACHED_USD_PER_MILLION="0.5")
    assert line.startswith("byline: WRITER_MODEL_MAIN_INPUT_USD_PER_MILLION is not set")


def test_the_key_of_openai_is_asked_for_only_where_a_model_would_use_it():
    own = {"WRITER_MODEL_MAIN_BASE_URL": "http://ollama.internal:11434/v1"}

    assert start(OPENAI_API_KEY=None, **own).returncode == 0
    line = refusal(OPENAI_API_KEY=None, WRITER_MODELS="main,spare", **own)
    assert line.startswith("byline: OPENAI_API_KEY is not set")


def test_a_listing_names_each_once():
    env = environment(ADMIN_ALERT_EMAILS="a@example.com, b@example.com,, a@example.com")

    assert env.listing("ADMIN_ALERT_EMAILS") == ["a@example.com", "b@example.com"]


def test_a_server_that_vanishes_is_noticed_in_seconds():
    options = settings.DATABASES["default"]["OPTIONS"]

    silent_s = options["keepalives_idle"]
    silent_s += options["keepalives_interval"] * options["keepalives_count"]
    assert silent_s < settings.LEASE_S
    assert options["tcp_user_timeout"] / 1000 < settings.LEASE_S


def environment(**values: str) -> Environment:
    return Environment({"BYLINE_ENV": "production", **values})


def test_redis_may_be_named_in_the_old_systems_three_settings():
    env = environment(REDIS_HOST="redis.example.com", REDIS_PORT="6380", REDIS_PASSWORD="p/w d")

    assert redis_url(env, development="") == "redis://:p%2Fw%20d@redis.example.com:6380/0"


def test_both_forms_that_agree_are_accepted():
    env = environment(REDIS_URL="redis://redis.example.com:6379/2", REDIS_HOST="redis.example.com")

    assert redis_url(env, development="") == "redis://redis.example.com:6379/2"


@pytest.mark.parametrize(
    ("url", "checked"),
    [
        ("rediss://redis.example.com/1", ssl.CERT_REQUIRED),
        ("rediss://redis.example.com/1?ssl_ca_certs=/etc/ca.pem", ssl.CERT_REQUIRED),
        ("rediss://redis.example.com/1?ssl_cert_reqs=none", ssl.CERT_NONE),
    ],
)
def test_the_brokers_certificate_is_checked_unless_its_address_says_otherwise(url, checked):
    broker = kombu.Connection(redis_url(environment(REDIS_URL=url), development=""))

    assert broker.ssl["ssl_cert_reqs"] == checked
    assert broker.virtual_host == "1"


@pytest.mark.parametrize(
    "values",
    [
        {"REDIS_URL": "redis://one.example.com:6379/0", "REDIS_HOST": "two.example.com"},
        {
            "REDIS_URL": "redis://:one@redis.example.com:6379/0",
            "REDIS_HOST": "redis.example.com",
            "REDIS_PASSWORD": "two",
        },
        {"REDIS_PASSWORD": "alone"},
        {},
    ],
)
def test_contradictory_or_missing_redis_settings_are_refused(values):
    with pytest.raises(SystemExit, match=r"^byline: REDIS_"):
        redis_url(environment(**values), development="")


def test_the_database_address_is_read_whole():
    parsed = database(
        environment(DATABASE_URL="postgresql://me:s%40fe@db.example.com:6543/byline"),
        development="",
    )

    assert parsed["NAME"] == "byline"
    assert (parsed["USER"], parsed["PASSWORD"]) == ("me", "s@fe")
    assert (parsed["HOST"], parsed["PORT"]) == ("db.example.com", 6543)


def test_however_long_the_database_was_away_the_pool_tries_again_within_seconds():
    pool = settings.DATABASES["default"]["OPTIONS"]["pool"]
    attempt, now, pauses = AttemptWithBackoff(timeout=pool["reconnect_timeout"]), 100.0, []
    while not attempt.time_to_give_up(now):
        attempt.update_delay(now)
        pauses.append(attempt.delay)
        now += attempt.delay

    # Given up while all who want a connection wait: the first to be told so begins another.
    assert max(pauses) + pool["timeout"] <= 15
    # As long as somebody waits for a connection, somebody tries to get one.
    assert pool["reconnect_timeout"] >= pool["timeout"]
