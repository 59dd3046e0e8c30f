import threading

import psycopg
import pytest
from django.db import connection, transaction

from queueing import ledger
from queueing.models import Job
from queueing.registry import UnknownKind


class CallerFails(Exception):
    pass


@pytest.mark.django_db
def test_a_job_leaves_with_the_transaction_that_asked_for_it():
    with pytest.raises(CallerFails), transaction.atomic():
        ledger.enqueue(kind="scripted", subject="order:1")
        raise CallerFails

    assert not Job.objects.exists()


@pytest.mark.django_db
def test_the_same_key_gives_the_same_job_and_leaves_it_alone():
    first = ledger.enqueue(kind="scripted", subject="order:1", key="once", priority=0)

    second = ledger.enqueue(kind="scripted", subject="order:2", key="once", priority=5)

    assert second.pk == first.pk
    assert (second.subject, second.priority) == ("order:1", 0)
    assert Job.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_same_key_from_two_transactions_at_once_gives_one_job():
    added: list[Job] = []

    def rival():
        added.append(ledger.enqueue(kind="scripted", subject="order:1", key="once"))
        connection.close()

    with transaction.atomic():
        mine = ledger.enqueue(kind="scripted", subject="order:1", key="once")
        thread = threading.Thread(target=rival)
        thread.start()
        _wait_until_somebody_is_blocked()
    thread.join()

    assert [job.pk for job in added] == [mine.pk]
    assert Job.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_bell_rings_on_commit_and_not_before():
    with psycopg.connect(**connection.get_connection_params(), autocommit=True) as listener:
        listener.execute("LISTEN queueing")
        with transaction.atomic():
            ledger.enqueue(kind="scripted", subject="order:1")
            assert list(listener.notifies(timeout=0.1)) == []

        assert len(list(listener.notifies(timeout=5, stop_after=1))) == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "error"),
    [({"notes": "x" * 101}, ValueError), ({"brief": {"topic": "tea"}}, TypeError)],
)
def test_content_is_refused_as_an_argument(arguments, error):
    with pytest.raises(error, match="not an id"):
        ledger.enqueue(kind="scripted", subject="order:1", arguments=arguments)

    assert not Job.objects.exists()


@pytest.mark.django_db
def test_a_kind_that_nobody_handles_is_refused_by_name():
    with pytest.raises(UnknownKind, match="'nobodys'"):
        ledger.enqueue(kind="nobodys", subject="order:1")


@pytest.mark.django_db
def test_enqueueing_is_one_statement(django_assert_num_queries):
    with django_assert_num_queries(1):
        ledger.enqueue(kind="scripted", subject="order:1", key="counted")


def _wait_until_somebody_is_blocked():
    with psycopg.connect(**connection.get_connection_params(), autocommit=True) as watcher:
        for _ in range(500):
            blocked = watcher.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE wait_event_type = 'Lock' AND datname = current_database()"
            ).fetchone()[0]
            if blocked:
                return
            watcher.execute("SELECT pg_sleep(0.01)")
    raise AssertionError("the rival was never blocked")
