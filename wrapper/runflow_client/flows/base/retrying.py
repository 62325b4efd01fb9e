"""Sending one request with retries: every attempt has the same bytes and the same idempotency key."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlencode

from runflow_api.types import Operation

from ..._redaction import one_line
from ...errors import DecodeError, InvalidRequestError
from ...events import RequestFinished, RequestRetried, RequestStarted
from .context import Context
from .responses import (
    CallInfo,
    UnexpectedBodyError,
    decode_error,
    error_from,
    is_success,
    is_worth_retrying,
    may_have_been_processed,
    read_object,
    read_page,
    reason_of,
    request_id,
    retry_after,
)
from .steps import ConnectionSlot, Flow, Request, RequestFailure, Response, Send, sleep

R = TypeVar("R")
_LONGEST_PATH = 200
_KEY_HEADER = "Idempotency-Key"
_NAMESPACE = uuid.UUID("5d0c7f0e-6c0b-4d39-9a53-1f0f4e1c9a77")
"""Never to change: a call that is repeated with another version of this library must send the same keys."""


def derive_key(key: str, *purpose: str) -> str:
    """Return the idempotency key of one request of a call; it depends only on the call's key and the request's purpose."""
    return str(uuid.uuid5(_NAMESPACE, "\n".join((key, *purpose))))


def build_request(operation: Operation[Any], idempotency_key: str | None = None) -> Request:
    """Return the request of an operation."""
    target = operation.path + (f"?{urlencode(operation.query)}" if operation.query else "")
    headers = [("Accept", operation.accept), *operation.headers]
    body = operation.content
    if body is None and operation.body is not None:
        body = _encode(operation)
    if body is not None:
        headers.append(("Content-Type", operation.content_type))
    if idempotency_key is not None:
        headers = [(name, value) for name, value in headers if name.lower() != _KEY_HEADER.lower()]
        headers.append((_KEY_HEADER, idempotency_key))
    return Request(operation.operation_id, operation.method.upper(), target, tuple(headers), body)


def idempotency_key_of(operation: Operation[Any]) -> str | None:
    """Return the idempotency key of an operation, None if it has none."""
    return next((value for name, value in operation.headers if name.lower() == _KEY_HEADER.lower()), None)


def _encode(operation: Operation[Any]) -> bytes:
    try:
        return json.dumps(operation.body, separators=(",", ":"), allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidRequestError(
            f"{operation.operation_id}: the arguments cannot be written as JSON ({error}); use strings, finite numbers, "
            "booleans, None, lists and dicts"
        ) from None


def send_once(
    context: Context, request: Request, deadline: float, *, attempt: int = 1, slot: ConnectionSlot | None = None
) -> Flow[Response | RequestFailure]:
    """Send a request once, and return its outcome.

    Args:
        context: the client's settings.
        request: the request.
        deadline: the time by which the response must have arrived.
        attempt: the number of this attempt for events, from 1.
        slot: the connection slot to use, if the caller holds one.
    """
    size = 0 if request.body is None or isinstance(request.body, bytes) else request.body.size
    send = Send(request, deadline, context.attempt_seconds(size), slot)
    if not context.reports_requests():
        outcome = yield send
        assert isinstance(outcome, (Response, RequestFailure))
        return outcome
    path = one_line(context.redact(request.path))[:_LONGEST_PATH]
    context.notify(RequestStarted(request.operation, request.method, path, attempt))
    started = context.now()
    outcome = yield send
    assert isinstance(outcome, (Response, RequestFailure))
    context.notify(
        RequestFinished(
            request.operation,
            request.method,
            path,
            attempt,
            seconds=context.now() - started,
            status=outcome.status if isinstance(outcome, Response) else None,
            failure=reason_of(outcome) if isinstance(outcome, RequestFailure) else None,
            request_id=request_id(outcome, context.redact),
        )
    )
    return outcome


def send_for_model(
    context: Context,
    operation: Operation[Any],
    model: Callable[[dict[str, Any]], R],
    info: CallInfo,
    deadline: float,
    key: str | None = None,
) -> Flow[R]:
    """Send an operation with retries, and return the model of the JSON object in the response.

    Args:
        context: the client's settings.
        operation: the operation.
        model: makes the model from the object, or raises a DecodeError.
        info: describes the call in errors; its idempotency key is sent, unless `key` is passed.
        deadline: the time by which the call must end.
        key: the idempotency key of this request, if it differs from the call's.

    Raises:
        RunflowError: as in `send_with_retries`.
    """
    request = build_request(operation, key or info.idempotency_key)
    return send_with_retries(context, request, info, deadline, lambda response: model(read_object(response)))


def send_for_rows(
    context: Context, operation: Operation[Any], model: Callable[[dict[str, Any]], R], doing: str
) -> Flow[list[R]]:
    """Send an operation with retries, and return the models of the rows of the list in the response; see `send_with_retries`."""

    def read(response: Response) -> list[R]:
        return [model(row) for row in read_page(response).items]

    return send_with_retries(context, build_request(operation), CallInfo(doing), context.call_deadline(), read)


def send_with_retries(
    context: Context,
    request: Request,
    info: CallInfo,
    deadline: float,
    read: Callable[[Response], R],
    slot: ConnectionSlot | None = None,
) -> Flow[R]:
    """Send a request until it succeeds, and return the value that is read from the response.

    Args:
        context: the client's settings.
        request: the request.
        info: describes the call in errors.
        deadline: the time by which the call must end.
        read: makes the value from a successful response; raises UnexpectedBodyError if the body breaks the contract.
        slot: the connection slot of the first attempt; it is released after that attempt.

    Raises:
        RunflowError: the error for a response that is not retried, or for the last outcome once the deadline or the
            largest number of attempts is reached.
    """
    started = context.now()
    outcome_unknown = False
    attempt = 0
    while True:
        attempt += 1
        outcome = yield from send_once(context, request, deadline, attempt=attempt, slot=slot)
        if slot is not None:
            slot.release()
            slot = None
        if isinstance(outcome, Response) and (is_success(outcome) or _is_deleted(request, outcome, outcome_unknown)):
            return _read(read, outcome, info, context)
        pause = None
        if is_worth_retrying(outcome, outcome_unknown=outcome_unknown):
            outcome_unknown = outcome_unknown or may_have_been_processed(outcome)
            pause = _pause(context, outcome, attempt)
        if pause is None or context.now() + pause >= deadline:
            seconds = context.now() - started
            raise error_from(
                outcome, info, context.redact, outcome_unknown=outcome_unknown, attempts=attempt, seconds=seconds
            )
        context.notify(
            RequestRetried(
                request.operation,
                attempt,
                context.retries.attempts,
                reason_of(outcome),
                pause,
                request_id(outcome, context.redact),
            )
        )
        yield from sleep(pause)


def _is_deleted(request: Request, response: Response, outcome_unknown: bool) -> bool:
    """Return whether a 404 means that an earlier attempt of the same DELETE was processed."""
    return outcome_unknown and request.method == "DELETE" and response.status == 404


def _read(read: Callable[[Response], R], response: Response, info: CallInfo, context: Context) -> R:
    try:
        return read(response)
    except (UnexpectedBodyError, RecursionError):  # the JSON parser accepts a deeper nesting than the models
        raise decode_error(response, info, context.redact) from None
    except DecodeError as error:
        error.request_id = request_id(response, context.redact)
        raise


def _pause(context: Context, outcome: Response | RequestFailure, attempt: int) -> float | None:
    """Return the seconds to pause before the next attempt; None if the request is not to be sent again."""
    policy = context.retries
    if attempt >= policy.attempts:
        return None
    asked = retry_after(outcome)
    if asked is not None and asked > policy.longest_retry_after:
        return None
    return max(asked or 0.0, policy.pause(attempt, context.random()))
