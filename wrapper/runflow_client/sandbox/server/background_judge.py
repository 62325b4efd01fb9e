"""Judges the evaluations of a served sandbox when they end, in a thread, so that requests are answered meanwhile."""

import asyncio
import logging

from ..service.service import Service
from .timing import ServerClock, run_when_due

_log = logging.getLogger(__name__)


class BackgroundJudge:
    """Judges one evaluation at a time, each when it ends, so that at most one image is decoded."""

    def __init__(self, service: Service, clock: ServerClock) -> None:
        self._service = service
        self._clock = clock

    async def run(self) -> None:
        """Judge evaluations until cancelled."""
        self._service.judges_in_background = True
        try:
            await run_when_due(self._service, self._clock, lambda: self._service.next_end, self._judge_due)
        except Exception:
            _log.exception("the sandbox failed and judges no more images")
        finally:
            self._service.judges_in_background = False

    async def _judge_due(self) -> None:
        while (end := self._service.next_end) is not None and end <= self._clock.now():
            await asyncio.to_thread(self._service.judge_next, self._clock.now())
