"""The database goes away under a run: real sessions are ended by the server."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import OperationalError, connection
from django.db.models.signals import pre_migrate
from django.utils import timezone

import config.settings
from queueing import sweeper
from queueing.errors import RetryLater
from queueing.models import Job, Outcome, State
from queueing.outage import is_outage, patiently
from tests.races import end_all_sessions, reply_lost

pytestmark = pytest.mark.django_db(transaction=True)

IDLE_MS = "SELECT setting FROM pg_settings WHERE name = 'idle_in_transaction_session_timeout'"


@pytest.fixture(autouse=True)
def fresh_pool() -> Iterator[None]:
    """Leave no connection behind whose session was ended."""
    yield
    connection.close()
    connection.close_pool()


def test_what_was_paid_for_is_stored_when_the_database_is_back(job_that, run_once):
    bought = []

    def buy_during_an_outage(run):
        run.once("draft", lambda: bought.append(1) or end_all_sessions() or "text")

    job = job_that(buy_during_an_outage)
    assert run_once(job.pk).outcome is Outcome.SUCCEEDED

    job.refresh_from_db()
    assert bought == [1]
    assert job.stored_steps.get().output == "text"
    assert (job.attempts, job.state) == (1, State.COMPLETED)


def test_a_claim_whose_reply_was_lost_is_this_runs_claim(job_that, run_once):
    job = job_that(lambda run: None)

    with reply_lost("WITH claimed AS"):
        ended = run_once(job.pk)

    assert ended.outcome is Outcome.SUCCEEDED
    job.refresh_from_db()
    assert (job.attempts, job.crashes, job.state) == (1, 0, State.COMPLETED)


def test_a_claim_that_others_gave_up_meanwhile_is_not_made_again(job_that, run_once):
    job = job_that(lambda run: None)

    def lease_runs_out():
        """In a thread, which has a session of its own."""
        later = timezone.now() + timedelta(seconds=settings.LEASE_S + 1)
        alone(lambda: sweeper.sweep(at=later))
        alone(lambda: Job.objects.update(run_at=job.created_at))

    with reply_lost("WITH claimed AS", and_then=lease_runs_out):
        assert run_once(job.pk).outcome is None

    job.refresh_from_db()
    assert (job.attempts, job.crashes, job.state) == (1, 1, State.WAITING)


def alone(act):
    def act_and_close():
        act()
        connection.close()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(act_and_close).result()


def test_an_outage_in_the_middle_of_a_delivery_costs_no_try(job_that, run_once):
    def deliver(run):
        with run.delivery():
            if run.number == 1:
                end_all_sessions()
            assert Job.objects.filter(pk=run.job_id, state=State.COMPLETED).exists()

    job = job_that(deliver)

    ended = run_once(job.pk)
    assert ended.outcome is Outcome.HANDED_BACK
    job.refresh_from_db()
    assert (job.state, job.failures) == (State.WAITING, 0)
    assert job.run_at > job.runs.get().started_at

    Job.objects.update(run_at=job.created_at)
    assert run_once(job.pk).outcome is Outcome.SUCCEEDED


def test_a_process_that_slept_in_its_delivery_costs_no_try(job_that, run_once):
    def sleep_while_the_server_loses_patience() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            (pid,) = cursor.fetchone()
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = '1ms'")
        with psycopg.connect(**connection.get_connection_params(), autocommit=True) as other:
            while other.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", [pid]).fetchone():
                pass

    def deliver(run):
        with run.delivery():
            sleep_while_the_server_loses_patience()
            Job.objects.count()

    job = job_that(deliver)

    assert run_once(job.pk).outcome is Outcome.HANDED_BACK
    job.refresh_from_db()
    assert (job.state, job.failures) == (State.WAITING, 0)


def test_no_process_sleeps_in_a_transaction_longer_than_its_lease():
    # The rows that it holds are passed over by every sweep, and so would its job be for ever.
    ours = config.settings.DATABASES["default"]["OPTIONS"]["options"]
    with psycopg.connect(**connection.get_connection_params() | {"options": ours}) as session:
        found = idle_ms(session)

    assert 0 < found < 1000 * settings.LEASE_S


def test_a_migration_may_think_for_longer():
    found = []

    def look(**_):
        found.append(idle_ms(connection))

    pre_migrate.connect(look)
    with connection.cursor() as cursor:
        cursor.execute("SET idle_in_transaction_session_timeout = 7000")
    try:
        call_command("migrate", verbosity=0)
    finally:
        pre_migrate.disconnect(look)

    assert set(found) == {0}
    assert idle_ms(connection) == 7000


def idle_ms(session):
    with session.cursor() as cursor:
        cursor.execute(IDLE_MS)
        return int(cursor.fetchone()[0])


def test_an_outage_that_always_comes_with_this_job_ends_it(job_that, run_once):
    def ends_its_session(run):
        end_all_sessions()
        Job.objects.count()

    job = job_that(ends_its_session)
    Job.objects.update(attempts=19)

    assert run_once(job.pk).outcome is Outcome.FAILED


def test_a_server_that_takes_no_writes_is_away():
    """A failover may lead to a standby that is none any more in a moment; a session there would
    stay in the pool, and each write would cost its job a try."""
    name = connection.settings_dict["NAME"]
    _on_the_server(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    try:
        with pytest.raises(psycopg.OperationalError, match="read-only"):
            psycopg.connect(**connection.get_connection_params())
    finally:
        _on_the_server(f'ALTER DATABASE "{name}" RESET default_transaction_read_only')
    psycopg.connect(**connection.get_connection_params()).close()


def _on_the_server(statement: str) -> None:
    parameters = connection.get_connection_params() | {"dbname": "postgres"}
    with psycopg.connect(**parameters, autocommit=True) as session:
        session.execute(statement)


def test_a_wrong_statement_and_a_slow_one_are_no_outage():
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = '10ms'")
        with pytest.raises(OperationalError) as slow:
            cursor.execute("SELECT pg_sleep(5)")
        cursor.execute("SET statement_timeout = 0")

    assert not is_outage(slow.value)
    assert not is_outage(RetryLater("busy"))


def test_patience_has_an_end():
    def write():
        Job.objects.exists()  # with a connection in hand: the pool hands out no dead one
        end_all_sessions()
        Job.objects.count()

    with pytest.raises(OperationalError):
        patiently(write, until=time.monotonic())
