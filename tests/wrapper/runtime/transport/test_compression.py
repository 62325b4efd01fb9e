"""Responses as they arrive: headers by lower-case name, bodies decompressed within the limit."""

from __future__ import annotations

import gzip
import zlib
from typing import Any

import pytest

from runflow_client.flows.base.steps import FailureKind, RequestFailure, Response
from runflow_client.runtime.transport import compression
from runflow_client.runtime.transport.compression import response_from


def test_headers_are_known_by_their_lower_case_names() -> None:
    answer = response_from(201, [(b"X-Request-ID", b"r\xe9"), (b"A", b"1"), (b"a", b"2")], b"body")
    assert answer == Response(201, {"x-request-id": "ré", "a": "2"}, b"body")


@pytest.mark.parametrize("encoding", [b"gzip", b"x-gzip", b" GZIP ", b"X-GZIP"])
def test_a_compressed_body_is_unpacked(encoding: bytes) -> None:
    for packed in (
        gzip.compress(b"12345"),
        gzip.compress(b"123") + gzip.compress(b"45"),
        gzip.compress(b"12345") + b"\0",
    ):
        answer = response_from(200, [(b"Content-Encoding", encoding)], packed)
        assert isinstance(answer, Response)
        assert (answer.status, answer.body) == (200, b"12345")
        assert answer.headers["content-encoding"] == encoding.decode()


@pytest.mark.parametrize(("encoding", "body"), [(b"identity", b"\x1f\x8b"), (b"", b"12"), (b"gzip", b""), (b"br", b"")])
def test_a_body_that_is_not_compressed_stays_as_it_is(encoding: bytes, body: bytes) -> None:
    response = response_from(204, [(b"content-encoding", encoding)], body)
    assert response == Response(204, {"content-encoding": encoding.decode()}, body)


@pytest.mark.parametrize("encoding", ["br", "zstd", "deflate", "gzip, br", "x" * 500])
def test_an_encoding_that_was_not_asked_for_is_named(encoding: str) -> None:
    response = response_from(200, [(b"Content-Encoding", encoding.upper().encode())], b"\x1b\x02")
    assert isinstance(response, RequestFailure)
    assert (response.kind, response.may_have_been_received) == (FailureKind.UNREADABLE, True)
    assert response.reason == f"HTTP 200, Content-Encoding: {encoding[:60]}; only gzip was requested"


def test_a_compressed_body_that_is_broken_is_a_lost_answer() -> None:
    whole = gzip.compress(b"12345" * 100)
    for broken, words in (
        (b"no gzip at all", "error: Error -3"),
        (zlib.compress(b"12345"), "error: Error -3"),
        (whole[:-1], "the compressed body ends too early"),
        (whole + b"\x1f\x8b", "the compressed body ends too early"),
    ):
        answer = response_from(200, [(b"content-encoding", b"gzip")], broken)
        assert isinstance(answer, RequestFailure)
        assert (answer.kind, answer.may_have_been_received) == (FailureKind.BROKEN, True)
        assert answer.reason.startswith(words)


@pytest.mark.parametrize(("first", "second", "fits"), [(1, 0, True), (1, 1, False), (0, 1, True), (2, 0, False)])
def test_a_body_is_unpacked_up_to_the_limit(
    first: int, second: int, fits: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compression, "LONGEST_RESPONSE", 1_000)
    packed = gzip.compress(b"a" * (999 + first)) + gzip.compress(b"b" * second)
    answer = response_from(200, [(b"content-encoding", b"gzip")], packed)
    if fits:
        assert isinstance(answer, Response)
        assert answer.body == b"a" * (999 + first) + b"b" * second
    else:
        assert answer == RequestFailure(FailureKind.TOO_LARGE, "over 1,000 bytes", True)


def test_no_more_than_the_limit_is_ever_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    limits: list[int] = []
    real = zlib.decompressobj

    class Watched:
        def __init__(self, **options: Any) -> None:
            self.real = real(**options)

        def decompress(self, data: bytes, limit: int) -> bytes:
            limits.append(limit)
            return self.real.decompress(data, limit)

        def __getattr__(self, name: str) -> Any:
            return getattr(self.real, name)

    monkeypatch.setattr(compression, "LONGEST_RESPONSE", 1_000)
    monkeypatch.setattr(zlib, "decompressobj", Watched)
    response_from(200, [(b"content-encoding", b"gzip")], gzip.compress(b"a" * 300) + gzip.compress(b"b" * 200))
    assert limits == [1_001, 701]


def test_thirty_two_mebibytes_are_the_longest_answer() -> None:
    assert compression.too_large() == RequestFailure(FailureKind.TOO_LARGE, "over 33,554,432 bytes", True)
