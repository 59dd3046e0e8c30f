"""All that the sandbox holds: the four services, the knobs, the log of calls."""

from __future__ import annotations

from sandbox.calls import CallLog
from sandbox.edge import Edge
from sandbox.knobs import Board
from sandbox.openai.api import OpenAiApi
from sandbox.sendgrid.api import SendGridApi
from sandbox.sendgrid.inbox import Inbox
from sandbox.settings import Settings
from sandbox.stripe.account import Account
from sandbox.stripe.api import StripeApi
from sandbox.stripe.webhooks import Courier
from sandbox.wordpress.api import WordPress


class World:
    """One sandbox. Everything is in memory and gone when it stops."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.calls = CallLog()
        self._begin(seed=None)

    def _begin(self, *, seed: int | None) -> None:
        settings = self.settings
        self.board = Board(seed=seed)
        self.courier = Courier(
            url=settings.webhook_url, secret=settings.webhook_secret, board=self.board
        )
        self.account = Account(announce=self.courier.announce)
        self.inbox = Inbox()
        self.wordpress = WordPress()
        services = (
            StripeApi(self.account),
            SendGridApi(self.inbox),
            OpenAiApi(),
            self.wordpress,
        )
        self.edges = {
            one.name: Edge(one, prefix=f"/{one.name}", board=self.board, calls=self.calls)
            for one in services
        }

    async def reset(self, *, seed: int | None = None) -> None:
        """Forget everything and stop all that is under way; `seed` makes chance repeatable."""
        await self.stop()
        self.calls.clear()
        self._begin(seed=seed)

    async def stop(self) -> None:
        """Stop deliveries and payments that were to come."""
        await self.account.stop()
        await self.courier.stop()
