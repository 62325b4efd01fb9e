"""The interface of transports, as the drivers use it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Protocol

from ...flows.base.steps import ConnectionSlot, RequestFailure, Response
from .requests import HTTPRequest
from .slots import ThreadSlot

if TYPE_CHECKING:
    from .task_slots import TaskSlot


class Transport(Protocol):
    """Sends requests, each within its limits; an `OSError` of the network that it raises counts as a failed request.

    `send` takes the deadline on the clock (`math.inf` for none) and the seconds of one attempt, which begin when the
    request has its slot. `slot` takes a slot in advance, for a caller that prepares a large request only when it can be sent.
    `max_connections` is how many requests are sent to one origin at a time. `share` returns a transport over the same slots
    and connections; closing it ends its own requests only.
    """

    max_connections: int

    def send(
        self,
        request: HTTPRequest,
        deadline: float,
        attempt_timeout: float = math.inf,
        slot: ConnectionSlot | None = None,
    ) -> Response | RequestFailure: ...

    def slot(self, url: str, deadline: float) -> ThreadSlot: ...

    def share(self) -> Transport: ...

    def close(self) -> None: ...


class AsyncTransport(Protocol):
    """The same interface for asyncio, where a request is ended by cancelling its task."""

    max_connections: int

    async def send(
        self,
        request: HTTPRequest,
        deadline: float,
        attempt_timeout: float = math.inf,
        slot: ConnectionSlot | None = None,
    ) -> Response | RequestFailure: ...

    def slot(self, url: str, deadline: float) -> TaskSlot: ...

    async def aclose(self) -> None: ...
