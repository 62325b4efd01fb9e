"""A body as it comes off the wire: unpacked whole, or a lost answer; never more than the limit, never an exception.

The first byte says what is done with the rest: sent as it is, or packed first, whole or cut short, in one piece or two.
"""

from __future__ import annotations

import gzip
import zlib

from runflow_client.drivers.wire import LONGEST_ANSWER, response_of
from runflow_client.flows.steps import Loss, NoAnswer, Response


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
    elif how == b"b" and len(rest) >= 8:
        # A few bytes that stand for a great many.
        packer = zlib.compressobj(1, wbits=31)
        packed = b"".join(packer.compress(rest[:8] * 1_000_000) for _ in range(5)) + packer.flush()
        assert _body(packed) is None
    else:
        body = _body(rest)
        assert body is None or len(body) <= LONGEST_ANSWER
    plain = response_of(200, [(b"Content-Type", data[:50])], rest)
    assert isinstance(plain, Response) and plain.body == rest


def _body(raw: bytes) -> bytes | None:
    answer = response_of(200, [(b"Content-Encoding", b" GZip ")], raw)
    if isinstance(answer, NoAnswer):
        assert answer.maybe_received and answer.loss in (Loss.BROKEN, Loss.TOO_LARGE)
        assert len(answer.reason) <= 300
        return None
    assert answer.status == 200
    return answer.body
