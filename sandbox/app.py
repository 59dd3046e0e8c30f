"""The ASGI application: vendors below their prefixes, pages and /control beside them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from sandbox.control import control_routes
from sandbox.pages import Markup, page, part
from sandbox.stripe import checkout
from sandbox.stripe.forms import StripeRefusal
from sandbox.world import World

EXPIRY_CHECK_S = 1.0
SHOWN_MAILS = 200


class App:
    """Sends vendors' calls straight to their edge, everything else through Starlette.

    An edge has to have the server's own `send` to drop a connection, so no middleware stands
    before it.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        pages = Pages(world)
        self.site = Starlette(
            routes=[*pages.routes(), *control_routes(world)], lifespan=self._lifespan
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http":
            service, _, rest = scope["path"].lstrip("/").partition("/")
            if service in self.world.edges and not rest.startswith("checkout/"):
                await self.world.edges[service](scope, receive, send)
                return
        await self.site(scope, receive, send)

    @contextlib.asynccontextmanager
    async def _lifespan(self, _site: Starlette) -> AsyncIterator[None]:
        expiring = asyncio.create_task(self._expire())
        try:
            yield
        finally:
            expiring.cancel()
            await asyncio.gather(expiring, return_exceptions=True)
            await self.world.stop()

    async def _expire(self) -> None:
        while True:
            await asyncio.sleep(EXPIRY_CHECK_S)
            self.world.account.expire_due()


class Pages:
    """What a person sees."""

    def __init__(self, world: World) -> None:
        self.world = world

    def routes(self) -> list[Route]:
        """Return the pages' routes."""
        return [
            Route("/", self.home),
            Route("/inbox", self.inbox),
            Route("/inbox/{name}", self.mail),
            Route("/stripe/checkout/{name}", self.checkout, methods=["GET", "POST"]),
        ]

    async def home(self, request: Request) -> Response:
        """Say what this is, with links."""
        world = self.world
        return HTMLResponse(
            page(
                "home",
                title="Byline's sandbox",
                mails=len(world.inbox),
                calls=world.calls.count,
                origin=str(request.base_url).rstrip("/"),
                webhook_url=world.courier.url,
            )
        )

    async def inbox(self, _request: Request) -> Response:
        """List the e-mails, newest first."""
        mails = self.world.inbox.find(limit=SHOWN_MAILS)
        rows = Markup(
            "".join(
                part(
                    "inbox_row",
                    id=mail.id,
                    subject=mail.subject or "(no subject)",
                    to=", ".join(mail.to),
                    at=_when(mail.at),
                )
                for mail in mails
            )
        )
        shown = Markup(f'<ul class="mails">{rows}</ul>' if rows else "<p>No e-mail yet.</p>")
        return HTMLResponse(
            page(
                "inbox",
                title="Inbox (sandbox)",
                count=len(self.world.inbox),
                shown=len(mails),
                mails=shown,
            )
        )

    async def mail(self, request: Request) -> Response:
        """Show one e-mail: HTML in a frame that can run nothing, text, headers."""
        mail = self.world.inbox.get(request.path_params["name"])
        if mail is None:
            return _missing("This e-mail is not in the inbox.")
        known = mail.as_json()
        lines = [
            f"{name}: {value}"
            for group in (known["headers"], known["custom_args"])
            for name, value in group.items()
        ]
        html = part("mail_frame", html=known["html"]) if known["html"] else Markup("<p>None.</p>")
        return HTMLResponse(
            page(
                "mail",
                title=f"{mail.subject} (sandbox)",
                subject=mail.subject,
                sender=_address(known["from"]),
                to=", ".join(mail.to),
                at=_when(mail.at),
                id=mail.id,
                html=html,
                text=known["text"] or "None.",
                headers="\n".join(lines) or "None.",
            )
        )

    async def checkout(self, request: Request) -> Response:
        """Show the page of a Checkout Session, and do what its buttons say."""
        account = self.world.account
        account.expire_due()
        session = account.shelf.sessions.get(request.path_params["name"])
        if session is None:
            return _missing("There is no such Checkout Session.")
        if request.method == "GET":
            return HTMLResponse(checkout.show(session))
        form = await request.form()
        try:
            how = str(form.get("how"))
            address = checkout.act(account, session, how=how, board=self.world.board)
        except StripeRefusal:
            return HTMLResponse(checkout.show(session), status_code=409)
        if address is None:
            alert = "The card was declined. Try again or go back."
            return HTMLResponse(checkout.show(session, alert=alert))
        return RedirectResponse(address, status_code=303)


def _missing(text: str) -> Response:
    body = page("message", title="Not here", heading="Not here", text=text, action=Markup(""))
    return HTMLResponse(body, status_code=404)


def _when(at: float) -> str:
    return f"{datetime.fromtimestamp(at, tz=UTC):%d %B %Y, %H:%M:%S} UTC"


def _address(person: dict[str, str]) -> str:
    name = person.get("name")
    return f"{name} <{person['email']}>" if name else person["email"]
