"""Waking the waits for evaluations whose callback has arrived."""

from __future__ import annotations

import logging
import math
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import Any

from ..errors import ConfigurationError
from .signatures import Callback

_logger = logging.getLogger("runflow_client.callbacks")
_MOST_EARLY = 10_000
_EARLY_SECONDS = 300.0
_REMEMBERED = 100
_LEAST_REMEMBERED = 10
_TIMES_AWAITED = 3
"""The callbacks that have arrived must be this many times those that are awaited: the first of many to arrive are the quick ones."""
_JUDGED = 10
_LEAST_MISSED = 3
_SLACK = 1.25
_LEAST_SLACK = 10.0
"""Seconds after the slowest callback of late at which an evaluation is polled, if `_SLACK` gives less."""


class Receiver:
    """Wakes the waits for an evaluation when its callback arrives; pass it as `receiver=` to `wait`, `evaluate` or
    `evaluate_many`.

    It is a handler: `asgi(receiver, secrets)`, `wsgi(receiver, secrets)`, `serve(receiver, secrets)` and `Endpoint(receiver,
    secrets)` verify callbacks and call it, in whatever thread or event loop they run. A handler of your own may call it
    too: `receiver(callback)`. It serves the waits of its own process only.

    The wait ends by what `get` returns; the callback only says when to ask. Meanwhile the evaluation is polled seldom, so that a
    lost callback makes the wait longer and loses nothing. If most of the latest callbacks were lost, evaluations are polled as
    without a receiver.

    Args:
        patience: seconds after which an evaluation without a callback is polled for the first time. Once ten callbacks have
            arrived, it is a little more than the slowest of the last hundred took.
        now: a monotonic clock, in seconds.

    Raises:
        ConfigurationError: `patience` is not a number above 0.

    Example:
        >>> from runflow_client import callbacks
        >>> from runflow_client.sandbox import Sandbox, sharp_picture
        >>> sandbox = Sandbox(evaluation_seconds=120)
        >>> receiver = callbacks.Receiver()
        >>> with sandbox.client() as client:
        ...     endpoint = callbacks.Endpoint(receiver, client.callback_secrets.create("docs").plain_secret)
        ...     sandbox.send_callbacks(lambda delivery: endpoint.receive(delivery.body, delivery.headers).status)
        ...     evaluation = client.evaluations.evaluate(
        ...         sharp_picture(), "headshot", callback_url="https://shop.example/runflow", receiver=receiver
        ...     )
        >>> evaluation.passed, [request.method for request in sandbox.requests[1:]]
        (True, ['POST', 'GET'])
    """

    def __init__(self, *, patience: float = 150.0, now: Callable[[], float] = time.monotonic) -> None:
        given: Any = patience
        if isinstance(given, bool) or not isinstance(given, (int, float)) or not 0 < given < math.inf:
            raise ConfigurationError(f"patience must be a number of seconds above 0, not {patience!r}")
        self._patience = patience
        self._now = now
        # Reentrant: a finalizer may close an expectation while the same thread holds the lock.
        self._lock = threading.RLock()
        self._expected: dict[str, set[Expectation]] = {}
        self._early: OrderedDict[str, float] = OrderedDict()
        self._seconds: deque[float] = deque(maxlen=_REMEMBERED)
        self._learned = 0
        self._arrivals: deque[bool] = deque(maxlen=_JUDGED)
        self._warned = False

    def __call__(self, callback: Callback) -> None:
        """Wake the waits for the evaluation of a verified callback; one that nobody waits for is kept for five minutes."""
        if callback.evaluation_id is None:
            return
        evaluation_id = callback.evaluation_id.lower()
        with self._lock:
            expected = tuple(self._expected.get(evaluation_id, ()))
            if not expected:
                self._keep(evaluation_id)
        for expectation in expected:
            expectation.arrive()

    def expect(self, evaluation_id: str) -> Expectation:
        """Return what tells of the callback of an evaluation, until it is closed; the callback may have arrived already."""
        expectation = Expectation(self, evaluation_id.lower())
        with self._lock:
            self._expected.setdefault(expectation.evaluation_id, set()).add(expectation)
            has_arrived = self._early.pop(expectation.evaluation_id, -math.inf) >= self._now() - _EARLY_SECONDS
        if has_arrived:
            expectation.arrive()
        return expectation

    def pause_at(self, elapsed: float) -> float | None:
        """Return the seconds until an evaluation without a callback is polled next; None to poll it as without a receiver.

        Args:
            elapsed: seconds since the wait for it began.
        """
        patience = self._patience
        with self._lock:
            missed = self._arrivals.count(False)
            if missed >= _LEAST_MISSED and missed > len(self._arrivals) / 2:
                return None
            if self._learned >= max(_LEAST_REMEMBERED, _TIMES_AWAITED * len(self._expected)):
                slowest = max(self._seconds)
                patience = min(patience, max(slowest * _SLACK, slowest + _LEAST_SLACK))
        # Later in proportion to the time that has passed: the longer an evaluation takes, the longer it may still take.
        return max(patience - elapsed, elapsed / 2, patience / 10)

    def learn(self, seconds: float | None, *, arrived: bool) -> None:
        """Learn from an evaluation that has ended.

        Args:
            seconds: from its submit to its callback; None if not known.
            arrived: whether its callback arrived before a poll found its end.
        """
        with self._lock:
            self._arrivals.append(arrived)
            if seconds is not None:
                self._seconds.append(seconds)
                self._learned += 1
            warn = not self._warned and self._arrivals.count(False) == _JUDGED
            self._warned = self._warned or warn
        if warn:
            _logger.warning(
                "none of the last %d evaluations had a callback when a poll found its end: check callback_url, the callback "
                "secret, and the proxies in front of the receiver. Evaluations are polled as without a receiver.",
                _JUDGED,
            )

    def forget(self, expectation: Expectation) -> None:
        """Remove an expectation; a second call does nothing."""
        with self._lock:
            expected = self._expected.get(expectation.evaluation_id, set())
            expected.discard(expectation)
            if not expected:
                self._expected.pop(expectation.evaluation_id, None)

    def _keep(self, evaluation_id: str) -> None:
        """Keep a callback that arrived before the response to its submit was read; drop those that are old or too many."""
        now = self._now()
        self._early[evaluation_id] = now
        self._early.move_to_end(evaluation_id)
        while len(self._early) > _MOST_EARLY or next(iter(self._early.values())) < now - _EARLY_SECONDS:
            self._early.popitem(last=False)


class Expectation:
    """Tells a wait of the callback of its evaluation; made by `Receiver.expect`.

    Example:
        >>> from runflow_client import callbacks
        >>> expectation = callbacks.Receiver().expect("01978c5f-0000-7000-8000-000000000001")
        >>> expectation.close()
    """

    def __init__(self, receiver: Receiver, evaluation_id: str) -> None:
        self.evaluation_id = evaluation_id
        self.has_arrived = False
        self._receiver = receiver
        self._lock = threading.RLock()
        self._wake: Callable[[], None] | None = None

    def on_arrival(self, wake: Callable[[], None] | None) -> None:
        """Set the function that is called when the callback arrives, from any thread, at once if it has; None for none."""
        with self._lock:
            self._wake = wake
            has_arrived = self.has_arrived
        if has_arrived and wake is not None:
            wake()

    def arrive(self) -> None:
        """Be told of the callback; a second one does nothing."""
        with self._lock:
            wake = None if self.has_arrived else self._wake
            self.has_arrived = True
        if wake is not None:
            wake()

    def close(self) -> None:
        """Expect nothing any longer; a second call does nothing."""
        self._receiver.forget(self)
