"""What can go wrong between a client and the API, put in the way of chosen requests by a test.

A sandbox has a queue, `Sandbox.faults`. Each request that arrives takes the first entry: a `Fault`, `None` for a
request that goes through, or a function that is given the request and returns one of both. Requests of one kind can
have a queue of their own (`FaultQueue.on`), whose entries are then their attempts, one after the other.

Example:
    >>> from runflow_client.sandbox import Sandbox
    >>> from runflow_client.sandbox.faults import drop_after, html_page, refuse, show
    >>> sandbox = Sandbox()
    >>> sandbox.faults.extend([drop_after, None, html_page(502)])
    >>> sandbox.faults.on("GET", "/v1/evaluations/*", refuse(404), show(status_code="quite_new"))
"""

import json
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from fnmatch import fnmatchcase
from typing import Any, Literal, NamedTuple

from ._replies import RefusedError, Reply

_SOME_DAY = datetime(2026, 1, 1, 12, tzinfo=UTC)


class SeenRequest(NamedTuple):
    """A request as it arrived: what the sandbox counts and what a fault may choose by."""

    method: str
    path: str
    idempotency_key: str | None


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to one request; `dataclasses.replace` and the arguments put several mishaps together.

    Args:
        drop: close the connection before the request is handled, or after it was handled and before it is answered.
        seconds: how much later than usual the answer comes.
        reply: an answer that is given in place of the sandbox's own; the request is then not handled.
        alter: is given the answer and returns the one that is sent; the sandbox remembers its own.
        stop_at: how many bytes of the body are sent. The answer promises more, and then the line is silent until the
            client gives up (the sandbox itself does after a minute); with `drop="after"` it is closed there.
        forget_key: the idempotency key of this request is unknown to the sandbox, as one is that has expired.
    """

    drop: Literal["before", "after"] | None = None
    seconds: float = 0.0
    reply: Reply | None = None
    alter: Callable[[Reply], Reply] | None = field(default=None, repr=False)
    stop_at: int | None = None
    forget_key: bool = False

    def apply(self, handle: Callable[[], Reply]) -> Reply:
        """Give the answer that is sent: this fault's, or what handling the request gives, altered."""
        answer = self.reply or handle()
        return answer if self.alter is None else self.alter(answer)


drop_before = Fault(drop="before")
drop_after = Fault(drop="after")
forget_key = Fault(forget_key=True)


def delay(seconds: float) -> Fault:
    """Handle the request at once and answer it the given seconds later."""
    return Fault(seconds=seconds)


def stall(stop_at: int = 10) -> Fault:
    """Handle the request, send its answer as far as so many bytes of the body, and then nothing more."""
    return Fault(stop_at=stop_at)


def cut_off(stop_at: int = 10) -> Fault:
    """Handle the request, send its answer as far as so many bytes of the body, and close the connection."""
    return Fault(drop="after", stop_at=stop_at)


def reply(status: int, headers: Mapping[str, str] | None = None, body: bytes = b"") -> Fault:
    """Give this answer in place of the sandbox's own, such as that of something in front of the API."""
    return Fault(reply=Reply(status, tuple(_as_received(pair) for pair in (headers or {}).items()), body))


def refuse(
    status: int,
    *,
    retry_after: float | str | None = None,
    retry_date: float | None = None,
    code: str = "FAULT",
    message: str = "A fault that a test has put here.",
    headers: Mapping[str, str] | None = None,
) -> Fault:
    """Refuse the request in the API's envelope, unhandled: 408, 409, 425, 429, 500, 503, or a 404 just after a submit.

    Args:
        status: the HTTP status.
        retry_after: what `Retry-After` says, as it stands: seconds, or anything that a server might write there.
        retry_date: the same as an HTTP date, so many seconds after the answer's own `Date`.
        code: the code in the envelope.
        message: its words.
        headers: further ones.
    """
    fields = [_as_received(pair) for pair in (headers or {}).items()]
    if retry_after is not None:
        fields.append(_as_received(("retry-after", str(retry_after))))
    if retry_date is not None:
        fields.append(("date", format_datetime(_SOME_DAY, usegmt=True)))
        fields.append(("retry-after", format_datetime(_SOME_DAY + timedelta(seconds=retry_date), usegmt=True)))
    return Fault(reply=RefusedError(status, code, message, headers=fields).reply)


def html_page(status: int = 502) -> Fault:
    """Answer with the HTML page of a proxy or a network in front of the API, as for 502 and 520; unhandled."""
    page = f"<html><head><title>{status}</title></head><body><h1>Error {status}</h1></body></html>"
    return reply(status, {"content-type": "text/html; charset=utf-8"}, page.encode())


def truncate(size: int = 40) -> Fault:
    """Handle the request, and answer with so many bytes of the body as if they were all."""
    return Fault(alter=lambda answer: replace(answer, body=answer.body[:size]))


def content_type(media_type: str = "text/plain") -> Fault:
    """Handle the request, and say that the answer is of another type than it is."""
    return Fault(alter=lambda answer: replace(answer, headers=_with(answer.headers, "content-type", media_type)))


def show(**fields: Any) -> Fault:
    """Handle the request, and put these values into the JSON object that is answered.

    So an evaluation can go backwards (`show(status_code="pending", overall_passed=None)`), or have a status that nobody
    knows. An answer that is no JSON object stays as it is.
    """
    return Fault(alter=lambda answer: replace(answer, body=_shown(answer.body, fields)))


def _as_received(header: tuple[str, str]) -> tuple[str, str]:
    """Return a header as it is once it went over the wire: without blanks around it, and other letters as UTF-8's bytes."""
    name, value = header
    return name.lower(), value.strip(" \t").encode().decode("latin-1")


def _with(headers: Iterable[tuple[str, str]], name: str, value: str) -> tuple[tuple[str, str], ...]:
    return (*(pair for pair in headers if pair[0] != name), (name, value))


def _shown(body: bytes, fields: Mapping[str, Any]) -> bytes:
    try:
        document = json.loads(body)
    except ValueError:
        return body
    return json.dumps({**document, **fields}).encode() if isinstance(document, dict) else body


Entry = Fault | Callable[[SeenRequest], Fault | None] | None


class FaultQueue(deque[Entry]):
    """The faults of the next requests, and behind them those of the next requests of one kind."""

    def __init__(self) -> None:
        super().__init__()
        self._kinds: list[tuple[str, str, deque[Entry]]] = []

    def on(self, method: str, path: str, *entries: Entry) -> None:
        """Add faults for the next requests of one kind; those of another kind do not use them up.

        Args:
            method: such as `POST`.
            path: such as `/v1/evaluations`, or with `*` for any text: `/storage/*`.
            entries: one for each request, as in the queue itself.
        """
        self._kinds.append((method, path, deque(entries)))

    def clear(self) -> None:
        """Let everything through from now on."""
        super().clear()
        self._kinds.clear()

    def take(self, request: SeenRequest) -> Fault:
        """Take the next entry for this request: from the queue itself, else from the first of its kind that has one left."""
        waiting = (kind for *which, kind in self._kinds if kind and _is_of_kind(request, *which))
        queue = self if self else next(waiting, None)
        entry = queue.popleft() if queue else None
        chosen = entry(request) if callable(entry) else entry
        return chosen or Fault()


def _is_of_kind(request: SeenRequest, method: str, path: str) -> bool:
    return request.method == method and fnmatchcase(request.path, path)
