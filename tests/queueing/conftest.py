from collections.abc import Callable, Iterator
from uuid import UUID

import hypothesis
import pytest

from queueing import ledger, runner
from queueing.models import Job
from queueing.process import Process
from queueing.registry import kind_named
from queueing.run import Run
from tests.queueing.jobs import SCRIPTS, SETTLED

# A property is right or wrong, however busy the machine is.
hypothesis.settings.register_profile("unhurried", deadline=None)
hypothesis.settings.load_profile("unhurried")

Script = Callable[[Run], None]


@pytest.fixture(autouse=True)
def nothing_scripted() -> Iterator[None]:
    yield
    SCRIPTS.clear()
    SETTLED.clear()


@pytest.fixture
def process() -> Process:
    """A worker process of the test's own."""
    return Process()


@pytest.fixture
def job_that() -> Callable[[Script], Job]:
    """Enqueue a job that does what the function says."""

    def enqueue(script: Script, **options: object) -> Job:
        subject = f"test:{script.__name__}"
        SCRIPTS[subject] = script
        return ledger.enqueue(kind="scripted", subject=subject, **options)

    return enqueue


@pytest.fixture
def run_once(process: Process) -> Callable[[UUID], runner.Ended]:
    """Run a job the way its message does."""
    return lambda job_id: runner.run(job_id=job_id, kind=kind_named("scripted"), process=process)
