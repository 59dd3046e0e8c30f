"""Knobs: each fault on its own, on the calls that it is meant for and no others."""

import json
import threading

import httpx
import openai
import pytest
import stripe
from python_http_client.exceptions import HTTPError

from tests.sandbox.asking import article_prompt, ask, content
from tests.sandbox.conftest import wait_until
from tests.sandbox.orders import brief, open_session
from tests.sandbox.test_sendgrid import mail

PROMPT = article_prompt(brief(words=300))


def test_a_failing_service_says_so_in_its_own_words(
    control, openai_client, stripe_client, sendgrid_client
):
    control.post(
        "/knobs",
        [
            {"service": "openai", "status": 429, "retry_after_s": 7},
            {"service": "stripe", "status": 500},
            {"service": "sendgrid", "status": 503},
        ],
    )

    with pytest.raises(openai.RateLimitError) as busy:
        ask(openai_client, PROMPT)
    with pytest.raises(stripe.APIError):
        open_session(stripe_client)
    with pytest.raises(HTTPError) as down:
        sendgrid_client.send(mail())

    assert busy.value.response.headers["retry-after"] == "7"
    assert busy.value.code == "rate_limit_exceeded"
    assert down.value.status_code == 503
    assert [one["work_done"] for one in control.calls()] == [False, False, False]
    state = control.get("/state")
    assert (state["sessions"], state["mails"]) == (0, 0)


def test_a_knob_touches_only_matching_calls_and_only_so_many(control, stripe_client):
    control.knob(service="stripe", match="order-2", times=1, status=500)

    open_session(stripe_client)
    with pytest.raises(stripe.APIError):
        open_session(stripe_client, client_reference_id="order-2")
    open_session(stripe_client, client_reference_id="order-2")

    assert control.get("/knobs")["knobs"][0]["used"] == 1
    assert control.get("/state")["sessions"] == 2


def test_a_knob_can_skip_calls_and_name_an_operation(control, stripe_client):
    control.knob(service="stripe", operation="checkout.sessions.retrieve", skip=1, status=500)
    session = open_session(stripe_client)

    stripe_client.v1.checkout.sessions.retrieve(session.id)
    with pytest.raises(stripe.APIError):
        stripe_client.v1.checkout.sessions.retrieve(session.id)


def test_a_rate_of_failure_is_repeatable_by_its_seed(control, sandbox_process):
    def failures() -> list[int]:
        control.post("/reset", {"seed": 4})
        control.knob(service="openai", rate=0.5, status=500)
        with httpx.Client(headers={"authorization": "Bearer sk-sandbox"}) as http:
            return [
                http.get(f"{sandbox_process.url}/openai/v1/models").status_code for _ in range(40)
            ]

    first, second = failures(), failures()

    assert first == second
    assert 5 < first.count(500) < 35


def test_a_dropped_reply_leaves_the_work_done(control, sendgrid_client, stripe_client):
    control.knob(service="sendgrid", drop_reply=True)
    control.knob(service="stripe", drop_reply=True, times=1)

    with pytest.raises(OSError, match="closed"):
        sendgrid_client.send(mail())
    with pytest.raises(stripe.APIConnectionError):
        stripe_client.v1.checkout.sessions.create(
            {"mode": "payment", **_line()}, {"idempotency_key": "k", "max_network_retries": 0}
        )
    again = stripe_client.v1.checkout.sessions.create(
        {"mode": "payment", **_line()}, {"idempotency_key": "k"}
    )

    assert control.get("/state")["mails"] == 1
    assert control.get("/state")["sessions"] == 1
    sent, dropped, replayed = control.calls()
    assert (sent["outcome"], sent["work_done"]) == ("reply dropped", True)
    assert (dropped["outcome"], dropped["work_done"]) == ("reply dropped", True)
    assert (replayed["result_id"], replayed["work_done"]) == (again.id, False)


def _line() -> dict[str, object]:
    price = {"currency": "eur", "unit_amount": 900, "product_data": {"name": "A thing"}}
    return {"line_items": [{"price_data": price}], "success_url": "http://127.0.0.1:1/ok"}


def test_a_call_dropped_before_the_work_does_nothing(control, sendgrid_client):
    control.knob(service="sendgrid", drop_before=True)

    with pytest.raises(OSError, match="closed"):
        sendgrid_client.send(mail())

    assert control.get("/state")["mails"] == 0
    (call,) = control.calls()
    assert (call["status"], call["work_done"]) == (None, False)


def test_half_a_body_is_half_a_body(control, openai_client):
    control.knob(service="openai", half_body=True)

    with pytest.raises(openai.APIConnectionError):
        ask(openai_client, PROMPT)

    (call,) = control.calls()
    assert (call["outcome"], call["work_done"]) == ("half the body sent", True)


def test_a_drip_arrives_whole(control, openai_client):
    control.knob(service="openai", drip_ms=200)

    said = json.loads(content(ask(openai_client, PROMPT)))

    assert said["title"]
    wait_until(lambda: control.calls()[0]["took_ms"] >= 150)


def test_a_caller_who_leaves_early_gets_no_work(control, openai_client):
    control.knob(service="openai", latency_ms=60_000)

    with pytest.raises(openai.APITimeoutError):
        ask(openai_client, PROMPT, timeout=0.3)

    wait_until(lambda: control.calls()[0]["status"])
    (call,) = control.calls()
    assert (call["status"], call["work_done"]) == (499, False)


def test_a_caller_who_leaves_after_the_work_has_it_on_the_bill(control, openai_client):
    control.knob(service="openai", reply_after_ms=[60_000, 70_000])

    with pytest.raises(openai.APITimeoutError):
        ask(openai_client, PROMPT, timeout=0.3)

    wait_until(lambda: control.calls()[0]["outcome"] == "caller left before the reply")
    assert control.calls()[0]["work_done"] is True


def test_a_caller_who_leaves_while_the_answer_drips_has_not_got_it(control, openai_client):
    control.knob(service="openai", drip_ms=60_000)

    with pytest.raises(openai.APITimeoutError):
        ask(openai_client, PROMPT, timeout=0.3)

    wait_until(lambda: control.calls()[0]["outcome"] == "caller left before the reply")
    assert control.calls()[0]["work_done"] is True


def test_knobs_are_taken_off_one_by_one_or_all(control, stripe_client):
    ids = control.post(
        "/knobs", [{"service": "stripe", "status": 500}, {"service": "stripe", "latency_ms": 1}]
    )["ids"]

    control.http.delete(f"/control/knobs/{ids[0]}").raise_for_status()
    open_session(stripe_client)

    assert [one["id"] for one in control.get("/knobs")["knobs"]] == ids[1:]
    assert control.http.delete("/control/knobs").json() == {"removed": 1}
    assert control.http.delete(f"/control/knobs/{ids[0]}").status_code == 404


@pytest.mark.parametrize(
    "knob",
    [
        {"service": "paypal"},
        {"service": "stripe", "status": 200},
        {"service": "stripe", "rate": 2},
        {"service": "stripe", "latency_ms": [5, 1]},
        {"service": "openai", "bad_text": "poetry"},
        {"service": "openai", "speed": 3},
        {"service": "openai", "times": 0},
        {"service": "openai", "drop_reply": "yes"},
        "stripe",
    ],
)
def test_a_knob_that_makes_no_sense_is_refused(control, knob):
    answer = control.http.post("/control/knobs", json=[{"service": "stripe"}, knob])

    assert answer.status_code == 400
    assert answer.json()["error"]
    assert control.get("/knobs")["knobs"] == []


def test_calls_that_wait_stand_in_the_log_already(control, openai_client):
    control.knob(service="openai", latency_ms=700)
    asking = threading.Thread(target=ask, args=(openai_client, PROMPT))
    asking.start()

    wait_until(control.calls)
    waiting = control.calls()[0]
    asking.join()

    assert (waiting["status"], waiting["outcome"]) == (None, "open")
    assert control.calls()[0]["status"] == 200
