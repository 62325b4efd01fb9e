"""The faults of single requests."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, Literal, NamedTuple

from .._replies import RefusedError, Reply

_DATE_OF_REPLY = datetime(2026, 1, 1, 12, tzinfo=UTC)


class SeenRequest(NamedTuple):
    """A request that arrived: an item of `Sandbox.requests`, and the argument of a function in a `FaultQueue`.

    Example:
        >>> from runflow_client.sandbox import Sandbox
        >>> sandbox = Sandbox()
        >>> _ = sandbox.client().account.health()
        >>> sandbox.requests
        [SeenRequest(method='GET', path='/v1/health', idempotency_key=None)]
    """

    method: str
    path: str
    idempotency_key: str | None


@dataclass(frozen=True, slots=True)
class Fault:
    """The fault of one request; the arguments and `dataclasses.replace` combine several.

    Args:
        drop: close the connection before the request is handled, or after it was handled and before the reply is sent.
        seconds: how much later than usual the reply is sent.
        reply: is sent in place of the sandbox's own reply; the request is then not handled.
        alter: receives the reply and returns the one that is sent; a repeat under the same idempotency key gets the
            unaltered reply.
        stop_at: how many bytes of the body are sent, although `Content-Length` declares more. Then nothing is
            sent until the client closes the connection (the sandbox closes it after a minute); with `drop="after"`
            the sandbox closes it at once.
        forget_key: the sandbox forgets the idempotency key of this request, as the service forgets an expired one.

    Example:
        >>> from dataclasses import replace
        >>> from runflow_client.sandbox import Sandbox
        >>> sandbox = Sandbox()
        >>> sandbox.faults.append(replace(refuse(503), seconds=2.0))  # a 503 that comes late
        >>> sandbox.client().account.health().status
        'ok'
        >>> sandbox.clock.now() > 2
        True
    """

    drop: Literal["before", "after"] | None = None
    seconds: float = 0.0
    reply: Reply | None = None
    alter: Callable[[Reply], Reply] | None = field(default=None, repr=False)
    stop_at: int | None = None
    forget_key: bool = False

    def apply(self, handle: Callable[[], Reply]) -> Reply:
        """Return the reply that is sent: that of this fault, else that of the handler, altered."""
        reply = self.reply or handle()
        return reply if self.alter is None else self.alter(reply)


drop_before = Fault(drop="before")
drop_after = Fault(drop="after")
forget_key = Fault(forget_key=True)


def delay(seconds: float) -> Fault:
    """Handle the request at once and send the reply `seconds` later.

    Example:
        >>> from runflow_client.sandbox import Sandbox
        >>> sandbox = Sandbox()
        >>> sandbox.faults.append(delay(2.0))
        >>> sandbox.client().account.health().status
        'ok'
        >>> sandbox.clock.now() > 2
        True
    """
    return Fault(seconds=seconds)


def stall(stop_at: int = 10) -> Fault:
    """Handle the request, send `stop_at` bytes of the reply's body, and then nothing more.

    Example:
        >>> from runflow_client.sandbox import Sandbox
        >>> sandbox = Sandbox()
        >>> sandbox.faults.append(stall())
        >>> sandbox.client().account.health().status  # the second attempt is answered
        'ok'
        >>> len(sandbox.requests)
        2
    """
    return Fault(stop_at=stop_at)


def cut_off(stop_at: int = 10) -> Fault:
    """Handle the request, send `stop_at` bytes of the reply's body, and close the connection.

    Example:
        >>> from runflow_client.sandbox import Sandbox
        >>> sandbox = Sandbox()
        >>> sandbox.faults.append(cut_off())
        >>> sandbox.client().account.health().status  # the second attempt is answered
        'ok'
        >>> len(sandbox.requests)
        2
    """
    return Fault(drop="after", stop_at=stop_at)


def reply(status: int, headers: Mapping[str, str] | None = None, body: bytes = b"") -> Fault:
    """Send this reply in place of the sandbox's own, such as that of a proxy in front of the API.

    Example:
        >>> from runflow_client.sandbox import Sandbox
        >>> sandbox = Sandbox()
        >>> sandbox.faults.append(reply(502, {"content-type": "text/plain"}, b"bad gateway"))
        >>> sandbox.client().account.health().status  # the second attempt is answered
        'ok'
        >>> len(sandbox.requests)
        2
    """
    return Fault(reply=Reply(status, tuple(_as_received(pair) for pair in (headers or {}).items()), body))


def refuse(
    status: int,
    *,
    retry_after: float | str | None = None,
    retry_date: float | None = None,
    code: str = "FAULT",
    message: str = "A fault that a test has added.",
    headers: Mapping[str, str] | None = None,
) -> Fault:
    """Respond with an error of the API, such as 429, 503 or a 404 after a submit, and do not handle the request.

    Args:
        status: the HTTP status.
        retry_after: the value of `Retry-After`, sent as it is: seconds, or any text.
        retry_date: `Retry-After` as an HTTP date, this many seconds after the `Date` of the reply.
        code: the code in the envelope.
        message: the message in the envelope.
        headers: further headers.

    Example:
        >>> from runflow_client.sandbox import Sandbox
        >>> sandbox = Sandbox()
        >>> sandbox.faults.append(refuse(429, retry_after=3))
        >>> sandbox.client().account.health().status  # the second attempt is answered
        'ok'
        >>> len(sandbox.requests)
        2
    """
    fields = [_as_received(pair) for pair in (headers or {}).items()]
    if retry_after is not None:
        fields.append(_as_received(("retry-after", str(retry_after))))
    if retry_date is not None:
        fields.append(("date", format_datetime(_DATE_OF_REPLY, usegmt=True)))
        fields.append(("retry-after", format_datetime(_DATE_OF_REPLY + timedelta(seconds=retry_date), usegmt=True)))
    return Fault(reply=RefusedError(status, code, message, headers=fields).reply)


def html_page(status: int = 502) -> Fault:
    """Send the HTML page of a proxy in front of the API, as for 502 and 520; the request is not handled.

    Example:
        >>> from runflow_client.sandbox import Sandbox
        >>> sandbox = Sandbox()
        >>> sandbox.faults.append(html_page(520))
        >>> sandbox.client().account.health().status  # the second attempt is answered
        'ok'
        >>> len(sandbox.requests)
        2
    """
    page = f"<html><head><title>{status}</title></head><body><h1>Error {status}</h1></body></html>"
    return reply(status, {"content-type": "text/html; charset=utf-8"}, page.encode())


def garbage() -> Fault:
    """Handle the request, and send a body that is not JSON, with the status and headers of the reply.

    Example:
        >>> from runflow_client.sandbox import Sandbox
        >>> sandbox = Sandbox()
        >>> sandbox.faults.append(garbage())
        >>> sandbox.client().account.health()
        Traceback (most recent call last):
        runflow_client.errors.DecodeError: ...
    """
    return Fault(alter=lambda reply: replace(reply, body=b"\x00<!-- not JSON -->"))


def truncate(size: int = 40) -> Fault:
    """Handle the request, and send the first bytes of the body as if they were all of it.

    Example:
        >>> from runflow_client.sandbox import Sandbox
        >>> sandbox = Sandbox()
        >>> sandbox.faults.append(truncate())
        >>> sandbox.client().account.me()
        Traceback (most recent call last):
        runflow_client.errors.DecodeError: ...
    """
    return Fault(alter=lambda reply: replace(reply, body=reply.body[:size]))


def content_type(media_type: str = "text/plain") -> Fault:
    """Handle the request, and send this media type as the `Content-Type` of the reply.

    Example:
        >>> from runflow_client.sandbox import Sandbox
        >>> sandbox = Sandbox()
        >>> sandbox.faults.append(content_type("text/html"))
        >>> sandbox.client().account.health().status
        'ok'
    """
    return Fault(alter=lambda reply: replace(reply, headers=_with_header(reply.headers, "content-type", media_type)))


def show(**fields: Any) -> Fault:
    """Handle the request, and set these fields in the JSON object of the reply.

    With it the status of an evaluation can go backwards (`show(status_code="pending", overall_passed=None)`) or be an
    unknown one. A reply that is not a JSON object stays as it is.

    Example:
        >>> from runflow_client.sandbox import Sandbox
        >>> sandbox = Sandbox()
        >>> sandbox.faults.append(show(status="degraded", mood="fine"))
        >>> sandbox.client().account.health().status
        'degraded'
    """
    return Fault(alter=lambda reply: replace(reply, body=_with_fields(reply.body, fields)))


def _as_received(header: tuple[str, str]) -> tuple[str, str]:
    """Return a header as a client receives it: no spaces around the value, its UTF-8 bytes read as Latin-1."""
    name, value = header
    return name.lower(), value.strip(" \t").encode().decode("latin-1")


def _with_header(headers: Iterable[tuple[str, str]], name: str, value: str) -> tuple[tuple[str, str], ...]:
    return (*(pair for pair in headers if pair[0] != name), (name, value))


def _with_fields(body: bytes, fields: Mapping[str, Any]) -> bytes:
    try:
        document = json.loads(body)
    except ValueError:
        return body
    return json.dumps({**document, **fields}).encode() if isinstance(document, dict) else body


# An entry of a queue: a fault, none, or a function that receives the request and returns one of the two.
Entry = Fault | Callable[[SeenRequest], Fault | None] | None
