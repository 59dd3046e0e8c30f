"""Structured logs: a line of JSON per event in production, readable lines in development."""

import logging
import re
import sys
import traceback
from types import TracebackType
from typing import Any, Final

import structlog

# PostgreSQL quotes the row that broke a constraint, e-mail address and all, to its message's end.
_QUOTED_ROW: Final = re.compile(r"^DETAIL:.*?(?=\n\n|\Z)", re.DOTALL | re.MULTILINE)


_QUIET: Final[dict[str, Any]] = {
    "django": {"handlers": [], "propagate": True},
    # The SDKs log whole requests at INFO; addresses may carry ids that open an order.
    "httpx": {"level": logging.WARNING},
    "httpx2": {"level": logging.WARNING},
    "openai": {"level": logging.WARNING},
    "stripe": {"level": logging.WARNING},
    "axes": {"level": logging.WARNING},
    # Two lines for each message; the ledger's own say what became of the job.
    "celery.app.trace": {"level": logging.WARNING},
    "celery.worker.strategy": {"level": logging.WARNING},
    # It writes whole addresses down, and the e-mailed ones hold the order's access key.
    "uvicorn.access": {"level": logging.WARNING},
    # While PostgreSQL is away the pool warns at every try; whoever waits says so once.
    "psycopg.pool": {"level": logging.ERROR},
}


def configure(*, readable: bool, level: str) -> dict[str, Any]:
    """Set structlog up and return Django's LOGGING, so that both write the same lines.

    Context bound with `structlog.contextvars` (order and job ids, never personal data) is on
    every line, ours and the libraries'.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    # Tracebacks without local variables: those hold customers' words and keys.
    rendered: list[structlog.typing.Processor] = (
        [
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
            )
        ]
        if readable
        else [
            structlog.processors.ExceptionRenderer(_without_rows),
            structlog.processors.JSONRenderer(),
        ]
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "lines": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    *rendered,
                ],
                "foreign_pre_chain": shared,
            }
        },
        "handlers": {"out": {"class": "logging.StreamHandler", "formatter": "lines"}},
        "root": {"handlers": ["out"], "level": level},
        "loggers": _QUIET,
    }


def _without_rows(
    exc_info: tuple[type[BaseException], BaseException, TracebackType | None],
) -> str:
    text = "".join(traceback.format_exception(*exc_info)).rstrip("\n")
    return _QUOTED_ROW.sub("DETAIL: left out", text)
