"""The last touch on an outcome before a flow gets it, the same for both drivers."""

from __future__ import annotations

import time
from dataclasses import replace

from ..flows.base.steps import RequestFailure, Response
from .configuration import Configuration
from .transport.requests import HTTPRequest, origin_of

_LONGEST_REASON = 300


def finished(
    outcome: Response | RequestFailure, request: HTTPRequest, configuration: Configuration
) -> Response | RequestFailure:
    """Return the outcome without secrets, with its origin, and with the time of arrival where it asks for a pause."""
    if isinstance(outcome, RequestFailure):
        reason = configuration.redact(outcome.reason)[:_LONGEST_REASON]
        return replace(outcome, reason=reason, origin=outcome.origin or origin_of(request.url))
    if "retry-after" in outcome.headers:
        return replace(outcome, received_at=time.time())
    return outcome


def callback_error(name: str, cause: BaseException) -> BaseException:
    """Return the error of a caller's callback; StopIteration, which would end a generator in silence, becomes a RuntimeError."""
    if isinstance(cause, (StopIteration, StopAsyncIteration)):
        return RuntimeError(f"{name} raised {type(cause).__name__}")
    return cause
