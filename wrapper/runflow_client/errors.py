"""Every error that this library raises, with the ids that the caller needs to go on.

Importable without httpx. All of them pickle, and none of them holds the API key, image data or the query of a URL.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .models.failures import failed_message, unfinished_message, unknown_outcome_message

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
        >>> issubclass(RateLimitError, RunflowError)
        True
    """

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
    """The client cannot work as it is configured: no key, a base URL that is not https, or a client already closed.

    Example:
        >>> from runflow_client import Runflow
        >>> Runflow("rf_key", base_url="http://api.example.com")
        Traceback (most recent call last):
        runflow_client.errors.ConfigurationError: the base URL must begin with https:// ...
    """


class InvalidRequestError(RunflowError, ValueError):
    """An argument is not valid or breaks a limit of the API; the request with it was not sent.

    Attributes:
        argument: the name of the wrong argument, as the caller wrote it.

    Example:
        >>> from runflow_client import Runflow
        >>> Runflow("rf_key").evaluations.submit("https://images.example.com/a.png", "")
        Traceback (most recent call last):
        runflow_client.errors.InvalidRequestError: task_type: needs at least 1 character, found 0
    """

    def __init__(self, message: str, *, argument: str | None = None, evaluation_id: str | None = None) -> None:
        super().__init__(message, evaluation_id=evaluation_id)
        self.argument = argument


class BudgetExceededError(RunflowError):
    """The item of a batch was not submitted, because its price does not fit into what is left of the budget.

    Example:
        >>> from runflow_client import EvaluationRequest
        >>> from runflow_client.sandbox import Sandbox
        >>> requests = [EvaluationRequest("https://images.example.com/a.png", "headshot")]
        >>> [outcome.error for outcome in Sandbox(price="0.05").client().evaluations.evaluate_many(requests, budget="0.04")]
        [BudgetExceededError('the item was not submitted: 0.05 credits do not fit into ...')]
    """


class APIError(RunflowError):
    """The server responded with a status that is not a success.

    Attributes:
        status: the HTTP status.
        code: the code in the server's error envelope, None where it sent none.
        message: the server's message, redacted; empty where it sent none.
        errors: the server's details for each field, redacted; empty where it sent none.
        body: the decoded JSON body, redacted; where it is not JSON, at most 2,000 characters of its text.

    Example:
        >>> from runflow_client.sandbox import Sandbox
        >>> with Sandbox().client() as client:
        ...     try:
        ...         client.evaluations.get("0193f0a0-0000-7000-8000-000000000001")
        ...     except APIError as error:
        ...         print(error.status, error.code)
        404 EVALUATION_NOT_FOUND
    """

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
    """401: the key is missing, wrong or revoked.

    Example:
        >>> from runflow_client.sandbox import Sandbox
        >>> Sandbox().client(api_key="rf_wrong").account.me()
        Traceback (most recent call last):
        runflow_client.errors.AuthenticationError: getting the account of the key: the server responded with 401 ...
    """


class InsufficientCreditError(APIError):
    """402: the balance does not cover the evaluation.

    Example:
        >>> from runflow_client.sandbox import Sandbox, sharp_picture
        >>> Sandbox(balance="0.01").client().evaluations.submit(sharp_picture(), "headshot")
        Traceback (most recent call last):
        runflow_client.errors.InsufficientCreditError: submitting an image: the server responded with 402 ...
    """


class PermissionDeniedError(APIError):
    """403: the key lacks a scope that the request needs, or the organization does not allow the request.

    Example:
        >>> from runflow_client.sandbox import Key, Sandbox, sharp_picture
        >>> Sandbox(keys=[Key("rf_reader", scopes=[])]).client().evaluations.submit(sharp_picture(), "headshot")
        Traceback (most recent call last):
        runflow_client.errors.PermissionDeniedError: submitting an image: the server responded with 403 ...
    """


class NotFoundError(APIError):
    """404: there is no such object for this key; objects of another organization are not found either.

    Example:
        >>> from runflow_client.sandbox import Sandbox
        >>> Sandbox().client().evaluations.get("0193f0a0-0000-7000-8000-000000000001")
        Traceback (most recent call last):
        runflow_client.errors.NotFoundError: getting evaluation 0193f0a0-0000-7000-8000-000000000001: ...
    """


class ConflictError(APIError):
    """409: a conflict, usually an idempotency key that was used before with other content.

    Example:
        >>> from runflow_client.sandbox import Sandbox, sharp_picture
        >>> client = Sandbox().client()
        >>> _ = client.evaluations.submit(sharp_picture(), "headshot", idempotency_key="order-17")
        >>> client.evaluations.submit(sharp_picture(1), "headshot", idempotency_key="order-17")
        Traceback (most recent call last):
        runflow_client.errors.ConflictError: submitting an image: the server responded with 409 ...
    """


class UnprocessableError(APIError):
    """422: fields of the request break the server's rules; `errors` names them.

    Example:
        >>> from runflow_client.sandbox import Sandbox, sharp_picture
        >>> Sandbox().client().evaluations.submit(sharp_picture(), "headshot", job_class="no such class")
        Traceback (most recent call last):
        runflow_client.errors.UnprocessableError: submitting an image: ... [body.job_class: ...
    """


class RateLimitError(APIError):
    """429: too many requests.

    Attributes:
        retry_after: seconds that the server asks to wait; None where its `Retry-After` is absent or unreadable.

    Example:
        >>> from runflow_client.sandbox import Sandbox
        >>> sandbox = Sandbox()
        >>> sandbox.faults.add("429 retry-after 120")
        >>> try:
        ...     sandbox.client().account.me()
        ... except RateLimitError as error:
        ...     print(error.retry_after)
        120.0
    """

    retry_after: float | None = None


class ServerError(APIError):
    """5xx: the server, or a proxy in front of it, failed.

    Example:
        >>> from runflow_client.sandbox import Sandbox
        >>> sandbox = Sandbox()
        >>> sandbox.faults.add("always 503")
        >>> sandbox.client().account.me()
        Traceback (most recent call last):
        runflow_client.errors.ServerError: getting the account of the key: the server responded with 503 ...
    """


class TransportError(RunflowError):
    """No response arrived.

    Example:
        >>> from runflow_client import RetryPolicy
        >>> from runflow_client.sandbox import Sandbox, faults, sharp_picture
        >>> sandbox = Sandbox()
        >>> sandbox.faults.append(faults.drop_after)
        >>> client = sandbox.client(retries=RetryPolicy(attempts=1))
        >>> try:
        ...     evaluation = client.evaluations.submit(sharp_picture(), "headshot")
        ... except TransportError as error:  # the same key, so that nothing is billed twice
        ...     evaluation = client.evaluations.submit(sharp_picture(), "headshot", idempotency_key=error.idempotency_key)
        >>> sandbox.evaluations
        1
    """


class ConnectionFailedError(TransportError):
    """The connection could not be made, or broke before the response was complete.

    Example:
        >>> from runflow_client.sandbox import Sandbox
        >>> sandbox = Sandbox()
        >>> sandbox.faults.add("always drop before")
        >>> sandbox.client().account.me()
        Traceback (most recent call last):
        runflow_client.errors.ConnectionFailedError: getting the account of the key: the connection broke ...
    """


class RequestTimeoutError(TransportError):
    """The response did not arrive before the deadline of the call, or within the timeout of its last attempt.

    Example:
        >>> from runflow_client.sandbox import Sandbox
        >>> sandbox = Sandbox()
        >>> sandbox.faults.add("always delay 90")
        >>> sandbox.client(timeout=10).account.me()
        Traceback (most recent call last):
        runflow_client.errors.RequestTimeoutError: getting the account of the key: no response arrived in time ...
    """


class DecodeError(RunflowError):
    """The server responded with a success, but the body does not match the OpenAPI document.

    Example:
        >>> from runflow_client.sandbox import Sandbox
        >>> sandbox = Sandbox()
        >>> sandbox.faults.add("garbage")
        >>> sandbox.client().account.me()
        Traceback (most recent call last):
        runflow_client.errors.DecodeError: getting the account of the key: the server responded with 200, but ...
    """


class EvaluationFailedError(RunflowError):
    """The evaluation ended as `failed`: the image was not judged, so nothing is known about its quality.

    Attributes:
        evaluation: the failed evaluation; its `failure_code` is the reason.

    Example:
        >>> from runflow_client.sandbox import Sandbox
        >>> Sandbox().client().evaluations.evaluate(b"\\x89PNG\\r\\n\\x1a\\n and nothing more", "headshot")
        Traceback (most recent call last):
        runflow_client.errors.EvaluationFailedError: evaluation ... failed (invalid_media): ...
    """

    def __init__(self, evaluation: Evaluation, *, idempotency_key: str | None = None) -> None:
        super().__init__(
            failed_message(evaluation),
            evaluation_id=evaluation.id,
            idempotency_key=idempotency_key,
        )
        self.evaluation = evaluation


class WaitTimeoutError(RunflowError):
    """The evaluation had not ended by the deadline; it goes on at the server and can be waited for again.

    Attributes:
        evaluation: the evaluation as the last successful poll returned it; if none succeeded, perhaps only its `id` is set.

    Example:
        >>> from runflow_client.sandbox import Sandbox, sharp_picture
        >>> client = Sandbox(evaluation_seconds=900).client()
        >>> try:
        ...     evaluation = client.evaluations.evaluate(sharp_picture(), "headshot", timeout=60)
        ... except WaitTimeoutError as error:
        ...     print(client.evaluations.wait(error.evaluation, timeout=1200).verdict)
        passed
    """

    def __init__(self, evaluation: Evaluation, *, idempotency_key: str | None = None, last_problem: str = "") -> None:
        super().__init__(
            unfinished_message(evaluation, last_problem),
            evaluation_id=evaluation.id,
            idempotency_key=idempotency_key,
        )
        self.evaluation = evaluation


class JournalError(RunflowError):
    """The journal of a batch cannot be used, or cannot be written; nothing in it was overwritten.

    Example:
        >>> from runflow_client import open_journal
        >>> open_journal("mistyped.db")
        Traceback (most recent call last):
        runflow_client.errors.JournalError: journal 'mistyped.db': there is no such file. ...
    """


class UnknownOutcomeError(RunflowError):
    """An item of a batch may have been submitted, but too long ago to submit it again under the same idempotency key.

    Its price counts as spent until `open_journal(...).resolve` says what became of it.

    Attributes:
        batch_id: the batch.
        item_id: the item.

    Example:
        >>> print(UnknownOutcomeError("catalogue", "a.png").item_id)
        a.png
    """

    def __init__(self, batch_id: str, item_id: str, *, idempotency_key: str | None = None) -> None:
        super().__init__(
            unknown_outcome_message(batch_id, item_id),
            idempotency_key=idempotency_key,
        )
        self.batch_id = batch_id
        self.item_id = item_id
