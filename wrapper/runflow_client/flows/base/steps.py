"""The steps that a flow asks its driver for, and what comes back."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from ...runtime.files.images import ImageSource
from ...runtime.files.uploads import Upload

if TYPE_CHECKING:
    from ...models.evaluation import Evaluation


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be sent; the driver adds the origin and the key.

    Args:
        method: the HTTP method.
        target: path and query, percent-encoded, beginning with a slash.
        headers: names and values; no authorization among them.
        body: the bytes to send, or the file to stream, the same on every attempt; None for no body.
        foreign_url: the whole URL of a request that does not go to the API (a presigned URL), and so without the key.
        on_progress: told bytes sent and bytes in all, while a file is streamed.
    """

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes | Upload | None = field(default=None, repr=False)
    foreign_url: str | None = field(default=None, repr=False)
    on_progress: Callable[[int, int], Any] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Response:
    """What the server answered, unjudged.

    Args:
        status: the HTTP status.
        headers: by lower-case name; of a repeated header the last.
        body: the whole body, decompressed.
    """

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class FailureKind(Enum):
    """How an answer came to be missing."""

    NOT_CONNECTED = "the connection could not be made"
    BROKEN = "the connection broke before the answer was whole"
    TIMEOUT = "no answer came in time"
    TOO_LARGE = "the answer was larger than any answer should be"
    UNSENDABLE = "the request could not be sent"
    UNTRUSTED = "the server's certificate is not trusted"
    UNREADABLE = "the response is in an encoding that was not asked for"


@dataclass(frozen=True, slots=True)
class RequestFailure:
    """An answer that did not arrive.

    Args:
        loss: in what way.
        reason: the cause in the words of the layer below, with secrets cut out.
        may_have_been_received: whether the server may have acted on the request; False while no byte of it was written.
        origin: scheme, host and port that it was to go to.
    """

    kind: FailureKind
    reason: str
    may_have_been_received: bool
    origin: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Send:
    """Send a request; answered by a Response or a NoAnswer, never by an exception.

    Args:
        request: what to send.
        deadline: the time on the flow's clock by which the whole answer must be there; None for no limit.
    """

    request: Request
    deadline: float | None


@dataclass(frozen=True, slots=True)
class Sleep:
    """Let so many seconds pass."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Load:
    """Make an image ready to be sent; answered by the URL, asset reference or data URI that stands for it, or by an Upload.

    Args:
        source: what the caller gave.
        argument: what the caller calls it, for messages.
    """

    source: ImageSource = field(repr=False)
    argument: str


@dataclass(frozen=True, slots=True)
class Open:
    """Open a local file to be uploaded; answered by an Upload whose digest is known.

    Args:
        source: what the caller gave.
        argument: what the caller calls it, for messages.
        filename: what to call it, else its own name.
        media_type: what it is, where its content does not tell.
    """

    source: ImageSource = field(repr=False)
    argument: str
    filename: str | None
    media_type: str | None


@dataclass(frozen=True, slots=True)
class Report:
    """Show an evaluation to the caller's callback, in the caller's own thread or task."""

    on_update: Callable[[Evaluation], Any]
    evaluation: Evaluation


Step: TypeAlias = Send | Sleep | Load | Open | Report
StepResult: TypeAlias = Response | RequestFailure | Upload | str | None
T = TypeVar("T")
Flow: TypeAlias = Generator[Step, StepResult, T]


def send(request: Request, deadline: float | None) -> Flow[Response | RequestFailure]:
    answer = yield Send(request, deadline)
    assert isinstance(answer, (Response, RequestFailure))
    return answer


def sleep(seconds: float) -> Flow[None]:
    yield Sleep(seconds)


def load(image: ImageSource, argument: str) -> Flow[str | Upload]:
    answer = yield Load(image, argument)
    assert isinstance(answer, (str, Upload))
    return answer


def report(on_update: Callable[[Evaluation], Any] | None, evaluation: Evaluation) -> Flow[None]:
    if on_update is not None:
        yield Report(on_update, evaluation)
