"""Connections whose every wait ends with the time of the request that uses them.

httpx's timeouts bound each read and write, so that a server that trickles overruns them without end. Here every wait on
a socket is clipped to what is left of the request's time, through httpcore's public `network_backend`.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterable
from typing import Any

import httpcore

from ..clock import Clock

_Options = Iterable[Any] | None
_TLS_IN_TLS_SLICE = 4_096
_LONGEST_WAIT = 1e6
"""Seconds; the operating system refuses waits of more than 24 days."""


class TimeLeft(threading.local):
    """What is left of the time of the request that this thread is sending; httpcore does all of its work in that thread."""

    clock: Clock
    deadline: float | None = None

    def __init__(self, clock: Clock) -> None:
        self.clock = clock

    def seconds(self, too_late: type[httpcore.TimeoutException]) -> float | None:
        if self.deadline is None:
            return None
        left = self.deadline - self.clock.now()
        if left <= 0:
            raise too_late("the time for this request is up")
        return min(left, _LONGEST_WAIT)


class _Stream(httpcore.NetworkStream):
    """A connection whose every wait ends with the time of its request.

    Args:
        inner: httpcore's stream.
        time_left: asked before every wait.
        layers: how many layers of TLS lie on the socket.
    """

    def __init__(self, inner: httpcore.NetworkStream, time_left: TimeLeft, layers: int = 0) -> None:
        self._inner = inner
        self._time_left = time_left
        self._layers = layers

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._time_left.seconds(httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        view = memoryview(buffer)
        if self._layers > 1:
            # The socket lies under the inner layer: only httpcore can write through both. Small slices keep it near the deadline.
            for start in range(0, len(view), _TLS_IN_TLS_SLICE):
                part = bytes(view[start : start + _TLS_IN_TLS_SLICE])
                self._inner.write(part, self._time_left.seconds(httpcore.WriteTimeout))
            return
        # httpcore gives every partial send the whole timeout anew; a server that reads slowly would overrun it.
        sock: socket.socket = self._inner.get_extra_info("socket")
        while view:
            left = self._time_left.seconds(httpcore.WriteTimeout)
            try:
                sock.settimeout(left)
                view = view[sock.send(view[:65_536]) :]
            except TimeoutError as error:
                raise httpcore.WriteTimeout(str(error)) from error
            except OSError as error:
                raise httpcore.WriteError(str(error)) from error

    def close(self) -> None:
        # Closing alone would leave a thread that waits on the socket waiting.
        with contextlib.suppress(OSError):
            self._inner.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = self._time_left.seconds(httpcore.ConnectTimeout)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, left), self._time_left, self._layers + 1)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class DeadlineBackend(httpcore.NetworkBackend):
    """Opens connections within the time of their request, shared among the host's addresses."""

    def __init__(self, time_left: TimeLeft) -> None:
        self._inner = httpcore.SyncBackend()
        self._time_left = time_left

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: _Options = None,
    ) -> httpcore.NetworkStream:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(str(error)) from error
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        problem: Exception = httpcore.ConnectError("the host name leads to no address")
        for number, address in enumerate(addresses):
            left = self._time_left.seconds(httpcore.ConnectTimeout)
            share = None if left is None else left / (len(addresses) - number)
            try:
                stream = self._inner.connect_tcp(address, port, share, local_address, socket_options)
                return _Stream(stream, self._time_left)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                problem = error
        raise problem
