"""Settings that would break a guarantee of the ledger stop the start, with the reason."""

from collections.abc import Iterator, Sequence
from typing import Any

from celery import current_app
from django.apps import AppConfig
from django.conf import settings
from django.core.checks import (
    CheckMessage,
    Error,
    Tags,
    Warning,  # noqa: A004
    register,
    run_checks,
)

from queueing import registry
from queueing.dispatcher import SILENT_S

# The heartbeat and the sweeper keep one connection each; a job needs one beside them.
CONNECTIONS_NEEDED = 3


def refuse_wrong_settings() -> None:
    """Do what every management command does, and the starts of Celery and of a web server do not:
    end it, one line per finding, when a system check fails."""
    wrong = [str(found) for found in run_checks() if found.is_serious() and not found.is_silenced()]
    if wrong:
        raise SystemExit("\n".join(wrong))


@register(Tags.compatibility)
def check_times(app_configs: Sequence[AppConfig] | None = None, **_: object) -> list[CheckMessage]:
    """The times of the ledger must fit into each other."""
    return list(_wrong_times())


@register(Tags.compatibility)
def check_database(
    app_configs: Sequence[AppConfig] | None = None, **_: object
) -> list[CheckMessage]:
    """The ledger needs PostgreSQL, a pool, and sessions of its own."""
    return list(wrong_database(settings.DATABASES["default"]))


@register(Tags.compatibility)
def check_celery(app_configs: Sequence[AppConfig] | None = None, **_: object) -> list[CheckMessage]:
    """Celery must stay a courier."""
    return list(_wrong_celery(current_app.conf))


def _wrong_times() -> Iterator[CheckMessage]:
    if settings.HEARTBEAT_S * 2 >= settings.LEASE_S:
        yield Error(
            f"HEARTBEAT_S ({settings.HEARTBEAT_S:g}) is not below half of LEASE_S"
            f" ({settings.LEASE_S:g}): one late heartbeat would give running jobs away.",
            id="queueing.E001",
        )
    if settings.REDISPATCH_AFTER_S <= settings.POLL_S:
        yield Error(
            f"REDISPATCH_AFTER_S ({settings.REDISPATCH_AFTER_S:g}) is not above POLL_S"
            f" ({settings.POLL_S:g}): every poll would publish every message again.",
            id="queueing.E002",
        )
    if settings.JOB_DEADLINE_S <= settings.LEASE_S:
        yield Error(
            f"JOB_DEADLINE_S ({settings.JOB_DEADLINE_S:g}) is not above LEASE_S"
            f" ({settings.LEASE_S:g}): a run would be overdue under its first lease.",
            id="queueing.E003",
        )
    if settings.POLL_S * 2 > SILENT_S:
        yield Error(
            f"POLL_S ({settings.POLL_S:g}) is above half of the {SILENT_S:g} s after which a silent"
            " dispatcher is taken for frozen: idle ones would be put out.",
            id="queueing.E004",
        )


def wrong_database(database: dict[str, Any]) -> Iterator[CheckMessage]:
    """Yield what is wrong with one entry of DATABASES."""
    if not database["ENGINE"].endswith("postgresql"):
        yield Error("The ledger needs PostgreSQL (DATABASE_URL).", id="queueing.E010")
        return
    pool = database.get("OPTIONS", {}).get("pool")
    if not pool:
        yield Warning(
            "No connection pool: every stored step opens a connection.", id="queueing.W011"
        )
    elif pool is not True and pool.get("max_size", 4) < CONNECTIONS_NEEDED:
        yield Error(
            f"DATABASE_POOL_SIZE is below {CONNECTIONS_NEEDED}: the heartbeat and the sweeper"
            " would leave jobs no connection.",
            id="queueing.E012",
        )
    if database.get("DISABLE_SERVER_SIDE_CURSORS"):
        yield Warning(
            "DISABLE_SERVER_SIDE_CURSORS suggests a transaction-pooling proxy; the dispatcher's"
            " LISTEN and advisory lock need a session of their own.",
            hint="Let workers reach PostgreSQL directly, or pool by session.",
            id="queueing.W013",
        )


def _wrong_celery(conf: Any) -> Iterator[CheckMessage]:
    visibility_s = (conf.broker_transport_options or {}).get("visibility_timeout", 3600)
    if conf.task_acks_late and visibility_s <= settings.JOB_DEADLINE_S:
        yield Error(
            f"With late acknowledgement Redis sends a message again after {visibility_s:g} s,"
            f" before JOB_DEADLINE_S ({settings.JOB_DEADLINE_S:g}) is over.",
            hint="Leave task_acks_late off: the ledger publishes what got lost.",
            id="queueing.E020",
        )
    if conf.task_always_eager:
        yield Error("task_always_eager runs jobs inside their callers.", id="queueing.E021")
    if conf.worker_pool not in ("threads", "solo"):
        yield Error(
            f"worker_pool is {conf.worker_pool!r}: heartbeats are sent from the process that runs"
            " the jobs, so only threads will do.",
            id="queueing.E022",
        )
    if set(conf.accept_content) != {"json"}:
        yield Error(
            "accept_content allows more than JSON; whoever reaches Redis could run code.",
            id="queueing.E023",
        )
    if not conf.worker_disable_prefetch or conf.worker_prefetch_multiplier != 1:
        yield Warning(
            "Workers prefetch: a message may wait behind busy threads while others are free.",
            id="queueing.W024",
        )
    kept = [kind.name for kind in registry.kinds() if kind.outcomes_kept]
    if kept and conf.result_backend != "django-db":
        yield Warning(
            f"result_backend is not django-db: the outcomes of {', '.join(kept)} are not shown.",
            id="queueing.W025",
        )
