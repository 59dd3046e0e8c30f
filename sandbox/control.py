"""/control: turn knobs, read the log and the inbox, make things happen at Stripe. See README.md."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, cast, get_args

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.knobs import BAD_PAGES, BAD_TEXTS, Knob, KnobRefused
from sandbox.stripe.account import RefundStatus
from sandbox.stripe.checkout import PAY_LATER_S
from sandbox.stripe.forms import StripeRefusal
from sandbox.stripe.records import Charge, Event, Session
from sandbox.stripe.shapes import draw
from sandbox.world import World

Json = dict[str, Any]
Handler = Callable[[Request], Awaitable[Response]]
Kept = TypeVar("Kept")


class ControlRefused(Exception):
    """A command that makes no sense; the message says why."""

    def __init__(self, message: str, *, status: int = 400) -> None:
        """Make the refusal that is answered with `status`."""
        super().__init__(message)
        self.status = status


def control_routes(world: World) -> list[Route]:
    """Return every route below /control."""
    plain, stripe = Control(world), StripeControl(world)
    table: list[tuple[str, str, Handler]] = [
        ("GET", "/knobs", plain.knobs),
        ("POST", "/knobs", plain.set_knobs),
        ("DELETE", "/knobs", plain.clear_knobs),
        ("DELETE", "/knobs/{name}", plain.remove_knob),
        ("GET", "/calls", plain.calls),
        ("GET", "/inbox", plain.inbox),
        ("GET", "/inbox/{name}", plain.mail),
        ("DELETE", "/inbox", plain.clear_inbox),
        ("GET", "/state", plain.state),
        ("POST", "/reset", plain.reset),
        ("GET", "/webhooks", stripe.deliveries),
        ("POST", "/webhooks", stripe.set_webhooks),
        ("GET", "/stripe/events", stripe.events),
        ("POST", "/stripe/events", stripe.fire),
        ("POST", "/stripe/events/{name}/deliver", stripe.deliver),
        ("GET", "/stripe/sessions", stripe.sessions),
        ("POST", "/stripe/sessions/{name}/pay", stripe.pay),
        ("POST", "/stripe/sessions/{name}/settle", stripe.settle),
        ("POST", "/stripe/sessions/{name}/expire", stripe.expire),
        ("POST", "/stripe/refunds", stripe.refund),
        ("POST", "/stripe/refunds/{name}/end", stripe.end_refund),
        ("POST", "/stripe/disputes", stripe.dispute),
        ("POST", "/stripe/disputes/{name}/close", stripe.close_dispute),
        ("POST", "/stripe/clock", stripe.clock),
    ]
    return [
        Route(f"/control{path}", _guarded(handler), methods=[method])
        for method, path, handler in table
    ]


def _guarded(handler: Handler) -> Handler:
    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except ControlRefused as refused:
            return JSONResponse({"error": str(refused)}, status_code=refused.status)
        except (KnobRefused, StripeRefusal, json.JSONDecodeError) as refused:
            return JSONResponse({"error": str(refused)}, status_code=400)

    return answer


class Control:
    """Knobs, log, inbox, reset."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def knobs(self, _request: Request) -> Response:
        """List the knobs that are set, and the names of bad text."""
        return JSONResponse(
            {"knobs": self.world.board.as_json(), "bad_texts": BAD_TEXTS, "bad_pages": BAD_PAGES}
        )

    async def set_knobs(self, request: Request) -> Response:
        """Set one knob (an object) or several (a list); all or none."""
        asked = await request.json()
        knobs = [Knob.from_json(one) for one in (asked if isinstance(asked, list) else [asked])]
        return JSONResponse({"ids": [self.world.board.set(knob) for knob in knobs]}, 201)

    async def clear_knobs(self, _request: Request) -> Response:
        """Take every knob off."""
        return JSONResponse({"removed": self.world.board.clear()})

    async def remove_knob(self, request: Request) -> Response:
        """Take one knob off."""
        if not self.world.board.remove(request.path_params["name"]):
            raise ControlRefused("no such knob", status=404)
        return JSONResponse({"removed": 1})

    async def calls(self, request: Request) -> Response:
        """List calls, oldest first, by the filters given."""
        query = request.query_params
        work_done = query.get("work_done")
        # Reading bodies back takes time: not in the loop that everyone waits on.
        found = await asyncio.to_thread(
            self.world.calls.find,
            since=_number(query.get("since"), default=0),
            service=query.get("service", ""),
            operation=query.get("operation", ""),
            contains=query.get("contains", ""),
            work_done=None if work_done is None else work_done in ("1", "true"),
            limit=_number(query.get("limit"), default=1000),
        )
        if query.get("count"):
            return JSONResponse({"count": len(found), "last": self.world.calls.count})
        body = {"calls": [one.as_json() for one in found], "last": self.world.calls.count}
        return JSONResponse(body)

    async def inbox(self, request: Request) -> Response:
        """List e-mails, newest first."""
        query = request.query_params
        found = self.world.inbox.find(
            to=query.get("to", ""),
            contains=query.get("contains", ""),
            limit=_number(query.get("limit"), default=1000),
        )
        whole = query.get("whole", "1") in ("1", "true")
        mails = [one.as_json(whole=whole) for one in found]
        return JSONResponse({"mails": mails, "count": len(self.world.inbox)})

    async def mail(self, request: Request) -> Response:
        """Show one e-mail."""
        mail = self.world.inbox.get(request.path_params["name"])
        if mail is None:
            raise ControlRefused("no such e-mail", status=404)
        return JSONResponse(mail.as_json())

    async def clear_inbox(self, _request: Request) -> Response:
        """Throw the e-mails away."""
        count = len(self.world.inbox)
        self.world.inbox.clear()
        return JSONResponse({"removed": count})

    async def state(self, _request: Request) -> Response:
        """Count what there is, and what is still under way."""
        shelf = self.world.account.shelf
        return JSONResponse(
            {
                "calls": self.world.calls.count,
                "mails": len(self.world.inbox),
                "posts": len(self.world.wordpress.posts),
                "sessions": len(shelf.sessions),
                "payments": len(shelf.payment_intents),
                "refunds": len(shelf.refunds),
                "disputes": len(shelf.disputes),
                "events": len(shelf.events),
                "deliveries_under_way": self.world.courier.under_way,
            }
        )

    async def reset(self, request: Request) -> Response:
        """Forget everything; `{"seed": n}` makes chance repeatable."""
        asked = await _body(request)
        await self.world.reset(seed=asked.get("seed"))
        return JSONResponse({"reset": True})


class StripeControl:
    """What happens at Stripe without an API call: payers, banks, time, deliveries."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def deliveries(self, request: Request) -> Response:
        """List tries to deliver events."""
        query = request.query_params
        since = _number(query.get("since"), default=0)
        courier = self.world.courier
        tries = courier.as_json(since=since, event=query.get("event", ""))
        known = {"url": courier.url, "events": courier.subscribed}
        return JSONResponse({**known, "deliveries": tries, "under_way": courier.under_way})

    async def set_webhooks(self, request: Request) -> Response:
        """Change where events go, how they are signed, which are subscribed to."""
        asked = await _body(request)
        courier = self.world.courier
        courier.url = asked.get("url", courier.url)
        courier.secret = asked.get("secret", courier.secret)
        courier.subscribed = tuple(asked.get("events", courier.subscribed))
        return JSONResponse({"url": courier.url, "events": courier.subscribed})

    async def events(self, request: Request) -> Response:
        """List events, oldest first, of a type or about an object where given."""
        kind, about = request.query_params.get("type"), request.query_params.get("object")
        found = [
            one.body
            for one in self.world.account.shelf.events.values()
            if kind in (None, one.type) and about in (None, one.object_id)
        ]
        limit = _number(request.query_params.get("limit"), default=1000)
        return JSONResponse({"events": found[-limit:]})

    async def fire(self, request: Request) -> Response:
        """Make an event of any type about any object, and deliver it."""
        asked = await _body(request)
        kind, shape = asked.get("type"), asked.get("object")
        if not isinstance(kind, str) or not isinstance(shape, dict | str):
            raise ControlRefused('say {"type": "…", "object": {…} or the id of an object}')
        if isinstance(shape, str):
            record = self.world.account.shelf.find(shape)
            if record is None:
                raise ControlRefused(f"no object {shape}", status=404)
            shape = draw(record)
        event = self.world.account.fire(kind, shape)
        return JSONResponse(event.body, 201)

    async def deliver(self, request: Request) -> Response:
        """Deliver an event again, `times` times, each after `delay_ms`."""
        event: Event = self._kept(self.world.account.shelf.events, request)
        asked = await _body(request)
        times = _number(asked.get("times"), default=1)
        for _ in range(times):
            self.world.courier.deliver(
                event, delay_s=_number(asked.get("delay_ms"), default=0) / 1000
            )
        return JSONResponse({"deliveries": times}, 202)

    async def sessions(self, request: Request) -> Response:
        """List sessions, oldest first; `contains` looks into their metadata and references."""
        text = request.query_params.get("contains", "")
        shapes = [draw(one) for one in self.world.account.shelf.sessions.values()]
        found = [shape for shape in shapes if text in json.dumps(shape)]
        return JSONResponse({"sessions": found})

    async def pay(self, request: Request) -> Response:
        """Do what a payer does on the Checkout page, or pay an amount that differs."""
        session, asked = self._session(request), await _body(request)
        account, how = self.world.account, asked.get("how", "pay")
        after_s = _number(asked.get("after_ms"), default=int(PAY_LATER_S * 1000)) / 1000
        if how == "pay":
            account.pay(session, amount=asked.get("amount"), currency=asked.get("currency"))
        elif how == "later":
            account.pay_later(session, outcome="succeeded", after_s=after_s)
        elif how == "later_failed":
            account.pay_later(session, outcome="failed", after_s=after_s)
        elif how == "decline":
            account.decline(session)
        else:
            raise ControlRefused("how must be pay, later, later_failed or decline")
        return JSONResponse(draw(session))

    async def settle(self, request: Request) -> Response:
        """End a payment that was to come later, now."""
        session, asked = self._session(request), await _body(request)
        outcome = asked.get("outcome", "succeeded")
        if outcome not in ("succeeded", "failed"):
            raise ControlRefused("outcome must be succeeded or failed")
        self.world.account.settle(session, outcome=outcome)
        return JSONResponse(draw(session))

    async def expire(self, request: Request) -> Response:
        """Let a session's time be over."""
        session = self._session(request)
        self.world.account.expire(session)
        return JSONResponse(draw(session))

    async def refund(self, request: Request) -> Response:
        """Give money back from Stripe's side, as its dashboard does."""
        asked = await _body(request)
        refund = self.world.account.refund(
            self._charge(asked),
            amount=asked.get("amount"),
            reason=None,
            metadata={},
            status=_refund_status(asked, default="succeeded"),
        )
        return JSONResponse(draw(refund), 201)

    async def end_refund(self, request: Request) -> Response:
        """Say what became of a refund: a bank takes its time, or sends the money back."""
        refund = self._kept(self.world.account.shelf.refunds, request)
        status = _refund_status(await _body(request), default="failed")
        self.world.account.end_refund(refund, status=status)
        return JSONResponse(draw(refund))

    async def dispute(self, request: Request) -> Response:
        """Let the payer's bank dispute a charge, or a part of it."""
        asked = await _body(request)
        reason = asked.get("reason", "fraudulent")
        dispute = self.world.account.dispute(
            self._charge(asked), reason=reason, amount=asked.get("amount")
        )
        return JSONResponse(draw(dispute), 201)

    async def close_dispute(self, request: Request) -> Response:
        """End a dispute as won or lost."""
        dispute = self._kept(self.world.account.shelf.disputes, request)
        status = (await _body(request)).get("status", "lost")
        if status not in ("won", "lost"):
            raise ControlRefused("status must be won or lost")
        self.world.account.close_dispute(dispute, status=status)
        return JSONResponse(draw(dispute))

    async def clock(self, request: Request) -> Response:
        """Move Stripe's clock ahead, so that sessions expire."""
        asked = await _body(request)
        self.world.account.clock_ahead_s += _number(asked.get("advance_s"), default=0)
        expired = self.world.account.expire_due()
        return JSONResponse({"ahead_s": self.world.account.clock_ahead_s, "expired": expired})

    def _session(self, request: Request) -> Session:
        return self._kept(self.world.account.shelf.sessions, request)

    def _kept(self, shelf: dict[str, Kept], request: Request) -> Kept:
        name = request.path_params["name"]
        if name not in shelf:
            raise ControlRefused(f"no object {name}", status=404)
        return shelf[name]

    def _charge(self, asked: Json) -> Charge:
        shelf = self.world.account.shelf
        name = asked.get("charge") or ""
        if asked.get("payment_intent") in shelf.payment_intents:
            name = shelf.payment_intents[asked["payment_intent"]].latest_charge or ""
        if name not in shelf.charges:
            raise ControlRefused("name a charge or a payment_intent that was paid", status=404)
        return shelf.charges[name]


async def _body(request: Request) -> Json:
    raw = await request.body()
    if not raw:
        return {}
    asked = json.loads(raw)
    if not isinstance(asked, dict):
        raise ControlRefused("the body must be a JSON object")
    return asked


def _refund_status(asked: Json, *, default: RefundStatus) -> RefundStatus:
    status = asked.get("status", default)
    if status not in get_args(RefundStatus):
        raise ControlRefused(f"status must be one of {', '.join(get_args(RefundStatus))}")
    return cast(RefundStatus, status)


def _number(given: object, *, default: int) -> int:
    if given is None:
        return default
    try:
        return int(str(given))
    except ValueError:
        raise ControlRefused(f"{given!r} is not a whole number") from None
