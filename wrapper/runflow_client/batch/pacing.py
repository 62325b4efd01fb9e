"""When the requests of a batch are sent: the rate of all of them, and the times of the polls of each evaluation."""

from __future__ import annotations

import bisect
import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from ..flows.base.policies import PollPolicy
from ..flows.base.responses import retry_after
from ..flows.base.steps import RequestFailure, Response

SLOW_DOWN = frozenset({429, 503})
_DECREASE = 0.5
_RECOVERY = 10.0
"""Seconds after which the rate is back at the one that was too much."""
_LEAST_RATE = 0.2
LONGEST_HOLD = 60.0
_CATCH_UP = 0.02
"""Seconds; a timer that fires late does not lower the rate, as long as it is late by less."""
_MEASURED = 200
_LEARNED = 500
_LEAST_LEARNED = 20
_LEAST_NEAR = 10
_PRICE_OF_POLLS = 4.7
"""Seconds of lateness that all polls of an evaluation may cost together, in proportion to the mean duration."""
_JITTER = 0.1


class Pacer:
    """Bounds the rate of requests. After a 429 or a 503 all of them slow down: the rate is halved and then raised in even
    steps. Requests that were sent before a cut cause no further one.

    Args:
        rate: requests a second at most; None for no bound until the server asks for one.
    """

    def __init__(self, rate: float | None) -> None:
        self._most = math.inf if rate is None else rate
        self._rate = self._most
        self._too_much = math.inf
        self._raised_at = -math.inf
        self._cut_at = -math.inf
        self._opens_at = -math.inf
        self._sent: deque[float] = deque(maxlen=_MEASURED)

    @property
    def rate(self) -> float:
        """The requests a second that are allowed now."""
        return self._rate

    def opens_at(self) -> float:
        return self._opens_at

    def sent(self, now: float) -> None:
        self._sent.append(now)
        if self._rate != math.inf:
            self._raise(now)
            self._opens_at = max(self._opens_at, now - _CATCH_UP) + 1 / self._rate

    def finished(self, sent_at: float, now: float, outcome: Response | RequestFailure) -> None:
        if not isinstance(outcome, Response) or outcome.status not in SLOW_DOWN:
            return
        hold = min(retry_after(outcome) or 0.0, LONGEST_HOLD)
        self._opens_at = max(self._opens_at, now + hold)
        if sent_at >= self._cut_at:
            self._too_much = min(self._rate, self._measured(now))
            self._rate = max(self._too_much * _DECREASE, min(_LEAST_RATE, self._most))
            self._cut_at, self._raised_at = now, now + hold

    def _raise(self, now: float) -> None:
        """Raise the rate in proportion to the time; above twice the rate that was too much, nothing bounds it but the caller."""
        if self._too_much == math.inf or now <= self._raised_at:
            return
        self._rate += self._too_much * (1 - _DECREASE) * (now - self._raised_at) / _RECOVERY
        self._raised_at = now
        if self._rate >= min(self._most, 2 * self._too_much):
            self._rate, self._too_much = self._most, math.inf

    def _measured(self, now: float) -> float:
        """Return the requests a second of late."""
        seconds = now - self._sent[0] if self._sent else 0.0
        return len(self._sent) / max(seconds, 0.1)


class Durations:
    """How long the evaluations of a batch took that have ended: what the others may be expected to take."""

    def __init__(self) -> None:
        self._recent: deque[float] = deque()
        self._sorted: list[float] = []
        self._sum = 0.0

    def add(self, seconds: float) -> None:
        if len(self._recent) == _LEARNED:
            oldest = self._recent.popleft()
            self._sum -= oldest
            del self._sorted[bisect.bisect_left(self._sorted, oldest)]
        self._recent.append(seconds)
        self._sum += seconds
        bisect.insort(self._sorted, seconds)

    @property
    def mean(self) -> float | None:
        return self._sum / len(self._recent) if self._recent else None

    def pause(self, elapsed: float, longest: float = 0.0) -> float | None:
        """Return the seconds until the next poll that cost least together with the lateness; None where too little is known.

        A poll is late by `longest` seconds or by the mean duration at the most, whichever is more: where evaluations take less
        than a second, nobody wants to save polls by waiting for many.

        With a share h of the evaluations ending a second, a poll every p seconds costs c / p a second, and the ends are seen
        p / 2 late, which costs h p / 2 a second: together least at p = sqrt(2 c / h).
        """
        first = bisect.bisect_right(self._sorted, elapsed)
        left = len(self._sorted) - first
        if len(self._sorted) < _LEAST_LEARNED or left < 3:
            return None
        near = min(left, max(_LEAST_NEAR, left // 8))
        ends = self._sorted[first + near - 1]
        to_first = max(0.0, self._sorted[first] - elapsed)
        spread = max(ends - self._sorted[first], 0.1)
        share = near / left / spread
        mean = self._sum / len(self._recent)
        return to_first + min(math.sqrt(2 * _PRICE_OF_POLLS / mean / share), max(longest, mean))


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningPollPolicy(PollPolicy):
    """A poll policy that follows what has been learned about durations, once enough is. Until then it spreads its polls a
    little, so that evaluations that were submitted together are not polled together.

    Args:
        durations: of the evaluations of the batch that have ended.
        random: draws numbers evenly from 0 to 1.
        least: returns the least pause, in seconds, that the rate of the requests allows.
    """

    durations: Durations = field(repr=False)
    random: Callable[[], float] = field(repr=False)
    least: Callable[[], float] = field(repr=False)

    def __post_init__(self) -> None:
        """Check nothing: the policy that this one is made of was checked."""

    @classmethod
    def of(
        cls, policy: PollPolicy, durations: Durations, random: Callable[[], float], least: Callable[[], float]
    ) -> LearningPollPolicy:
        """Return a policy for one evaluation, which begins now."""
        return cls(
            first=max(durations.pause(0.0, policy.longest) or policy.first * _spread(random()), least()),
            then=policy.then,
            longest=policy.longest,
            growth=policy.growth,
            durations=durations,
            random=random,
            least=least,
        )

    def pause_at(self, elapsed: float, pause: float | None) -> float:
        return max(
            self.durations.pause(elapsed, self.longest) or self.pause_after(pause) * _spread(self.random()),
            self.least(),
        )


def _spread(random: float) -> float:
    return 1 + _JITTER * (2 * random - 1)
