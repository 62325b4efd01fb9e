"""What models and operations share: the unset value, the error for a broken limit, and the operation itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Final, Generic, Literal, NamedTuple, TypeAlias, TypeVar

JsonObject: TypeAlias = dict[str, Any]
"""An object whose fields the contract leaves open."""

Answer = TypeVar("Answer")


class Unset(Enum):
    """The type of `UNSET`: an enum, so that it stays one object through pickle and copy, and `is` narrows a type."""

    UNSET = "UNSET"

    def __bool__(self) -> Literal[False]:
        """An unset value is false."""
        return False

    def __repr__(self) -> str:
        """The name it is imported by."""
        return "UNSET"


UNSET: Final = Unset.UNSET
"""The value of a request field that is not sent; `None` is sent as null."""


class LimitError(ValueError):
    """A request breaks a limit of the contract, found before anything is sent.

    Args:
        field: The field's or parameter's name on the wire.
        message: The limit and what was found, in lengths and types; never the value, which may be an image or a secret.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(field, message)
        self.field = field
        self.message = message

    def __str__(self) -> str:
        """The field and the message in one line."""
        return f"{self.field}: {self.message}"


class AnswerError(ValueError):
    """An answer as a whole is something else than the contract says."""


class File(NamedTuple):
    """A file to upload as a part of a form.

    Args:
        name: Its name, as the server is told.
        content: Its bytes.
        content_type: Its media type.
    """

    name: str
    content: bytes
    content_type: str = "application/octet-stream"

    def __repr__(self) -> str:
        """Its name and size, never its content."""
        return f"File({self.name!r}, {len(self.content)} bytes)"


def takes_object(reader: Callable[[Any], Any]) -> bool:
    """Whether a reader of answers takes a JSON object and nothing else: it is a model's `from_dict`."""
    return isinstance(getattr(reader, "__self__", None), type)


def nothing(_: Any) -> None:
    """Read an answer that has no body."""


class Operation(NamedTuple, Generic[Answer]):
    """One request of the API, ready to be sent, and how each documented answer to it is read.

    Args:
        operation_id: The `operationId` of the contract.
        method: In capitals.
        path: Percent-encoded, from the first slash on.
        path_template: The path as the contract writes it, for logs and statistics.
        answers: For each documented success status, what makes an answer of the decoded JSON body.
        query: Names and values, not encoded.
        headers: Names and values.
        body: What to send as JSON; `None` for no body.
        content: What to send as it is, where it is not `body`.
        content_type: The media type of body or content.
        accept: The media types that are asked for.
        raw_answers: For each documented success status whose body is no JSON, what makes an answer of its bytes. Where a
            status stands in both, the answer's own media type decides.
    """

    operation_id: str
    method: str
    path: str
    path_template: str
    answers: Mapping[int, Callable[[Any], Answer]]
    query: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    body: Any = None
    content: bytes | None = None
    content_type: str = "application/json"
    accept: str = "application/json"
    raw_answers: Mapping[int, Callable[[bytes], Answer]] = {}

    def __repr__(self) -> str:
        """Id, method and path: body, query and headers may hold images and secrets."""
        return f"Operation({self.operation_id}: {self.method} {self.path})"
