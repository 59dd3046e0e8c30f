"""E-mails by SendGrid's SDK, and where they end up."""

import json

import httpx
import pytest
import sendgrid
from python_http_client.exceptions import BadRequestsError, HTTPError, UnauthorizedError
from sendgrid.helpers.mail import CustomArg, Mail


def mail(**changes) -> Mail:
    given = {
        "from_email": ("shop@example.com", "Byline"),
        "to_emails": "reader@example.org",
        "subject": "Your article is ready",
        "plain_text_content": "It is ready.",
        "html_content": "<p>It is <b>ready</b>.</p>",
        **changes,
    }
    made = Mail(**given)
    made.add_custom_arg(CustomArg("email_id", "mail-7"))
    return made


def errors_of(error: HTTPError) -> list[str]:
    return [one["field"] for one in json.loads(error.body)["errors"]]


def test_an_accepted_mail_is_in_the_inbox(sendgrid_client, control):
    answer = sendgrid_client.send(mail())

    assert answer.status_code == 202
    (kept,) = control.get("/inbox")["mails"]
    assert kept["id"] == answer.headers["X-Message-Id"]
    assert kept["to"] == ["reader@example.org"]
    assert kept["subject"] == "Your article is ready"
    assert kept["custom_args"] == {"email_id": "mail-7"}
    assert (kept["text"], kept["html"]) == ("It is ready.", "<p>It is <b>ready</b>.</p>")
    (call,) = control.calls(service="sendgrid", contains="mail-7")
    assert (call["status"], call["work_done"], call["result_id"]) == (202, True, kept["id"])


def test_the_inbox_lists_newest_first_and_finds_by_address(sendgrid_client, control):
    for subject in ("Mail A", "Mail B"):
        sendgrid_client.send(mail(subject=subject))
    sendgrid_client.send(mail(subject="Mail C", to_emails="Other@Example.org"))

    page = control.http.get("/inbox").text
    assert page.index("Mail C") < page.index("Mail B") < page.index("Mail A")
    found = control.get("/inbox", to="reader@example.org", whole="0")["mails"]
    assert [one["subject"] for one in found] == ["Mail B", "Mail A"]


def test_a_mail_is_shown_in_a_frame_that_can_run_nothing(sendgrid_client, control):
    answer = sendgrid_client.send(mail(html_content='<p onclick="x()">"Hi" & <i>bye</i></p>'))

    page = control.http.get(f"/inbox/{answer.headers['X-Message-Id']}").text

    assert '<iframe sandbox=""' in page
    assert "<p onclick" not in page
    assert "&lt;p onclick=&quot;x()&quot;&gt;" in page
    assert "email_id: mail-7" in page


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"personalizations": [{"to": [{"email": "nobody"}]}]}, "personalizations.0.to.0.email"),
        ({"personalizations": []}, "personalizations"),
        ({"from": {"email": "nobody"}}, "from.email"),
        ({"subject": ""}, "subject"),
        ({"content": []}, "content"),
        ({"custom_args": {"email_id": 7}}, "custom_args"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_what_sendgrid_would_refuse_is_refused(sendgrid_client, control, change, field):
    with pytest.raises(BadRequestsError) as refused:
        sendgrid_client.send({**mail().get(), **change})

    assert field in errors_of(refused.value)
    assert control.get("/inbox")["mails"] == []


def test_a_wrong_key_is_refused(sandbox_process, control):
    client = sendgrid.SendGridAPIClient("SG.wrong", host=f"{sandbox_process.url}/sendgrid")

    with pytest.raises(UnauthorizedError):
        client.send(mail())

    assert control.get("/inbox")["mails"] == []


def test_a_body_that_is_no_json_is_refused(sandbox_process, control):
    answer = httpx.post(
        f"{sandbox_process.url}/sendgrid/v3/mail/send",
        content=b"{",
        headers={"authorization": "Bearer SG.sandbox"},
    )

    assert answer.status_code == 400
    assert answer.json()["errors"]
