"""The context of a flow: the time, random numbers, and the client's settings."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ..._redaction import Redact
    from ...events import Event
    from .policies import RetryPolicy

DEFAULT_TIMEOUT = 60.0
_LEAST_UPLOAD_SECONDS = 120.0
_SLOWEST_UPLOAD = 262_144
"""Bytes a second on a slow connection; the official JavaScript client allows the same time (packages/sdk of runflow-io/runflow-js)."""


class Context(NamedTuple):
    """The settings of one client, as its flows use them; a deadline is a time on the clock, infinity for none.

    Args:
        now: the monotonic clock, in seconds.
        random: draws numbers evenly from 0 to 1.
        new_key: makes an idempotency key.
        redact: cuts secrets, image data and the queries of URLs out of a text.
        notify: passes an event to the log and to the caller's hooks.
        retries: how a request is retried.
        timeout: seconds that one call may take with its retries.
        is_local: whether the API is on this machine; the URLs that it returns may then be http.
        takes_coroutines: whether the driver can await what a callback returns.
        reports_requests: whether `notify` passes on the events of single requests, which are not made otherwise.
    """

    now: Callable[[], float]
    random: Callable[[], float]
    new_key: Callable[[], str]
    redact: Redact
    notify: Callable[[Event], None]
    retries: RetryPolicy
    timeout: float
    is_local: bool
    takes_coroutines: bool
    reports_requests: Callable[[], bool] = lambda: True

    def __repr__(self) -> str:
        shown = ("retries", "timeout", "is_local", "takes_coroutines")
        return f"Context({', '.join(f'{name}={getattr(self, name)!r}' for name in shown)})"

    def deadline_in(self, seconds: float) -> float:
        """Return the deadline in so many seconds from now."""
        return self.now() + seconds

    def call_deadline(self, deadline: float = math.inf) -> float:
        """Return the deadline of one call: after the client's timeout, but not after the given deadline."""
        return min(self.deadline_in(self.timeout), deadline)

    def upload_seconds(self, size: int) -> float:
        """Return the seconds that an upload may take: the client's timeout; at its default, enough for a slow connection."""
        return self.timeout if self.timeout != DEFAULT_TIMEOUT else max(_LEAST_UPLOAD_SECONDS, size / _SLOWEST_UPLOAD)

    def attempt_seconds(self, size: int = 0) -> float:
        """Return the seconds that one attempt may take: the policy's limit, or more if a slow connection needs it for so many bytes."""
        return max(self.retries.attempt_timeout, size / _SLOWEST_UPLOAD)
