"""The staff's groups: made by a command, as often as one likes."""

from io import StringIO

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.management import call_command

from orders import staff

pytestmark = pytest.mark.django_db


def said(*options: str) -> list[str]:
    out = StringIO()
    call_command("staff_groups", *options, stdout=out)
    return out.getvalue().splitlines()


def held(group: str) -> set[str]:
    user = User.objects.create_user(f"one-of-{group}", is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    return user.get_all_permissions()


@pytest.mark.parametrize("group", staff.GROUPS)
def test_who_is_in_a_group_may_do_exactly_what_it_lists(group):
    said()

    assert held(group) == set(staff.GROUPS[group])


def test_overriding_the_gate_is_in_no_group():
    assert not any("orders.override_gate" in names for names in staff.GROUPS.values())


def test_a_second_run_changes_nothing():
    said()
    before = list(Group.permissions.through.objects.order_by("pk").values())

    assert said() == ["Editors: 0 given, 0 taken", "Operators: 0 given, 0 taken"]
    assert list(Group.permissions.through.objects.order_by("pk").values()) == before


def test_a_group_is_set_anew_and_keeps_its_members():
    said()
    group = Group.objects.get(name=staff.EDITORS)
    edith = User.objects.create_user("edith", is_staff=True)
    edith.groups.add(group)
    group.permissions.remove(Permission.objects.get(codename="decide_review"))
    group.permissions.add(Permission.objects.get(codename="delete_user"))

    assert said()[:3] == [
        "Editors: 1 given, 1 taken",
        "  + orders.decide_review",
        "  - auth.delete_user",
    ]
    assert User.objects.get(pk=edith.pk).get_all_permissions() == set(staff.GROUPS[staff.EDITORS])


def test_a_dry_run_says_what_it_would_do_and_makes_nothing():
    told = said("--dry-run")

    assert told[0] == f"Editors: {len(staff.GROUPS[staff.EDITORS])} given, 0 taken"
    assert Group.objects.count() == 0
