"""Request bodies in pieces; the caller's progress callback is called after each piece."""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, Callable, Iterator
from typing import TYPE_CHECKING, Any

from .failures import executor_error
from .requests import HTTPRequest

if TYPE_CHECKING:
    from ...flows.base.steps import LocalFile

CHUNK = 262_144
"""Bytes that are sent at a time: one second at 256 KiB/s, the slowest supported connection."""
_READ_SIZE = 1_048_576
"""Bytes of a file that a thread reads at a time for asyncio, because the change of threads takes longer than a read."""


class BodyFailedError(Exception):
    """An error while the body is read (an unreadable file, a progress callback that raised), which is not a network error.

    Args:
        cause: the exception to raise to the caller.
    """

    def __init__(self, cause: Exception) -> None:
        super().__init__()
        self.cause = cause


def pieces_of(request: HTTPRequest) -> Iterator[bytes]:
    """Yield a body in pieces."""
    body = request.body
    if isinstance(body, bytes):
        yield from _slices(body)
    elif body is not None:
        offset = 0
        while offset < body.size:
            data = _read(body, offset, CHUNK)
            yield data
            offset += len(data)
            _report(request.on_progress, offset, body.size)


def whole_body(request: HTTPRequest) -> bytes:
    """Return a body in one piece, for a transport that has no use for less."""
    return b"".join(pieces_of(request))


async def async_pieces_of(request: HTTPRequest) -> AsyncGenerator[bytes, None]:
    """Yield a body in pieces; a thread reads those that are not in memory."""
    import asyncio

    body = request.body
    if isinstance(body, bytes):
        for data in _slices(body):
            yield data
        return
    assert body is not None
    offset = 0
    while offset < body.size:
        # Bytes need no thread: the caller's own work may keep the executor busy.
        try:
            if body.is_in_memory:
                data = _read(body, offset, CHUNK)
            else:
                data = await asyncio.to_thread(_read, body, offset, _READ_SIZE)
        except RuntimeError as error:
            raise BodyFailedError(executor_error(error)) from None
        for piece in _slices(data):
            yield piece
            offset += len(piece)
            reported = _report(request.on_progress, offset, body.size)
            if inspect.isawaitable(reported):
                try:
                    await reported
                except Exception as error:
                    raise BodyFailedError(error) from None


def _slices(body: bytes) -> Iterator[bytes]:
    if len(body) <= CHUNK:
        yield body
        return
    for start in range(0, len(body), CHUNK):
        yield body[start : start + CHUNK]


def _read(body: LocalFile, offset: int, size: int) -> bytes:
    try:
        return body.read_at(offset, size)
    except Exception as error:
        raise BodyFailedError(error) from None


def _report(on_progress: Callable[[int, int], Any] | None, sent: int, size: int) -> Any:
    if on_progress is None:
        return None
    try:
        return on_progress(sent, size)
    except Exception as error:
        raise BodyFailedError(error) from None
