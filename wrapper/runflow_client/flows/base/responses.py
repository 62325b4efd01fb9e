"""Judging a raw answer: status first, then body.

What each status means: https://docs.runflow.io/concepts/errors. Everything else is tolerated: an unknown status is an
APIError with that status, and an error body may be the documented envelope, another shape, or no JSON at all.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
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
    404: "Check the id and the organization; another organization's things read as not found.",
    409: "If the idempotency key was used for other content, use a new key.",
    422: "Correct the named fields.",
    429: "Send fewer requests.",
}


@dataclass(frozen=True, slots=True)
class CallInfo:
    """What an error says of the call that it ended.

    Args:
        doing: what was being done, as in "submitting an image".
        evaluation_id: the evaluation that it was about, where known.
        idempotency_key: the key that it was sent under, where there is one.
        takes_key: whether the caller can give that key to another call.
    """

    doing: str
    evaluation_id: str | None = None
    idempotency_key: str | None = None
    takes_key: bool = True


def is_success(answer: Response | RequestFailure) -> bool:
    return isinstance(answer, Response) and 200 <= answer.status < 300


def may_have_been_processed(answer: Response | RequestFailure) -> bool:
    """Tell whether the server may have acted although its answer is no success."""
    if isinstance(answer, RequestFailure):
        return answer.may_have_been_received
    return answer.status == 408 or answer.status >= 500


def is_worth_retrying(answer: Response | RequestFailure, *, outcome_unknown: bool) -> bool:
    """Tell whether to send the same request again.

    Args:
        answer: the last answer.
        outcome_unknown: whether an attempt before it may have been acted on, which makes a 409 "still being worked on".
    """
    if isinstance(answer, RequestFailure):
        return answer.kind not in (FailureKind.UNSENDABLE, FailureKind.UNTRUSTED)
    if answer.status == 409:
        return outcome_unknown
    return answer.status in _RETRYABLE or (answer.status >= 500 and answer.status not in _NOT_RETRYABLE)


def retry_after(answer: Response | RequestFailure) -> float | None:
    """Return the seconds that the server asks to wait; None where it does not, or not in a way that can be read.

    An HTTP date is read against the answer's own `Date`, so that a wrong clock on either side does no harm.
    """
    if isinstance(answer, RequestFailure):
        return None
    text = answer.headers.get("retry-after", "").strip()
    if text.isascii() and text.replace(".", "", 1).isdigit():
        return min(float(text), _LONGEST_RETRY_AFTER)
    return _seconds_until(text, answer.headers.get("date", "")) if text else None


def _seconds_until(date: str, now: str) -> float | None:
    from email.utils import parsedate_to_datetime  # loads sockets and chance, and is hardly ever needed

    try:
        return max(0.0, (parsedate_to_datetime(date) - parsedate_to_datetime(now)).total_seconds())
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def request_id(answer: Response, redact: Redact) -> str | None:
    """Return the server's name for the request (header names inferred; only `Runflow-Request-Id` on callbacks is documented)."""
    name = answer.headers.get("x-request-id") or answer.headers.get("runflow-request-id")
    return redact(name)[:_MESSAGE_LIMIT] if name else None


def read_object(answer: Response) -> dict[str, Any] | None:
    """Return the body as a JSON object, or None where it is anything else."""
    value = read_json(answer.body)
    return value if isinstance(value, dict) else None


def read_items(answer: Response) -> list[dict[str, Any]] | None:
    """Return the rows of a list, in the standard envelope or bare (both were seen); rows that are no objects are left out."""
    value = read_json(answer.body)
    if isinstance(value, dict):
        value = value.get("items")
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else None


def error_from(
    answer: Response | RequestFailure, info: CallInfo, redact: Redact, *, outcome_unknown: bool = False
) -> errors.RunflowError:
    """Return the error that this answer stands for; of a success, that its body is not what was promised.

    Args:
        answer: the last answer.
        call: what the error is to say of the call.
        scrub: cuts secrets out of the server's words.
        outcome_unknown: whether an attempt, an earlier one perhaps, may have been acted on.
    """
    if isinstance(answer, RequestFailure):
        return _no_answer(answer, info, outcome_unknown)
    if is_success(answer):
        return _undecodable(answer, info, redact)
    return _api_error(answer, info, redact, outcome_unknown)


def _no_answer(answer: RequestFailure, info: CallInfo, outcome_unknown: bool) -> errors.RunflowError:
    kind = errors.RequestTimeoutError if answer.kind is FailureKind.TIMEOUT else errors.ConnectionFailedError
    text = f"{info.doing}: {answer.kind.value}"
    if answer.reason:
        text += f" ({answer.reason})"
    return kind(
        f"{text}. {what_next(info, answer.may_have_been_received or outcome_unknown)}",
        evaluation_id=info.evaluation_id,
        idempotency_key=info.idempotency_key,
    )


def what_next(info: CallInfo, may_have_been_received: bool) -> str:
    """Return the sentence that tells how to go on after a call whose outcome is not known, or that did not happen."""
    if info.idempotency_key is None:
        return "It is safe to call again."
    received = "The server may have acted on it" if may_have_been_received else "The server has not acted on it"
    if not info.takes_key:
        return f"{received}; calling again may do it twice." if may_have_been_received else f"{received}: call again."
    return (
        f"{received}; to go on, call again with idempotency_key={info.idempotency_key!r} and the same arguments, "
        "so that nothing is billed twice."
    )


def _undecodable(answer: Response, info: CallInfo, redact: Redact) -> errors.DecodeError:
    kind = one_line(redact(answer.headers.get("content-type", "no content type"))[:80])
    text = (
        f"{info.doing}: the server answered {answer.status}, but its body is not a JSON object as promised "
        f"({kind}, {len(answer.body)} bytes)."
    )
    if info.idempotency_key is not None:
        text += " " + what_next(info, True)
    return errors.DecodeError(
        text,
        evaluation_id=info.evaluation_id,
        idempotency_key=info.idempotency_key,
        request_id=request_id(answer, redact),
    )


def _api_error(answer: Response, info: CallInfo, redact: Redact, outcome_unknown: bool) -> errors.APIError:
    # No envelope is longer, and the time to read it in counts too.
    body = redact_json(read_json(answer.body), redact) if len(answer.body) <= _LONGEST_ENVELOPE else None
    if body is None:
        body = _text_of(answer.body, redact)
    code, message, details = _read_envelope(body)
    kind = _BY_STATUS.get(answer.status, errors.ServerError if 500 <= answer.status < 600 else errors.APIError)
    text = f"{info.doing}: the server answered {answer.status}"
    text += f" {code[:_NAME_LIMIT]}" if code else ""
    text += f": {message}" if message else ""
    fields = "; ".join(filter(None, map(_field_text, details[:5])))
    text += f" [{fields}]" if fields else ""
    advice = _advice(answer.status, info, outcome_unknown)
    error = kind(
        one_line(f"{text.rstrip('.')}. {advice}".strip()),
        status=answer.status,
        code=code,
        message=message,
        errors=details,
        body=body,
        evaluation_id=info.evaluation_id,
        idempotency_key=info.idempotency_key,
        request_id=request_id(answer, redact),
    )
    if isinstance(error, errors.RateLimitError):
        error.retry_after = retry_after(answer)
    return error


def _text_of(body: bytes, redact: Redact) -> str:
    """Return the beginning of a body that is no JSON."""
    text = redact(body[: 2 * _TEXT_LIMIT].decode("utf-8", "replace"))
    if len(body) > 2 * _TEXT_LIMIT:
        # The cut may have gone through the key, and half a key is not found: the last word goes.
        text = re.sub(r"(?<!\S)\S+\Z", "", text)
    return text[:_TEXT_LIMIT]


def _advice(status: int, info: CallInfo, outcome_unknown: bool) -> str:
    if status >= 500 or status in _RETRYABLE:
        received = outcome_unknown or status not in (425, 429)
        return _ADVICE.get(status, "The trouble is the server's.") + " " + what_next(info, received)
    if outcome_unknown and info.idempotency_key is not None:
        # Above all a 409 now says no more than that an earlier attempt is still being worked on.
        advice = "" if status == 409 else _ADVICE.get(status, "")
        return f"{advice} No answer came to an earlier attempt. {what_next(info, True)}".strip()
    if 300 <= status < 400:
        return "Redirects are not followed: check the base URL."
    return _ADVICE.get(status, "")


def redacted(error: R, redact: Redact) -> R:
    """Return an error without what a server may have hidden in the names that its text repeats."""
    error.args = tuple(one_line(redact(part)) for part in error.args)
    return error


def read_json(body: bytes) -> Any:
    """Return a body as JSON data, None where it is none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _read_envelope(body: Any) -> tuple[str | None, str, list[dict[str, Any]]]:
    """Return code, message and per-field details of an error body in any shape that was ever seen."""
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
