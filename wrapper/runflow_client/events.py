"""The events that hooks receive: frozen, without secrets, image data or the queries of URLs.

A hook is a callable that takes one event: `Runflow(hooks=[hook])`. It runs in the thread or task of the call and should
return quickly. An exception that it raises is logged and does not reach the caller.

Example:
    >>> from runflow_client import events
    >>> from runflow_client.sandbox import Sandbox, sharp_picture
    >>> seen = []
    >>> with Sandbox().client(hooks=[seen.append]) as client:
    ...     _ = client.evaluations.evaluate(sharp_picture(), "headshot")
    >>> [event.verdict.value for event in seen if isinstance(event, events.EvaluationFinished)]
    ['passed']
"""

from __future__ import annotations

from decimal import Decimal
from typing import TypeAlias

from attrs import frozen

from .models.evaluation import Verdict

__all__ = [
    "EvaluationFinished",
    "EvaluationSubmitted",
    "Event",
    "RequestFinished",
    "RequestRetried",
    "RequestStarted",
]


@frozen
class RequestStarted:
    """A request is about to be sent; it may first wait for a free connection.

    Args:
        operation: the operation's id in the OpenAPI document, such as `submit_evaluation`; `store_file` for a presigned PUT.
        method: the HTTP method.
        path: the path, without the query.
        attempt: the number of this attempt, from 1.

    Example:
        >>> from runflow_client.sandbox import Sandbox
        >>> seen = []
        >>> with Sandbox().client(hooks=[seen.append]) as client:
        ...     _ = client.account.me()
        >>> seen[0]
        RequestStarted(operation='get_account', method='GET', path='/v1/auth/me', attempt=1)
    """

    operation: str
    method: str
    path: str
    attempt: int


@frozen
class RequestFinished:
    """A response arrived, or the request failed without one.

    Args:
        operation: as in `RequestStarted`.
        method: the HTTP method.
        path: the path, without the query.
        attempt: as in `RequestStarted`.
        seconds: from the start of the attempt, including the wait for a free connection.
        status: the HTTP status; None where no response arrived.
        failure: why no response arrived; None where one did.
        request_id: the server's id of the request, None where it sent none.

    Example:
        >>> from runflow_client.sandbox import Sandbox
        >>> seen = []
        >>> with Sandbox().client(hooks=[seen.append]) as client:
        ...     _ = client.account.me()
        >>> seen[1].status
        200
    """

    operation: str
    method: str
    path: str
    attempt: int
    seconds: float
    status: int | None
    failure: str | None
    request_id: str | None


@frozen
class RequestRetried:
    """A request failed and is going to be sent again after a pause.

    Args:
        operation: as in `RequestStarted`.
        attempt: the number of the attempt that failed, from 1; for a poll, its number in the wait.
        attempts: how many attempts there are at most; None for a poll, which is repeated until the deadline.
        reason: the status of the response, or in words why none arrived.
        pause: seconds until the next attempt.
        request_id: the server's id of the failed request, None where it sent none.

    Example:
        >>> from runflow_client.sandbox import Sandbox
        >>> sandbox, seen = Sandbox(), []
        >>> sandbox.faults.add("503")
        >>> with sandbox.client(hooks=[seen.append]) as client:
        ...     _ = client.account.me()
        >>> [event.reason for event in seen if isinstance(event, RequestRetried)]
        ['the server responded with 503']
    """

    operation: str
    attempt: int
    attempts: int | None
    reason: str
    pause: float
    request_id: str | None


@frozen
class EvaluationSubmitted:
    """The server accepted an image.

    Args:
        evaluation_id: the id of the new evaluation.
        idempotency_key: the key of the submit.

    Example:
        >>> from runflow_client.sandbox import Sandbox, sharp_picture
        >>> seen = []
        >>> with Sandbox().client(hooks=[seen.append]) as client:
        ...     _ = client.evaluations.evaluate(sharp_picture(), "headshot")
        >>> [event.evaluation_id for event in seen if isinstance(event, EvaluationSubmitted)]
        ['...']
    """

    evaluation_id: str
    idempotency_key: str


@frozen
class EvaluationFinished:
    """An evaluation that a call waits for has ended.

    Args:
        evaluation_id: the id of the evaluation.
        status: `completed` or `failed`.
        verdict: the verdict; None if the evaluation failed.
        seconds: from the start of that call until it saw the end.
        charged: the credits charged; None if the server sent no price.

    Example:
        >>> from runflow_client.sandbox import Sandbox, sharp_picture
        >>> seen = []
        >>> with Sandbox().client(hooks=[seen.append]) as client:
        ...     _ = client.evaluations.evaluate(sharp_picture(), "headshot")
        >>> [(event.verdict.value, str(event.charged)) for event in seen if isinstance(event, EvaluationFinished)]
        [('passed', '0.05')]
    """

    evaluation_id: str
    status: str
    verdict: Verdict | None
    seconds: float
    charged: Decimal | None


Event: TypeAlias = RequestStarted | RequestFinished | RequestRetried | EvaluationSubmitted | EvaluationFinished
