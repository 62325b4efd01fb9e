"""Transactions of one process on the rows of a journal: one thread at a time, in groups, never in a fork."""

from __future__ import annotations

import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from ....errors import JournalError
from .moments import BootClock


class Transactions(ABC):
    """What the forms of the journal share: `reading`, `transaction`, `group` and what belongs to them in `Store`.

    Args:
        clock: this machine's clock.
    """

    def __init__(self, clock: BootClock) -> None:
        self.clock = clock
        self.started = clock()
        self._after_commit: list[Callable[[], object]] = []
        self._lock = threading.RLock()
        self._process = os.getpid()
        self._is_closed = False
        self._is_grouped = False
        self._has_failed = False

    @contextmanager
    def reading(self) -> Iterator[None]:
        with self._lock:
            if self._is_closed:
                raise self._problem("it is closed: open it again")
            if self._process != os.getpid():
                raise self._problem("another process opened it, of which this one is a fork: open it in this process")
            if self._has_failed:
                raise self._problem("an earlier operation of this group failed")
            with self._errors_translated():
                yield

    @contextmanager
    def transaction(self, *, durable: bool = True) -> Iterator[None]:
        with self.reading():
            if self._is_grouped:
                try:
                    yield
                except BaseException:
                    self._has_failed = True
                    raise
                return
            self.started = self.clock()
            self._after_commit.clear()
            try:
                self._begin(durable)
                yield
                self._commit()
            finally:
                self._end(durable)
            for function in self._after_commit:
                function()

    def after_commit(self, function: Callable[[], object]) -> None:
        self._after_commit.append(function)

    @contextmanager
    def group(self) -> Iterator[None]:
        with self._lock:
            if self._is_grouped:
                raise self._problem("a group cannot be part of another one")
            try:
                with self.transaction():
                    self._is_grouped = True
                    try:
                        yield
                    finally:
                        self._is_grouped = False
                    if self._has_failed:
                        raise self._problem("an operation of this group failed, so that none of it was written")
            finally:
                self._has_failed = False

    def close(self) -> None:
        with self._lock, self._errors_translated():
            self._is_closed = True
            if self._process == os.getpid():
                self._disconnect()

    @property
    def is_closed(self) -> bool:
        return self._is_closed or self._process != os.getpid()

    @abstractmethod
    def _begin(self, durable: bool) -> None: ...

    @abstractmethod
    def _commit(self) -> None: ...

    @abstractmethod
    def _end(self, durable: bool) -> None:
        """Undo what was not committed."""

    @abstractmethod
    def _disconnect(self) -> None: ...

    @abstractmethod
    def _problem(self, what: str) -> JournalError: ...

    @abstractmethod
    def _errors_translated(self) -> AbstractContextManager[None]:
        """Raise the form's own errors as a JournalError that says what to do."""
