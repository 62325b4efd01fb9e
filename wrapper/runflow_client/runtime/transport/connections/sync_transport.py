"""Sends the requests of threads over the library's own connections."""

from __future__ import annotations

import math
import os
import threading
import warnings
import weakref
from typing import TYPE_CHECKING, Any

from ....flows.base.steps import ConnectionSlot, FailureKind, RequestFailure, Response
from ...clock import Clock
from ..failures import closed_error, failure_from, is_network_error, with_origin
from ..requests import HTTPRequest, Origin, origin_and_target, origin_of
from ..slots import DEFAULT_MAX_CONNECTIONS, Slots, ThreadSlot
from .idle import IdleConnections

if TYPE_CHECKING:
    from .sync_connection import SyncConnection

# The parent's connections in a forked child, which must neither close them nor let them be garbage-collected.
_INHERITED: list[Any] = []


class ConnectionTransport:
    """Sends requests over pooled connections; thread-safe, and in a forked child it starts with new connections.

    Args:
        clock: the clock of the deadlines.
        max_connections: the largest number of requests in flight to one origin, and of idle connections in total.
        parent: the transport whose connections and slots this one shares.
    """

    def __init__(
        self, clock: Clock, max_connections: int = DEFAULT_MAX_CONNECTIONS, parent: ConnectionTransport | None = None
    ) -> None:
        self._clock = clock
        self.max_connections = max_connections
        self._parent = parent
        self._shares: weakref.WeakSet[ConnectionTransport] = weakref.WeakSet()
        self._closed = False
        self._start()

    def _start(self) -> None:
        parent = self._parent
        if parent is not None:
            parent._check_usable()
        self._process = os.getpid()
        # Reentrant: a finalizer may close the transport while the same thread holds the lock.
        self._lock: threading.RLock = threading.RLock() if parent is None else parent._lock
        self._slots: Slots = Slots(self.max_connections) if parent is None else parent._slots
        self._idle: IdleConnections[SyncConnection] = (
            IdleConnections(self.max_connections, self._clock.now) if parent is None else parent._idle
        )
        self._active: set[SyncConnection] = set()

    def share(self) -> ConnectionTransport:
        """Return a transport over the same connections and slots; closing it ends its own requests only."""
        self._check_usable()
        shared = ConnectionTransport(self._clock, self.max_connections, self)
        self._shares.add(shared)
        return shared

    def slot(self, url: str, deadline: float) -> ThreadSlot:
        """Return a context manager that waits until the deadline for a slot to the origin of this URL."""
        self._check_usable()
        return ThreadSlot(self._slots, origin_of(url), deadline, self._clock)

    def send(
        self,
        request: HTTPRequest,
        deadline: float,
        attempt_timeout: float = math.inf,
        slot: ConnectionSlot | None = None,
    ) -> Response | RequestFailure:
        self._check_usable()
        try:
            origin, target = origin_and_target(request.url)
        except ValueError as error:
            return failure_from(error, FailureKind.UNSENDABLE, may_have_been_received=False)
        if slot is None or slot.origin != str(origin):
            with ThreadSlot(self._slots, str(origin), deadline, self._clock) as own:
                return self._send(request, origin, target, deadline, attempt_timeout, own)
        return self._send(request, origin, target, deadline, attempt_timeout, slot)

    def _send(
        self,
        request: HTTPRequest,
        origin: Origin,
        target: str,
        deadline: float,
        attempt_timeout: float,
        slot: ConnectionSlot,
    ) -> Response | RequestFailure:
        if not slot.is_taken:
            return RequestFailure(FailureKind.TIMEOUT, "no connection was free in time", False, str(origin))
        from .http import ERRORS, failure_of  # imported late: h11 takes longer to load than the rest of a client

        connection = self._connection_to(origin)
        is_reusable = False
        try:
            result = connection.send(request, target, min(deadline, self._clock.now() + attempt_timeout))
            is_reusable = connection.finish()
            return with_origin(result, slot.origin)
        except ERRORS as error:
            if isinstance(error, OSError) and not is_network_error(error):
                raise
            return failure_of(error, connection.route, is_open=connection.is_open, has_sent=connection.has_sent)
        finally:
            self._give_back(connection, is_reusable)

    def _connection_to(self, origin: Origin) -> SyncConnection:
        from .sync_connection import SyncConnection

        with self._lock:
            self._check_usable()
            connection = self._idle.take(origin) or SyncConnection(origin, self._clock)
            self._active.add(connection)
            return connection

    def _give_back(self, connection: SyncConnection, is_reusable: bool) -> None:
        with self._lock:
            self._active.discard(connection)
            if is_reusable and not self._closed:
                self._idle.keep(connection)
            else:
                connection.close()

    def _check_usable(self) -> None:
        if os.getpid() != self._process:
            _INHERITED.append((self._idle, self._active, self._slots))
            self._start()
        if self._closed:
            raise closed_error()

    def close(self) -> None:
        with self._lock:
            self._closed = True
            for connection in self._idle.clear() if self._parent is None else ():
                connection.close()
            for connection in self._active:
                connection.abort()
            for shared in tuple(self._shares):
                shared.close()

    def __del__(self, warn: Any = warnings.warn, process_id: Any = os.getpid) -> None:
        # The functions are arguments, because their modules may be gone when the interpreter ends.
        if getattr(self, "_process", None) == process_id() and self._parent is None and len(self._idle):
            self.close()
            warn(
                "a Runflow client was garbage-collected with open connections: use `with Runflow() as client` or client.close()",
                ResourceWarning,
                source=self,
                stacklevel=2,
            )
