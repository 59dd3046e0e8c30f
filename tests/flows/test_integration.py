"""The demo's customer and its editor: a link in an article, with every process real."""

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.core.management import call_command

from local import demo
from local.shop import Shop
from orders.models import Order, Status
from tests.orders import factories

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_link_is_bought_over_the_api_approved_at_the_desk_and_found_on_the_live_page(
    web, worker, sandbox, settings, capsys
):
    factories.active_domain()  # not what the demo's customer is looking for
    factories.active_domain(niches=["food"])
    article = factories.open_article(factories.active_domain(niches=["food"]))

    logins = {"EDITOR_USERNAME": "ed", "EDITOR_PASSWORD": "a-long-password"}
    call_command("staff_groups")
    editor = get_user_model().objects.create_user("ed", password="a-long-password", is_staff=True)
    editor.groups.add(Group.objects.get(name="Editors"))
    with Shop(site=settings.SITE_URL, sandbox=settings.SANDBOX_URL, logins=logins) as shop:
        played = demo.play(shop, journeys={"integration": demo.integration}, meanwhile=lambda: None)

    assert (played.completed, played.failed) == (1, 0), capsys.readouterr().out
    order = Order.objects.get()
    assert (order.article, order.version.parent.number) == (article, 1)
    assert order.status == Status.COMPLETED
