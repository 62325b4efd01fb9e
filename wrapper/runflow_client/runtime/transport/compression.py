"""Decompressing the bodies of responses, up to a maximum size."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

from ...flows.base.steps import FailureKind, RequestFailure, Response
from .failures import failure_from

LONGEST_RESPONSE = 32 * 1_048_576
"""Bytes, compressed or not; a full evaluation has about 45 kB."""

_GZIP = b"\x1f\x8b"
_GZIP_NAMES = ("gzip", "x-gzip")


def response_from(
    status: int, raw_headers: Iterable[tuple[bytes, bytes]], raw_body: bytes
) -> Response | RequestFailure:
    """Return the response with its body decompressed, or a failure if the body is damaged or its encoding is not gzip."""
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in raw_headers}
    encoding = headers.get("content-encoding", "").strip().lower()
    if not raw_body or encoding in ("", "identity"):
        return Response(status, headers, raw_body)
    if encoding not in _GZIP_NAMES:
        return RequestFailure(
            FailureKind.UNREADABLE, f"HTTP {status}, Content-Encoding: {encoding[:60]}; only gzip was requested", True
        )
    body = _unpacked(raw_body)
    return Response(status, headers, body) if isinstance(body, bytes) else body


def too_large() -> RequestFailure:
    return RequestFailure(FailureKind.TOO_LARGE, f"over {LONGEST_RESPONSE:,} bytes", True)


def _unpacked(packed: bytes) -> bytes | RequestFailure:
    """Return the content of a gzip body: all of its members (RFC 1952, section 2.2), without the bytes after them."""
    body = b""
    while True:
        unpacker = zlib.decompressobj(wbits=31)
        try:
            body += unpacker.decompress(packed, LONGEST_RESPONSE + 1 - len(body))
        except zlib.error as error:
            return failure_from(error)
        if len(body) > LONGEST_RESPONSE:
            return too_large()
        if not unpacker.eof:
            return RequestFailure(FailureKind.BROKEN, "the compressed body ends too early", True)
        packed = unpacker.unused_data
        if not packed.startswith(_GZIP):
            return body
