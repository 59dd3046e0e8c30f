"""The Checkout page: what is paid for, and one button for each way it can go."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import quote

from sandbox.knobs import Board
from sandbox.pages import Markup, page, part
from sandbox.stripe.account import Account
from sandbox.stripe.forms import StripeRefusal
from sandbox.stripe.records import Session

PAY_LATER_S = 3.0
WAYS = ("pay", "later", "later_failed", "decline", "cancel")


def show(session: Session, *, alert: str = "") -> str:
    """Return the page of a session: to pay while it is open, a notice after."""
    if session.status != "open":
        return _closed(session)
    lines = "".join(
        f"<li>{part_of_line(line.name, line.quantity)}<span>"
        f"{money(line.unit_amount * line.quantity, session.currency)}</span></li>"
        for line in session.lines
    )
    warning = f'<p class="alert" role="alert">{alert}</p>' if alert else ""
    return page(
        "checkout",
        title="Pay (sandbox)",
        alert=Markup(warning),
        total=money(session.amount, session.currency),
        lines=Markup(lines),
        email=session.customer_email or "not given",
        until=f"{datetime.fromtimestamp(session.expires_at, tz=UTC):%d %B %Y, %H:%M} UTC",
    )


def act(account: Account, session: Session, *, how: str, board: Board) -> str | None:
    """Do what a button says and return the address to go to, None to stay on the page.

    :raises StripeRefusal: the session is not open any more, or `how` is no button of the page
    """
    if how == "cancel":
        return session.cancel_url
    if how == "pay":
        account.pay(session)
    elif how in ("later", "later_failed"):
        orders = board.take(service="stripe", operation="checkout.pay_later", body=session.id)
        wanted = "failed" if how == "later_failed" else "succeeded"
        after_s = board.seconds(orders.pay_later_ms) if orders.pay_later_ms else PAY_LATER_S
        outcome = orders.pay_later_outcome or wanted
        account.pay_later(
            session, outcome="failed" if outcome == "failed" else "succeeded", after_s=after_s
        )
    elif how == "decline":
        account.decline(session)
        return None
    else:
        raise StripeRefusal(f"how must be one of {', '.join(WAYS)}")
    return session.success_url.replace("{CHECKOUT_SESSION_ID}", quote(session.id))


def money(amount: int, currency: str) -> str:
    """Return an amount of smallest units as people read it."""
    if currency in ("jpy", "krw"):
        return f"{amount:,} {currency.upper()}"
    return f"{amount / 100:,.2f} {currency.upper()}"


def part_of_line(name: str, quantity: int) -> Markup:
    """Return the name of a line, with its quantity where there are several."""
    return part("line", name=name if quantity == 1 else f"{quantity} × {name}")


def _closed(session: Session) -> str:
    paid = session.status == "complete"
    back = session.success_url if paid else session.cancel_url
    address = (back or "").replace("{CHECKOUT_SESSION_ID}", quote(session.id))
    action = part("back", address=address) if address else Markup("")
    return page(
        "message",
        title="Checkout (sandbox)",
        heading="This order is paid for" if paid else "This page has expired",
        text="You can go back to the shop." if paid else "Nothing was charged.",
        action=action,
    )
