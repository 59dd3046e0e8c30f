"""How the web server starts, and what it writes down."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from tests.orders.factories import order_awaiting_payment
from tests.visitor import get, visitor


@pytest.mark.django_db(transaction=True)
def test_no_address_that_opens_an_order_reaches_the_logs(web):
    order = order_awaiting_payment()

    answer = get(f"{settings.SITE_URL}/orders/{order.pk}/open/?key=opens-this-order")

    assert answer.status_code == 404
    assert "opens-this-order" not in web.log()


def test_the_web_server_does_not_start_with_settings_that_a_check_refuses():
    ended = subprocess.run(
        [sys.executable, "-c", "import config.asgi"],
        cwd=Path(settings.BASE_DIR),
        env=os.environ
        | {"STRIPE_SECRET_KEY": "sk_live_1", "DJANGO_SETTINGS_MODULE": "config.settings"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 1
    assert "orders.E001" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.django_db(transaction=True)
def test_nobody_who_mistypes_a_password_is_named_in_the_logs(web):
    with visitor(base_url=settings.SITE_URL) as browser:
        browser.get("/admin/login/")
        answer = browser.post(
            "/admin/login/",
            data={
                "username": "ada@example.com",
                "password": "wrong",
                "csrfmiddlewaretoken": browser.cookies["csrftoken"],
            },
        )

    assert answer.status_code == 200
    assert "New login failure" in web.log()
    assert "ada@example.com" not in web.log()
