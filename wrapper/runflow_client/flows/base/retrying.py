"""One call of the API with its retries: the same bytes under the same idempotency key on every attempt."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlencode

from runflow_api.types import Operation

from ..._redaction import Redact
from ...errors import DecodeError, InvalidRequestError
from .context import Context
from .responses import (
    CallInfo,
    error_from,
    is_success,
    is_worth_retrying,
    may_have_been_processed,
    read_object,
    request_id,
    retry_after,
)
from .steps import Flow, Request, RequestFailure, Response, send, sleep

R = TypeVar("R")
_KEY_HEADER = "Idempotency-Key"
_NAMESPACE = uuid.UUID("5d0c7f0e-6c0b-4d39-9a53-1f0f4e1c9a77")


def derived_key(key: str, *purpose: str) -> str:
    """Return the key of a request that serves another one: the same for the same key and purpose, whatever the key's length."""
    return str(uuid.uuid5(_NAMESPACE, "\n".join((key, *purpose))))


def build_request(operation: Operation[Any], idempotency_key: str | None = None) -> Request:
    """Return the request that an operation stands for."""
    target = operation.path + (f"?{urlencode(operation.query)}" if operation.query else "")
    headers = [("Accept", "application/json"), *operation.headers]
    body = None
    if operation.body is not None:
        headers.append(("Content-Type", "application/json"))
        body = _encode(operation)
    if idempotency_key is not None:
        headers = [(name, value) for name, value in headers if name.lower() != _KEY_HEADER.lower()]
        headers.append((_KEY_HEADER, idempotency_key))
    return Request(operation.method.upper(), target, tuple(headers), body)


def key_of(operation: Operation[Any]) -> str | None:
    """Return the idempotency key that an operation was given, None where it has none."""
    return next((value for name, value in operation.headers if name.lower() == _KEY_HEADER.lower()), None)


def _encode(operation: Operation[Any]) -> bytes:
    try:
        return json.dumps(operation.body, separators=(",", ":"), allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidRequestError(
            f"{operation.operation_id}: the arguments cannot be written as JSON ({error}); use strings, finite numbers, "
            "booleans, None, lists and dicts"
        ) from None


def send_for_model(
    context: Context,
    operation: Operation[Any],
    model: Callable[[dict[str, Any]], R],
    info: CallInfo,
    deadline: float | None,
    key: str | None = None,
) -> Flow[R]:
    """Send an operation until it is answered, and return the model of the JSON object that was answered; see `exchange`.

    Args:
        context: the client's settings.
        operation: what to send.
        model: makes the model of the object, or raises a DecodeError that says what is missing in it.
        about: what errors say of the call; its key is sent along, if no other is given.
        deadline: by when the call ends at the latest; None for no limit.
        key: the idempotency key of this request, where it is not that of the whole call.
    """

    def read(answer: Response) -> R | None:
        data = read_object(answer)
        return None if data is None else model(data)

    return send_with_retries(context, build_request(operation, key or info.idempotency_key), info, deadline, read)


def send_with_retries(
    context: Context, request: Request, info: CallInfo, deadline: float | None, read: Callable[[Response], R | None]
) -> Flow[R]:
    """Send a request until it is answered, and return what is read from the answer.

    Args:
        context: the client's settings.
        request: what to send.
        about: what errors say of the call.
        deadline: by when the call ends at the latest; None for no limit.
        read: makes a value of a success; None where the success is not what was promised.

    Raises:
        RunflowError: as the answer says; where the time or the attempts are used up, as the last answer said.
    """
    size = 0 if request.body is None or isinstance(request.body, bytes) else request.body.size
    outcome_unknown = False
    attempt = 0
    while True:
        attempt += 1
        answer = yield from send(request, context.attempt_deadline(deadline, size))
        # What an earlier attempt may have deleted is not there any more.
        is_gone = outcome_unknown and request.method == "DELETE" and _status(answer) == 404
        if isinstance(answer, Response) and (is_success(answer) or is_gone):
            value = _read(read, answer, context.redact)
            if value is not None:
                return value
            raise error_from(answer, info, context.redact)
        if not is_worth_retrying(answer, outcome_unknown=outcome_unknown):
            raise error_from(answer, info, context.redact, outcome_unknown=outcome_unknown)
        outcome_unknown = outcome_unknown or may_have_been_processed(answer)
        pause = _pause(context, answer, attempt)
        if pause is None or (deadline is not None and context.now() + pause >= deadline):
            raise error_from(answer, info, context.redact, outcome_unknown=outcome_unknown)
        yield from sleep(pause)


def _read(read: Callable[[Response], R | None], answer: Response, redact: Redact) -> R | None:
    try:
        return read(answer)
    except (
        RecursionError
    ):  # nested deeper than any answer; the JSON parser itself bounds it, but not where every model fits
        return None
    except DecodeError as error:
        error.request_id = request_id(answer, redact)
        raise


def _pause(context: Context, answer: Response | RequestFailure, attempt: int) -> float | None:
    """Return the seconds to pause before the next attempt, None where there is to be none."""
    policy = context.retries
    if attempt >= policy.attempts:
        return None
    asked = retry_after(answer)
    if asked is not None and asked > policy.longest_retry_after:
        return None
    return max(asked or 0.0, policy.pause(attempt, context.random()))


def _status(answer: Response | RequestFailure) -> int | None:
    return answer.status if isinstance(answer, Response) else None
