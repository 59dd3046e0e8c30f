"""What tests ask of the sandbox: its knobs, its log of calls, its inbox (sandbox/README.md)."""

from typing import Any

from tests.visitor import visitor

Json = dict[str, Any]


class Sandbox:
    """The sandbox over HTTP."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self._http = visitor(base_url=base_url)

    def knob(self, **knob: Any) -> str:
        """Set a knob, such as `service="openai", status=500, times=1`; return its id."""
        (name,) = self.post("/control/knobs", knob)["ids"]
        return str(name)

    def delete_knob(self, name: str) -> None:
        self._ask("DELETE", f"/control/knobs/{name}")

    def clear_knobs(self) -> None:
        self._ask("DELETE", "/control/knobs")

    def calls(self, **filters: Any) -> list[Json]:
        """Return the calls that it got, oldest first: `service="openai", contains=order_id`."""
        found: list[Json] = self.get("/control/calls", **filters)["calls"]
        return found

    def inbox(self, **filters: Any) -> list[Json]:
        """Return the e-mails that it took, newest first: `to=address`."""
        found: list[Json] = self.get("/control/inbox", **filters)["mails"]
        return found

    def pay(self, session_id: str, **how: Any) -> Json:
        """Pay a Checkout Session: `how="later"`, `amount=1` (see sandbox/README.md)."""
        return self.post(f"/control/stripe/sessions/{session_id}/pay", how)

    def send_webhooks_to(self, url: str) -> None:
        """Have Stripe's events delivered to this address from now on."""
        self.post("/control/webhooks", {"url": url})

    def reset(self) -> None:
        """Forget everything."""
        self.post("/control/reset", {})

    def get(self, path: str, **filters: Any) -> Json:
        return self._ask("GET", path, params=filters)

    def post(self, path: str, body: Json) -> Json:
        return self._ask("POST", path, json=body)

    def close(self) -> None:
        self._http.close()

    def _ask(self, method: str, path: str, **given: Any) -> Json:
        response = self._http.request(method, path, **given)
        response.raise_for_status()
        answer: Json = response.json()
        return answer
