"""The customer: orders, pays at the sandbox, asks for changes, waits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from django.utils import timezone

from articles.brief import Brief, Reference
from articles.models import Article
from evaluation.cases import Case, Wish
from evaluation.rig import Rig
from orders import briefs, payments, purchase, revisions
from orders.models import Order, Product, Revision, Status
from queueing.models import Job, State

Told = Callable[[int, int], None]


def article(rig: Rig, case: Case) -> Order:
    """Order and pay for a new article."""
    return _bought(rig, {"product": Product.ARTICLE, **case.fields})


def integration(rig: Rig, case: Case) -> Order:
    """Order and pay for a link in the article of that title."""
    page = Article.objects.get(domain__host=case.fields["domain"], title=case.fields["article"])
    return _bought(rig, {"product": Product.INTEGRATION, **case.fields, "article": page.pk})


def revision(order: Order, wish: Wish) -> Revision:
    """Ask for a change of what was delivered."""
    return revisions.request(order=order, notes=wish.notes, actor="customer", at=timezone.now())


def wait(rig: Rig, orders: Sequence[Order], *, told: Told) -> list[Order]:
    """Return the orders as they stand when none is being worked on and no job is open.

    `told` hears how many of how many are there.
    """
    keys = [order.pk for order in orders]

    def quiet() -> bool:
        under_way = Order.objects.filter(pk__in=keys, status=Status.PROCESSING).count()
        told(len(keys) - under_way, len(keys))
        # E-mails and refunds too: what is still open belongs to the result.
        is_open = Job.objects.filter(state__in=[State.WAITING, State.ACTIVE])
        return not under_way and not is_open.exists()

    rig.until(quiet)
    found = Order.objects.select_related("version", "domain").in_bulk(keys)
    return [found[key] for key in keys]


def _bought(rig: Rig, fields: dict[str, Any]) -> Order:
    at = timezone.now()
    checked = briefs.validate({**fields, "email": "evaluation@example.com"}, at=at)
    placed = purchase.place_order(brief=checked, idempotency_key=None, at=at)
    _find_references(rig, placed.order)
    session = placed.order.payments.get().session_id
    rig.control(f"stripe/sessions/{session}/pay", {})
    payments.confirm_session(order=placed.order, session_id=session, at=timezone.now())
    return placed.order


def _find_references(rig: Rig, order: Order) -> None:
    """Lead what the order names as references to where it is served: that may not be ordered."""
    brief = Brief.from_json(order.brief)
    if not brief.references:
        return
    served = tuple(Reference(url=rig.pages.served_at(page.url)) for page in brief.references)
    order.brief = replace(brief, references=served, allowed_references=()).to_json()
    order.save(update_fields=["brief"])
