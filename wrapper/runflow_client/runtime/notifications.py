"""Passing events to the log and to the caller's hooks."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, assert_never

from ..events import (
    EvaluationFinished,
    EvaluationSubmitted,
    Event,
    RequestFinished,
    RequestRetried,
    RequestStarted,
)

if TYPE_CHECKING:
    import logging

_DEBUG = 10  # logging.DEBUG


def notifier(hooks: Sequence[Callable[[Event], object]]) -> Callable[[Event], None]:
    """Return a function that logs an event and calls every hook with it; an exception of a hook is logged, not raised."""

    def notify(event: Event) -> None:
        _log(event)
        for hook in hooks:
            try:
                hook(event)
            except Exception:
                _logger().exception("a hook raised an exception for %s", type(event).__name__)

    return notify


def request_reporting(hooks: Sequence[Callable[[Event], object]]) -> Callable[[], bool]:
    """Return a function that says whether anyone is told of single requests: a hook, or a log at DEBUG.

    Without either, the two events of a request would take a tenth of a call.
    """
    if hooks:
        return lambda: True
    return lambda: "logging" in sys.modules and _logger().isEnabledFor(_DEBUG)


@cache
def _logger() -> logging.Logger:
    import logging

    return logging.getLogger("runflow_client")


def _log(event: Event) -> None:
    if "logging" not in sys.modules and not isinstance(event, RequestRetried):
        return  # nobody has set up a log, and without one Python prints warnings only
    logger = _logger()
    match event:
        case RequestStarted():
            pass
        case RequestFinished():
            if logger.isEnabledFor(_DEBUG):
                result = event.failure if event.status is None else event.status
                logger.debug("%s %s: %s after %.3f s", event.method, event.path, result, event.seconds)
        case RequestRetried():
            of = "" if event.attempts is None else f" of {event.attempts}"
            request = f", request id {event.request_id}" if event.request_id else ""
            logger.warning(
                "%s: attempt %d%s failed: %s%s; next attempt in %.2f s",
                event.operation,
                event.attempt,
                of,
                event.reason,
                request,
                event.pause,
            )
        case EvaluationSubmitted():
            logger.info("submitted evaluation %s", event.evaluation_id)
        case EvaluationFinished():
            verdict = event.status if event.verdict is None else event.verdict.value
            charged = "unknown" if event.charged is None else event.charged
            logger.info(
                "evaluation %s ended: %s after %.1f s, charged %s", event.evaluation_id, verdict, event.seconds, charged
            )
        case _:
            assert_never(event)
