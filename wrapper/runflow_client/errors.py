"""Every error that this library raises, with the ids that the caller needs to go on.

Importable without httpx. All of them pickle, and none of them holds the API key, image data or the query of a URL.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ._redaction import one_line, redactor, safe_id

if TYPE_CHECKING:
    from .models.evaluation import Evaluation
else:
    Evaluation = Any  # so that typing.get_type_hints works without loading the generated layer

_LONGEST_REASON = 300
_REASON_FIELDS = ("failure_message", "failure_reason", "failure_detail")

__all__ = [
    "APIError",
    "AuthenticationError",
    "BudgetExceededError",
    "ConfigurationError",
    "ConflictError",
    "ConnectionFailedError",
    "DecodeError",
    "EvaluationFailedError",
    "InsufficientCreditError",
    "InvalidRequestError",
    "JournalError",
    "NotFoundError",
    "PermissionDeniedError",
    "RateLimitError",
    "RequestTimeoutError",
    "RunflowError",
    "ServerError",
    "TransportError",
    "UnknownOutcomeError",
    "UnprocessableError",
    "WaitTimeoutError",
]

_LONGEST_NAME = 200


def _rebuild(error_class: type[RunflowError], arguments: tuple[Any, ...], state: dict[str, Any]) -> RunflowError:
    error = error_class.__new__(error_class, *arguments)
    error.args = arguments
    error.__dict__.update(state)
    return error


class RunflowError(Exception):
    """The base class: `except RunflowError` catches every error of this library.

    Attributes:
        evaluation_id: the id of the call's evaluation, None before the server has sent it.
        idempotency_key: the key that the call submitted under, else None; calling again with it is not billed twice.
        request_id: the server's id of the request (`X-Request-Id` or `Runflow-Request-Id`, both inferred), else None.

    Example:
        >>> from runflow_client import errors
        >>> issubclass(errors.RateLimitError, errors.RunflowError)
        True
    """

    evaluation_id: str | None
    idempotency_key: str | None
    request_id: str | None

    def __init__(
        self,
        message: str,
        *,
        evaluation_id: str | None = None,
        idempotency_key: str | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.evaluation_id = evaluation_id
        self.idempotency_key = idempotency_key
        self.request_id = request_id

    def __reduce__(self) -> tuple[Any, ...]:
        # By default an exception is unpickled by calling its class with `args` alone, which loses keyword arguments.
        return _rebuild, (type(self), self.args, dict(self.__dict__))


class ConfigurationError(RunflowError):
    """The client cannot work as it is configured: no key, a base URL that is not https, or a client already closed."""


class InvalidRequestError(RunflowError, ValueError):
    """An argument is not valid or breaks a limit of the API; the request with it was not sent.

    Attributes:
        argument: the name of the wrong argument, as the caller wrote it.
    """

    argument: str | None

    def __init__(self, message: str, *, argument: str | None = None, evaluation_id: str | None = None) -> None:
        super().__init__(message, evaluation_id=evaluation_id)
        self.argument = argument


class BudgetExceededError(RunflowError):
    """The item of a batch was not submitted, because its price does not fit into what is left of the budget."""


class APIError(RunflowError):
    """The server responded with a status that is not a success.

    Attributes:
        status: the HTTP status.
        code: the code in the server's error envelope, None where it sent none.
        message: the server's message, redacted; empty where it sent none.
        errors: the server's details for each field, redacted; empty where it sent none.
        body: the decoded JSON body, redacted; where it is not JSON, at most 2,000 characters of its text.
    """

    status: int
    code: str | None
    message: str
    errors: Sequence[dict[str, Any]]
    body: Any

    def __init__(
        self,
        text: str,
        *,
        status: int,
        code: str | None = None,
        message: str = "",
        errors: Sequence[dict[str, Any]] = (),
        body: Any = None,
        evaluation_id: str | None = None,
        idempotency_key: str | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(text, evaluation_id=evaluation_id, idempotency_key=idempotency_key, request_id=request_id)
        self.status = status
        self.code = code
        self.message = message
        self.errors = errors
        self.body = body


class AuthenticationError(APIError):
    """401: the key is missing, wrong or revoked."""


class InsufficientCreditError(APIError):
    """402: the balance does not cover the evaluation."""


class PermissionDeniedError(APIError):
    """403: the key lacks a scope that the request needs, or the organization does not allow the request."""


class NotFoundError(APIError):
    """404: there is no such object for this key; objects of another organization are not found either."""


class ConflictError(APIError):
    """409: a conflict, usually an idempotency key that was used before with other content."""


class UnprocessableError(APIError):
    """422: fields of the request break the server's rules; `errors` names them."""


class RateLimitError(APIError):
    """429: too many requests.

    Attributes:
        retry_after: seconds that the server asks to wait; None where its `Retry-After` is absent or unreadable.
    """

    retry_after: float | None = None


class ServerError(APIError):
    """5xx: the server, or a proxy in front of it, failed."""


class TransportError(RunflowError):
    """No response arrived."""


class ConnectionFailedError(TransportError):
    """The connection could not be made, or broke before the response was complete."""


class RequestTimeoutError(TransportError):
    """The response did not arrive before the deadline of the call, or within the timeout of its last attempt."""


class DecodeError(RunflowError):
    """The server responded with a success, but the body does not match the OpenAPI document."""


class EvaluationFailedError(RunflowError):
    """The evaluation ended as `failed`: the image was not judged, so nothing is known about its quality.

    Attributes:
        evaluation: the failed evaluation; its `failure_code` is the reason.
    """

    evaluation: Evaluation

    def __init__(self, evaluation: Evaluation, *, idempotency_key: str | None = None) -> None:
        code = evaluation.failure_code
        reason = failure_reason(evaluation)
        super().__init__(
            f"evaluation {safe_id(evaluation.id)} failed ({safe_id(code) if code else 'no failure_code'})"
            + (f": {reason.rstrip('.')}. " if reason else ". ")
            + "The image was not judged, so there is no verdict. error.evaluation holds the details. "
            "To try again, submit the image under a new idempotency key.",
            evaluation_id=evaluation.id,
            idempotency_key=idempotency_key,
        )
        self.evaluation = evaluation


def failure_reason(evaluation: Evaluation) -> str:
    """Return the server's reason for a failure, redacted and on one line; empty where it sent none.

    The OpenAPI document has no field for it. `_REASON_FIELDS` are the names that runs and callbacks use; that evaluations
    use them too is inferred. The shape of `check_summary` is not documented.
    """
    unknown, summary = evaluation.additional_properties, evaluation.check_summary
    found: list[Any] = [unknown.get(name) for name in _REASON_FIELDS]
    found.append(summary.get("reason") if isinstance(summary, dict) else None)
    return next(filter(None, (_short(text) for text in found if isinstance(text, str))), "")


def _short(text: str) -> str:
    # Cut before redacting too, so that a long text costs little. The cut may split an API key, and the client, which
    # redacts the key later, would not find half of it: so `_cut` drops the last word.
    text = _cut(text, 4 * _LONGEST_REASON)
    return _cut(one_line(redactor(())(text)).strip(), _LONGEST_REASON)


def _cut(text: str, size: int) -> str:
    return text if len(text) <= size else text[:size].rpartition(" ")[0]


class WaitTimeoutError(RunflowError):
    """The evaluation had not ended by the deadline; it goes on at the server and can be waited for again.

    Attributes:
        evaluation: the evaluation as the last successful poll returned it; if none succeeded, perhaps only its `id` is set.
    """

    evaluation: Evaluation

    def __init__(self, evaluation: Evaluation, *, idempotency_key: str | None = None, last_problem: str = "") -> None:
        status = safe_id(evaluation.status_code) if evaluation.status_code else "unknown"
        super().__init__(
            f"evaluation {safe_id(evaluation.id)} had not ended by the deadline (last status: {status}). "
            + (f"The last poll failed: {last_problem.rstrip('.')}. " if last_problem else "")
            + "The evaluation goes on at the server and is not billed again: call wait(error.evaluation) to go on waiting.",
            evaluation_id=evaluation.id,
            idempotency_key=idempotency_key,
        )
        self.evaluation = evaluation


class JournalError(RunflowError):
    """The journal of a batch cannot be used, or cannot be written; nothing in it was overwritten."""


class UnknownOutcomeError(RunflowError):
    """An item of a batch may have been submitted, but too long ago to submit it again under the same idempotency key.

    Its price counts as spent until `open_journal(...).resolve` says what became of it.

    Attributes:
        batch_id: the batch.
        item_id: the item.
    """

    batch_id: str
    item_id: str

    def __init__(self, batch_id: str, item_id: str, *, idempotency_key: str | None = None) -> None:
        batch, item = (one_line(redactor(())(name))[:_LONGEST_NAME] for name in (batch_id, item_id))
        super().__init__(
            f"item {item!r} of batch {batch!r} may have been submitted, but no response was recorded, and its idempotency key is too "
            "old to submit it again without a second charge. Find out whether its evaluation exists (by its client_ref or run, or in "
            "a callback); then call open_journal(...).resolve(batch_id, item_id, evaluation_id), with None where it does not exist, or "
            "use the command `runflow resolve`, and run the batch again.",
            idempotency_key=idempotency_key,
        )
        self.batch_id = batch_id
        self.item_id = item_id
