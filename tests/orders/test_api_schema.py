"""The OpenAPI document: complete, and true of what the calls answer."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.urls import reverse
from jsonschema import Draft202012Validator, FormatChecker

from orders import access
from orders.api import problems, schema
from tests.orders import factories
from tests.orders.test_api_purchase import body, buy

pytestmark = pytest.mark.django_db

STATUS = "/api/v1/purchase/status/{orderId}"


def contents() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every declared answer: its call, its status, and its one kind of content."""
    for path, methods in schema.document()["paths"].items():
        for method, operation in methods.items():
            for status, answer in operation["responses"].items():
                (content,) = answer["content"].values()
                yield f"{method.upper()} {path}", status, content


def check(value: object, shape: dict[str, Any]) -> None:
    """Hold a value against a schema of the document."""
    whole = shape | {"components": schema.document()["components"]}
    Draft202012Validator(whole, format_checker=FormatChecker()).validate(value)


def check_answer(response, path: str, method: str = "get") -> None:
    """Hold a real answer against what the document declares for its status."""
    answers = schema.document()["paths"][path][method]["responses"]
    declared = answers[str(response.status_code)]["content"][response["Content-Type"]]
    check(response.json(), declared["schema"])


# --- The document --------------------------------------------------------------------------------


def test_the_document_is_valid_openapi_and_made_without_a_warning(capsys):
    call_command("spectacular", "--validate", "--fail-on-warn")

    assert "openapi: 3.1.0" in capsys.readouterr().out


def test_every_call_of_the_product_page_is_declared():
    declared = {
        f"{method.upper()} {path}"
        for path, methods in schema.document()["paths"].items()
        for method in methods
    }

    assert declared == {
        "POST /api/v1/purchase",
        "POST /api/v1/purchase/request-revision",
        "POST /api/v1/purchase/submit-for-review",
        f"GET {STATUS}",
        "GET /api/v1/domains",
        "GET /api/v1/domains/{domainId}/articles",
        "POST /api/v1/webhooks/stripe",
        "GET /api/v1/queues",
        "GET /api/v1/queues/{name}/jobs",
        "POST /api/v1/jobs/{id}/retry",
    }


def test_every_name_on_the_wire_is_camel_case():
    names = {
        name
        for shape in schema.document()["components"]["schemas"].values()
        for name in shape.get("properties", {})
    }

    assert [name for name in names if not name.isalnum() or not name[0].islower()] == []


def test_every_example_is_valid_against_its_own_schema():
    found = 0
    for _call, _status, content in contents():
        for example in content["examples"].values():
            check(example["value"], content["schema"])
            found += 1
    (request,) = schema.document()["paths"]["/api/v1/purchase"]["post"]["requestBody"][
        "content"
    ].values()
    check(schema.PURCHASE, request["schema"])
    check(schema.INTEGRATION, request["schema"])

    assert found > 20


def test_every_problem_is_declared_by_some_call_and_every_call_declares_our_faults():
    declared = {
        (call, example["value"]["type"])
        for call, _status, content in contents()
        for example in content["examples"].values()
        if "type" in example["value"]
    }

    assert {kind for _call, kind in declared} == {kind.type for kind in problems.KINDS}
    for call in {call for call, _status, _content in contents()}:
        assert {(call, kind.type) for kind in schema.ALWAYS} <= declared


def test_the_document_names_this_site_as_its_server(client, settings):
    document = client.get(reverse("api-schema")).json()

    assert document["servers"] == [{"url": settings.SITE_URL}]
    assert document["components"]["securitySchemes"]["accessKey"]["scheme"] == "bearer"


# --- The page drawn from it ----------------------------------------------------------------------


def test_the_reference_names_every_call_every_field_and_every_status(client):
    page = client.get(reverse("api-docs")).content.decode()

    calls = {call for call, _status, _content in contents()}
    assert [call for call in calls if f"{call}</code>" not in page] == []
    statuses = {status for _call, status, _content in contents()}
    assert [
        s for s in statuses if f"<dt>{s}</dt>" not in page and f"<h4>{s}</h4>" not in page
    ] == []
    for shape in schema.document()["components"]["schemas"].values():
        assert [name for name in shape.get("properties", {}) if f"{name}</code>" not in page] == []


def test_the_reference_needs_no_inline_style_or_script_of_its_own(client):
    response = client.get(reverse("api-docs"))

    assert b"<style" not in response.content
    assert b" style=" not in response.content
    assert "unsafe-inline" not in response["Content-Security-Policy"]


# --- What the calls really answer ----------------------------------------------------------------


@pytest.mark.parametrize(
    "made",
    [
        factories.order_awaiting_payment,
        factories.order_in_work,
        factories.order_in_review,
        factories.failed_order,
    ],
)
def test_a_status_is_as_declared_wherever_the_order_stands(client, made):
    order = made()
    key = {"Authorization": f"Bearer {access.access_key(order)}"}

    check_answer(client.get(reverse("api-status", args=[order.pk]), headers=key), STATUS)
    check_answer(client.get(reverse("api-status", args=[order.pk])), STATUS)


def test_a_purchase_is_as_declared_made_repeated_refused_and_without_stripe(client, sandbox):
    sent, key = body(factories.active_domain()), {"Idempotency-Key": str(uuid4())}
    answers = [
        buy(client, sent, **key),
        buy(client, sent, **key),
        buy(client, sent | {"topic": "Another"}, **key),
        buy(client, sent | {"topic": 7}),
    ]
    sandbox.knob(service="stripe", status=500)
    answers.append(buy(client, sent))

    assert [answer.status_code for answer in answers] == [201, 201, 409, 400, 503]
    for answer in answers:
        check_answer(answer, "/api/v1/purchase", "post")
