"""Every error that this library raises, each with what is known of the call it ended.

Importable without httpx. All of them pickle, and none of them holds the API key, image data or the query of a URL.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ._redaction import safe_id

if TYPE_CHECKING:
    from .models.evaluation import Evaluation
else:
    Evaluation = Any  # so that typing.get_type_hints works without loading the generated layer

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
    "NotFoundError",
    "PermissionDeniedError",
    "RateLimitError",
    "RequestTimeoutError",
    "RunflowError",
    "ServerError",
    "TransportError",
    "UnprocessableError",
    "WaitTimeoutError",
]


def _rebuild(kind: type[RunflowError], arguments: tuple[Any, ...], state: dict[str, Any]) -> RunflowError:
    error = kind.__new__(kind, *arguments)
    error.args = arguments
    error.__dict__.update(state)
    return error


class RunflowError(Exception):
    """The root of the tree: `except RunflowError` catches whatever this library raises.

    Attributes:
        evaluation_id: the evaluation that the call was about, once the server has named it; else None.
        idempotency_key: the key that a submit was sent under; submitting again under it cannot bill twice. Else None.
        request_id: the server's own name for the request (`X-Request-Id` or `Runflow-Request-Id`, inferred), else None.

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
        # Exceptions rebuild themselves by calling their class with `args`, which the keyword-only arguments here defeat.
        return _rebuild, (type(self), self.args, dict(self.__dict__))


class ConfigurationError(RunflowError):
    """The client cannot work as it was set up (no key, a base URL that is not https, a client already closed)."""


class InvalidRequestError(RunflowError, ValueError):
    """An argument breaks a limit of the API; found before anything was sent.

    Attributes:
        argument: the name of the argument at fault, as the caller wrote it.
    """

    argument: str | None

    def __init__(self, message: str, *, argument: str | None = None, evaluation_id: str | None = None) -> None:
        super().__init__(message, evaluation_id=evaluation_id)
        self.argument = argument


class BudgetExceededError(RunflowError):
    """The item of a batch was not submitted, because its price does not fit into what is left of the budget."""


class APIError(RunflowError):
    """The server answered, and the answer was not a success.

    Attributes:
        status: the HTTP status.
        code: the stable code of the server's error envelope, None where it sent none.
        message: the server's words, with secrets and image data cut out.
        errors: per-field details as the server sent them, as dicts; empty where there are none.
        body: the decoded JSON body, or its text (cut at 2,000 characters) where it was not JSON.
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
    """403: the key lacks the scope, or the organization refuses it."""


class NotFoundError(APIError):
    """404: there is no such thing for this key; another organization's things read as not found too."""


class ConflictError(APIError):
    """409: most often an idempotency key that was used before with other content."""


class UnprocessableError(APIError):
    """422: the server found fields that break its rules; `errors` names them."""


class RateLimitError(APIError):
    """429: too many requests.

    Attributes:
        retry_after: the seconds that the server asked to wait, None where it named none that can be read.
    """

    retry_after: float | None = None


class ServerError(APIError):
    """5xx: the server, or something in front of it, failed."""


class TransportError(RunflowError):
    """No answer arrived."""


class ConnectionFailedError(TransportError):
    """The connection could not be made, or broke before the answer was whole."""


class RequestTimeoutError(TransportError):
    """The answer did not arrive in the time that the call was given."""


class DecodeError(RunflowError):
    """The server said success, but the body was not the JSON object that it promised."""


class EvaluationFailedError(RunflowError):
    """The evaluation ended as `failed`: no judgement was made, which says nothing about the image's quality.

    Attributes:
        evaluation: the failed evaluation; its `failure_code` says why.
    """

    evaluation: Evaluation

    def __init__(self, evaluation: Evaluation, *, idempotency_key: str | None = None) -> None:
        code = evaluation.failure_code
        super().__init__(
            f"evaluation {safe_id(evaluation.id)} failed ({safe_id(code) if code else 'no failure_code given'}): no judgement was made, "
            "so this is no verdict on the image. Look at error.evaluation; submit again under a new idempotency key.",
            evaluation_id=evaluation.id,
            idempotency_key=idempotency_key,
        )
        self.evaluation = evaluation


class WaitTimeoutError(RunflowError):
    """The evaluation had not ended when the time was up; it goes on at the server and can be waited for again.

    Attributes:
        evaluation: the evaluation as last seen; where no look was ever answered, only its `id` is set.
    """

    evaluation: Evaluation

    def __init__(self, evaluation: Evaluation, *, idempotency_key: str | None = None, last_problem: str = "") -> None:
        seen = safe_id(evaluation.status_code) if evaluation.status_code else "never seen"
        super().__init__(
            f"evaluation {safe_id(evaluation.id)} had not ended when the time was up (last seen: {seen}"
            + (f"; the last look failed: {last_problem}" if last_problem else "")
            + "). It goes on at the server and is not billed again: call wait(error.evaluation) to go on waiting.",
            evaluation_id=evaluation.id,
            idempotency_key=idempotency_key,
        )
        self.evaluation = evaluation
