"""The log of calls, as tests and people read it."""

from tests.sandbox.asking import article_prompt, ask
from tests.sandbox.orders import brief, open_session, session_params
from tests.sandbox.test_sendgrid import mail

FIELDS = {
    "n",
    "service",
    "operation",
    "method",
    "path",
    "at",
    "took_ms",
    "status",
    "idempotency_key",
    "x_client_request_id",
    "work_done",
    "replayed",
    "result_id",
    "outcome",
    "body",
}


def test_each_call_is_told_with_every_field(control, openai_client, stripe_client):
    ask(
        openai_client,
        article_prompt(brief(words=300)),
        extra_headers={"X-Client-Request-Id": "job-1/draft/1"},
    )
    stripe_client.v1.checkout.sessions.create(session_params(), {"idempotency_key": "k1"})

    written, created = control.calls()
    assert set(written) == FIELDS
    assert (written["n"], created["n"]) == (1, 2)
    assert written["operation"] == "chat.completions"
    assert written["x_client_request_id"] == "job-1/draft/1"
    assert written["result_id"].startswith("chatcmpl-")
    assert "raised garden beds" in written["body"]
    assert (created["service"], created["idempotency_key"]) == ("stripe", "k1")
    assert "metadata[order_id]=order-1" in created["body"].replace("%5B", "[").replace("%5D", "]")


def test_filters_narrow_the_log(control, stripe_client, sendgrid_client):
    session = open_session(stripe_client)
    stripe_client.v1.checkout.sessions.retrieve(session.id)
    sendgrid_client.send(mail())

    assert [one["n"] for one in control.calls(service="stripe")] == [1, 2]
    assert [one["n"] for one in control.calls(operation="mail.send")] == [3]
    assert [one["n"] for one in control.calls(contains="mail-7")] == [3]
    assert [one["n"] for one in control.calls(contains=session.id)] == [1, 2]
    assert [one["n"] for one in control.calls(since=2)] == [3]
    assert [one["n"] for one in control.calls(limit=1)] == [1]
    assert control.get("/calls", service="stripe", count=1) == {"count": 2, "last": 3}
    assert control.calls(work_done="0") == []


def test_a_reset_forgets_everything(control, stripe_client, sendgrid_client):
    session = open_session(stripe_client)
    sendgrid_client.send(mail())
    control.knob(service="stripe", status=500)

    control.post("/reset")

    assert set(control.get("/state").values()) == {0}
    assert control.get("/knobs")["knobs"] == []
    assert control.http.get(f"/stripe/checkout/{session.id}").status_code == 404


def test_the_front_page_says_where_everything_is(control):
    page = control.http.get("/").text

    for address in ("/inbox", "/control/calls", "/control/knobs", "/openai/v1", "/sendgrid"):
        assert address in page
