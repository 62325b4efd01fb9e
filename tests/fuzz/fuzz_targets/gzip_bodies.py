"""A gzip body is decompressed whole or becomes a request failure: never over the limit, never an exception.

The first byte selects what happens to the rest: used unchanged, or compressed whole, cut short, in two members, or under
a lower limit.
"""

from __future__ import annotations

import gzip
from unittest import mock

from runflow_client.flows.base.steps import FailureKind, RequestFailure, Response
from runflow_client.runtime.transport import compression
from runflow_client.runtime.transport.compression import LONGEST_RESPONSE, response_from

_LOWERED = 100
"""Bytes; the real limit is too large to reach in every case."""


def check(data: bytes) -> None:
    how, rest = data[:1] or b"r", data[1:]
    if how == b"p":
        assert _body(gzip.compress(rest, 1, mtime=0)) == rest
    elif how == b"2":
        half = len(rest) // 2
        assert _body(gzip.compress(rest[:half], 1, mtime=0) + gzip.compress(rest[half:], 1, mtime=0)) == rest
    elif how == b"c":
        packed = gzip.compress(rest, 1, mtime=0)
        assert _body(packed[:-1]) is None
    elif how == b"l":
        with mock.patch.object(compression, "LONGEST_RESPONSE", _LOWERED):
            assert _body(gzip.compress(rest, 1, mtime=0)) == (rest if len(rest) <= _LOWERED else None)
    else:
        body = _body(rest)
        assert body is None or len(body) <= LONGEST_RESPONSE
    plain = response_from(200, [(b"Content-Type", data[:50])], rest)
    assert isinstance(plain, Response) and plain.body == rest


def _body(raw: bytes) -> bytes | None:
    response = response_from(200, [(b"Content-Encoding", b" GZip ")], raw)
    if isinstance(response, RequestFailure):
        assert response.may_have_been_received and response.kind in (FailureKind.BROKEN, FailureKind.TOO_LARGE)
        assert len(response.reason) <= 300
        return None
    assert response.status == 200
    return response.body
