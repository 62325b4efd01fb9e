"""Reading a response: the status first, then the body.

The meaning of each status: https://docs.runflow.io/concepts/errors. Undocumented responses are tolerated: an unknown status
gives an APIError with that status, and the body of an error may be the documented envelope, another shape, or not JSON.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeVar

from ... import errors
from ..._redaction import Redact, one_line, redact_json
from .json_reading import read_json
from .steps import FailureKind, RequestFailure, Response

R = TypeVar("R", bound=errors.RunflowError)

_RETRYABLE = frozenset({408, 425, 429})
_NOT_RETRYABLE = frozenset({501, 505})
_LONGEST_RETRY_AFTER = 1e9
"""Seconds."""
_LONGEST_ENVELOPE = 1_048_576
"""Bytes of an error body that is read as JSON."""
# Characters of the server's texts that errors keep.
_TEXT_LIMIT = 2_000
_MESSAGE_LIMIT = 500
_REQUEST_ID_LIMIT = 500
_FIELD_LIMIT = 200
_CODE_LIMIT = 100

_BY_STATUS: dict[int, type[errors.APIError]] = {
    401: errors.AuthenticationError,
    402: errors.InsufficientCreditError,
    403: errors.PermissionDeniedError,
    404: errors.NotFoundError,
    409: errors.ConflictError,
    422: errors.UnprocessableError,
    429: errors.RateLimitError,
}

_ADVICE = {
    401: "Check the API key (RUNFLOW_API_KEY or api_key=).",
    402: "Top up the organization's credit, then submit again under the same idempotency key.",
    403: "Give the key the scope that the message names, or use another key or organization.",
    404: "Check the id and the organization; another organization's objects read as not found.",
    409: "If the idempotency key was used for other content (prompt, instructions and client_ref count, too), use a new key.",
    422: "Correct the named fields.",
    429: "Send fewer requests.",
}


class CallInfo(NamedTuple):
    """The description of a call, for the error that ends it.

    Args:
        doing: the action, as in "submitting an image".
        evaluation_id: the id of the call's evaluation, where known.
        idempotency_key: the key of the call, where there is one.
        takes_key: whether the caller can pass that key to another call.
        is_journaled: whether the journal of a batch keeps that key, so that the batch goes on when it is run again.
    """

    doing: str
    evaluation_id: str | None = None
    idempotency_key: str | None = None
    takes_key: bool = True
    is_journaled: bool = False


class UnexpectedBodyError(ValueError):
    """The body of a successful response is not what the contract promises."""


def is_success(outcome: Response | RequestFailure) -> bool:
    return isinstance(outcome, Response) and 200 <= outcome.status < 300


def may_have_been_processed(outcome: Response | RequestFailure) -> bool:
    """Return whether the server may have processed the request although its response is not a success."""
    if isinstance(outcome, RequestFailure):
        return outcome.may_have_been_received
    return outcome.status == 408 or outcome.status >= 500


def is_worth_retrying(outcome: Response | RequestFailure, *, outcome_unknown: bool) -> bool:
    """Return whether to send the same request again.

    Args:
        outcome: the outcome of the last attempt.
        outcome_unknown: whether an earlier attempt may have been processed; a 409 then means "still in progress".
    """
    if isinstance(outcome, RequestFailure):
        return outcome.kind not in (FailureKind.UNSENDABLE, FailureKind.UNTRUSTED)
    if outcome.status == 409:
        return outcome_unknown
    return is_transient(outcome.status) and outcome.status not in _NOT_RETRYABLE


def is_transient(status: int) -> bool:
    """Return whether a status is a transient failure: the same request may succeed later."""
    return status >= 500 or status in _RETRYABLE


def retry_after(outcome: Response | RequestFailure) -> float | None:
    """Return the seconds that the server asks to wait; None if `Retry-After` is absent or unreadable.

    An HTTP date, in any of the three forms of RFC 9110 (section 5.6.7), is compared with the response's own `Date`, so that
    a wrong clock here does not matter; without a `Date`, with this machine's clock.
    """
    if isinstance(outcome, RequestFailure):
        return None
    text = outcome.headers.get("retry-after", "").strip()
    if text.isascii() and text.replace(".", "", 1).isdigit():
        return min(float(text), _LONGEST_RETRY_AFTER)
    until = _date(text) if text else None
    now = _date(outcome.headers.get("date", ""))
    if now is None and outcome.received_at is not None:
        now = datetime.fromtimestamp(outcome.received_at, UTC)
    return None if until is None or now is None else max(0.0, (until - now).total_seconds())


def _date(text: str) -> datetime | None:
    from email.utils import parsedate_to_datetime  # imported late: it loads sockets and random, and is seldom needed

    try:
        date = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    # An asctime date and the zone -0000 are parsed without a zone; HTTP dates are in UTC.
    return date.replace(tzinfo=UTC) if date.tzinfo is None else date


def request_id(outcome: Response | RequestFailure, redact: Redact) -> str | None:
    """Return the server's id of the request (header names inferred; only `Runflow-Request-Id` on callbacks is documented)."""
    if isinstance(outcome, RequestFailure):
        return None
    found = outcome.headers.get("x-request-id") or outcome.headers.get("runflow-request-id")
    return redact(found)[:_REQUEST_ID_LIMIT] if found else None


def reason_of(outcome: Response | RequestFailure) -> str:
    """Return the status of a response, or the reason why there is none, as a phrase."""
    if isinstance(outcome, Response):
        return f"the server responded with {outcome.status}"
    return outcome.kind.value + (f" ({outcome.reason})" if outcome.reason else "")


def read_object(response: Response) -> dict[str, Any]:
    """Return the body as a JSON object.

    Raises:
        UnexpectedBodyError: it is not a JSON object.
    """
    value = read_json(response.body)
    if not isinstance(value, dict):
        raise UnexpectedBodyError
    return value


class Page(NamedTuple):
    """One page of a list.

    Args:
        items: the rows; a row that is not a JSON object is left out.
        next: the server's `next`, a cursor or a URL with one (both inferred); None on the last page.
    """

    items: list[dict[str, Any]]
    next: str | None


def read_page(response: Response) -> Page:
    """Return a page of a list, with or without the standard envelope (both were observed).

    Raises:
        UnexpectedBodyError: the body is not a list.
    """
    value = read_json(response.body)
    items, cursor = (value.get("items"), value.get("next")) if isinstance(value, dict) else (value, None)
    if not isinstance(items, list):
        raise UnexpectedBodyError
    return Page([row for row in items if isinstance(row, dict)], cursor if isinstance(cursor, str) and cursor else None)


def ignore_body(response: Response) -> None:
    """Ignore the body: the status alone decides."""


def error_from(
    outcome: Response | RequestFailure,
    info: CallInfo,
    redact: Redact,
    *,
    outcome_unknown: bool = False,
    attempts: int = 1,
    seconds: float = 0.0,
) -> errors.RunflowError:
    """Return the error for an outcome; for a success, the error says that the body is not what the contract promises.

    Args:
        outcome: the outcome of the last attempt.
        info: describes the call in the error.
        redact: cuts secrets out of the server's texts.
        outcome_unknown: whether an earlier attempt may have been processed.
        attempts: the number of attempts.
        seconds: how long they took in total.
    """
    if isinstance(outcome, RequestFailure):
        return _transport_error(outcome, info, outcome_unknown, attempts, seconds)
    if is_success(outcome):
        return decode_error(outcome, info, redact)
    return _api_error(outcome, info, redact, outcome_unknown)


def _transport_error(
    failure: RequestFailure, info: CallInfo, outcome_unknown: bool, attempts: int, seconds: float
) -> errors.RunflowError:
    error_type = errors.RequestTimeoutError if failure.kind is FailureKind.TIMEOUT else errors.ConnectionFailedError
    tried = f"after {attempts} attempt{'' if attempts == 1 else 's'} in {seconds:.1f} s"
    origin = f" at {failure.origin}" if failure.origin else ""
    return error_type(
        f"{info.doing}: {reason_of(failure)}, {tried}{origin}. "
        f"{what_next(info, failure.may_have_been_received or outcome_unknown)}",
        evaluation_id=info.evaluation_id,
        idempotency_key=info.idempotency_key,
    )


def what_next(info: CallInfo, may_have_been_received: bool) -> str:
    """Return the sentence of a message that says what the caller can do next."""
    if info.idempotency_key is None:
        return "It is safe to call again."
    state = (
        "The server may have processed the request"
        if may_have_been_received
        else "The server has not processed the request"
    )
    if not info.takes_key:
        return f"{state}; calling again may do it twice." if may_have_been_received else f"{state}: call again."
    return f"{state}; to go on, {how_to_repeat(info)}, so that nothing is billed twice."


def how_to_repeat(info: CallInfo) -> str:
    """Return how a call that has a key is made again under that key."""
    if info.is_journaled:
        return "run the batch again with the same journal"
    return f"call again with idempotency_key={info.idempotency_key!r} and the same arguments"


def decode_error(response: Response, info: CallInfo, redact: Redact) -> errors.DecodeError:
    """Return the error for a success whose body is not what the contract promises."""
    content_type = one_line(redact(response.headers.get("content-type", "no content type"))[:80])
    text = (
        f"{info.doing}: the server responded with {response.status}, but its body is not a JSON object as the contract promises "
        f"({content_type}, {len(response.body)} bytes)."
    )
    if info.idempotency_key is not None:
        text += " " + what_next(info, True)
    return errors.DecodeError(
        text,
        evaluation_id=info.evaluation_id,
        idempotency_key=info.idempotency_key,
        request_id=request_id(response, redact),
    )


def _api_error(response: Response, info: CallInfo, redact: Redact, outcome_unknown: bool) -> errors.APIError:
    # No error envelope is longer, and reading a longer body would take too much time.
    body = redact_json(read_json(response.body), redact) if len(response.body) <= _LONGEST_ENVELOPE else None
    if body is None:
        body = _text_of(response.body, redact)
    code, message, details = _read_envelope(body)
    error_type = _BY_STATUS.get(
        response.status, errors.ServerError if 500 <= response.status < 600 else errors.APIError
    )
    text = f"{info.doing}: the server responded with {response.status}"
    text += f" {code[:_CODE_LIMIT]}" if code else ""
    text += f": {message}" if message else ""
    fields = "; ".join(filter(None, map(_field_text, details[:5])))
    text += f" [{fields}]" if fields else ""
    advice = _advice(response.status, info, outcome_unknown)
    error = error_type(
        one_line(f"{text.rstrip('.')}. {advice}".strip()),
        status=response.status,
        code=code,
        message=message,
        errors=details,
        body=body,
        evaluation_id=info.evaluation_id,
        idempotency_key=info.idempotency_key,
        request_id=request_id(response, redact),
    )
    if isinstance(error, errors.RateLimitError):
        error.retry_after = retry_after(response)
    return error


def _text_of(body: bytes, redact: Redact) -> str:
    """Return the beginning of a body that is not JSON."""
    text = redact(body[: 2 * _TEXT_LIMIT].decode("utf-8", "replace"))
    if len(body) > 2 * _TEXT_LIMIT:
        # The cut may split an API key, and half of one is not redacted: drop the last word.
        text = re.sub(r"(?<!\S)\S+\Z", "", text)
    return text[:_TEXT_LIMIT]


def _advice(status: int, info: CallInfo, outcome_unknown: bool) -> str:
    if is_transient(status):
        may_have_been_received = outcome_unknown or status not in (425, 429)  # sent instead of processing the request
        return _ADVICE.get(status, "The server failed.") + " " + what_next(info, may_have_been_received)
    if outcome_unknown and info.idempotency_key is not None:
        # After an attempt without a response, a 409 means only that this attempt is still in progress.
        advice = "" if status == 409 else _ADVICE.get(status, "")
        return f"{advice} The outcome of an earlier attempt is unknown. {what_next(info, True)}".strip()
    if 300 <= status < 400:
        return "Redirects are not followed: check the base URL."
    if status == 402 and info.is_journaled:
        return f"Top up the organization's credit, then {how_to_repeat(info)}."
    return _ADVICE.get(status, "")


def redacted(error: R, redact: Redact) -> R:
    """Return an error with its text redacted: the ids and codes in it come from the server, and may hold a secret."""
    error.args = tuple(one_line(redact(part)) for part in error.args)
    return error


def _read_envelope(body: Any) -> tuple[str | None, str, list[dict[str, Any]]]:
    """Return the code, the message and the details for each field from an error body, in any observed shape."""
    if isinstance(body, list):
        return None, "", [item for item in body if isinstance(item, dict)]
    if not isinstance(body, dict):
        return None, "" if "<" in str(body) else str(body or "").strip()[:_MESSAGE_LIMIT], []
    inner = body.get("error")
    outer = {**body, **inner} if isinstance(inner, dict) else body
    code, message = outer.get("code"), outer.get("message")
    details = outer.get("errors")
    if details is None:
        details = outer.get("detail")
    if not isinstance(message, str):
        message = next((text for text in (inner, details) if isinstance(text, str)), "")
    rows = [item for item in details if isinstance(item, dict)] if isinstance(details, list) else []
    return code if isinstance(code, str) else None, message.strip()[:_MESSAGE_LIMIT], rows


def _field_text(detail: dict[str, Any]) -> str:
    """Return one of the server's details for a field as `location: message`."""
    location, message = detail.get("loc"), detail.get("msg")
    path = ".".join(str(part) for part in location) if isinstance(location, list) else str(location or "")
    text = f"{path}: {message}" if isinstance(message, str) and path else str(message or path)
    return text[:_FIELD_LIMIT]
