"""Faults 14 to 17: OpenAI, Stripe and SendGrid fail, mumble, repeat themselves and hang up."""

from typing import Any

from orders.stripe_client import NETWORK_RETRIES
from tests.faults.killed_workers import EVERYTHING, place
from tests.faults.matrix import Round, fault

CALLS = {"service": "openai", "operation": "chat.completions"}
# How the model's server fails, and whether the work was done before it did.
MODEL_FAULTS: tuple[tuple[dict[str, Any], bool], ...] = (
    ({"status": 429, "retry_after_s": 1}, False),
    ({"status": 500}, False),
    ({"status": 503}, False),
    ({"drop_before": True}, False),
    ({"drop_reply": True}, True),
    ({"reply_after_ms": 7000}, True),  # past WRITER_TIMEOUT_S: the work is done, nobody listens
    ({"half_body": True}, True),
    ({"drip_ms": 2000}, False),
    ({"bad_text": "rubbish"}, True),
    ({"bad_text": "half_json"}, True),
    ({"bad_text": "empty"}, True),
)


@fault("14 model: 429, 5xx, time-out, half a body, rubbish")
def model_fails(round_: Round) -> None:
    """Each way of failing hits the next call; tries are left for another."""
    arena = round_.arena
    arena.worker()
    for knob, done in MODEL_FAULTS[::3] if round_.short else MODEL_FAULTS:
        arena.knob(**CALLS, **knob, times=1)
        place(round_, EVERYTHING[:2])
        round_.people.finish()
        round_.injected += 1
        round_.lost_replies += done


@fault("15 Stripe: events ten times, shuffled, late")
def stripe_repeats_itself(round_: Round) -> None:
    """Each event comes ten times at once; then all of a day's events again, in any order."""
    arena = round_.arena
    arena.worker()
    arena.knob(service="webhooks", copies=10)
    place(round_, EVERYTHING)
    round_.people.finish()
    arena.clear_knobs()
    events = arena.read("stripe/events")["events"]
    round_.injected += 10 * len(events)
    for _ in range(1 if round_.short else 5):
        round_.random.shuffle(events)
        for event in events:
            arena.control(f"stripe/events/{event['id']}/deliver", {"times": 2})
        round_.injected += 2 * len(events)
        round_.people.quiet()


@fault("16 refund made and its reply lost")
def refund_reply_lost(round_: Round) -> None:
    """Stripe gives the money back and hangs up, on the SDK's own repeat too; the job asks again."""
    arena = round_.arena
    arena.worker()
    # Stripe's event would settle the row before that.
    arena.knob(service="webhooks", operation="charge.refunded", hold=True)
    times = NETWORK_RETRIES + 1
    for _ in range(1 if round_.short else 6):
        arena.knob(service="stripe", operation="refunds.create", drop_reply=True, times=times)
        place(round_, [EVERYTHING[2]])
        round_.people.finish()
        round_.injected += times


@fault("17 SendGrid took it, and its reply was lost")
def send_reply_lost(round_: Round) -> None:
    """SendGrid sends the e-mail and hangs up; it is sent at most once more."""
    arena = round_.arena
    arena.worker()
    for _ in range(1 if round_.short else 10):
        arena.knob(service="sendgrid", drop_reply=True, times=1)
        place(round_, [EVERYTHING[1]])
        round_.people.finish()
        round_.injected += 1
        round_.lost_replies += 1
