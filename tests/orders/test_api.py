"""Following an order, the catalogue, and what every call of the JSON API answers alike."""

import json
from uuid import uuid4

import pytest
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse

from orders import access
from orders.api import problems
from orders.api.views import ApiView
from tests.orders import factories
from tests.orders.factories import AT

pytestmark = pytest.mark.django_db


def status_of(order) -> str:
    return reverse("api-status", args=[order.pk])


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def follow(client, order):
    return client.get(status_of(order), headers=bearer(access.access_key(order)))


def problem(response, kind) -> dict:
    """Check that the answer is that problem document, and return it."""
    document = json.loads(response.content)
    assert response.status_code == kind.status
    assert response["Content-Type"] == problems.MEDIA_TYPE
    assert (document["type"], document["status"]) == (kind.type, kind.status)
    assert document["detail"]
    return document


# --- Following an order --------------------------------------------------------------------------


def test_an_unpaid_order_says_so(client):
    order = factories.order_awaiting_payment()

    assert follow(client, order).json() == {
        "orderId": str(order.pk),
        "status": "AWAITING_PAYMENT",
        "progress": {
            "step": 1,
            "of": 5,
            "label": "Payment",
            "heading": "Finish your payment",
            "detail": "Your brief is saved. We begin as soon as your payment arrives.",
            "position": None,
            "estimatedTime": None,
        },
        "queue": {
            "orderId": str(order.pk),
            "jobs": [],
            "hasActiveJob": False,
            "hasFailedJob": False,
            "latestJob": None,
        },
        "version": None,
        "liveArticleUrl": None,
        "endedBecause": None,
        "canRequestRevision": False,
        "canSubmitForReview": False,
    }


def test_an_order_in_work_shows_its_job_and_nothing_of_other_kinds(client):
    order = factories.order_in_work()

    told = follow(client, order).json()

    assert told["status"] == "PROCESSING"
    assert told["progress"]["step"] == 2
    assert [job["kind"] for job in told["queue"]["jobs"]] == ["article-generation"]
    assert told["queue"]["latestJob"] == told["queue"]["jobs"][0]
    assert told["queue"]["hasActiveJob"] is True


def test_an_order_in_review_shows_its_version_with_the_reports_verdict(client):
    order = factories.order_in_review()

    told = follow(client, order).json()["version"]

    preview = told.pop("previewUrl")
    assert preview.endswith(reverse("version", args=[order.pk, 1]))
    assert told == {
        "id": order.version_id,
        "number": 1,
        "title": order.version.title,
        "words": 800,
        "score": 100,
        "blocked": False,
        "createdAt": "2026-03-02T09:30:00Z",
    }


def test_a_version_without_a_report_has_no_score_rather_than_a_wrong_one(client):
    order = factories.order_in_work()
    version = factories.version_of(order, report={})
    factories.lifecycle.deliver(order=order, version=version, at=AT)

    told = follow(client, order).json()["version"]

    assert (told["score"], told["blocked"]) == (None, None)


@pytest.mark.parametrize(
    "made",
    [
        factories.order_awaiting_payment,
        factories.order_in_work,
        factories.order_in_review,
        factories.failed_order,
    ],
)
def test_a_status_request_asks_at_most_six_queries(client, django_assert_max_num_queries, made):
    order = made()

    with django_assert_max_num_queries(6):
        assert follow(client, order).status_code == 200


def test_nothing_of_the_customer_is_in_a_status(client):
    order = factories.order_in_review(email="ada.lovelace@example.com")

    assert b"lovelace" not in follow(client, order).content


def test_the_pages_cookie_opens_the_status_too(client):
    order = factories.order_awaiting_payment()
    response = HttpResponse()
    access.remember(response, order)
    client.cookies = response.cookies

    assert client.get(status_of(order)).status_code == 200


def test_a_wrong_key_is_not_made_up_for_by_a_cookie(client):
    order = factories.order_awaiting_payment()
    response = HttpResponse()
    access.remember(response, order)
    client.cookies = response.cookies

    assert client.get(status_of(order), headers=bearer("wrong")).status_code == 404


def test_a_wrong_or_missing_key_is_answered_like_an_order_that_does_not_exist(client):
    order, other = factories.order_awaiting_payment(), factories.order_awaiting_payment()
    nowhere = reverse("api-status", args=[uuid4()])
    forged = Client()
    forged.cookies[access.cookie_name(order)] = "A forged value:1abc:xyz"

    answers = [
        client.get(nowhere),
        client.get(nowhere, headers=bearer(access.access_key(order))),
        client.get(reverse("api-status", args=["no-uuid-at-all"])),
        client.get(status_of(order)),
        client.get(status_of(order), headers=bearer("wrong")),
        client.get(status_of(order), headers=bearer("")),
        client.get(status_of(order), headers={"Authorization": "Bearer"}),
        client.get(status_of(order), headers={"Authorization": "Bearer schlüssel"}),
        client.get(
            status_of(order), headers={"Authorization": f"Basic {access.access_key(order)}"}
        ),
        client.get(status_of(order), headers=bearer(access.access_key(other))),
        forged.get(status_of(order)),
    ]

    problem(answers[0], problems.NOT_FOUND)
    assert len({(a.status_code, a.content, str(sorted(a.items()))) for a in answers}) == 1


def test_an_order_and_none_cost_a_stranger_the_same_queries(client, django_assert_num_queries):
    order = factories.order_awaiting_payment()

    for address in (status_of(order), reverse("api-status", args=[uuid4()])):
        with django_assert_num_queries(1):
            client.get(address, headers=bearer("wrong"))


def test_a_key_that_was_replaced_opens_nothing(client):
    order = factories.order_awaiting_payment()
    leaked = access.access_key(order)
    order.key_version += 1
    order.save(update_fields=["key_version"])

    assert client.get(status_of(order), headers=bearer(leaked)).status_code == 404
    assert follow(client, order).status_code == 200


def test_no_cache_keeps_an_answer(client):
    assert follow(client, factories.order_awaiting_payment())["Cache-Control"] == "no-store"


# --- Answers that every call shares --------------------------------------------------------------


@pytest.mark.parametrize("address", ["/api/", "/api/v1/nothing", "/api/v1/purchase/", "/api/v2/x"])
@pytest.mark.parametrize("method", ["get", "post", "options"])
def test_an_address_that_is_none_is_a_problem_document(client, address, method):
    problem(getattr(client, method)(address), problems.NOT_FOUND)


@pytest.mark.parametrize(
    ("method", "name"),
    [("get", "api-purchase"), ("delete", "api-domains"), ("options", "api-purchase")],
)
def test_another_method_is_refused_with_those_that_are_taken(client, method, name):
    response = getattr(client, method)(reverse(name))

    problem(response, problems.METHOD_NOT_ALLOWED)
    assert response["Allow"] == ("POST" if name == "api-purchase" else "GET, HEAD")


def test_only_json_is_on_offer(client):
    response = client.get(reverse("api-domains"), headers={"Accept": "text/csv"})

    problem(response, problems.NOT_ACCEPTABLE)


def test_a_fault_of_ours_is_told_without_its_insides(caplog):
    class Broken(ApiView):
        def get(self, request):
            raise RuntimeError("password=hunter2")

    response = Broken.as_view()(RequestFactory().get("/")).render()

    document = problem(response, problems.INTERNAL_ERROR)
    assert "hunter2" not in response.content.decode()
    assert document["instance"] in caplog.text
    assert "hunter2" in caplog.text


def test_a_database_that_does_not_answer_is_a_503_to_try_again(client):
    order = factories.order_awaiting_payment()

    def cut(execute, sql, params, many, context):
        raise OperationalError("the connection is lost")

    with connection.execute_wrapper(cut):
        response = follow(client, order)

    problem(response, problems.UNAVAILABLE)
    assert int(response["Retry-After"]) > 0


def test_every_kind_of_problem_is_explained_in_the_reference(client, settings):
    guide = (settings.BASE_DIR / "docs" / "api.md").read_text()
    page = client.get(reverse("api-docs")).content.decode()

    assert len({kind.slug for kind in problems.KINDS}) == len(problems.KINDS)
    assert [kind.type for kind in problems.KINDS if f"`{kind.type}`" not in guide] == []
    assert [kind.type for kind in problems.KINDS if kind.type not in page] == []


def test_the_type_of_a_problem_leads_to_its_explanation(client):
    response = client.get(problems.INVALID_BRIEF.type)

    assert response.status_code == 302
    assert response["Location"] == reverse("api-docs") + "#invalid-brief"
