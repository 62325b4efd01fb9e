"""The callbacks: when each is due, and the outcome of each attempt to deliver it."""

import heapq
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from ..ids import IdFactory
from .callback_secrets import CallbackSecrets

# Both numbers are the sandbox's own: the documentation names only an exponential schedule and a few attempts.
_ATTEMPTS = 5
_FIRST_PAUSE = 2.0


@dataclass(frozen=True, slots=True)
class Delivery:
    """One attempt to deliver the callback of an evaluation that has ended.

    Args:
        evaluation_id: the id of the evaluation.
        event: `evaluation.completed` or `evaluation.failed`.
        url: the `callback_url` of the submit.
        body: the raw JSON, the same on every attempt.
        signature: of the body, under the secret that was current at the first attempt; None where there was none.
        request_id: identifies this callback, the same on every attempt.
        attempt: from 1.
        at: when the attempt ended, in seconds of the sandbox's time; None before that.
        status: the HTTP status of the receiver's response; None without a response.
        problem: why there was no response.

    Example:
        >>> from runflow_client.sandbox import Sandbox, sharp_picture
        >>> sandbox = Sandbox()
        >>> hook = "https://shop.example/runflow"
        >>> _ = sandbox.client().evaluations.evaluate(sharp_picture(), "headshot", callback_url=hook)
        >>> [(delivery.event, delivery.status) for delivery in sandbox.deliver_callbacks(lambda delivery: 204)]
        [('evaluation.completed', 204)]
    """

    evaluation_id: str
    event: str
    url: str = field(repr=False)
    body: bytes = field(repr=False)
    signature: str | None = field(repr=False)
    request_id: str = field(repr=False)
    attempt: int = 1
    at: float | None = None
    status: int | None = None
    problem: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        """The headers that the callback is sent with."""
        headers = {"Content-Type": "application/json", "Runflow-Request-Id": self.request_id}
        return headers if self.signature is None else {**headers, "Runflow-Signature": self.signature}

    @property
    def taken(self) -> bool:
        """Whether the receiver has accepted it with 2xx, so that it is not sent again."""
        return self.status is not None and 200 <= self.status < 300


class Ended(NamedTuple):
    """An evaluation that has ended, whose callback is not made before its first attempt."""

    org_id: str
    evaluation_id: str


# Makes the first attempt of a callback, and receives the time of that moment.
Prepare = Callable[[Ended, float], Delivery]


class Outbox:
    """Callbacks in the order in which they are due."""

    persistent = ("_due", "_planned", "deliveries")

    def __init__(self, ids: IdFactory) -> None:
        self._ids = ids
        self._due: list[tuple[float, int, Ended | Delivery]] = []
        self._planned = 0
        self.deliveries: list[Delivery] = []

    @property
    def next_due(self) -> float | None:
        """The time at which the next callback is due, in seconds of the sandbox's time."""
        return self._due[0][0] if self._due else None

    def schedule(self, due: float, attempt: Ended | Delivery) -> None:
        """Plan the first or a later attempt of a callback."""
        self._planned += 1
        heapq.heappush(self._due, (due, self._planned, attempt))

    def create_delivery(
        self, evaluation_id: str, url: str, payload: Mapping[str, Any], secrets: CallbackSecrets, now: float
    ) -> Delivery:
        """Make the first attempt of a callback: its bytes and their signature, which later attempts repeat."""
        body = json.dumps(payload, separators=(",", ":")).encode()
        signature = secrets.sign(body, now)
        return Delivery(evaluation_id, payload["event"], url, body, signature, self._ids.new_id(now))

    def take(self, now: float, prepare: Prepare) -> list[Delivery]:
        """Remove and return the callbacks that are due; pass each to `record` once its attempt has ended."""
        taken = []
        while self._due and self._due[0][0] <= now:
            attempt = heapq.heappop(self._due)[2]
            taken.append(prepare(attempt, now) if isinstance(attempt, Ended) else attempt)
        return taken

    def record(self, delivery: Delivery, now: float, *, again: bool = True) -> Delivery:
        """Record the end of an attempt, and plan the next one where it is needed and `again` allows it."""
        ended = replace(delivery, at=now)
        self.deliveries.append(ended)
        if again and not ended.taken and ended.attempt < _ATTEMPTS:
            next_attempt = replace(delivery, attempt=delivery.attempt + 1, status=None, problem=None)
            self.schedule(now + _FIRST_PAUSE * 2 ** (delivery.attempt - 1), next_attempt)
        return ended
