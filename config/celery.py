"""The Celery application: couriers for the ledger, never its memory."""

import os

from celery import Celery, signals
from kombu.entity import Queue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# Celery runs Django's checks and throws the findings away; the worker's stewards do it properly.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

app = Celery("byline")

SCHEDULE_S = {
    "queueing.statistics": 60.0,
    "orders.strays": 60.0,
    "orders.sessions": 60.0,
    "orders.missed_events": 3600.0,
    "queueing.retention": 3600.0,
}
# What the schedule asks for while no worker is there need not be done two hundred times over when
# one comes. Celery compares the sender's clock with the worker's, and those may be an hour apart.
EXPIRES_S = 2 * 3600


@app.on_configure.connect  # type: ignore[untyped-decorator]
def _configure(sender: Celery, **_: object) -> None:
    """Read Django's settings when Celery first needs them, so that importing this is free."""
    from django.conf import settings

    sender.conf.update(
        broker_url=settings.REDIS_URL,
        broker_transport="queueing.transport:Transport",  # in place of kombu's (docs/adr/0018)
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,  # a worker that lost Redis waits for it
        broker_transport_options={
            # A frozen Redis must free a thread in seconds. Above the second that BRPOP waits.
            "socket_timeout": 5,
            "socket_connect_timeout": 2,
            "socket_keepalive": True,
            "health_check_interval": 5,
            # Queues are emptied in the order of `task_queues`: revisions before new work.
            "queue_order_strategy": "priority",
        },
        redis_socket_timeout=5,
        result_backend="django-db",
        result_extended=True,
        result_expires=settings.FAILED_JOB_KEPT_S,
        task_ignore_result=True,  # kinds with `outcomes_kept` say otherwise
        task_serializer="json",
        result_serializer="json",
        accept_content=["json"],
        timezone="UTC",
        # Acknowledged on receipt: what a lost message was about, the ledger publishes again, so
        # no visibility timeout ever runs a long job twice (docs/adr/0011).
        task_acks_late=False,
        worker_pool="threads",
        worker_concurrency=settings.WORKER_THREADS,
        # A message must not lie behind busy threads here while another worker is free.
        worker_prefetch_multiplier=1,
        worker_disable_prefetch=True,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        worker_hijack_root_logger=False,
        worker_send_task_events=True,
        task_default_queue="default",
        task_create_missing_queues=True,
        beat_schedule={
            task: {"task": task, "schedule": every_s, "options": {"expires": EXPIRES_S}}
            for task, every_s in SCHEDULE_S.items()
        },
    )


@app.on_after_finalize.connect  # type: ignore[untyped-decorator]
def _declare_queues(sender: Celery, **_: object) -> None:
    """Runs once the kinds are registered; whoever works gets the ledger's threads beside it."""
    from queueing import registry
    from queueing.stewards import Stewards

    sender.steps["worker"].add(Stewards)
    sender.conf.task_routes = {kind.name: {"queue": kind.queue} for kind in registry.kinds()}
    names = [*registry.queues(), "default"]
    sender.conf.task_queues = [
        Queue(name, routing_key=name)  # type: ignore[no-untyped-call]
        for name in dict.fromkeys(names)
    ]


@signals.setup_logging.connect  # type: ignore[untyped-decorator]
def _leave_logging_alone(**_: object) -> None:
    """With a receiver Celery sets up no logging: it would raise our level to its own, WARNING."""


app.autodiscover_tasks()
