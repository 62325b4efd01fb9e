"""What can go wrong between a client and the API, put in the way of the next requests by a test.

A sandbox has a queue, `Sandbox.faults`. Each request that arrives takes the first entry: a `Fault`, `None` for a
request that goes through, or a function that is given the request and returns one of both.

Example:
    >>> from runflow_client.sandbox import Sandbox
    >>> from runflow_client.sandbox.faults import drop_after, reply
    >>> sandbox = Sandbox()
    >>> sandbox.faults.extend([drop_after, None, reply(502, {"content-type": "text/html"}, b"<html>")])
"""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from .reply import Reply


class SeenRequest(NamedTuple):
    """A request as it arrived: what the sandbox counts and what a fault may choose by."""

    method: str
    path: str
    idempotency_key: str | None


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to one request.

    Args:
        drop: close the connection before the request is handled, or after it was handled and before it is answered.
        seconds: how much later than usual the answer comes.
        reply: an answer that is given in place of the sandbox's own; the request is then not handled.
    """

    drop: Literal["before", "after"] | None = None
    seconds: float = 0.0
    reply: Reply | None = None


drop_before = Fault(drop="before")
drop_after = Fault(drop="after")


def delay(seconds: float) -> Fault:
    """Handle the request at once and answer it the given seconds later."""
    return Fault(seconds=seconds)


def reply(status: int, headers: Mapping[str, str] | None = None, body: bytes = b"") -> Fault:
    """Give this answer in place of the sandbox's own, such as the HTML page of a proxy."""
    return Fault(reply=Reply(status, tuple((name.lower(), value) for name, value in (headers or {}).items()), body))


FaultQueue = deque[Fault | Callable[[SeenRequest], Fault | None] | None]


def take_fault(queue: FaultQueue, request: SeenRequest) -> Fault:
    """Take the next entry of the queue for this request; an empty queue lets it through."""
    try:
        entry = queue.popleft()
    except IndexError:
        return Fault()
    chosen = entry(request) if callable(entry) else entry
    return chosen or Fault()
