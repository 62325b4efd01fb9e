"""What a flow is given besides its arguments: time, chance, and the client's settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from ..._redaction import Redact
from .policies import RetryPolicy

DEFAULT_TIMEOUT = 60.0
_LEAST_UPLOAD_SECONDS = 120.0
_SLOWEST_UPLOAD = 262_144
"""Bytes a second; the official JavaScript client waits as long (packages/sdk of runflow-io/runflow-js)."""


@dataclass(frozen=True, slots=True)
class Context:
    """One client's settings, as its flows see them.

    Args:
        now: the monotonic clock, in seconds.
        chance: a source of evenly drawn numbers from 0 to 1.
        new_key: mints an idempotency key.
        scrub: cuts secrets, image data and URL queries out of a text.
        log: writes a line at INFO.
        retries: how a call is tried again.
        timeout: seconds that one call may take with its retries; None for no limit.
        is_local: whether the API is on this machine, and with it what it names may be.
        takes_coroutines: whether the driver can await what a callback returns.
    """

    now: Callable[[], float] = field(repr=False)
    random: Callable[[], float] = field(repr=False)
    new_key: Callable[[], str] = field(repr=False)
    redact: Redact = field(repr=False)
    log: Callable[[str], None] = field(repr=False)
    retries: RetryPolicy
    timeout: float | None
    is_local: bool
    takes_coroutines: bool

    def deadline(self, seconds: float | None) -> float | None:
        """Return the time on the clock that lies so many seconds ahead; None for no limit."""
        return None if seconds is None else self.now() + seconds

    def call_deadline(self, deadline: float | None) -> float | None:
        """Return by when one call must end: within the client's timeout, and not after this deadline."""
        return earliest(self.deadline(self.timeout), deadline)

    def upload_seconds(self, size: int) -> float | None:
        """Return the seconds that an upload may take: the client's own timeout, or by default what a slow line needs."""
        return self.timeout if self.timeout != DEFAULT_TIMEOUT else max(_LEAST_UPLOAD_SECONDS, size / _SLOWEST_UPLOAD)

    def attempt_deadline(self, deadline: float | None, size: int = 0) -> float | None:
        """Return by when one attempt must end: within the policy's limit, or what a slow line needs for so many bytes."""
        return earliest(self.now() + max(self.retries.attempt_timeout, size / _SLOWEST_UPLOAD), deadline)


def earliest(one: float | None, other: float | None) -> float | None:
    """Return the earlier of two deadlines, where None is none."""
    if one is None or other is None:
        return one if other is None else other
    return min(one, other)
