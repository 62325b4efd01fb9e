"""Turning the exceptions of httpx into failures."""

from __future__ import annotations

import httpx

from ....flows.base.steps import FailureKind, RequestFailure
from ..failures import FailureTable, failure_from, kind_of

ERRORS = (httpx.RequestError, httpx.StreamError, httpx.InvalidURL, UnicodeError, OSError)
"""The exceptions of httpx that mean a failed request; UnicodeError is raised for a host name that is not valid."""

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
    """Return the failure of an exception, which is one of `ERRORS`."""
    kind = kind_of(error, _TABLE, FailureKind.BROKEN)
    return failure_from(error, kind, may_have_been_received=not isinstance(error, _NOT_SENT))
