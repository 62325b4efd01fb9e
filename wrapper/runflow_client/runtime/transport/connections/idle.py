"""Idle connections: the one that was used last is taken first; those that are too many or too old are closed."""

from __future__ import annotations

import select
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar

from ..requests import Origin

IDLE_SECONDS = 60.0
"""Seconds; longer than the pause between two polls by default."""

_SWEEP_SECONDS = 1.0


class Reusable(Protocol):
    """The methods of a connection that this module uses."""

    origin: Origin
    idle_since: float

    def is_stale(self) -> bool: ...

    def close(self) -> None: ...


def can_be_read(sock: Any) -> bool:
    """Return at once whether a socket can be read; it also can at the end of the connection."""
    if hasattr(select, "poll"):
        poll = select.poll()
        poll.register(sock, select.POLLIN)
        return bool(poll.poll(0))
    return bool(select.select([sock], [], [], 0)[0])  # pragma: no cover - on Windows alone


C = TypeVar("C", bound=Reusable)


class IdleConnections(Generic[C]):
    """The connections of all origins on which no request is in flight; not thread-safe.

    Args:
        most: how many are kept in total.
        now: returns the time in seconds.
    """

    def __init__(self, most: int, now: Callable[[], float]) -> None:
        self._most = most
        self._now = now
        self._kept: OrderedDict[C, None] = OrderedDict()
        self._by_origin: dict[Origin, list[C]] = {}
        self._swept = now()

    def __len__(self) -> int:
        return len(self._kept)

    def clear(self) -> list[C]:
        """Remove all connections and return them."""
        connections = list(self._kept)
        self._kept.clear()
        self._by_origin.clear()
        return connections

    def take(self, origin: Origin) -> C | None:
        """Return the connection to an origin that was used last and is still open, or None."""
        while connections := self._by_origin.get(origin):
            connection = connections[-1]
            self._forget(connection)
            if not self._is_over(connection):
                return connection
            connection.close()
        return None

    def keep(self, connection: C) -> None:
        """Keep a connection; close those that have ended, and the oldest if there are too many."""
        self._sweep()
        if len(self._kept) >= self._most:
            oldest = next(iter(self._kept))
            self._forget(oldest)
            oldest.close()
        connection.idle_since = self._now()
        self._kept[connection] = None
        self._by_origin.setdefault(connection.origin, []).append(connection)

    def _sweep(self) -> None:
        if self._now() - self._swept < _SWEEP_SECONDS:
            return
        self._swept = self._now()
        for connection in list(self._kept):
            if self._is_over(connection):
                self._forget(connection)
                connection.close()

    def _is_over(self, connection: C) -> bool:
        return self._now() - connection.idle_since > IDLE_SECONDS or connection.is_stale()

    def _forget(self, connection: C) -> None:
        del self._kept[connection]
        connections = self._by_origin[connection.origin]
        connections.remove(connection)
        if not connections:
            del self._by_origin[connection.origin]
