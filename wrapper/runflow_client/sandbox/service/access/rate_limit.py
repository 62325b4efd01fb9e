"""The rate limit of an organization: so many requests in each window of time."""

import math
from dataclasses import dataclass

from ..._replies import RefusedError
from ..ids import IdFactory


@dataclass(frozen=True, slots=True)
class RateLimit:
    """How many requests an organization may send; further ones are refused with 429.

    Windows of time follow each other without a gap (inferred; the number of requests is not documented either).

    Args:
        requests: in one window, at least 1.
        seconds: how long a window is, in seconds of the sandbox's time.
        headers: whether responses carry `X-RateLimit-Limit`, `-Remaining` and `-Reset`, and a 429 `Retry-After`; of two
            versions of the documentation one describes them and the other says that there are none.

    Example:
        >>> from runflow_client import RetryPolicy
        >>> from runflow_client.sandbox import RateLimit, Sandbox
        >>> client = Sandbox(rate_limit=RateLimit(1, seconds=60)).client(retries=RetryPolicy(attempts=1))
        >>> _ = client.account.me()
        >>> client.account.me()
        Traceback (most recent call last):
        runflow_client.errors.RateLimitError: ...
    """

    requests: int
    seconds: float = 60.0
    headers: bool = True

    def __post_init__(self) -> None:
        if self.requests < 1 or not 0 < self.seconds < math.inf:
            raise ValueError(
                f"a rate limit is 1 or more requests in more than 0 s, not {self.requests} in {self.seconds} s"
            )


class RequestCounter:
    """Counts the requests of one organization in the present window."""

    def __init__(self, ids: IdFactory) -> None:
        self._ids = ids
        self._window = -1.0
        self._count = 0

    def admit(self, limit: RateLimit | None, now: float) -> tuple[tuple[str, str], ...]:
        """Count a request and return the headers for its response.

        Raises:
            RefusedError: 429, the window has had its requests.
        """
        if limit is None:
            return ()
        window = math.floor(now / limit.seconds)
        if window != self._window:
            self._window, self._count = window, 0
        self._count += 1
        reset = (window + 1) * limit.seconds
        headers: tuple[tuple[str, str], ...] = ()
        if limit.headers:
            headers = (
                ("x-ratelimit-limit", str(limit.requests)),
                ("x-ratelimit-remaining", str(max(0, limit.requests - self._count))),
                ("x-ratelimit-reset", str(math.ceil(self._ids.milliseconds(reset) / 1000))),
            )
        if self._count <= limit.requests:
            return headers
        if limit.headers:
            headers = (*headers, ("retry-after", str(max(1, math.ceil(reset - now)))))
        message = f"Rate limit exceeded: {limit.requests} requests in {limit.seconds:g} s."
        raise RefusedError(429, "RATE_LIMITED", message, headers=headers)
