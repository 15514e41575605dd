"""What becomes of a page after an attempt."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocr_node.disposition import Failed, Finish, GiveUp, Read, RetryPolicy, TryAgain, decide

policies = st.builds(
    RetryPolicy, max_attempts=st.integers(1, 100), first_delay_s=st.floats(0, 3600)
)


@given(policies, st.lists(st.booleans(), min_size=100, max_size=100))
def test_a_page_always_ends_within_max_retries(policy: RetryPolicy, permanent: list[bool]) -> None:
    for attempt in range(1, policy.max_attempts + 1):
        outcome = Failed(reason="broken", permanent=permanent[attempt - 1])
        match decide(outcome, attempt=attempt, policy=policy):
            case GiveUp(reason=reason):
                assert "broken" in reason
                assert outcome.permanent or attempt == policy.max_attempts
                return
            case TryAgain(delay_s=delay_s):
                assert 0 <= delay_s <= 60
                assert not outcome.permanent
    pytest.fail("the page did not end")


@given(policies, st.integers(1, 10_000))
def test_a_page_that_was_read_is_finished_at_any_attempt(policy: RetryPolicy, attempt: int) -> None:
    assert decide(Read(), attempt=attempt, policy=policy) == Finish()


@given(policies, st.integers(1, 10_000))
def test_redelivery_beyond_the_limit_gives_up(policy: RetryPolicy, extra: int) -> None:
    failed = Failed(reason="x", permanent=False)
    attempt = policy.max_attempts + extra
    assert isinstance(decide(failed, attempt=attempt, policy=policy), GiveUp)


def test_delays_double() -> None:
    policy = RetryPolicy(max_attempts=9, first_delay_s=2.0)
    failed = Failed(reason="x", permanent=False)
    delays = [
        disposition.delay_s
        for attempt in range(1, 9)
        if isinstance(disposition := decide(failed, attempt=attempt, policy=policy), TryAgain)
    ]
    assert delays == [2, 4, 8, 16, 32, 60, 60, 60]
