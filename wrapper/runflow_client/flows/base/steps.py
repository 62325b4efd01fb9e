"""The steps that a flow asks its driver for, and the outcome of each."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Literal, Protocol, TypeAlias, TypeVar, cast

from ...models.evaluation import Evaluation
from ...models.images import ImageSource


class LocalFile(Protocol):
    """A file on this machine that is open to be sent; the runtime opens it, reads it and keeps it unchanged.

    Attributes:
        size: bytes.
        media_type: as its content shows, or as the caller declared.
        filename: the last part of its name.
        label: what messages call it.
        argument: the caller's argument that it came from.
        digest: the SHA-256 of its bytes in hex.
        is_in_memory: whether reading it waits for no disk.
    """

    size: int
    media_type: str
    filename: str
    label: str
    argument: str
    digest: str

    @property
    def is_in_memory(self) -> bool: ...

    def read_at(self, offset: int, size: int) -> bytes: ...

    def close(self) -> None: ...


class ConnectionSlot(Protocol):
    """A place among the requests that are in flight to the API at a time.

    `origin` is scheme, host and port that requests go to; `is_taken` tells whether it is held; `release` gives it back, and
    twice does no harm.
    """

    @property
    def origin(self) -> str: ...

    @property
    def is_taken(self) -> bool: ...

    def release(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request; the driver adds the origin and the key.

    Args:
        operation: the operation's name in the contract; `store_file` for a presigned PUT.
        method: the HTTP method.
        target: path and query, percent-encoded, beginning with a slash.
        headers: names and values; no authorization among them.
        body: the bytes to send, or the file to stream, the same on every attempt; None for no body.
        presigned_url: the whole URL of a request that does not go to the API, and so without the key.
        on_progress: told bytes sent and bytes in all, while a file is streamed.
    """

    operation: str
    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes | LocalFile | None = field(default=None, repr=False)
    presigned_url: str | None = field(default=None, repr=False)
    on_progress: Callable[[int, int], Any] | None = field(default=None, repr=False)

    @property
    def path(self) -> str:
        """The path, without the query."""
        target = (
            self.target
            if self.presigned_url is None
            else "/" + self.presigned_url.partition("://")[2].partition("/")[2]
        )
        return target.partition("?")[0].partition("#")[0]


@dataclass(frozen=True, slots=True)
class Response:
    """A response as the server sent it, not judged.

    Args:
        status: the HTTP status.
        headers: by lower-case name; of a repeated header the last.
        body: the whole body, decompressed.
        received_at: when it arrived, in seconds since 1970 by this machine's clock; None where that is not known.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    received_at: float | None = field(default=None, repr=False)


class FailureKind(Enum):
    """The ways in which a request gets no response; the value is the sentence that messages use."""

    NOT_CONNECTED = "the connection could not be made"
    BROKEN = "the connection broke before the response was whole"
    TIMEOUT = "no response came in time"
    TOO_LARGE = "the response was larger than any response should be"
    UNSENDABLE = "the request could not be sent"
    UNTRUSTED = "the server's certificate is not trusted"
    UNREADABLE = "the response is in an encoding that was not asked for"


@dataclass(frozen=True, slots=True)
class RequestFailure:
    """A request without a response.

    Args:
        kind: in what way it failed.
        reason: the cause in the words of the layer below, with secrets cut out.
        may_have_been_received: whether the server may have processed the request; False while no byte of it was written.
        origin: scheme, host and port that it was sent to; empty where it was sent nowhere.
    """

    kind: FailureKind
    reason: str
    may_have_been_received: bool
    origin: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Send:
    """Send a request. Its outcome is a Response or a RequestFailure, never an exception.

    Args:
        request: the request.
        deadline: the time on the flow's clock by which the whole response must be there; infinity for no limit.
        attempt_timeout: seconds for this attempt, counted from when it has a connection slot.
        slot: the slot to send it with, where one is held; else the driver waits for one.
    """

    request: Request
    deadline: float
    attempt_timeout: float = math.inf
    slot: ConnectionSlot | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Reserve:
    """Take a connection slot to the API, before what is sent is loaded, so that only pictures in flight are in memory. Its
    outcome is a ConnectionSlot, a RequestFailure where the deadline came first, or None of a driver without slots.

    Args:
        deadline: the time on the flow's clock until which a slot is waited for.
    """

    deadline: float


@dataclass(frozen=True, slots=True)
class Sleep:
    """Let so many seconds pass."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Load:
    """Make an image ready to be sent. Its outcome is the text that stands for it (a URL, an asset reference, a data URI), a
    LocalFile to upload, or a RequestFailure where the deadline came first.

    Args:
        source: the image as the caller passed it.
        argument: the caller's name for it, for messages.
        deadline: the time on the flow's clock by which it must be read.
    """

    source: ImageSource = field(repr=False)
    argument: str
    deadline: float = math.inf


@dataclass(frozen=True, slots=True)
class Open:
    """Open a local file to be uploaded. Its outcome is a LocalFile, or a RequestFailure where the deadline came first.

    Args:
        source: the file as the caller passed it.
        argument: the caller's name for it, for messages.
        filename: the name to send, else its own.
        media_type: its type, where its content does not show it.
        deadline: the time on the flow's clock by which it must be read.
    """

    source: ImageSource = field(repr=False)
    argument: str
    filename: str | None
    media_type: str | None
    deadline: float = math.inf


@dataclass(frozen=True, slots=True)
class Report:
    """Show something to the caller's callback, in the caller's own thread or task.

    Args:
        callback: the callback.
        shown: what it is called with, as an evaluation.
        argument: the caller's name for the callback, for messages.
    """

    callback: Callable[[Any], Any]
    shown: Any
    argument: str = "on_update"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Make durable what money depends on. A driver without a journal passes over it.

    Args:
        stage: `submitting` before the submit is sent for the first time, `submitted` once its evaluation id is known.
        idempotency_key: the key of the submit.
        request: the submit as it will be sent; None once it is submitted.
        evaluation_id: the evaluation's id; None before it is known.
    """

    stage: Literal["submitting", "submitted"]
    idempotency_key: str
    request: Request | None = field(default=None, repr=False)
    evaluation_id: str | None = None


Step: TypeAlias = Send | Reserve | Sleep | Load | Open | Report | Checkpoint
StepResult: TypeAlias = Response | RequestFailure | ConnectionSlot | LocalFile | str | None
T = TypeVar("T")
Flow: TypeAlias = Generator[Step, StepResult, T]


def load(step: Load) -> Flow[str | LocalFile | RequestFailure]:
    return cast("str | LocalFile | RequestFailure", (yield step))


def open_file(step: Open) -> Flow[LocalFile | RequestFailure]:
    return cast("LocalFile | RequestFailure", (yield step))


def reserve(deadline: float) -> Flow[ConnectionSlot | RequestFailure | None]:
    return cast("ConnectionSlot | RequestFailure | None", (yield Reserve(deadline)))


def sleep(seconds: float) -> Flow[None]:
    yield Sleep(seconds)


def report(on_update: Callable[[Evaluation], Any] | None, evaluation: Evaluation) -> Flow[None]:
    if on_update is not None:
        yield Report(on_update, evaluation)
