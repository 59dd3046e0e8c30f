"""What Celery is told, from the registry."""

import ssl
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import redis
from celery import current_app
from kombu.exceptions import OperationalError

from config.celery import SCHEDULE_S
from queueing import registry, transport
from queueing.stewards import served_by


@pytest.fixture(autouse=True)
def ready_as_in_a_worker():
    current_app.finalize()


def test_queues_are_emptied_in_the_order_of_their_kinds():
    assert [queue.name for queue in current_app.conf.task_queues] == [
        *registry.queues(),
        "default",
    ]
    assert registry.queues().index("urgent") < registry.queues().index("scripted")
    assert current_app.conf.broker_transport_options["queue_order_strategy"] == "priority"


def test_every_kind_is_a_celery_task_with_its_policys_retries():
    for kind in registry.kinds():
        task = current_app.tasks[kind.name]
        assert task.max_retries == kind.policy.tries - 1
        assert (task.retry_backoff, task.retry_jitter) == (kind.policy.base_s, False)
        assert task.ignore_result is not kind.outcomes_kept
        assert current_app.conf.task_routes[kind.name] == {"queue": kind.queue}


def test_a_worker_serves_the_kinds_of_its_queues():
    assert served_by({"urgent", "default"}) == ["urgent"]


def test_one_kind_has_one_handler():
    with pytest.raises(ValueError, match="already handled by"):
        registry.handles("urgent")(lambda run: None)


def test_no_kind_ranks_with_promoted_jobs():
    with pytest.raises(ValueError, match="below 0 are of promoted jobs"):
        registry.handles("first of all", rank=-1)(lambda run: None)


def test_a_channel_that_outlived_its_connection_is_closed_without_ado(settings):
    """When Redis goes away Celery lets the transport forget its connection, and closes afterwards
    the channels whose first closing failed: with a message in hand that ended the worker."""
    broker = current_app.connection_for_read(url=settings.REDIS_URL)
    queue = broker.SimpleQueue("outlives-its-connection")
    queue.put("word")
    assert queue.get(timeout=5).payload == "word"
    broker._do_close_transport()

    broker.close()


def test_an_encrypted_broker_stays_encrypted_with_our_transport():
    with current_app.connection_for_write(url="rediss://broker/0?ssl_cert_reqs=required") as broker:
        assert isinstance(broker.transport, transport.Transport)
        assert broker.ssl == {"ssl_cert_reqs": ssl.CERT_REQUIRED}
        assert broker.transport.driver_type == "redis"


@pytest.mark.parametrize("task", SCHEDULE_S)
def test_a_worker_whose_clock_is_an_hour_ahead_does_what_the_schedule_asks(task):
    wanted = current_app.conf.beat_schedule[task]
    by_its_clock = datetime.now(UTC) + timedelta(hours=1)

    message = current_app.amqp.as_task_v2(str(uuid4()), task, **wanted["options"])

    expires = datetime.fromisoformat(message.headers["expires"])
    assert expires > by_its_clock + timedelta(minutes=1)


def test_a_connection_reset_while_greeting_the_others_is_one_to_reconnect_after():
    with current_app.connection_for_read() as broker:
        assert issubclass(OperationalError, broker.connection_errors)
        assert issubclass(redis.ConnectionError, broker.connection_errors)


@pytest.mark.parametrize("refusal", [redis.exceptions.OutOfMemoryError, redis.ReadOnlyError])
def test_a_redis_that_refuses_to_write_is_waited_for(refusal):
    with current_app.connection_for_read() as broker:
        assert issubclass(refusal, broker.connection_errors)
