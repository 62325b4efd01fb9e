"""The policies: when a request is retried, and how often an evaluation is polled."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

from ...errors import InvalidRequestError


def is_positive_number(value: object) -> bool:
    """Return whether a value is a number above 0 that a float can hold; infinity counts."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not value > 0:
        return False
    try:
        float(value)
    except OverflowError:
        return False
    return True


def _require_positive(policy: RetryPolicy | PollPolicy) -> None:
    for field in fields(policy):
        value = getattr(policy, field.name)
        if not is_positive_number(value) or not math.isfinite(value):
            raise InvalidRequestError(
                f"{type(policy).__name__}.{field.name} must be a number above 0, not {value!r}", argument=field.name
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How a request is retried after a transient failure: a retryable status, or no response.

    The longest pause doubles from `first_pause` up to `longest_pause`. Each pause is drawn evenly from 0 to its longest
    value ("full jitter").
    Source: the service advises at most 5 attempts with exponential backoff and jitter
    (https://docs.runflow.io/concepts/errors); the other figures are this library's.

    Args:
        attempts: how often a request is sent in total, at least 1.
        attempt_timeout: seconds that one attempt may take.
        first_pause: seconds, the longest value of the first pause.
        longest_pause: seconds, the longest value of any pause.
        longest_retry_after: seconds; a `Retry-After` up to this delays the retry, a longer one raises the error at once.

    Raises:
        InvalidRequestError: a number is not above 0, or `attempts` is not a whole number.

    Example:
        >>> from runflow_client import RetryPolicy
        >>> RetryPolicy(attempts=1).attempts
        1
    """

    attempts: int = 5
    attempt_timeout: float = 20.0
    first_pause: float = 0.5
    longest_pause: float = 8.0
    longest_retry_after: float = 60.0

    def __post_init__(self) -> None:
        _require_positive(self)
        if not isinstance(self.attempts, int):
            raise InvalidRequestError(
                f"RetryPolicy.attempts must be a whole number, not {self.attempts!r}", argument="attempts"
            )

    def pause(self, attempt: int, random: float) -> float:
        """Return the seconds to pause after the attempt with this number (from 1), given a random number from 0 to 1."""
        return random * min(self.longest_pause, self.first_pause * 2.0 ** min(attempt - 1, 60))


@dataclass(frozen=True, slots=True, kw_only=True)
class PollPolicy:
    """How often an evaluation is polled.

    The first poll is sent `first` seconds after the submit, the second `then` seconds later; each further pause is
    `growth` times the one before, up to `longest`. The defaults come from a simulation (`scripts/measure/simulate_polling.py`).

    Args:
        first: seconds before the first poll.
        then: seconds between the first and the second poll.
        longest: seconds, the longest pause between polls; on average a verdict arrives half of it late.
        growth: the factor from one pause to the next, at least 1.

    Raises:
        InvalidRequestError: a number is not above 0, or `growth` is below 1.

    Example:
        >>> from runflow_client import PollPolicy
        >>> PollPolicy(longest=2.0).pauses(4)
        [5.0, 2.0, 2.0, 2.0]
    """

    first: float = 5.0
    then: float = 3.0
    longest: float = 3.8
    growth: float = 1.05

    def __post_init__(self) -> None:
        _require_positive(self)
        if self.growth < 1:
            raise InvalidRequestError(f"PollPolicy.growth must be at least 1, not {self.growth!r}", argument="growth")

    def pause_after(self, pause: float | None) -> float:
        """Return the seconds of the next pause, given the pause before it (None after the first poll)."""
        return min(self.longest, self.then if pause is None else pause * self.growth)

    def pause_at(self, elapsed: float, pause: float | None) -> float:
        """Return the seconds to pause next.

        Args:
            elapsed: seconds since the wait began.
            pause: the pause before, in seconds; None where only `first` has passed.
        """
        return self.pause_after(pause)

    def pauses(self, count: int) -> list[float]:
        """Return the first pauses of this policy in seconds, rounded to milliseconds, to inspect it."""
        row, pause = [self.first], None
        while len(row) < count:
            pause = self.pause_after(pause)
            row.append(round(pause, 3))
        return row[:count]
