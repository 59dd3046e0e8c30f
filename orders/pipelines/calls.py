"""What every pipeline does around a call to the language model: a place in line, usage kept, the
budget held, errors translated."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from decimal import Decimal
from typing import Final, TypeVar

import structlog
from django.conf import settings
from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Q, Sum

from articles import writer
from articles.models import CallOutcome, ModelCall
from articles.writer import Model, Usage, WriterAway
from orders.models import Order, Status
from queueing import connections, lines
from queueing.errors import InLine, Parked, Permanent, RetryLater
from queueing.lines import Entry, Gate, NoEntry
from queueing.outage import patiently
from queueing.run import Run

log = structlog.get_logger(__name__)
Told = TypeVar("Told")

ALL_MODELS: Final = "models"
# Whoever asks us to wait is believed within these bounds.
_WAIT_AT_LEAST_S, _WAIT_AT_MOST_S = 1.0, 300.0
# Calls that may have been written and billed, though nobody read the answer.
_LOST: Final = Q(outcome__in=(CallOutcome.LOST, CallOutcome.TIMEOUT), cost_usd=None)


class NotInWork(Permanent):
    """The order is not being worked on, so no text is bought for it."""


class BudgetSpent(Permanent):
    """The order's calls have cost what one order's may: no more are made."""


@contextmanager
def provider_errors() -> Iterator[None]:
    """Turn the writer's errors into the ledger's; what is neither is retried by policy.

    :raises Permanent: every model refused the content or the key
    :raises Parked: no model answers, or (InLine) all places are taken
    :raises RetryLater: the provider asked for time
    """
    try:
        yield
    except writer.WriterRefused as refused:
        raise Permanent(str(refused)) from refused
    except writer.WriterAway as away:
        kind = InLine if away.in_line else Parked
        raise kind(str(away), retry_after_s=away.wait_s, line=away.line) from away
    except writer.WriterBusy as busy:
        raise RetryLater(str(busy), retry_after_s=busy.retry_after_s) from busy


def recorder(run: Run, *, order: Order, last: bool = False) -> "JobAccount":
    """Return the account of this job: what stores its calls' usage and cost, failed ones too.

    In the `last` round the next model comes first: the others had their chance.
    """
    return JobAccount(run, order=order, last=last)


def line_of(model: Model) -> str:
    """Return the name of the line in which jobs stand for the model."""
    return f"model:{model.word}"


class JobAccount:
    """A job's calls to models: each within the order's budget and in its turn."""

    def __init__(self, run: Run, *, order: Order, last: bool) -> None:
        self._run = run
        self._order = order
        self._last = last
        self._models: Sequence[Model] = ()

    def __call__(self, usage: Usage) -> None:
        """Store one call.

        It waits for a database that is away: the text that the call bought goes through its hands.
        """
        call = asdict(usage) | {"job_key": str(self._run.job_id), "order_key": self._order.subject}
        # Counted twice if the answer to a write that landed gets lost: better than a lost text.
        patiently(lambda: ModelCall.objects.create(**call), until=self._run.ends)

    def choose(self, models: Sequence[Model]) -> Sequence[Model]:
        """Return the models in the order in which this round asks them.

        One that lost more of the job's answers than another comes after it: the job neither buys
        there again nor is its probe while another may answer (ADR 0145).
        """
        self._models = models
        lost = self._tell(self._lost)
        wanted = [*models[1:], models[0]] if self._last else models
        return sorted(wanted, key=lambda model: lost[model.word])

    @contextmanager
    def turn(self, model: Model) -> Iterator[None]:
        """Hold a place for one call, without a database connection, and tell all workers how
        the model did.

        :raises NotInWork: the order has ended meanwhile
        :raises BudgetSpent: the order's calls have cost enough
        :raises InLine: this run's time may not do for another call; the next goes on
        :raises WriterAway: all places are taken, or the model is away
        """
        entry = self._enter(model)
        try:
            yield
        except writer.WriterUnavailable as error:
            away = self._failed(entry, model, error)
            if away is None:
                raise
            raise away from error
        except writer.WriterBusy as busy:
            asked_s = settings.LINE_PAUSE_S if busy.retry_after_s is None else busy.retry_after_s
            bounded_s = min(max(asked_s, _WAIT_AT_LEAST_S), _WAIT_AT_MOST_S)
            said = str(busy)
            wait_s = self._tell(lambda: lines.busy(entry, wait_s=bounded_s, reason=said))
            raise _away(entry.line, said, wait_s=wait_s, in_line=True, asked_s=bounded_s) from busy
        except (writer.WriterRefused, writer.WriterGarbled):
            self._tell(lambda: lines.leave(entry, well=True))  # it answers, whatever it says
            raise
        except BaseException:
            self._tell(lambda: lines.leave(entry, well=False))
            raise
        self._tell(lambda: lines.leave(entry, well=True))

    def _enter(self, model: Model) -> Entry:
        left_s = self._run.ends - time.monotonic()
        if self._run.progressed and left_s < 2 * model.timeout_s:
            raise InLine("the next run has time for another call", retry_after_s=0)
        gates = [
            Gate(name=ALL_MODELS, places=settings.WRITER_CONCURRENCY),
            Gate(name=line_of(model), places=model.concurrency),
        ]
        try:
            self._tell(self._see_that_it_is_wanted)
            self._tell(self._hold_the_budget)
            return self._tell(lambda: lines.enter(self._run.lease, gates))
        except NoEntry as none:
            raise _away(
                none.line,
                str(none),
                wait_s=none.wait_s,
                in_line=none.why != "down",
                asked_s=none.shut_s,
            ) from none
        finally:
            connections.let_go(what="a call to a model")

    def _failed(
        self, entry: Entry, model: Model, error: writer.WriterUnavailable
    ) -> writer.WriterAway | None:
        """Tell of the failure; return where the job waits, None: this try is over."""
        said, lost = str(error), error.perhaps_bought
        shut_s = self._tell(lambda: lines.failed(entry, reason=said))
        if isinstance(error, writer.WriterUnpaid):
            # It fails for every order alike until somebody has paid: no try is lost on that.
            log.error("model_account_empty", model=model.word, reason=said)
            shut_s = shut_s or settings.LINE_PAUSE_S
        if shut_s is None:
            return None
        first = self.choose(self._models)[0] if lost else model
        if first.word == model.word:
            return _away(entry.line, said, wait_s=shut_s, perhaps_bought=lost)
        # This try has bought, so the next one asks the other: at once, and in its line.
        return _away(line_of(first), said, wait_s=0.0, perhaps_bought=True)

    def _see_that_it_is_wanted(self) -> None:
        # Whoever ends an order cancels its jobs, but for one that is locked at that moment.
        status = Order.objects.values_list("status", flat=True).get(pk=self._order.pk)
        if status != Status.PROCESSING:
            raise NotInWork(f"the order is at {status}")

    def _hold_the_budget(self) -> None:
        most = Decimal(str(settings.MAX_COST_PER_ORDER_USD))
        if not most:
            return
        calls = ModelCall.objects.filter(order_key=self._order.subject).aggregate(
            spent=Sum("cost_usd"), lost=ArrayAgg("request_id", filter=_LOST, default=[])
        )
        spent, lost = calls["spent"] or Decimal(0), self._by_model(calls["lost"])
        perhaps = sum(
            (lost[model.word] * (writer.most_usd(model) or 0) for model in self._models), Decimal(0)
        )
        if spent + perhaps >= most:
            told = f" and up to ${perhaps:.4f} for lost answers" if perhaps else ""
            raise BudgetSpent(f"${spent:.4f}{told} spent, MAX_COST_PER_ORDER_USD is {most:g}")

    def _lost(self) -> Counter[str]:
        """How many of this job's answers got lost, by the word of the model that was asked."""
        calls = ModelCall.objects.filter(_LOST, job_key=str(self._run.job_id))
        return self._by_model(calls.values_list("request_id", flat=True))

    def _by_model(self, request_ids: Iterable[str]) -> Counter[str]:
        words = map(writer.asked_by, request_ids)
        return Counter(word or self._models[0].word for word in words)

    def _tell(self, write: Callable[[], Told]) -> Told:
        return patiently(write, until=self._run.ends)


def _away(
    line: str,
    reason: str,
    *,
    wait_s: float,
    in_line: bool = False,
    asked_s: float = 0.0,
    perhaps_bought: bool = False,
) -> WriterAway:
    return WriterAway(
        "in-line" if in_line else "away",
        reason,
        wait_s=wait_s,
        line=line,
        in_line=in_line,
        asked_s=asked_s,
        perhaps_bought=perhaps_bought,
    )
