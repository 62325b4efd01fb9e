"""Judges the evaluations of a served sandbox when they end, so that requests are handled meanwhile."""

import logging
import threading
from types import TracebackType
from typing import Self

from ..service.service import Service
from .clock import ServerClock

_log = logging.getLogger(__name__)


class BackgroundJudge:
    """Judges one evaluation at a time while the `with` block runs, so that at most one image is decoded at once.

    Its thread runs during the whole block, so that the number of threads does not change meanwhile.
    """

    def __init__(self, service: Service, clock: ServerClock) -> None:
        self._service = service
        self._clock = clock
        self._changed = threading.Event()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="runflow-sandbox-judge", daemon=False)

    def __enter__(self) -> Self:
        self._service.judges_in_background = True
        self._service.listeners.add(self._changed.set)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Finish the image that is being judged, and end the thread."""
        self._stopped = True
        self._changed.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            while not self._stopped:
                seconds = self._clock.seconds_until(self._service.next_end)
                if seconds == 0:
                    self._service.judge_next(self._clock.now())
                elif self._changed.wait(seconds and min(seconds, threading.TIMEOUT_MAX)):
                    self._changed.clear()
        except Exception:
            _log.exception("the sandbox failed and judges no more images in the background")
        finally:
            self._service.listeners.discard(self._changed.set)
            self._service.judges_in_background = False
