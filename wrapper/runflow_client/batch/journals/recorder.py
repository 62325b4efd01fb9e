"""The thread of a batch that calls its journal: calls that wait at the same time are made durable together."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from ...errors import InvalidRequestError, JournalError
from .journal import DEFAULT_LEASE, Journal, Totals, Worker

_MOST_CALLS = 200
"""Calls of one group: other processes wait for the file meanwhile."""
_RENEWALS = 4  # in the time of a lease

_Call = tuple[Callable[[Worker], Any], "Future[Any]", str | None]


class Recorder:
    """Calls a journal in a thread of its own, and renews the lease of its worker also while nothing else happens.

    Args:
        open_journal: opens the journal; called in the thread.
        closes_journal: whether the journal is closed at the end, too.
        batch_id: the batch.
    """

    def __init__(self, open_journal: Callable[[], Journal], batch_id: str, *, closes_journal: bool) -> None:
        self._open_journal = open_journal
        self._batch_id = batch_id
        self._closes_journal = closes_journal
        self._calls: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()
        self._begun: Future[None] = Future()
        self._ended: Future[None] = Future()
        self._thread: threading.Thread | None = None
        self._journal: Journal
        self._worker: Worker

    @property
    def batch_id(self) -> str:
        return self._batch_id

    @property
    def worker(self) -> Worker:
        """The worker of the run, of which only `fence` and `key_of` may be called in other threads than the recorder's."""
        return self._worker

    def begin(self, account: str) -> Future[None]:
        """Open the journal and begin a run of the batch.

        Args:
            account: names whose money it is.
        """
        self._begun.set_running_or_notify_cancel()  # so that no task cancels these
        self._ended.set_running_or_notify_cancel()
        self._thread = threading.Thread(target=self._work, args=(account,), name="runflow-journal", daemon=True)
        self._thread.start()
        return self._begun

    def call(self, call: Callable[[Worker], Any], item_id: str | None = None) -> Future[Any]:
        """Have the journal called, and return the future of what is returned; it is durable then.

        Args:
            call: calls it.
            item_id: the item that the call is about.
        """
        future: Future[Any] = Future()
        self._calls.put((call, future, item_id))
        return future

    def totals(self) -> Future[Totals]:
        """Have the totals of the whole batch read."""
        return self.call(lambda worker: self._journal.totals(self._batch_id))

    def end(self) -> Future[None]:
        """End the run after the calls that wait; a second call does nothing more."""
        self._calls.put(None)
        if self._thread is None and not self._ended.done():
            self._ended.set_result(None)
        return self._ended

    def _work(self, account: str) -> None:
        try:
            journal = self._journal = self._open_journal()
        except BaseException as error:
            self._begun.set_exception(error)
            self._ended.set_result(None)
            return
        worker = None
        try:
            worker = self._worker = journal.begin(self._batch_id, account=account)
        except BaseException as error:
            self._begun.set_exception(error)
        else:
            self._begun.set_result(None)
            self._serve(worker)
        finally:
            self._close(journal, worker)
            self._ended.set_result(None)

    def _serve(self, worker: Worker) -> None:
        """Perform the calls until the end; the lease is renewed in between."""
        renewed = time.monotonic()
        while True:
            calls, is_end = self._waiting_calls(renewed + DEFAULT_LEASE / _RENEWALS - time.monotonic())
            if time.monotonic() >= renewed + DEFAULT_LEASE / _RENEWALS:
                renewed = time.monotonic()
                calls.append((_renew, Future(), None))
            if calls:
                _perform(worker, calls)
            if is_end:
                return

    def _waiting_calls(self, seconds: float) -> tuple[list[_Call], bool]:
        """Wait for a call, for so many seconds, and return it with those that wait; and whether the end is among them."""
        calls: list[_Call] = []
        try:
            while len(calls) < _MOST_CALLS:
                call = self._calls.get(timeout=max(0.0, seconds))
                if call is None:
                    return calls, True
                calls.append(call)
                seconds = 0.0
        except queue.Empty:
            pass
        return calls, False

    def _close(self, journal: Journal, worker: Worker | None) -> None:
        """End the lease; where that fails, the next run waits until it ends by itself."""
        try:
            if worker is not None:
                worker.close()
            if self._closes_journal:
                journal.close()
        except JournalError:
            pass


def _renew(worker: Worker) -> None:
    worker.renew()


def _perform(worker: Worker, calls: list[_Call]) -> None:
    """Perform calls in one group; each future has its result when all are durable, or the error that undid them."""
    results: list[tuple[Future[Any], Any, InvalidRequestError | None]] = []
    taken = [each for each in calls if each[1].set_running_or_notify_cancel()]
    try:
        with worker.group([item_id for _, _, item_id in taken if item_id is not None]):
            for call, future, _ in taken:
                try:
                    results.append((future, call(worker), None))
                except InvalidRequestError as error:  # raised before anything is written
                    results.append((future, None, error))
    except BaseException as error:
        for _, future, _ in taken:
            future.set_exception(error)
        return
    for future, result, problem in results:
        if problem is None:
            future.set_result(result)
        else:
            future.set_exception(problem)
