"""One call of the API with its retries: the same bytes under the same idempotency key on every attempt."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from runflow_api.types import Operation

from ..errors import InvalidRequestError
from .answers import Call, error_of, is_success, is_worth_retrying, may_have_acted, read_object, retry_after
from .context import Context
from .steps import Flow, Loss, NoAnswer, Request, Response, send, sleep

_KEY_HEADER = "Idempotency-Key"


def request_of(operation: Operation[Any], idempotency_key: str | None = None) -> Request:
    """Return the request that an operation stands for."""
    target = operation.path + (f"?{urlencode(operation.query)}" if operation.query else "")
    headers = [("Accept", "application/json"), *operation.headers]
    body = None
    if operation.body is not None:
        headers.append(("Content-Type", "application/json"))
        body = _encode(operation)
    if idempotency_key is not None:
        headers.append((_KEY_HEADER, idempotency_key))
    return Request(operation.method.upper(), target, tuple(headers), body)


def _encode(operation: Operation[Any]) -> bytes:
    try:
        return json.dumps(operation.body, separators=(",", ":"), allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidRequestError(
            f"{operation.operation_id}: the arguments cannot be written as JSON ({error}); use strings, finite numbers, "
            "booleans, None, lists and dicts"
        ) from None


def call(context: Context, operation: Operation[Any], about: Call, deadline: float | None) -> Flow[dict[str, Any]]:
    """Send an operation until it is answered, and return the JSON object that the server answered.

    Args:
        context: the client's settings.
        operation: what to send.
        about: what errors say of the call; its key is sent along.
        deadline: by when the call ends at the latest; None for no limit.

    Raises:
        RunflowError: as the answer says; where the time or the attempts are used up, as the last answer said.
    """
    request = request_of(operation, about.idempotency_key)
    outcome_unknown = False
    attempt = 0
    while True:
        attempt += 1
        answer = yield from send(request, context.attempt_deadline(deadline))
        data = read_object(answer) if isinstance(answer, Response) and is_success(answer) else None
        if data is not None:
            return data
        if is_success(answer) or not is_worth_retrying(answer, outcome_unknown=outcome_unknown):
            raise error_of(answer, about, context.scrub)
        outcome_unknown = outcome_unknown or may_have_acted(answer)
        pause = _pause(context, answer, attempt)
        if pause is None or (deadline is not None and context.now() + pause >= deadline):
            raise error_of(_told_whole(answer, outcome_unknown), about, context.scrub)
        yield from sleep(pause)


def _pause(context: Context, answer: Response | NoAnswer, attempt: int) -> float | None:
    """Return the seconds to pause before the next attempt, None where there is to be none."""
    policy = context.retries
    if attempt >= policy.attempts:
        return None
    asked = retry_after(answer)
    if asked is not None and asked > policy.longest_retry_after:
        return None
    return max(asked or 0.0, policy.pause(attempt, context.chance()))


def _told_whole(answer: Response | NoAnswer, outcome_unknown: bool) -> Response | NoAnswer:
    """Return the last answer so that it speaks for all attempts: an earlier one may have been acted on."""
    if isinstance(answer, NoAnswer) and answer.loss is not Loss.UNSENDABLE:
        return NoAnswer(answer.loss, answer.reason, answer.maybe_received or outcome_unknown)
    return answer
