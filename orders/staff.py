"""The staff's two groups and what each may do; an administrator puts people into them."""

from dataclasses import dataclass
from typing import Final

from django.contrib.auth.models import Group, Permission
from django.db import transaction

EDITORS: Final = "Editors"
OPERATORS: Final = "Operators"

_TEXTS: Final = (
    "articles.view_article",
    "articles.view_articleversion",
    "articles.view_domain",
    "articles.view_modelcall",
    "articles.view_sitechange",
)
_ORDERS: Final = ("orders.view_order", "orders.view_orderevent", "orders.view_review")
# `orders.override_gate` is in neither: it is given to a person, by name.
GROUPS: Final[dict[str, tuple[str, ...]]] = {
    EDITORS: (
        "orders.decide_review",
        "articles.overwrite_site",
        # Putting publishers' articles on sale; terms and prices stay an administrator's.
        "articles.add_article",
        "articles.change_article",
        *_ORDERS,
        *_TEXTS,
    ),
    OPERATORS: (
        "queueing.operate_queue",
        "queueing.view_job",
        "queueing.view_worker",
        "orders.change_order",  # cancelling unpaid ones; no field of an order is theirs to write
        "orders.change_customer",  # the VIP mark
        "orders.view_customer",
        "orders.view_payment",
        "orders.view_refund",
        "orders.view_stripeevent",
        "orders.view_outgoingemail",
        "django_celery_results.view_taskresult",
        *_ORDERS,
        *_TEXTS,
    ),
}


@dataclass(frozen=True, kw_only=True)
class Granted:
    """What one group was given and what was taken from it, as `app.codename`."""

    group: str
    given: tuple[str, ...]
    taken: tuple[str, ...]


@transaction.atomic
def put_groups(*, dry_run: bool = False) -> list[Granted]:
    """Make both groups and have them hold exactly what stands here; return what changed.

    Their members stay. A `dry_run` writes nothing.

    :raises Permission.DoesNotExist: the database has not been migrated
    """
    return [_put(name, wanted, dry_run=dry_run) for name, wanted in GROUPS.items()]


def _put(name: str, wanted: tuple[str, ...], *, dry_run: bool) -> Granted:
    permissions = {name: _permission(name) for name in wanted}
    group = Group.objects.filter(name=name).first()
    held = set() if group is None else {_named(each) for each in _held_by(group)}
    if not dry_run:
        group = group or Group.objects.create(name=name)
        group.permissions.set(permissions.values())
    return Granted(
        group=name,
        given=tuple(sorted(permissions.keys() - held)),
        taken=tuple(sorted(held - permissions.keys())),
    )


def _permission(name: str) -> Permission:
    app, _, codename = name.partition(".")
    return Permission.objects.get(content_type__app_label=app, codename=codename)


def _held_by(group: Group) -> list[Permission]:
    return list(group.permissions.select_related("content_type"))


def _named(permission: Permission) -> str:
    return f"{permission.content_type.app_label}.{permission.codename}"
