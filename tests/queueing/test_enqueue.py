import psycopg
import pytest
from django.db import connection, transaction

from queueing import ledger
from queueing.models import Job
from queueing.registry import UnknownKind
from tests.queueing.threads import alongside_later, wait_until_blocked


class CallerFails(Exception):
    pass


@pytest.mark.django_db
def test_a_job_leaves_with_the_transaction_that_asked_for_it():
    @transaction.atomic
    def caller():
        ledger.enqueue(kind="scripted", subject="order:1")
        raise CallerFails

    with pytest.raises(CallerFails):
        caller()

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
    def rival() -> Job:
        return ledger.enqueue(kind="scripted", subject="order:1", key="once")

    with transaction.atomic():
        mine = ledger.enqueue(kind="scripted", subject="order:1", key="once")
        with alongside_later(rival) as theirs:
            wait_until_blocked()

    assert theirs().pk == mine.pk
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
