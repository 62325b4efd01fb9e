"""When the requests of all workers of a batch may be sent: at one rate, which is halved where the server asks for it."""

from __future__ import annotations

import json
from dataclasses import astuple, dataclass

_DECREASE = 0.5
_RECOVERY = 10.0
"""Seconds after which the rate is back at the one that was too much."""
_LEAST_RATE = 0.2


@dataclass(slots=True)
class Pace:
    """A sequence of times that all workers share, and its rate. Times are seconds on the journal's clock.

    Args:
        earliest: when the next request may begin.
        rate: what is allowed since the last cut; None where nothing but the caller's rate bounds it.
        too_much: the rate before that cut.
        cut_at: when that cut was; None before any.
        raised_at: up to when the rate has been raised again.
    """

    earliest: float = 0.0
    rate: float | None = None
    too_much: float = 0.0
    cut_at: float | None = None
    raised_at: float = 0.0

    @classmethod
    def from_text(cls, text: str) -> Pace:
        return cls(*json.loads(text)) if text else cls()

    def to_text(self) -> str:
        return json.dumps(astuple(self))

    def reserve(self, now: float, rate: float, count: int) -> float:
        """Reserve a number of requests, and return in how many seconds the first may begin."""
        self._raise(now, rate)
        start = max(now, self.earliest)
        self.earliest = start + count / (rate if self.rate is None else min(rate, self.rate))
        return start - now

    def slow_down(self, now: float, rate: float, sent_ago: float, hold: float) -> None:
        """Send nothing for some seconds, and halve the rate: once for all requests that were sent before."""
        self.earliest = max(self.earliest, now + hold)
        if self.cut_at is None or now - sent_ago >= self.cut_at:
            self.too_much = rate if self.rate is None else min(rate, self.rate)
            self.rate = max(self.too_much * _DECREASE, min(_LEAST_RATE, rate))
            self.cut_at, self.raised_at = now, now + hold

    def _raise(self, now: float, rate: float) -> None:
        """Raise the rate in proportion to the time; above twice the rate that was too much, nothing bounds it but the caller."""
        if self.rate is None or now <= self.raised_at:
            return
        self.rate += self.too_much * (1 - _DECREASE) * (now - self.raised_at) / _RECOVERY
        self.raised_at = now
        if self.rate >= min(rate, 2 * self.too_much):
            self.rate = None
