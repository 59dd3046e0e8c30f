"""Stripe's API calls: reads forms, checks the key and the idempotency key, answers in shape."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from sandbox.edge import Answer, Request, Route
from sandbox.settings import STRIPE_KEY
from sandbox.stripe.account import Account
from sandbox.stripe.forms import StripeRefusal, integer, metadata, nested, only, required
from sandbox.stripe.records import Charge, Record
from sandbox.stripe.session_shape import Shape, line_items, listing
from sandbox.stripe.sessions import session_of
from sandbox.stripe.shapes import API_VERSION, draw, expand

Params = dict[str, Any]
Work = Callable[[Request, Params], Shape]

Kept = TypeVar("Kept", bound=Record)

REASONS = ("duplicate", "fraudulent", "requested_by_customer")


@dataclass(slots=True)
class _Remembered:
    fingerprint: str
    status: int
    body: bytes
    result_id: str | None


class StripeApi:
    """The service behind /stripe/v1."""

    name = "stripe"

    def __init__(self, account: Account) -> None:
        self.account = account
        self._remembered: dict[str, _Remembered] = {}
        calls: tuple[tuple[str, str, str, Work], ...] = (
            ("POST", "/v1/checkout/sessions", "checkout.sessions.create", self._create_session),
            ("GET", "/v1/checkout/sessions", "checkout.sessions.list", self._list_sessions),
            ("GET", "/v1/checkout/sessions/<>", "checkout.sessions.retrieve", self._session),
            ("POST", "/v1/checkout/sessions/<>/expire", "checkout.sessions.expire", self._expire),
            (
                "GET",
                "/v1/checkout/sessions/<>/line_items",
                "checkout.sessions.line_items",
                self._lines,
            ),
            ("GET", "/v1/payment_intents/<>", "payment_intents.retrieve", self._payment_intent),
            ("POST", "/v1/refunds", "refunds.create", self._create_refund),
            ("GET", "/v1/refunds", "refunds.list", self._list_refunds),
            ("GET", "/v1/refunds/<>", "refunds.retrieve", self._refund),
            ("GET", "/v1/charges/<>", "charges.retrieve", self._charge),
            ("GET", "/v1/disputes/<>", "disputes.retrieve", self._dispute),
            ("GET", "/v1/events", "events.list", self._list_events),
            ("GET", "/v1/events/<>", "events.retrieve", self._event),
            ("GET", "/v1/balance", "balance.retrieve", self._balance),
        )
        self.routes = [
            Route(method, path, operation, self._guarded(work))
            for method, path, operation, work in calls
        ]

    def headers(self) -> dict[str, str]:
        """Return Stripe's headers of every answer."""
        return {"request-id": f"req_{secrets.token_hex(7)}", "stripe-version": API_VERSION}

    def refusal(self, *, status: int, message: str, code: str | None) -> Answer:
        """Return an error of Stripe's own making, as for a knob."""
        kinds = {401: "invalid_request_error", 402: "card_error", 404: "invalid_request_error"}
        kind = kinds.get(status, "invalid_request_error" if status < 429 else "api_error")
        if status == 429:
            kind, code = "invalid_request_error", code or "rate_limit"
        return _refused(StripeRefusal(message, status=status, kind=kind, code=code))

    def _guarded(self, work: Work) -> Callable[[Request], Answer]:
        def answer(request: Request) -> Answer:
            try:
                _authorise(request)
                if request.method != "POST":
                    return self._do(work, request, nested(request.query))
                params = nested(
                    parse_qsl(request.body.decode(errors="replace"), keep_blank_values=True)
                )
                return self._once(work, request, params)
            except StripeRefusal as refusal:
                return _refused(refusal)

        return answer

    def _once(self, work: Work, request: Request, params: Params) -> Answer:
        key = request.headers.get("idempotency-key")
        if not key:
            return self._do(work, request, params)
        if len(key) > 255:
            raise StripeRefusal("Idempotency keys can be up to 255 characters.")
        said = json.dumps([request.path, params], sort_keys=True)
        fingerprint = hashlib.sha256(said.encode()).hexdigest()
        before = self._remembered.get(key)
        if before is not None:
            return _again(key, before, fingerprint)
        try:
            answer = self._failed_inside(work, request, params) or self._do(work, request, params)
        except StripeRefusal as refusal:
            if not refusal.executed:
                raise
            answer = _refused(refusal)
        self._remembered[key] = _Remembered(
            fingerprint, answer.status, answer.body, answer.result_id
        )
        answer.headers |= {"idempotency-key": key, "original-request": f"req_{fingerprint[:14]}"}
        return answer

    def _failed_inside(self, work: Work, request: Request, params: Params) -> Answer | None:
        """Return the error of a call that a knob fails after its execution began.

        Stripe stores such an answer under the call's key, whatever was done before it broke.
        """
        knob = request.knob
        if knob.status is None or knob.kept is None:
            return None
        if knob.kept == "after":
            self._do(work, request, params)
        message = knob.message or "The sandbox was told to fail this call."
        answer = self.refusal(status=knob.status, message=message, code=knob.code)
        answer.outcome, answer.worked = "failed by a knob", knob.kept == "after"
        answer.headers["stripe-should-retry"] = "false"
        return answer

    def _do(self, work: Work, request: Request, params: Params) -> Answer:
        paths = params.pop("expand", [])
        if not isinstance(paths, list):
            raise StripeRefusal("Invalid array", param="expand")
        self.account.expire_due()
        key = request.headers.get("idempotency-key")
        self.account.cause = (f"req_{secrets.token_hex(7)}", key) if key else (None, None)
        try:
            shape = expand(work(request, params), paths, shelf=self.account.shelf)
        finally:
            self.account.cause = (None, None)
        return Answer.of_json(shape, result_id=shape.get("id"))

    def _create_session(self, request: Request, params: Params) -> Shape:
        session = session_of(params, at=self.account.now(), origin=request.origin)
        self.account.keep(session)
        return draw(session)

    def _list_sessions(self, request: Request, params: Params) -> Shape:
        known = ("payment_intent", "status", "created", "customer_details", "customer")
        only(params, (*known, *_PAGING))
        wanted: Params = {
            name: params[name] for name in ("payment_intent", "status") if name in params
        }
        return _page(list(self.account.shelf.sessions.values()), wanted, params, request.path)

    def _session(self, request: Request, _params: Params) -> Shape:
        return draw(_found(self.account.shelf.sessions, request.ids[0], "checkout.session"))

    def _expire(self, request: Request, _params: Params) -> Shape:
        session = _found(self.account.shelf.sessions, request.ids[0], "checkout.session")
        self.account.expire(session)
        return draw(session)

    def _lines(self, request: Request, _params: Params) -> Shape:
        return line_items(_found(self.account.shelf.sessions, request.ids[0], "checkout.session"))

    def _payment_intent(self, request: Request, _params: Params) -> Shape:
        return draw(_found(self.account.shelf.payment_intents, request.ids[0], "payment_intent"))

    def _create_refund(self, _request: Request, params: Params) -> Shape:
        only(params, ("payment_intent", "charge", "amount", "reason", "metadata", "currency"))
        amount = None
        if params.get("amount"):
            amount = integer(params["amount"], param="amount")
            if amount < 1:
                message = "This value must be greater than or equal to 1."
                raise StripeRefusal(message, code="parameter_invalid_integer", param="amount")
        reason = params.get("reason") or None
        if reason is not None and reason not in REASONS:
            allowed = ", ".join(REASONS)
            raise StripeRefusal(f"Invalid reason: must be one of {allowed}", param="reason")
        given = metadata(params)
        charge = self._charge_to_refund(params)
        return draw(self.account.refund(charge, amount=amount, reason=reason, metadata=given))

    def _charge_to_refund(self, params: Params) -> Charge:
        shelf = self.account.shelf
        charge: Charge | None
        if params.get("charge"):
            charge = _found(shelf.charges, params["charge"], "charge", param="charge")
        else:
            name = required(params, "payment_intent")
            intent = _found(shelf.payment_intents, name, "payment_intent", param="payment_intent")
            charge = shelf.charges.get(intent.latest_charge or "")
        if charge is None or charge.status != "succeeded":
            name = params.get("payment_intent") or params.get("charge")
            raise StripeRefusal(
                f"This PaymentIntent ({name}) does not have a successful charge to refund.",
                executed=True,
            )
        return charge

    def _list_refunds(self, request: Request, params: Params) -> Shape:
        only(params, ("payment_intent", "charge", "created", *_PAGING))
        wanted: Params = {
            name: params[name] for name in ("payment_intent", "charge") if name in params
        }
        return _page(list(self.account.shelf.refunds.values()), wanted, params, request.path)

    def _refund(self, request: Request, _params: Params) -> Shape:
        return draw(_found(self.account.shelf.refunds, request.ids[0], "refund"))

    def _charge(self, request: Request, _params: Params) -> Shape:
        return draw(_found(self.account.shelf.charges, request.ids[0], "charge"))

    def _dispute(self, request: Request, _params: Params) -> Shape:
        return draw(_found(self.account.shelf.disputes, request.ids[0], "dispute"))

    def _list_events(self, request: Request, params: Params) -> Shape:
        only(params, ("type", "types", "created", "delivery_success", *_PAGING))
        events = list(self.account.shelf.events.values())
        types = params.get("types") or ([params["type"]] if params.get("type") else None)
        if types:
            events = [one for one in events if one.type in types]
        since = (params.get("created") or {}).get("gte")
        if since:
            oldest = integer(since, param="created[gte]")
            events = [one for one in events if one.created >= oldest]
        return _page(events, {}, params, request.path)

    def _event(self, request: Request, _params: Params) -> Shape:
        return draw(_found(self.account.shelf.events, request.ids[0], "event"))

    def _balance(self, _request: Request, _params: Params) -> Shape:
        return {"object": "balance", "available": [], "livemode": False, "pending": []}


_PAGING = ("limit", "starting_after", "ending_before")


def _page(records: list[Any], wanted: Params, params: Params, path: str) -> Shape:
    newest_first = [
        one
        for one in reversed(records)
        if all(getattr(one, name) == value for name, value in wanted.items())
    ]
    if params.get("starting_after"):
        names = [one.id for one in newest_first]
        after = params["starting_after"]
        if after not in names:
            raise StripeRefusal(f"No such object: '{after}'", param="starting_after")
        newest_first = newest_first[names.index(after) + 1 :]
    limit = integer(params.get("limit", "10"), param="limit")
    if not 1 <= limit <= 100:
        raise StripeRefusal("Limit must be between 1 and 100.", param="limit")
    shown = [draw(one) for one in newest_first[:limit]]
    return listing(shown, url=path, has_more=len(newest_first) > limit)


def _found(shelf: dict[str, Kept], name: str, kind: str, *, param: str = "id") -> Kept:
    if name not in shelf:
        raise StripeRefusal(
            f"No such {kind}: '{name}'", status=404, code="resource_missing", param=param
        )
    return shelf[name]


def _authorise(request: Request) -> None:
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        secret = base64.b64decode(secret + "==").decode(errors="replace").partition(":")[0]
    if not secret:
        message = (
            "You did not provide an API key. You need to provide your API key in the "
            "Authorization header, using Bearer auth "
            "(e.g. 'Authorization: Bearer YOUR_SECRET_KEY')."
        )
        raise StripeRefusal(message, status=401)
    if secret != STRIPE_KEY:
        shown = f"{secret[:8]}***{secret[-4:]}" if len(secret) > 12 else "***"
        raise StripeRefusal(f"Invalid API Key provided: {shown}", status=401)


def _again(key: str, before: _Remembered, fingerprint: str) -> Answer:
    if before.fingerprint != fingerprint:
        message = (
            "Keys for idempotent requests can only be used with the same parameters they were "
            f"first used with. Try using a key other than '{key}' if you meant to execute a "
            "different request."
        )
        raise StripeRefusal(message, kind="idempotency_error")
    return Answer(
        status=before.status,
        body=before.body,
        headers={
            "content-type": "application/json",
            "idempotency-key": key,
            "idempotent-replayed": "true",
            "original-request": f"req_{fingerprint[:14]}",
        },
        worked=False,
        replayed=True,
        result_id=before.result_id,
        outcome="replayed",
    )


def _refused(refusal: StripeRefusal) -> Answer:
    headers = {"stripe-should-retry": "false"} if refusal.status in (400, 401, 404) else {}
    return Answer.of_json(refusal.as_json(), status=refusal.status, headers=headers, worked=False)
