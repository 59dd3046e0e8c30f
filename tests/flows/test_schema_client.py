"""The API's document is enough to buy by: nothing else is known here but its address."""

import time
from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from django.conf import LazySettings

from articles.models import Domain
from tests.flows.customer import PATIENCE_S, TURN_S
from tests.flows.schema_client import Json, SchemaClient, Undeclared
from tests.processes import Running
from tests.sandbox_client import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def outsider(web: Running, settings: LazySettings) -> Iterator[SchemaClient]:
    client = SchemaClient(f"{settings.SITE_URL}/api/schema/")
    yield client
    client.close()


def followed(client: SchemaClient, order_id: str, *, until: Callable[[Json], bool]) -> Json:
    """Return the order's status once it is so; every answer on the way is checked too."""
    ends = time.monotonic() + PATIENCE_S
    while not until(now := client.call("purchaseStatus", orderId=order_id).body):
        assert now["status"] != "FAILED", now
        assert time.monotonic() < ends, now
        time.sleep(TURN_S)
    return now


def has_version(number: int) -> Callable[[Json], bool]:
    return lambda now: (
        now["status"] == "QUALITY_CHECK" and (now["version"] or {}).get("number") == number
    )


def test_the_document_alone_leads_from_the_catalogue_to_the_editors(
    outsider: SchemaClient, domain: Domain, worker: Running, sandbox: Sandbox
) -> None:
    (site,) = outsider.call("domains", niche=domain.niches[0]).body["results"]
    assert outsider.call("articles", domainId=site["id"]).body["count"] == 0

    (wish,) = [body for body in outsider.examples("purchase") if body["product"] == "article"]
    bought = outsider.call(
        "purchase",
        body=wish | {"domain": site["host"], "niche": site["niches"][0]},
        **{"Idempotency-Key": str(uuid4())},
    )
    assert bought.status == 201
    order_id = bought.body["orderId"]
    outsider.keys["accessKey"] = bought.body["accessKey"]
    unpaid = outsider.call("purchaseStatus", orderId=order_id).body
    assert (unpaid["status"], unpaid["version"]) == ("AWAITING_PAYMENT", None)

    sandbox.pay(bought.body["checkoutUrl"].rstrip("/").rpartition("/")[2])
    assert followed(outsider, order_id, until=has_version(1))["canRequestRevision"]

    (change,) = outsider.examples("requestRevision")
    asked = outsider.call("requestRevision", body=change | {"orderId": order_id})
    assert asked.status == 202
    changed = followed(outsider, order_id, until=has_version(2))

    submission = {"orderId": order_id, "versionId": changed["version"]["id"]}
    assert outsider.call("submitForReview", body=submission).status == 202
    assert outsider.call("purchaseStatus", orderId=order_id).body["status"] == "ADMIN_REVIEW"

    refused = outsider.call("submitForReview", body=submission)
    assert (refused.status, refused.media_type) == (409, "application/problem+json")
    assert refused.body["status"] == 409
    assert outsider.call("purchaseStatus", orderId=order_id).body["status"] == "ADMIN_REVIEW"


def test_an_answer_that_the_document_does_not_declare_is_named(outsider: SchemaClient) -> None:
    outsider.keys["accessKey"] = "nobody-holds-this-key"
    nobodys = {"orderId": str(uuid4())}
    assert outsider.call("purchaseStatus", **nobodys).status == 404
    responses = outsider.operation("purchaseStatus").declared["responses"]

    described = outsider.document["components"]["schemas"]["ProblemDocument"]["properties"]
    detail = described.pop("detail")
    with pytest.raises(Undeclared, match=r"404, whose body is not as .*'detail' was unexpected"):
        outsider.call("purchaseStatus", **nobodys)
    described["detail"] = detail

    del responses["404"]["content"]["application/problem+json"]
    with pytest.raises(Undeclared, match=r"answered 404 in 'application/problem\+json'"):
        outsider.call("purchaseStatus", **nobodys)

    responses["404"]["content"]["application/problem+json"] = {"schema": {"type": "array"}}
    with pytest.raises(Undeclared, match=r"404, whose body is not as .* is not of type 'array'"):
        outsider.call("purchaseStatus", **nobodys)

    del responses["404"]
    with pytest.raises(Undeclared, match="purchaseStatus answered 404, not of"):
        outsider.call("purchaseStatus", **nobodys)


def test_a_body_that_the_document_does_not_declare_is_never_sent(
    outsider: SchemaClient, domain: Domain
) -> None:
    wish = outsider.examples("purchase")[0] | {"domain": domain.host, "colour": "green"}

    with pytest.raises(Undeclared, match="'colour' was unexpected"):
        outsider.call("purchase", body=wish)

    with pytest.raises(Undeclared, match=r"purchaseStatus asks for one of .*accessKey"):
        outsider.call("purchaseStatus", orderId=str(uuid4()))
