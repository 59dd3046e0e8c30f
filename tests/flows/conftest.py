"""What every journey needs: a domain on sale, a customer, and a way to wait for quiet."""

import time
from collections.abc import Callable, Iterator

import pytest
from django.conf import LazySettings

from articles.models import Domain
from queueing.models import Job, State
from tests.flows.customer import PATIENCE_S, TURN_S, Customer
from tests.orders import factories
from tests.processes import Running
from tests.sandbox_client import Sandbox


@pytest.fixture
def domain(transactional_db: None) -> Domain:
    return factories.active_domain()


@pytest.fixture
def customer(web: Running, sandbox: Sandbox, settings: LazySettings) -> Iterator[Customer]:
    somebody = Customer(site=settings.SITE_URL, sandbox=sandbox, email="ada@example.com")
    yield somebody
    somebody.close()


@pytest.fixture
def quiet(transactional_db: None) -> Callable[[], None]:
    """A function that waits until no job is open."""

    def wait() -> None:
        ends = time.monotonic() + PATIENCE_S
        while (jobs := Job.objects.filter(state__in=[State.WAITING, State.ACTIVE])).exists():
            assert time.monotonic() < ends, list(jobs.values("kind", "state", "error_reason"))
            time.sleep(TURN_S)

    return wait
