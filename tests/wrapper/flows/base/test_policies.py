from __future__ import annotations

import math
from typing import Any

import pytest

from runflow_client import PollPolicy, RetryPolicy, errors


@pytest.mark.parametrize("policy", [RetryPolicy, PollPolicy])
@pytest.mark.parametrize("value", [0, -1, 0.0, math.nan, math.inf, "5", None, True, 10**400])
def test_policy_value_not_above_zero_is_rejected_by_name(policy: Any, value: Any) -> None:
    for name in policy.__dataclass_fields__:
        with pytest.raises(errors.InvalidRequestError, match=f"^{policy.__name__}.{name} must be a number") as caught:
            policy(**{name: value})
        assert caught.value.argument == name
        assert repr(value) in str(caught.value)


def test_policy_values_just_above_zero_are_accepted() -> None:
    assert RetryPolicy(attempts=1, attempt_timeout=0.001, first_pause=1e-9).attempts == 1
    assert PollPolicy(first=0.001, then=1, longest=1, growth=1).growth == 1


def test_fractional_attempts_are_rejected() -> None:
    policy: Any = RetryPolicy
    with pytest.raises(errors.InvalidRequestError, match="attempts must be a whole number, not 1.5") as caught:
        policy(attempts=1.5)
    assert caught.value.argument == "attempts"


def test_poll_growth_below_one_is_rejected() -> None:
    with pytest.raises(errors.InvalidRequestError, match="growth must be at least 1, not 0.99") as caught:
        PollPolicy(growth=0.99)
    assert caught.value.argument == "growth"


def test_policy_defaults_match_docstrings() -> None:
    assert RetryPolicy() == RetryPolicy(
        attempts=5, attempt_timeout=20.0, first_pause=0.5, longest_pause=8.0, longest_retry_after=60.0
    )
    assert PollPolicy() == PollPolicy(first=5.0, then=3.0, longest=3.8, growth=1.05)


def test_retry_pause_limits_double() -> None:
    policy = RetryPolicy(first_pause=1, longest_pause=1e30)
    assert [policy.pause(attempt, 1.0) for attempt in (1, 2, 3, 4)] == [1, 2, 4, 8]
    assert policy.pause(4, 0.25) == 2
    assert policy.pause(61, 1.0) == policy.pause(62, 1.0) == policy.pause(10**6, 1.0) == 2.0**60


def test_poll_pauses_grow_up_to_longest() -> None:
    policy = PollPolicy(first=1, then=2, longest=5, growth=1.5)
    assert policy.pauses(6) == [1, 2, 3, 4.5, 5, 5]
    assert policy.pauses(1) == [1]
    assert policy.pauses(0) == []
    assert (policy.pause_after(None), policy.pause_after(2.0), policy.pause_after(4.0)) == (2, 3.0, 5)
    assert PollPolicy(then=1.23456, longest=9).pauses(3) == [5.0, 1.235, 1.296]
