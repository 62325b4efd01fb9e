"""Completing the outcome of one HTTP request (a response or a failure) before a flow receives it; both drivers use it.

Flows and drivers: docs/architecture.md.
"""

from __future__ import annotations

import time

from ..flows.base.steps import RequestFailure, Response
from .configuration import Configuration
from .transport.requests import HTTPRequest, origin_of

_LONGEST_REASON = 300


def complete_outcome(
    outcome: Response | RequestFailure, request: HTTPRequest, configuration: Configuration
) -> Response | RequestFailure:
    """Return a failure redacted and with its origin, or a response with the time of arrival if it has a `Retry-After`."""
    if isinstance(outcome, RequestFailure):
        reason = configuration.redact(outcome.reason)[:_LONGEST_REASON]
        return outcome._replace(reason=reason, origin=outcome.origin or origin_of(request.url))
    if "retry-after" in outcome.headers:
        return outcome._replace(received_at=time.time())
    return outcome


def callback_error(name: str, cause: BaseException) -> BaseException:
    """Return the exception of a caller's callback; StopIteration, which would end the flow silently, becomes a RuntimeError."""
    if isinstance(cause, (StopIteration, StopAsyncIteration)):
        return RuntimeError(f"{name} raised {type(cause).__name__}")
    return cause
