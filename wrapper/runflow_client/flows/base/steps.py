"""The steps that a flow yields to its driver, and the outcome of each."""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, TypeAlias, TypeVar, cast

if TYPE_CHECKING:
    from concurrent.futures import Future

    from ...models.evaluation import Evaluation
    from ...models.images import ImageSource


class LocalFile(Protocol):
    """An open file on this machine that is to be sent; the runtime opens and reads it.

    Attributes:
        size: its size in bytes.
        media_type: the type that its content shows, or that the caller declared.
        filename: its name without folders.
        label: its name in messages.
        argument: the caller's argument that it was passed as.
        digest: the SHA-256 of its bytes, in hex; empty for a file that `Open` opened, whose keys are made anew for each call.
        is_in_memory: whether its bytes are in memory, so that reading it does not block.
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
    """The right to have one request in flight to an origin.

    `origin` is the scheme, host and port of the server. `is_taken` is whether the caller holds it. `release` gives it back;
    a second call does nothing.
    """

    @property
    def origin(self) -> str: ...

    @property
    def is_taken(self) -> bool: ...

    def release(self) -> None: ...


class Request(NamedTuple):
    """One HTTP request; the driver adds the origin and the API key.

    Args:
        operation: the operation's id in the OpenAPI document; `store_file` for a presigned PUT.
        method: the HTTP method.
        target: the path and the query, percent-encoded, with a slash first.
        headers: names and values, without the authorization.
        body: the bytes to send, or the file to stream; None for no body.
        presigned_url: the whole URL of a request to storage, which is sent without the API key; None for a request to the API.
        on_progress: called with the bytes sent and the total while a file is streamed.
    """

    operation: str
    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | LocalFile | None = None
    presigned_url: str | None = None
    on_progress: Callable[[int, int], Any] | None = None

    def __repr__(self) -> str:
        return f"Request(operation={self.operation!r}, method={self.method!r}, target={self.target!r})"

    @property
    def path(self) -> str:
        """The path, without the query."""
        target = (
            self.target
            if self.presigned_url is None
            else "/" + self.presigned_url.partition("://")[2].partition("/")[2]
        )
        return target.partition("?")[0].partition("#")[0]


class Response(NamedTuple):
    """A response as the server sent it.

    Args:
        status: the HTTP status.
        headers: by lower-case name; the last value of a repeated header.
        body: the whole body, decompressed.
        received_at: when it arrived by this machine's clock, in seconds since 1970; set if `Retry-After` is present.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    received_at: float | None = None

    def __repr__(self) -> str:
        return f"Response(status={self.status!r})"


class FailureKind(Enum):
    """Why a request has no response; messages contain the value."""

    NOT_CONNECTED = "the connection could not be made"
    BROKEN = "the connection broke before the response was complete"
    TIMEOUT = "no response arrived in time"
    TOO_LARGE = "the response was larger than the limit"
    UNSENDABLE = "the request could not be sent"
    UNTRUSTED = "the server's certificate is not trusted"
    UNREADABLE = "the response has an encoding that was not requested"


class RequestFailure(NamedTuple):
    """A request without a response.

    Args:
        kind: the kind of failure.
        reason: the message of the HTTP layer, redacted.
        may_have_been_received: whether the server may have processed the request; False if no byte of it was written.
        origin: the scheme, host and port of the server; empty if it was not sent.
    """

    kind: FailureKind
    reason: str
    may_have_been_received: bool
    origin: str = ""

    def __repr__(self) -> str:
        return f"RequestFailure(kind={self.kind!r}, reason={self.reason!r}, may_have_been_received={self.may_have_been_received!r})"


class Send(NamedTuple):
    """Send a request. Its outcome is a Response or a RequestFailure, never an exception.

    Args:
        request: the request.
        deadline: the time on the flow's clock by which the response must be complete; infinity for no limit.
        attempt_timeout: seconds for this attempt, from the moment when it has a connection slot.
        slot: the slot to use, if the flow holds one; otherwise the driver waits for one.
    """

    request: Request
    deadline: float
    attempt_timeout: float = math.inf
    slot: ConnectionSlot | None = None

    def __repr__(self) -> str:
        return f"Send(request={self.request!r}, deadline={self.deadline!r}, attempt_timeout={self.attempt_timeout!r})"


class Reserve(NamedTuple):
    """Take a connection slot to the API before images are loaded, so that a waiting submit holds no image in memory. Its
    outcome is a ConnectionSlot, a RequestFailure if the deadline came first, or None from a driver without slots.

    Args:
        deadline: the time on the flow's clock until which to wait for a slot.
    """

    deadline: float


class WakeSignal(Protocol):
    """What may end a sleep early, from any thread."""

    def on_arrival(self, wake: Callable[[], None] | None) -> None:
        """Set the function to call when it is time to wake, at once if it is; None for none."""
        ...


class ExpectedCallback(WakeSignal, Protocol):
    """The callback of one evaluation, which may not have arrived yet."""

    has_arrived: bool

    def close(self) -> None: ...


class CallbackReceiver(Protocol):
    """Tells waits of the callbacks that have arrived, as `callbacks.Receiver` does.

    `pause_at` returns the seconds until an evaluation without a callback is polled next, None to poll it as without a
    receiver. `learn` is told of each end: the seconds from the submit to the callback, None if not known, and whether the
    callback arrived before a poll found the end.
    """

    def expect(self, evaluation_id: str) -> ExpectedCallback: ...

    def pause_at(self, elapsed: float) -> float | None: ...

    def learn(self, seconds: float | None, *, arrived: bool) -> None: ...


class Sleep(NamedTuple):
    """Sleep for so many seconds, or until the signal wakes the flow."""

    seconds: float
    signal: WakeSignal | None = None

    def __repr__(self) -> str:
        return f"Sleep(seconds={self.seconds!r})"


class Load(NamedTuple):
    """Prepare an image for a request. Its outcome is the text to send (a URL, an asset reference, a data URI), a LocalFile to
    upload, or a RequestFailure if the deadline came first.

    Args:
        source: the image as the caller passed it.
        argument: the name of the caller's argument, for messages.
        deadline: the time on the flow's clock until which an async driver waits for the thread that reads it; a sync driver
            reads it in the caller's thread, and cannot stop in between.
    """

    source: ImageSource
    argument: str
    deadline: float = math.inf

    def __repr__(self) -> str:
        return f"Load(argument={self.argument!r}, deadline={self.deadline!r})"


class Open(NamedTuple):
    """Open a local file for an upload. Its outcome is a LocalFile, or a RequestFailure if the deadline came first.

    Args:
        source: the file as the caller passed it.
        argument: the name of the caller's argument, for messages.
        filename: the name to send; None for the file's own name.
        media_type: the type that the caller declared; None to detect it from the content.
        deadline: the time on the flow's clock until which an async driver waits for the thread that reads it; a sync driver
            reads it in the caller's thread, and cannot stop in between.
    """

    source: ImageSource
    argument: str
    filename: str | None
    media_type: str | None
    deadline: float = math.inf

    def __repr__(self) -> str:
        return f"Open(argument={self.argument!r}, filename={self.filename!r}, media_type={self.media_type!r}, deadline={self.deadline!r})"


class Report(NamedTuple):
    """Call a callback of the caller's, in the caller's own thread or task.

    Args:
        callback: the callback.
        shown: the argument that it is called with, for example an evaluation.
        argument: the caller's name for the callback, for messages.
    """

    callback: Callable[[Any], Any]
    shown: Any
    argument: str = "on_update"


class Checkpoint(NamedTuple):
    """Tell the journal of a batch how far a submit is; a driver without a journal ignores it.

    Its outcome is None, or in the stage `submitting` a Resubmission. Where the journal knows a reason not to go on, the step
    raises an exception.

    Args:
        stage: `loaded` before anything is uploaded, `submitting` before the submit is sent for the first time, `submitted`
            once its evaluation id is known.
        idempotency_key: the key of the submit.
        images: the images as loaded, in the stage `submitting` as they will be sent, the image first, then the references.
        evaluation_id: the evaluation's id in the stage `submitted`.
    """

    stage: Literal["loaded", "submitting", "submitted"]
    idempotency_key: str
    images: tuple[str | LocalFile, ...] = ()
    evaluation_id: str | None = None

    def __repr__(self) -> str:
        return f"Checkpoint(stage={self.stage!r}, idempotency_key={self.idempotency_key!r}, evaluation_id={self.evaluation_id!r})"


class Resubmission(NamedTuple):
    """What to submit, because it may have been submitted so before: the same key and images give the same request.

    Args:
        key: the idempotency key.
        images: as in Checkpoint; None where the image is sent as it was loaded now.
    """

    key: str
    images: tuple[str | None, ...]

    def __repr__(self) -> str:
        return f"Resubmission(key={self.key!r})"


class Record(NamedTuple):
    """Ask or write to the journal of a batch in its thread, and wait for the result, which is the `value` of a Recorded.

    Args:
        start: hands the call to the thread, and returns its future.
    """

    start: Callable[[], Future[Any]]

    def __repr__(self) -> str:
        return "Record()"


class Recorded(NamedTuple):
    """What a call of the journal returned."""

    value: Any

    def __repr__(self) -> str:
        return "Recorded()"


Step: TypeAlias = Send | Reserve | Sleep | Load | Open | Report | Checkpoint | Record
StepResult: TypeAlias = Response | RequestFailure | ConnectionSlot | LocalFile | str | Resubmission | Recorded | None
T = TypeVar("T")
Flow: TypeAlias = Generator[Step, StepResult, T]


def load(step: Load) -> Flow[str | LocalFile | RequestFailure]:
    return cast("str | LocalFile | RequestFailure", (yield step))


def open_file(step: Open) -> Flow[LocalFile | RequestFailure]:
    return cast("LocalFile | RequestFailure", (yield step))


def reserve(deadline: float) -> Flow[ConnectionSlot | RequestFailure | None]:
    return cast("ConnectionSlot | RequestFailure | None", (yield Reserve(deadline)))


def sleep(seconds: float, signal: WakeSignal | None = None) -> Flow[None]:
    yield Sleep(seconds, signal)


def report(on_update: Callable[[Evaluation], Any] | None, evaluation: Evaluation) -> Flow[None]:
    if on_update is not None:
        yield Report(on_update, evaluation)
