"""The replies of the sandbox: status, headers and body, and the error envelope of the API."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP response of the sandbox; header names are lower case."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class ReplyError(Exception):
    """Ends the handling of a request with this reply."""

    def __init__(self, text: str, reply: Reply) -> None:
        super().__init__(text)
        self.reply = reply


class RefusedError(ReplyError):
    """Ends the handling of a request with an error of the API, in its envelope."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        errors: Sequence[Mapping[str, Any]] | None = None,
        headers: Iterable[tuple[str, str]] = (),
    ) -> None:
        envelope = {"code": code, "message": message, "errors": errors}
        super().__init__(f"{status} {code}: {message}", json_reply(status, envelope, headers))


def json_reply(status: int, document: Mapping[str, Any], headers: Iterable[tuple[str, str]] = ()) -> Reply:
    """Make a reply of a JSON document."""
    body = json.dumps(document, separators=(",", ":"), allow_nan=False).encode()
    return Reply(status, (("content-type", "application/json"), *headers), body)


def list_reply(items: Sequence[Mapping[str, Any]]) -> Reply:
    """Make a reply of a whole list in the envelope of lists; the sandbox never splits a list into pages."""
    return json_reply(200, {"items": items, "first": None, "next": None, "previous": None})


def unprocessable(errors: Sequence[Mapping[str, Any]]) -> RefusedError:
    """Refuse a request that breaks the contract, with the location of each error (the code of a 422 is inferred)."""
    return RefusedError(422, "VALIDATION_ERROR", "The request is not valid.", errors=errors)


def field_error(loc: Sequence[str | int], message: str, kind: str) -> dict[str, Any]:
    """Describe one error as the API does: its location, a message and a code."""
    return {"loc": list(loc), "msg": message, "type": kind}
