"""Whatever is thrown at a call by strangers, by customers and by staff, its answer is declared.

Every operation of the document is tried: at its limits (each constraint of the schema kept and
broken in turn), then by chance. Somebody who is let in is told what to ask for besides, or hardly
any example would get past the first look-up.
"""

from collections import Counter
from collections.abc import Iterator

import pytest
import schemathesis
from django.contrib.auth.models import User
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client
from hypothesis import HealthCheck, settings
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi.checks import (
    ignored_auth,
    missing_required_header,
    positive_data_acceptance,
    unsupported_method,
)

from orders import access
from orders.api import schema
from orders.models import Order
from queueing import ledger
from queueing.models import Job, State
from tests.orders import factories

pytestmark = pytest.mark.django_db(transaction=True)

API = schemathesis.openapi.from_dict(schema.document())
API.app = WSGIHandler()
EXAMPLES = 40
FUZZED = settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
CSRF = "a" * 32
STAFF = API.include(tag="staff")
OF_ORDERS = API.include(path_regex="/purchase/")

# What each operation answered, by who asked: a run that never got in proves little.
ANSWERED: dict[str, Counter[int]] = {}


@pytest.fixture
def shop(sandbox) -> None:
    """The site that the document's examples buy from, and Stripe to sell it."""
    site = factories.active_domain(host="money.example", niches=["personal-finance"])
    factories.open_article(site, pk=schema.INTEGRATION["article"])


@pytest.fixture
def order(shop) -> Order:
    """An order in its customer's review: every call of a customer's may be made for it."""
    return factories.order_in_review()


@pytest.fixture
def failed_job() -> Job:
    job = ledger.enqueue(kind="email", subject="test:none")
    job.state, job.finished_at, job.error_class = State.FAILED, job.created_at, "EmailRefused"
    job.save()
    return job


@pytest.fixture
def staff(failed_job) -> dict[str, str]:
    """The cookies of somebody who may do everything."""
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    return {"sessionid": client.cookies["sessionid"].value, "csrftoken": CSRF}


@pytest.fixture(scope="module", autouse=True)
def _everybody_got_in() -> Iterator[None]:
    ANSWERED.clear()
    yield
    for who, statuses in ANSWERED.items():
        if not who.startswith("a stranger"):
            assert sum(count for status, count in statuses.items() if status < 300), (who, statuses)


def tell(case, *, who: str, **given: object) -> None:
    # A brief that fits the schema may still name a site that we do not have. A missing key is a 404
    # here, so that nobody learns which orders exist; the check knows 401 and 403 alone.
    excluded = [positive_data_acceptance, ignored_auth, missing_required_header]
    if "staff" in case.operation.definition.raw["tags"]:
        excluded.append(unsupported_method)  # a 405 would tell strangers that there is something
    answer = case.call_and_validate(excluded_checks=excluded, **given)
    name = f"{who} of {case.operation.label}"
    ANSWERED.setdefault(name, Counter())[answer.status_code] += 1


@API.parametrize()
@FUZZED
def test_a_strangers_call_ends_in_no_fault_and_in_no_answer_that_is_not_declared(case, shop):
    tell(case, who="a stranger")


@OF_ORDERS.parametrize()
@FUZZED
def test_a_customers_call_ends_so_too(case, order):
    put(case, ParameterLocation.PATH, case.path_parameters, "orderId", str(order.pk))
    put(case, ParameterLocation.BODY, case.body, "orderId", str(order.pk))
    put(case, ParameterLocation.BODY, case.body, "versionId", order.version_id)
    # In its customer's review again, whatever the example before has done.
    order.reviews.all().delete()
    order.revisions.all().delete()
    order.save()
    key = access.access_key(order)

    tell(case, who="the customer", headers={"Authorization": f"Bearer {key}"})


@STAFF.parametrize()
@FUZZED
def test_a_call_of_staffs_ends_so_too(case, staff, failed_job):
    put(case, ParameterLocation.PATH, case.path_parameters, "id", str(failed_job.pk))
    put(case, ParameterLocation.PATH, case.path_parameters, "name", failed_job.kind)
    failed_job.save()  # failed again

    let_in = {} if case.meta.is_negative_at(ParameterLocation.COOKIE) else staff
    tell(case, who="staff", cookies=let_in, headers={"X-CSRFToken": CSRF})


def put(case, where: ParameterLocation, given: object, name: str, value: object) -> None:
    """Say what is meant, in a case that the schema allows; a case that it does not stays so."""
    if isinstance(given, dict) and name in given and not case.meta.is_negative_at(where):
        given[name] = value
