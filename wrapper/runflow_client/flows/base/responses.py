"""Judging a response: the status first, then the body.

The meaning of each status: https://docs.runflow.io/concepts/errors. Everything else is tolerated: an unknown status is an
APIError with that status, and an error body may be the documented envelope, another shape, or no JSON at all.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from ... import errors
from ..._redaction import Redact, one_line, redact_json
from .steps import FailureKind, RequestFailure, Response

R = TypeVar("R", bound=errors.RunflowError)

_RETRYABLE = frozenset({408, 425, 429})
_NOT_RETRYABLE = frozenset({501, 505})
_MESSAGE_LIMIT = 500
_LONGEST_RETRY_AFTER = 1e9
_TEXT_LIMIT = 2_000
_NAME_LIMIT = 100
_LONGEST_ENVELOPE = 1_048_576

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
    409: "If the idempotency key was used for other content, use a new key.",
    422: "Correct the named fields.",
    429: "Send fewer requests.",
}


@dataclass(frozen=True, slots=True)
class CallInfo:
    """What an error says of the call that it ended.

    Args:
        doing: what was being done, as in "submitting an image".
        evaluation_id: the evaluation that the call is about, where known.
        idempotency_key: the key of the call, where there is one.
        takes_key: whether the caller can give that key to another call.
    """

    doing: str
    evaluation_id: str | None = None
    idempotency_key: str | None = None
    takes_key: bool = True


class UnexpectedBodyError(ValueError):
    """A successful response has another body than the contract promises."""


def is_success(outcome: Response | RequestFailure) -> bool:
    return isinstance(outcome, Response) and 200 <= outcome.status < 300


def may_have_been_processed(outcome: Response | RequestFailure) -> bool:
    """Tell whether the server may have processed the request although its response is no success."""
    if isinstance(outcome, RequestFailure):
        return outcome.may_have_been_received
    return outcome.status == 408 or outcome.status >= 500


def is_worth_retrying(outcome: Response | RequestFailure, *, outcome_unknown: bool) -> bool:
    """Tell whether to send the same request again.

    Args:
        outcome: the outcome of the last attempt.
        outcome_unknown: whether an attempt before it may have been processed, which makes a 409 "still in progress".
    """
    if isinstance(outcome, RequestFailure):
        return outcome.kind not in (FailureKind.UNSENDABLE, FailureKind.UNTRUSTED)
    if outcome.status == 409:
        return outcome_unknown
    return is_transient(outcome.status) and outcome.status not in _NOT_RETRYABLE


def is_transient(status: int) -> bool:
    """Tell whether a status is a fault that may have passed by the next request."""
    return status >= 500 or status in _RETRYABLE


def retry_after(outcome: Response | RequestFailure) -> float | None:
    """Return the seconds that the server asks to wait; None where it does not, or not in a way that can be read.

    An HTTP date, in any of the three forms of RFC 9110 (section 5.6.7), is read against the response's own `Date`, so that a
    wrong clock does no harm; without one, against this machine's clock.
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
    from email.utils import parsedate_to_datetime  # loads sockets and random, and is hardly ever needed

    try:
        date = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    # The asctime form and the zone -0000 name no zone: HTTP dates are in UTC.
    return date.replace(tzinfo=UTC) if date.tzinfo is None else date


def request_id(outcome: Response | RequestFailure, redact: Redact) -> str | None:
    """Return the server's name for the request (header names inferred; only `Runflow-Request-Id` on callbacks is documented)."""
    if isinstance(outcome, RequestFailure):
        return None
    name = outcome.headers.get("x-request-id") or outcome.headers.get("runflow-request-id")
    return redact(name)[:_MESSAGE_LIMIT] if name else None


def reason_of(outcome: Response | RequestFailure) -> str:
    """Return the status of a response, or why there is none, in a few words."""
    if isinstance(outcome, Response):
        return f"the server responded with {outcome.status}"
    return outcome.kind.value + (f" ({outcome.reason})" if outcome.reason else "")


def read_object(response: Response) -> dict[str, Any]:
    """Return the body as a JSON object.

    Raises:
        UnexpectedBodyError: it is anything else.
    """
    value = read_json(response.body)
    if not isinstance(value, dict):
        raise UnexpectedBodyError
    return value


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list.

    Args:
        items: the rows; what is no JSON object is left out.
        next: the server's `next`, a cursor or a URL that holds one (both inferred); None on the last page.
    """

    items: list[dict[str, Any]]
    next: str | None


def read_page(response: Response) -> Page:
    """Return a list, in the standard envelope or bare (both were observed).

    Raises:
        UnexpectedBodyError: the body is no list.
    """
    value = read_json(response.body)
    items, cursor = (value.get("items"), value.get("next")) if isinstance(value, dict) else (value, None)
    if not isinstance(items, list):
        raise UnexpectedBodyError
    return Page([row for row in items if isinstance(row, dict)], cursor if isinstance(cursor, str) and cursor else None)


def ignore_body(response: Response) -> None:
    """Read nothing: the status alone settles the call."""


def read_json(body: bytes) -> Any:
    """Return a body as JSON data, None where it is none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def error_from(
    outcome: Response | RequestFailure,
    info: CallInfo,
    redact: Redact,
    *,
    outcome_unknown: bool = False,
    attempts: int = 1,
    seconds: float = 0.0,
) -> errors.RunflowError:
    """Return the error that an outcome stands for; of a success, that its body is not what was promised.

    Args:
        outcome: the outcome of the last attempt.
        info: what the error says of the call.
        redact: cuts secrets out of the server's words.
        outcome_unknown: whether an attempt, an earlier one perhaps, may have been processed.
        attempts: how many attempts were made.
        seconds: how long they took in all.
    """
    if isinstance(outcome, RequestFailure):
        return _transport_error(outcome, info, outcome_unknown, attempts, seconds)
    if is_success(outcome):
        return decode_error(outcome, info, redact)
    return _api_error(outcome, info, redact, outcome_unknown)


def _transport_error(
    failure: RequestFailure, info: CallInfo, outcome_unknown: bool, attempts: int, seconds: float
) -> errors.RunflowError:
    kind = errors.RequestTimeoutError if failure.kind is FailureKind.TIMEOUT else errors.ConnectionFailedError
    tried = f"after {attempts} attempt{'' if attempts == 1 else 's'} in {seconds:.1f} s"
    place = f" at {failure.origin}" if failure.origin else ""
    return kind(
        f"{info.doing}: {reason_of(failure)}, {tried}{place}. "
        f"{what_next(info, failure.may_have_been_received or outcome_unknown)}",
        evaluation_id=info.evaluation_id,
        idempotency_key=info.idempotency_key,
    )


def what_next(info: CallInfo, may_have_been_received: bool) -> str:
    """Return the sentence that tells how to go on after a call whose outcome is not known, or that did not happen."""
    if info.idempotency_key is None:
        return "It is safe to call again."
    received = (
        "The server may have processed the request"
        if may_have_been_received
        else "The server has not processed the request"
    )
    if not info.takes_key:
        return f"{received}; calling again may do it twice." if may_have_been_received else f"{received}: call again."
    return (
        f"{received}; to go on, call again with idempotency_key={info.idempotency_key!r} and the same arguments, "
        "so that nothing is billed twice."
    )


def decode_error(response: Response, info: CallInfo, redact: Redact) -> errors.DecodeError:
    """Return the error of a success whose body is not what was promised."""
    kind = one_line(redact(response.headers.get("content-type", "no content type"))[:80])
    text = (
        f"{info.doing}: the server responded with {response.status}, but its body is not a JSON object as promised "
        f"({kind}, {len(response.body)} bytes)."
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
    # No envelope is longer, and the time to read it in counts too.
    body = redact_json(read_json(response.body), redact) if len(response.body) <= _LONGEST_ENVELOPE else None
    if body is None:
        body = _text_of(response.body, redact)
    code, message, details = _read_envelope(body)
    kind = _BY_STATUS.get(response.status, errors.ServerError if 500 <= response.status < 600 else errors.APIError)
    text = f"{info.doing}: the server responded with {response.status}"
    text += f" {code[:_NAME_LIMIT]}" if code else ""
    text += f": {message}" if message else ""
    fields = "; ".join(filter(None, map(_field_text, details[:5])))
    text += f" [{fields}]" if fields else ""
    advice = _advice(response.status, info, outcome_unknown)
    error = kind(
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
    """Return the beginning of a body that is no JSON."""
    text = redact(body[: 2 * _TEXT_LIMIT].decode("utf-8", "replace"))
    if len(body) > 2 * _TEXT_LIMIT:
        # The cut may have gone through the key, and half a key is not found: the last word goes.
        text = re.sub(r"(?<!\S)\S+\Z", "", text)
    return text[:_TEXT_LIMIT]


def _advice(status: int, info: CallInfo, outcome_unknown: bool) -> str:
    if is_transient(status):
        received = outcome_unknown or status not in (425, 429)
        return _ADVICE.get(status, "The server failed.") + " " + what_next(info, received)
    if outcome_unknown and info.idempotency_key is not None:
        # Above all a 409 now says no more than that an earlier attempt is still in progress.
        advice = "" if status == 409 else _ADVICE.get(status, "")
        return f"{advice} An earlier attempt got no response. {what_next(info, True)}".strip()
    if 300 <= status < 400:
        return "Redirects are not followed: check the base URL."
    return _ADVICE.get(status, "")


def redacted(error: R, redact: Redact) -> R:
    """Return an error without what a server may have hidden in the names that its text repeats."""
    error.args = tuple(one_line(redact(part)) for part in error.args)
    return error


def _read_envelope(body: Any) -> tuple[str | None, str, list[dict[str, Any]]]:
    """Return code, message and per-field details of an error body in any shape that was ever observed."""
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
    where, what = detail.get("loc"), detail.get("msg")
    place = ".".join(str(part) for part in where) if isinstance(where, list) else str(where or "")
    return f"{place}: {what}"[:200] if isinstance(what, str) and place else str(what or place)[:200]
