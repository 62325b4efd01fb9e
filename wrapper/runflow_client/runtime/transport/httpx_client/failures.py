"""What the exceptions of httpx mean."""

from __future__ import annotations

import httpx

from ....flows.base.steps import FailureKind, RequestFailure
from ..failures import FailureTable, failure_from, kind_of

ERRORS = (httpx.RequestError, httpx.StreamError, httpx.InvalidURL, UnicodeError, OSError)
"""Everything that httpx raises for the network's sake; the last but one for a host that no host can be called."""

_NOT_SENT = (
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ConnectError,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.InvalidURL,
    UnicodeError,
)

_TABLE: FailureTable = (
    (httpx.TimeoutException, FailureKind.TIMEOUT),
    (httpx.ConnectError, FailureKind.NOT_CONNECTED),
    (httpx.ProxyError, FailureKind.NOT_CONNECTED),
    (httpx.UnsupportedProtocol, FailureKind.NOT_CONNECTED),
    (httpx.LocalProtocolError, FailureKind.UNSENDABLE),
    (httpx.InvalidURL, FailureKind.UNSENDABLE),
    (UnicodeError, FailureKind.UNSENDABLE),
)


def failure_of(error: BaseException) -> RequestFailure:
    """Return the failure that an exception means, one of `ERRORS`."""
    kind = kind_of(error, _TABLE, FailureKind.BROKEN)
    return failure_from(error, kind, may_have_been_received=not isinstance(error, _NOT_SENT))
