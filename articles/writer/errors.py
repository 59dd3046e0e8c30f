"""What can go wrong with a writer, by who acts on it.

Every message is for an operator: a class and a short reason, never a customer's text, a key or
what the model wrote.
"""

from __future__ import annotations

from articles.models import CallOutcome


class WriterError(Exception):
    """A call to the writer came to nothing. `kind` is a stable class, `reason` a bounded text."""

    outcome: CallOutcome = CallOutcome.ERROR

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(f"{kind}: {reason}")
        self.kind = kind
        self.reason = reason


class WriterRefused(WriterError):
    """The same call will be refused again: bad key, invalid request, refused content."""

    outcome = CallOutcome.REFUSED


class WriterUnsupported(WriterRefused):
    """The server does not know a field of the request: the `complaint` names it in our words."""

    def __init__(self, kind: str, reason: str, *, complaint: frozenset[str]) -> None:
        super().__init__(kind, reason)
        self.complaint = complaint


class WriterAway(WriterError):
    """No model may be asked for `wait_s` seconds. `line` is where to wait for it.

    `in_line`: nothing is broken, others are being served first; `asked_s` of the wait are the
    provider's own wish to be left alone. `perhaps_bought`: one was asked before it came to this,
    and may have done the work.
    """

    def __init__(
        self,
        kind: str,
        reason: str,
        *,
        wait_s: float,
        line: str,
        in_line: bool,
        asked_s: float = 0.0,
        perhaps_bought: bool = False,
    ) -> None:
        super().__init__(kind, reason)
        self.wait_s = wait_s
        self.asked_s = asked_s
        self.line = line
        self.in_line = in_line
        self.perhaps_bought = perhaps_bought


class WriterBusy(WriterError):
    """The provider asks to wait `retry_after_s` seconds, None when it does not say how long."""

    outcome = CallOutcome.BUSY

    def __init__(self, kind: str, reason: str, *, retry_after_s: float | None) -> None:
        super().__init__(kind, reason)
        self.retry_after_s = retry_after_s


class WriterUnavailable(WriterError):
    """Nobody answered properly: connection, timeout or a failing server. A later try may do.

    `perhaps_bought`: the question had been sent, so the text may have been written and billed.
    """

    def __init__(self, kind: str, reason: str, *, perhaps_bought: bool = False) -> None:
        super().__init__(kind, reason)
        self.perhaps_bought = perhaps_bought
        if perhaps_bought:
            self.outcome = CallOutcome.LOST


class WriterUnpaid(WriterUnavailable):
    """The provider serves nobody until an operator has filled our account with it."""


class WriterTimeout(WriterUnavailable):
    """The answer did not come in time. The provider may have written, and billed, it."""

    outcome = CallOutcome.TIMEOUT

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(kind, reason, perhaps_bought=True)
        self.outcome = CallOutcome.TIMEOUT


class WriterGarbled(WriterError):
    """An answer came and is of no use: rubbish, half of one, nothing, or of another shape."""

    outcome = CallOutcome.GARBLED
