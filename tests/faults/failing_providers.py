"""Faults 14, 16 and 17: OpenAI, Stripe and SendGrid fail, mumble and hang up."""

from typing import Any

from orders.stripe_client import NETWORK_RETRIES
from tests.faults.killed_workers import EVERYTHING, REJECTED, place
from tests.faults.matrix import Round, fault

CALLS = {"service": "openai", "operation": "chat.completions"}
# How the model's server fails, before the work or after it.
MODEL_FAULTS: tuple[dict[str, Any], ...] = (
    {"status": 429, "retry_after_s": 1},
    {"status": 500},
    {"status": 503},
    {"drop_before": True},
    {"drop_reply": True},
    {"reply_after_ms": 7000},  # past WRITER_TIMEOUT_S: the work is done, nobody listens
    {"half_body": True},
    {"drip_ms": 2000},
    {"drip_ms": 7000},  # it writes all the while, and for too long
    {"bad_text": "rubbish"},
    {"bad_text": "half_json"},
    {"bad_text": "empty"},
)


@fault("14 model: 429, 5xx, time-out, half a body, rubbish")
def model_fails(round_: Round) -> None:
    """Each way of failing hits the next call; tries are left for another."""
    arena = round_.arena
    arena.worker()
    for knob in MODEL_FAULTS[::3] if round_.short else MODEL_FAULTS:
        name = arena.knob(**CALLS, **knob, times=1)
        place(round_, EVERYTHING[:2])
        round_.people.finish()
        _count(round_, name, times=1)


@fault("16 refund made and its reply lost")
def refund_reply_lost(round_: Round) -> None:
    """Stripe gives the money back and hangs up, on the SDK's own repeat too; the job asks again."""
    arena = round_.arena
    arena.worker()
    # Stripe's event would settle the row before that.
    arena.knob(service="webhooks", operation="charge.refunded", hold=True)
    times = NETWORK_RETRIES + 1
    for number in range(1 if round_.short else 6):
        name = arena.knob(
            service="stripe", operation="refunds.create", drop_reply=True, times=times
        )
        place(round_, [(EVERYTHING[2], REJECTED)[number % 2]])
        round_.people.finish()
        _count(round_, name, times=times)


@fault("17 SendGrid took it, and its reply was lost")
def send_reply_lost(round_: Round) -> None:
    """SendGrid sends the e-mail and hangs up; it is sent at most once more."""
    arena = round_.arena
    arena.worker()
    for _ in range(1 if round_.short else 10):
        name = arena.knob(service="sendgrid", drop_reply=True, times=1)
        place(round_, [EVERYTHING[1]])
        round_.people.finish()
        _count(round_, name, times=1)


def _count(round_: Round, knob: str, *, times: int) -> None:
    """Count the calls that failed, and hold that they did."""
    used = round_.arena.used(knob)
    round_.injected += used
    if used != times:
        round_.met(False, f"{used} of {times} calls failed as they were told to")
