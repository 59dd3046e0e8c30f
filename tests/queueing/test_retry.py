import pytest
from celery.utils.time import get_exponential_backoff_interval
from hypothesis import given
from hypothesis import strategies as st

from queueing.errors import Permanent, RetryLater
from queueing.retry import Policy

policies = st.builds(
    Policy,
    tries=st.integers(1, 12),
    base_s=st.integers(1, 30),
    cap_s=st.integers(30, 600),
    retry_after_cap_s=st.integers(1, 3600),
)
attempts = st.integers(1, 50)


def test_three_tries_wait_two_and_four_seconds():
    policy = Policy(tries=3, base_s=2, cap_s=60)

    waits = [policy.delay_s(attempt=attempt, error=ValueError()) for attempt in (1, 2, 3)]

    assert waits == [2.0, 4.0, None]


@given(policies, attempts)
def test_waits_grow_to_the_cap_and_end_with_the_tries(policy, attempt):
    wait = policy.delay_s(attempt=attempt, error=ValueError())

    assert (wait is None) == (attempt >= policy.tries)
    if wait is not None:
        assert policy.base_s <= wait <= policy.cap_s
        following = policy.delay_s(attempt=attempt + 1, error=ValueError())
        assert following is None or following >= wait


@given(policies, attempts)
def test_celery_computes_the_same_backoff(policy, attempt):
    celerys = get_exponential_backoff_interval(
        factor=policy.base_s, retries=attempt - 1, maximum=policy.cap_s, full_jitter=False
    )

    assert policy.backoff_s(nth=attempt) == celerys


@given(policies, attempts, st.floats(allow_nan=False))
def test_retry_after_wins_inside_its_bounds_while_tries_are_left(policy, attempt, asked_s):
    wait = policy.delay_s(attempt=attempt, error=RetryLater("429", retry_after_s=asked_s))

    if attempt >= policy.tries:
        assert wait is None
    else:
        assert wait == min(max(0.0, asked_s), policy.retry_after_cap_s)


@given(policies, attempts)
def test_a_permanent_error_is_never_retried(policy, attempt):
    assert policy.delay_s(attempt=attempt, error=Permanent("bad key")) is None


def test_a_provider_that_does_not_say_how_long_gets_the_backoff():
    assert Policy(base_s=3).delay_s(attempt=1, error=RetryLater("busy")) == 3.0


@given(policies, st.integers(1, 20), st.integers(1, 10))
def test_the_first_crash_costs_no_time_and_the_last_one_ends_it(policy, crashes, most):
    wait = policy.crash_delay_s(crashes=crashes, most=most)

    assert (wait is None) == (crashes >= most)
    if wait is not None:
        assert (wait == 0) == (crashes == 1)


@pytest.mark.parametrize("count", [0, -1])
def test_counting_from_nothing_is_refused(count):
    with pytest.raises(ValueError, match="count from 1"):
        Policy().delay_s(attempt=count, error=ValueError())
    with pytest.raises(ValueError, match="count from 1"):
        Policy().crash_delay_s(crashes=count, most=3)


@pytest.mark.parametrize("wrong", [{"tries": 0}, {"base_s": 0}, {"base_s": 61}])
def test_a_policy_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(ValueError, match="not a retry policy"):
        Policy(**wrong)
