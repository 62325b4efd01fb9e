"""What hooks are told: frozen events without secrets, image data or URL queries.

A hook is a callable that takes one event: `Runflow(hooks=[hook])`. It runs in the thread or task of the call and should
return at once. What it raises is logged and goes no further.

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

from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from .models.evaluation import Verdict

__all__ = [
    "EvaluationFinished",
    "EvaluationSubmitted",
    "Event",
    "RequestFinished",
    "RequestRetried",
    "RequestStarted",
]


@dataclass(frozen=True, slots=True)
class RequestStarted:
    """A request is about to be sent, or waits for a connection.

    Args:
        operation: the operation's name in the contract, such as `submit_evaluation`; `store_file` for a presigned PUT.
        method: the HTTP method.
        path: the path, without the query.
        attempt: 1 for the first time that this request is sent.
    """

    operation: str
    method: str
    path: str
    attempt: int


@dataclass(frozen=True, slots=True)
class RequestFinished:
    """A response arrived, or the request failed without one.

    Args:
        operation: as of `RequestStarted`.
        method: the HTTP method.
        path: the path, without the query.
        attempt: as of `RequestStarted`.
        seconds: from the start of the request, the wait for a connection included.
        status: the HTTP status; None where no response arrived.
        failure: why no response arrived; None where one did.
        request_id: the server's name for the request, where it sent one.
    """

    operation: str
    method: str
    path: str
    attempt: int
    seconds: float
    status: int | None
    failure: str | None
    request_id: str | None


@dataclass(frozen=True, slots=True)
class RequestRetried:
    """A request is sent again after a pause.

    Args:
        operation: as of `RequestStarted`.
        attempt: the number of the attempt that failed, from 1.
        attempts: how many attempts are made at most; None for a poll, which the deadline alone ends.
        reason: the status or the failure, in words.
        pause: seconds until the next attempt.
        request_id: the server's name for the failed request, where it sent one.
    """

    operation: str
    attempt: int
    attempts: int | None
    reason: str
    pause: float
    request_id: str | None


@dataclass(frozen=True, slots=True)
class EvaluationSubmitted:
    """The server accepted an image.

    Args:
        evaluation_id: the new evaluation.
        idempotency_key: the key that it was submitted under.
    """

    evaluation_id: str
    idempotency_key: str


@dataclass(frozen=True, slots=True)
class EvaluationFinished:
    """An evaluation that was waited for has ended.

    Args:
        evaluation_id: the evaluation.
        status: `completed` or `failed`.
        verdict: the verdict; None of a failed evaluation.
        seconds: from the start of the call that waited.
        charged: the credits charged; None where no price is known.
    """

    evaluation_id: str
    status: str
    verdict: Verdict | None
    seconds: float
    charged: Decimal | None


Event: TypeAlias = RequestStarted | RequestFinished | RequestRetried | EvaluationSubmitted | EvaluationFinished
